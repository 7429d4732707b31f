"""CSV files as German broker systems and Excel export them, read row by row.

A caller names its columns once (`Column`) and receives rows of parsed values in file order, and for
every cell that cannot be read its place and the reason. Whole-file errors are raised before the
first row: `NotACsvFile`, `MissingColumns`.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from shared.csv.cells import CellError, DoubtfulValue, is_blank
from shared.csv.columns import Column, ColumnPlaces, Row, names_of
from shared.csv.rows import (
    SHOWN,
    Dialect,
    PhysicalRow,
    RejectedCell,
    dialect_of,
    physical_rows,
)
from shared.csv.spellings import bare_cell, header_key, shared_places, without_controls
from shared.csv.text import NotACsvFile, Sheet, UnreadableFile, open_sheet

__all__ = [
    "CellReader", "Column", "DoubtfulCell", "Header", "MissingColumns", "NotACsvFile",
    "RejectedCell", "Row", "Sheet", "UnreadableFile", "find_header", "names_of", "open_sheet",
    "read_rows",
]  # fmt: skip

DELIMITERS: Final = (";", ",", "\t", "|")
COLUMNS_AT_MOST: Final = 2000
HEADER_WITHIN: Final = 10  # lines: some systems write a title and the day above the header
CODE_PAGES: Final = {
    "cp850": "MS-DOS (Codepage 850)",
    "mac_roman": "Mac Roman",
    "utf-8-twice": "UTF-8, aber zweimal umgewandelt („JÃ¶rg“),",
    "din66003": "DIN 66003",
}
ROWS_AT_ONCE: Final = 1000
REMEMBERED: Final = 20_000  # different cells of one column that are kept with their values
FAULT: Final = object()
"""Stands for a cell that cannot be read."""
MISSING: Final = CellError("cell-missing", "Die Angabe fehlt.", "The value is missing.")


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtfulCell:
    """Something left out although its row was kept: an unknown column, or rubbish in a lenient
    cell. ``row_names`` and ``word_kind`` as in `RejectedCell`."""

    line: int
    column: str
    value: str
    code: str
    reason_de: str
    reason_en: str
    row_names: str = ""
    word_kind: str = ""


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

    def dialect(self, lines: list[str]) -> Dialect:
        """How the rows below it are written; ``lines`` are the first ones of the file."""
        return dialect_of(lines, header_ends=self.line, width=self.width, delimiter=self.delimiter)


@lru_cache(maxsize=64)
def _names_of(columns: tuple[Column[object], ...]) -> dict[str, int]:
    """`header_key` of a header or alias → place of its column; a header beats an alias."""
    names: dict[str, int] = {}
    for place, column in enumerate(columns):
        for alias in column.aliases:
            names.setdefault(header_key(alias), place)
    names.update({header_key(column.header): place for place, column in enumerate(columns)})
    return names


def find_header(lines: list[str], columns: Sequence[Column[object]]) -> Header:
    """The row among the first few that names most of the columns, under any delimiter."""
    candidates = [
        _header_at(lines, start, delimiter, tuple(columns))
        for start, text in enumerate(lines[:HEADER_WITHIN])
        if text.strip()
        for delimiter in DELIMITERS
    ]
    if not candidates:
        candidates = [_header_at(lines, 0, DELIMITERS[0], tuple(columns))]
    return max(candidates, key=lambda header: (header.recognised, header.width, -header.line))


def _header_at(
    lines: list[str], start: int, delimiter: str, columns: tuple[Column[object], ...]
) -> Header:
    reader = csv.reader(lines[start : start + HEADER_WITHIN], delimiter=delimiter)
    try:
        cells = next(reader, [])
    except csv.Error:
        cells = []
    if len(cells) > COLUMNS_AT_MOST:
        cells = []  # no list has so many; each would be told as unknown
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
    own = {header_key(column.header): place for place, column in enumerate(columns)}
    words = [header_key(cell) for cell in cells]
    places = [len(cells)] * len(columns)
    for known in (own, names):
        for position, word in enumerate(words):
            wanted = known.get(word)
            if wanted is not None and places[wanted] == len(cells):
                places[wanted] = position
    return shared_places([column.header for column in columns], places)


def read_rows(
    data: bytes | Sheet, columns: Sequence[Column[object]]
) -> Iterator[Row | RejectedCell | DoubtfulCell]:
    """Rows in file order, with what was rejected or left out in between.

    Raises `NotACsvFile` and `MissingColumns` at once, before anything is iterated.
    """
    sheet = open_sheet(data) if isinstance(data, bytes) else data
    header = find_header(sheet.lines, columns)
    if header.missing:
        raise MissingColumns(header.missing)
    return _rows(sheet, header, tuple(columns))


def _rows(
    sheet: Sheet, header: Header, columns: tuple[Column[object], ...]
) -> Iterator[Row | RejectedCell | DoubtfulCell]:
    yield from encoding_remarks(sheet)
    yield from header_remarks(header)
    cells = CellReader(header, columns)
    rows = physical_rows(sheet.lines, header.dialect(sheet.lines), start=header.line)
    while batch := list(islice(rows, ROWS_AT_ONCE)):
        for read in cells.read(batch):
            yield from read


class CellReader:
    """Reads the cells of one list's rows, column by column, many rows at a time.

    A list has few different words, days and amounts: what stands in many cells is read once.
    """

    def __init__(self, header: Header, columns: tuple[Column[object], ...]) -> None:
        self._header = header
        self._columns = columns
        self._places = ColumnPlaces(columns)
        self._known: list[dict[str, Any]] = [{} for _ in columns]

    def read(
        self, rows: Sequence[PhysicalRow]
    ) -> Iterator[Sequence[Row | RejectedCell | DoubtfulCell]]:
        """For each row what it became: mostly one `Row`, else what was wrong with it."""
        whole = [cells for _, cells, _ in rows if isinstance(cells, list)]
        values = zip(*self._values(whole), strict=True)
        for line, cells, complete in rows:
            if isinstance(cells, RejectedCell):
                yield (cells,)
                continue
            row = next(values)
            remarks = () if complete else (_short(line, cells),)
            if FAULT in row:
                yield (*remarks, *self._with_faults(line, cells))
            else:
                yield (*remarks, Row(line, row, self._places))

    def _values(self, rows: Sequence[list[str]]) -> list[list[Any]]:
        """Every column's values; `FAULT` for what cannot be read."""
        found = []
        columns = list(zip(*rows, strict=True)) if rows else []
        for column, place, known in zip(
            self._columns, self._header.places, self._known, strict=True
        ):
            if place == self._header.width:
                found.append([FAULT if column.required else None] * len(rows))
                continue
            texts = columns[place] if columns else ()
            new = set(texts) - known.keys()
            if len(new) == len(texts):  # as numbers of customers: none of them comes again
                found.append([_value(bare_cell(text), column) for text in texts])
                continue
            if len(known) + len(new) > REMEMBERED:
                known.clear()
                new = set(texts)
            known.update({text: _value(bare_cell(text), column) for text in new})
            found.append([known[text] for text in texts])
        return found

    def _with_faults(
        self, line: int, cells: list[str]
    ) -> Iterator[Row | RejectedCell | DoubtfulCell]:
        return _row_with_faults(line, cells, self._header, self._columns, self._places)


