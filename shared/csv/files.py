"""CSV files as German broker systems and Excel export them, read row by row.

A caller names its columns once (`Column`) and receives rows of parsed values in file order, and for
every cell that cannot be read its place and the reason. Whole-file errors are raised before the
first row: `NotACsvFile`, `MissingColumns`.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Generic, TypeVar, cast

from shared.csv.cells import BLANK_WORDS, CellError, DoubtfulValue, folded
from shared.csv.rows import SHOWN, RejectedCell, physical_rows
from shared.csv.text import NotACsvFile, Sheet, UnreadableFile, open_sheet

__all__ = [
    "Column", "DoubtfulCell", "Header", "MissingColumns", "NotACsvFile", "RejectedCell", "Row",
    "Sheet", "UnreadableFile", "find_header", "open_sheet", "read_rows",
]  # fmt: skip

T_co = TypeVar("T_co", covariant=True)

DELIMITERS: Final = (";", ",", "\t")
HEADER_WITHIN: Final = 10  # lines: some systems write a title and the day above the header
CODE_PAGES: Final = {"cp850": "MS-DOS (Codepage 850)", "mac_roman": "Mac Roman"}
MISSING: Final = CellError("cell-missing", "Die Angabe fehlt.", "The value is missing.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[T_co]):
    """One column: its German header, what else it is called, and how its cells are read.

    A ``required`` column must exist and have no empty cell. In a ``lenient`` one, a cell that
    cannot be read becomes a `DoubtfulCell` and counts as empty instead of rejecting its row.
    """

    name: str
    header: str
    parse: Callable[[str], T_co]
    aliases: tuple[str, ...] = ()
    required: bool = False
    lenient: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One data row: ``values`` stand in the order of the columns asked for, None if empty.

    ``line`` is the first physical line of the row, counted from 1.
    """

    line: int
    values: tuple[Any, ...]
    index: Mapping[str, int]

    def __getitem__(self, column: Column[T_co]) -> T_co | None:
        return cast("T_co | None", self.values[self.index[column.name]])


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtfulCell:
    """Something left out although its row was kept: an unknown column, or rubbish in a lenient
    cell."""

    line: int
    column: str
    value: str
    code: str
    reason_de: str
    reason_en: str


