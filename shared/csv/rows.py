"""The rows of a CSV file with the physical lines they stand on.

A stray quotation mark costs its own line, and no line after it.
"""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from shared.csv.footers import is_footer

LONGEST_ROW: Final = 200  # lines; a quote open for longer is a stray one
LOOKED_AT: Final = 200  # lines from which the usual number of cells is told
UNCLOSED: Final = (
    "row-torn",
    "Ein Anführungszeichen wird nicht geschlossen; die Zeile wurde ausgelassen.",
    "A quotation mark is never closed; the line was left out.",
)
FOOTER: Final = (
    "row-footer",
    "Das ist eine Summe, Fuß- oder Kopfzeile und kein Datensatz; sie wurde ausgelassen.",
    "This is a total, a footer or the header once more; it was left out.",
)
SHOWN: Final = 120  # characters of a rejected value that are kept


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedCell:
    """A cell (or, with an empty column, a row) that cannot be read; its row is left out."""

    line: int
    column: str
    value: str
    code: str
    reason_de: str
    reason_en: str


class _RunawayQuote(Exception):
    """A quote has been open for `LONGEST_ROW` lines, so it is a stray one."""


class _Feed:
    """Hands lines to the csv reader and remembers how far it came.

    Without the limit, one stray quote would swallow every row up to the next one.
    """

    def __init__(self, lines: list[str], position: int) -> None:
        self.lines = lines
        self.position = position
        self.row_start = position

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if self.position >= len(self.lines):
            raise StopIteration
        if self.position - self.row_start >= LONGEST_ROW:
            raise _RunawayQuote
        self.position += 1
        return self.lines[self.position - 1]


def physical_rows(
    lines: list[str], *, start: int, width: int, delimiter: str
) -> Iterator[tuple[int, list[str] | RejectedCell]]:
    """Non-empty rows after the first ``start`` lines, each with its first line, counted from 1.

    Each row has ``width`` cells and one empty one behind them, which absent columns point at. Of
    two short rows that make one together, both are left out: a line end tore them.
    """
    usual = _usual_width(lines[start : start + LOOKED_AT], delimiter)
    header = lines[start - 1].strip() if start else ""
    held: tuple[int, list[str]] | None = None
    for line, cells in _parted_rows(lines, start=start, width=width, delimiter=delimiter):
        short = isinstance(cells, list) and len(cells) < width and len(cells) != usual
        if held is not None:
            if short and _make_one(held, line, cells, width):
                yield from ((each, _torn(each, lines[each - 1])) for each in (held[0], line))
                held = None
                continue
            yield held[0], _fitted(held[1], held[0], width, delimiter)
            held = None
        if isinstance(cells, RejectedCell):
            yield line, cells
        elif is_footer(cells) or lines[line - 1].strip() == header:
            yield line, _broken(line, lines[line - 1], *FOOTER)
        elif short:
            held = line, cells
        else:
            yield line, _fitted(cells, line, width, delimiter)
    if held is not None:
        yield held[0], _fitted(held[1], held[0], width, delimiter)


def _usual_width(lines: list[str], delimiter: str) -> int:
    counts = Counter(line.count(delimiter) + 1 for line in lines if line.strip())
    return counts.most_common(1)[0][0] if counts else 0


def _make_one(
    held: tuple[int, list[str]], line: int, cells: list[str] | RejectedCell, width: int
) -> bool:
    """Whether a short row and the one in the next line are the two parts of one row."""
    if isinstance(cells, RejectedCell) or line != held[0] + 1 or is_footer(cells):
        return False
    return len(held[1]) + len(cells) - 1 == width


def _parted_rows(
    lines: list[str], *, start: int, width: int, delimiter: str
) -> Iterator[tuple[int, list[str] | RejectedCell]]:
    """Rows as the csv module parts them; a quote that was never closed costs its own line."""
    position = start
    while position < len(lines):
        feed = _Feed(lines, position)
        reader = csv.reader(feed, delimiter=delimiter)
        try:
            for cells in reader:
                if feed.position - position > 1 and _is_torn(
                    feed, position, cells, width, delimiter
                ):
                    raise _RunawayQuote
                if any(map(str.strip, cells)):
                    yield position + 1, cells
                position = feed.row_start = feed.position
        except (_RunawayQuote, csv.Error):
            yield position + 1, _broken(position + 1, lines[position], *UNCLOSED)
            position += 1


def _is_torn(feed: _Feed, position: int, cells: list[str], width: int, delimiter: str) -> bool:
    """Whether a row spans several lines only because of a stray quote.

    So it is if one of its further lines is a whole row by itself: that is a neighbour.
    """
    further = feed.lines[position + 1 : feed.position]
    marks = sum(line.count('"') for line in feed.lines[position : feed.position])
    if marks % 2 == 1 or len(cells) < width or any(cells[width:]):
        return True
    return width > 1 and any(line.count(delimiter) == width - 1 for line in further)


def _torn(line: int, value: str) -> RejectedCell:
    return _broken(
        line, value, "row-torn",
        "Ein Zeilenumbruch teilt diese Zeile; beide Teile wurden ausgelassen.",
        "A line break tears this row; both parts were left out.",
    )  # fmt: skip


def _fitted(cells: list[str], line: int, width: int, delimiter: str) -> list[str] | RejectedCell:
    """The row with exactly one cell more than the header: the empty one that absent columns point
    at."""
    if any(cell.strip() for cell in cells[width:]):
        return _broken(
            line,
            delimiter.join(cells),
            "row-too-long",
            f"Die Zeile hat {len(cells)} Felder, die Kopfzeile {width}: "
            "vermutlich steht ein Trennzeichen ungeschützt in einem Feld.",
            f"The row has {len(cells)} fields, the header {width}.",
        )
    del cells[width:]
    cells.extend([""] * (width + 1 - len(cells)))
    return cells


def _broken(line: int, value: str, code: str, reason_de: str, reason_en: str) -> RejectedCell:
    return RejectedCell(
        line=line,
        column="",
        value=value.strip()[:SHOWN],
        code=code,
        reason_de=reason_de,
        reason_en=reason_en,
    )