def _short(line: int, cells: list[str]) -> DoubtfulCell:
    return DoubtfulCell(
        line=line,
        column="",
        value=next((cell.strip() for cell in cells if cell.strip()), "")[:SHOWN],
        code="row-short",
        reason_de="Die Zeile hat weniger Felder als die Kopfzeile; die fehlenden sind unbekannt.",
        reason_en="The row has fewer fields than the header; those that lack are unknown.",
    )


def _value(cell: str, column: Column[object]) -> object:
    if not cell:
        return FAULT if column.required else None
    if not cell.isprintable() and without_controls(cell) != cell:
        return FAULT
    try:
        return column.parse(cell)
    except CellError:
        return FAULT


def _row_with_faults(
    line: int,
    cells: list[str],
    header: Header,
    columns: tuple[Column[object], ...],
    places: ColumnPlaces,
) -> Iterator[Row | RejectedCell | DoubtfulCell]:
    """The slow way through a row, which finds every fault and not only the first."""
    values: list[object] = []
    rejected = False
    yield from _controls_removed(line, cells, header)
    texts = [bare_cell(without_controls(cells[place])) for place in header.places]
    found = [_read(text, column) for text, column in zip(texts, columns, strict=True)]
    named = next(
        (
            str(value or text)
            for text, (value, _), column in zip(texts, found, columns, strict=True)
            if column.names_row and text
        ),
        "",
    )
    for cell, (value, error), shown, column in zip(
        texts, found, header.shown, columns, strict=True
    ):
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
            row_names=named[:SHOWN],
            word_kind=column.word_kind if error.word_unknown else "",
        )
    if not rejected:
        yield Row(line, tuple(values), places)


def _controls_removed(line: int, cells: list[str], header: Header) -> Iterator[DoubtfulCell]:
    for place, shown in dict(zip(header.places, header.shown, strict=True)).items():
        cleaned = without_controls(cells[place])
        if cleaned != cells[place]:
            yield DoubtfulCell(
                line=line,
                column=shown,
                value=cleaned.strip()[:SHOWN],
                code="controls-removed",
                reason_de="Die Zelle enthielt Steuerzeichen; sie wurden entfernt.",
                reason_en="The cell held control characters; they were removed.",
            )


def _read(cell: str, column: Column[object]) -> tuple[object, CellError | None]:
    if not cell:
        return None, MISSING if column.required else None
    try:
        return column.parse(cell), None
    except DoubtfulValue as doubt:
        if column.required and doubt.value is None:
            return None, CellError(doubt.code, doubt.reason_de, doubt.reason_en)
        return doubt.value, doubt
    except CellError as error:
        unknown = not column.required and is_blank(cell)
        return None, None if unknown else error


def encoding_remarks(sheet: Sheet) -> Iterator[DoubtfulCell]:
    """What was guessed about the encoding of a file and of single lines of it."""
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
            value=sheet.line(line).strip()[:SHOWN],
            code="encoding-guessed",
            reason_de="Die Zeile ist anders kodiert als die Datei; gelesen nach ihren Wörtern.",
            reason_en="The line is encoded unlike its file and was read by its words.",
        )


def header_remarks(header: Header) -> Iterator[DoubtfulCell]:
    """The columns that are not read."""
    for name in header.unknown:
        yield DoubtfulCell(
            line=header.line,
            column=name,
            value="",
            code="column-unknown",
            reason_de="Die Spalte ist unbekannt oder doppelt und wurde nicht gelesen.",
            reason_en="The column is unknown or doubled and was not read.",
        )