class MissingColumns(UnreadableFile):
    """The header lacks columns without which no row can be understood."""

    code = "columns-missing"

    def __init__(self, missing: Sequence[str]) -> None:
        self.missing = tuple(missing)
        names = ", ".join(missing)
        super().__init__(
            f"In der Kopfzeile fehlen die Spalten: {names}.",
            f"The header lacks the columns: {names}.",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The physical line on which the header ends, and the place of each wanted column.

    ``places`` follow the columns asked for; an absent one points at ``width``, one past the end.
    """

    line: int
    delimiter: str
    width: int
    places: tuple[int, ...]
    shown: tuple[str, ...]
    unknown: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def recognised(self) -> int:
        """How many of the wanted columns the file has."""
        return sum(1 for place in self.places if place < self.width)


@lru_cache(maxsize=64)
def _names_of(columns: tuple[Column[object], ...]) -> dict[str, int]:
    """Folded header or alias → place among the columns; a header beats another's alias."""
    names: dict[str, int] = {}
    for place, column in enumerate(columns):
        for alias in column.aliases:
            names.setdefault(folded(alias), place)
    names.update({folded(column.header): place for place, column in enumerate(columns)})
    return names


def find_header(sheet: Sheet, columns: Sequence[Column[object]]) -> Header:
    """The row among the first few that names most of the columns, under any delimiter."""
    candidates = [
        _header_at(sheet, start, delimiter, tuple(columns))
        for start, text in enumerate(sheet.lines[:HEADER_WITHIN])
        if text.strip()
        for delimiter in DELIMITERS
    ]
    if not candidates:
        candidates = [_header_at(sheet, 0, DELIMITERS[0], tuple(columns))]
    return max(candidates, key=lambda header: (header.recognised, header.width, -header.line))


def _header_at(
    sheet: Sheet, start: int, delimiter: str, columns: tuple[Column[object], ...]
) -> Header:
    reader = csv.reader(sheet.lines[start : start + HEADER_WITHIN], delimiter=delimiter)
    try:
        cells = next(reader, [])
    except csv.Error:
        cells = []
    places = _places(cells, columns)
    taken = frozenset(places)
    unknown = [
        " ".join(cell.split())[:SHOWN]
        for position, cell in enumerate(cells)
        if position not in taken and cell.strip()
    ]
    pairs = list(zip(columns, places, strict=True))
    return Header(
        line=start + reader.line_num,
        delimiter=delimiter,
        width=len(cells),
        places=tuple(places),
        shown=tuple(c.header if p == len(cells) else cells[p].strip() for c, p in pairs),
        unknown=tuple(unknown),
        missing=tuple(c.header for c, p in pairs if c.required and p == len(cells)),
    )


def _places(cells: Sequence[str], columns: tuple[Column[object], ...]) -> list[int]:
    """Where each column stands: its own header first, then its aliases from left to right.

    Else the amount of a statement that has ``Courtage`` (its rate) before ``Betrag`` is the rate.
    """
    names = _names_of(columns)
    own = {folded(column.header): place for place, column in enumerate(columns)}
    words = [folded(cell) for cell in cells]
    places = [len(cells)] * len(columns)
    for known in (own, names):
        for position, word in enumerate(words):
            wanted = known.get(word)
            if wanted is not None and places[wanted] == len(cells):
                places[wanted] = position
    return places


def read_rows(
    data: bytes | Sheet, columns: Sequence[Column[object]]
) -> Iterator[Row | RejectedCell | DoubtfulCell]:
    """Rows in file order, with what was rejected or left out in between.

    Raises `NotACsvFile` and `MissingColumns` at once, before anything is iterated.
    """
    sheet = open_sheet(data) if isinstance(data, bytes) else data
    header = find_header(sheet, columns)
    if header.missing:
        raise MissingColumns(header.missing)
    return _rows(sheet, header, tuple(columns))


def _rows(
    sheet: Sheet, header: Header, columns: tuple[Column[object], ...]
) -> Iterator[Row | RejectedCell | DoubtfulCell]:
    yield from _remarks(sheet, header)
    index = {column.name: place for place, column in enumerate(columns)}
    plan = [(p, c.parse, c.required) for p, c in zip(header.places, columns, strict=True)]
    for line, cells in physical_rows(
        sheet.lines, start=header.line, width=header.width, delimiter=header.delimiter
    ):
        if isinstance(cells, RejectedCell):
            yield cells
            continue
        values: list[object] = []
        try:
            for place, parse, required in plan:
                cell = cells[place].strip()
                if cell:
                    values.append(parse(cell))
                elif required:
                    break
                else:
                    values.append(None)
        except CellError:
            values = []
        if len(values) == len(plan):
            yield Row(line, tuple(values), index)
        else:
            yield from _row_with_faults(line, cells, header, columns, index)


def _row_with_faults(
    line: int,
    cells: list[str],
    header: Header,
    columns: tuple[Column[object], ...],
    index: Mapping[str, int],
) -> Iterator[Row | RejectedCell | DoubtfulCell]:
    """The slow way through a row, which finds every fault and not only the first."""
    values: list[object] = []
    rejected = False
    for place, shown, column in zip(header.places, header.shown, columns, strict=True):
        cell = cells[place].strip()
        value, error = _read(cell, column)
        values.append(value)
        if error is None:
            continue
        kept = isinstance(error, DoubtfulValue) or (column.lenient and not column.required)
        kind = DoubtfulCell if kept else RejectedCell
        rejected = rejected or kind is RejectedCell
        yield kind(
            line=line,
            column=shown,
            value=cell[:SHOWN],
            code=error.code,
            reason_de=error.reason_de,
            reason_en=error.reason_en,
        )
    if not rejected:
        yield Row(line, tuple(values), index)


def _read(cell: str, column: Column[object]) -> tuple[object, CellError | None]:
    if not cell:
        return None, MISSING if column.required else None
    try:
        return column.parse(cell), None
    except DoubtfulValue as doubt:
        missing = column.required and doubt.value is None
        return doubt.value, MISSING if missing else doubt
    except CellError as error:
        unknown = not column.required and folded(cell) in BLANK_WORDS
        return None, None if unknown else error


def _remarks(sheet: Sheet, header: Header) -> Iterator[DoubtfulCell]:
    if sheet.guessed:
        yield DoubtfulCell(
            line=1,
            column="",
            value=sheet.encoding,
            code="encoding-guessed",
            reason_de=f"Den Wörtern nach ist die Datei in {CODE_PAGES[sheet.encoding]} kodiert.",
            reason_en="The encoding of the file was chosen by its words.",
        )
    for line in sheet.guessed_lines:
        yield DoubtfulCell(
            line=line,
            column="",
            value=sheet.lines[line - 1].strip()[:SHOWN] if line <= len(sheet.lines) else "",
            code="encoding-guessed",
            reason_de="Die Zeile ist anders kodiert als die Datei; gelesen nach ihren Wörtern.",
            reason_en="The line is encoded unlike its file and was read by its words.",
        )
    for name in header.unknown:
        yield DoubtfulCell(
            line=header.line,
            column=name,
            value="",
            code="column-unknown",
            reason_de="Die Spalte ist unbekannt oder doppelt und wurde nicht gelesen.",
            reason_en="The column is unknown or doubled and was not read.",
        )
