"""The rows of a CSV file with the physical lines they stand on.

A stray quotation mark costs its own line, and no line after it.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

LONGEST_ROW: Final = 200  # lines; a quote open for longer is a stray one
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

    Each row has ``width`` cells and one empty one behind them, which absent columns point at.
    """
    position = start
    while position < len(lines):
        feed = _Feed(lines, position)
        reader = csv.reader(feed, delimiter=delimiter)
        try:
            for cells in reader:
                if feed.position - position > 1 and _is_torn(feed, position, cells, width):
                    raise _RunawayQuote
                if any(map(str.strip, cells)):
                    yield position + 1, _fitted(cells, position + 1, width, delimiter)
                position = feed.row_start = feed.position
        except (_RunawayQuote, csv.Error):
            yield (
                position + 1,
                _broken(
                    position + 1,
                    lines[position],
                    "row-torn",
                    "Ein Anführungszeichen wird nicht geschlossen; die Zeile wurde ausgelassen.",
                    "A quotation mark is never closed; the line was left out.",
                ),
            )
            position += 1


def _is_torn(feed: _Feed, position: int, cells: list[str], width: int) -> bool:
    """Whether a row spans several lines only because of a stray quote."""
    marks = sum(line.count('"') for line in feed.lines[position : feed.position])
    return marks % 2 == 1 or len(cells) < width or any(cells[width:])


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
