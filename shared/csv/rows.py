"""The rows of a CSV file with the physical lines they stand on.

A stray quotation mark costs its own line, and no line after it.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
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
    """A cell (or, with an empty column, a row) that cannot be read; its row is left out.

    ``row_names`` is whose row it is, as the row itself says; empty if it does not. ``word_kind``
    is the list of words that lacks the value, where that is the fault.
    """

    line: int
    column: str
    value: str
    code: str
    reason_de: str
    reason_en: str
    row_names: str = ""
    word_kind: str = ""


class _Unreached(str):
    """An empty cell that a row does not have, because it ends before its column."""


UNREACHED: Final = _Unreached()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How the rows of one file are written: decided once, by its first lines."""

    delimiter: str
    width: int  # cells of the header
    usual: int  # cells of most of the first rows
    header: str  # the header's last line


def dialect_of(lines: list[str], *, header_ends: int, width: int, delimiter: str) -> Dialect:
    """The dialect of a file with a header of ``width`` cells in the lines up to ``header_ends``."""
    further = lines[header_ends : header_ends + LOOKED_AT]
    counts = Counter(line.count(delimiter) + 1 for line in further if line.strip())
    return Dialect(
        delimiter=delimiter,
        width=width,
        usual=counts.most_common(1)[0][0] if counts else 0,
        header=lines[header_ends - 1].strip() if header_ends else "",
    )


PhysicalRow = tuple[int, list[str] | RejectedCell, bool]


def physical_rows(
    lines: list[str], dialect: Dialect, *, start: int, before: int = 0
) -> Iterator[PhysicalRow]:
    """Non-empty rows from ``lines[start]`` on: the first line of each, counted from 1 after the
    ``before`` lines that stand in front of these; its cells; and whether it is whole.

    Each row has ``width`` cells and one empty one behind them, which absent columns point at. Of
    two short rows that make one together, both are left out: a line end tore them. Reading may
    begin at any row that is whole.
    """
    width = dialect.width
    held: tuple[int, list[str]] | None = None
    for place, cells in _parted_rows(lines, start, before, dialect):
        line = place + before + 1
        short = isinstance(cells, list) and len(cells) < width and len(cells) != dialect.usual
        if held is not None:
            first = held[0] + before + 1
            if short and _make_one(held, place, cells, width):
                yield first, _torn(first, lines[held[0]]), False
                yield line, _torn(line, lines[place]), False
                held = None
                continue
            yield first, _fitted(held[1], first, dialect), False
            held = None
        if isinstance(cells, RejectedCell):
            yield line, cells, False
        elif is_footer(cells) or lines[place].strip() == dialect.header:
            yield line, _broken(line, lines[place], *FOOTER), False
        elif short:
            held = place, cells
        else:
            yield line, _fitted(cells, line, dialect), True
    if held is not None:
        first = held[0] + before + 1
        yield first, _fitted(held[1], first, dialect), False


def _make_one(
    held: tuple[int, list[str]], place: int, cells: list[str] | RejectedCell, width: int
) -> bool:
    """Whether a short row and the one in the next line are the two parts of one row."""
    if isinstance(cells, RejectedCell) or place != held[0] + 1 or is_footer(cells):
        return False
    return len(held[1]) + len(cells) - 1 == width


def _parted_rows(
    lines: list[str], start: int, before: int, dialect: Dialect
) -> Iterator[tuple[int, list[str] | RejectedCell]]:
    """Rows as the csv module parts them; a quote that was never closed costs its own line."""
    position = start
    while position < len(lines):
        feed = _Feed(lines, position)
        reader = csv.reader(feed, delimiter=dialect.delimiter)
        try:
            for cells in reader:
                if feed.position - position > 1 and _is_torn(feed, position, cells, dialect):
                    raise _RunawayQuote
                if any(map(str.strip, cells)):
                    yield position, cells
                position = feed.row_start = feed.position
        except (_RunawayQuote, csv.Error):
            yield position, _broken(position + before + 1, lines[position], *UNCLOSED)
            position += 1


def _is_torn(feed: _Feed, position: int, cells: list[str], dialect: Dialect) -> bool:
    """Whether a row spans several lines only because of a stray quote.

    So it is if one of its further lines is a whole row by itself: that is a neighbour.
    """
    width = dialect.width
    further = feed.lines[position + 1 : feed.position]
    marks = sum(line.count('"') for line in feed.lines[position : feed.position])
    if marks % 2 == 1 or len(cells) < width or any(cells[width:]):
        return True
    return width > 1 and any(line.count(dialect.delimiter) == width - 1 for line in further)


def _torn(line: int, value: str) -> RejectedCell:
    return _broken(
        line, value, "row-torn",
        "Ein Zeilenumbruch teilt diese Zeile; beide Teile wurden ausgelassen.",
        "A line break tears this row; both parts were left out.",
    )  # fmt: skip


def _fitted(cells: list[str], line: int, dialect: Dialect) -> list[str] | RejectedCell:
    """The row with exactly one cell more than the header: the empty one that absent columns point
    at."""
    width, delimiter = dialect.width, dialect.delimiter
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
    cells.extend([UNREACHED] * (width + 1 - len(cells)))
    return cells


def reach_of(cells: Sequence[str], width: int) -> int:
    """How many of the header's columns a row reaches; the cells behind say nothing."""
    if cells[width - 1] is not UNREACHED:
        return width
    return next(place for place, cell in enumerate(cells) if cell is UNREACHED)


def _broken(line: int, value: str, code: str, reason_de: str, reason_en: str) -> RejectedCell:
    return RejectedCell(
        line=line,
        column="",
        value=value.strip()[:SHOWN],
        code=code,
        reason_de=reason_de,
        reason_en=reason_en,
    )
