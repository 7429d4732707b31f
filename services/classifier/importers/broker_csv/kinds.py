"""Which of the four lists a CSV file is: told by its header."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from services.classifier.importers.broker_csv import commissions, contracts, interactions
from services.classifier.importers.broker_csv.carried import CarriedCells
from services.classifier.importers.broker_csv.customer_columns import (
    COMPANY_NAME,
    FIRST_NAME,
    LAST_NAME,
    customer_columns,
)
from services.classifier.importers.broker_csv.customers import CustomerRow
from services.classifier.importers.reading import Item, Reading, ReadingKind
from shared.csv.files import (
    Column,
    Header,
    MissingColumns,
    Row,
    Sheet,
    UnreadableFile,
    find_header,
    open_sheet,
    read_rows,
)

RowReader = Callable[[Row], Iterator[Item]]
TELLING: Final = 3  # columns: with fewer than these in common a file is none of the lists
NAMES: Final = (LAST_NAME, COMPANY_NAME, FIRST_NAME)


class CsvKindUnknown(UnreadableFile):
    """The header is that of no list which can be imported."""

    code = "csv-kind-unknown"

    def __init__(self) -> None:
        super().__init__(
            "Die Kopfzeile passt zu keiner Liste. Erwartet werden Kunden (Kundennummer, Nachname "
            "oder Firma), Verträge (Kundennummer, Vertragsnummer, Sparte), Courtagen "
            "(Kundennummer, Abrechnungsdatum, Betrag) oder Kontakte (Kundennummer, Datum, "
            "Richtung, Kanal, Rolle, Dauer Minuten).",
            "The header fits no known list (customers, contracts, commissions, interactions).",
        )


def read_csv(data: bytes, *, zone: ZoneInfo, as_of: date) -> Reading:
    """Raises `NotACsvFile`, `CsvKindUnknown` or `MissingColumns` before the first item."""
    sheet = open_sheet(data)
    columns_of = _columns_of(as_of)
    kind = _kind(sheet, columns_of)
    columns = columns_of[kind]
    rows = read_rows(sheet, columns)
    reader = _reader(kind, zone, as_of)
    marks = CarriedCells(kind, columns, find_header(sheet, columns))

    def items() -> Iterator[Item]:
        for row in rows:
            if isinstance(row, Row):
                for item in reader(row):
                    yield marks.marked(item, row)
            else:
                marks.note(row)
                yield row

    return Reading(kind=kind, encoding=sheet.encoding, items=items())


def _columns_of(as_of: date) -> dict[ReadingKind, tuple[Column[object], ...]]:
    return {
        "customers": customer_columns(as_of),
        "contracts": contracts.contract_columns(as_of),
        "commissions": commissions.COLUMNS,
        "interactions": interactions.COLUMNS,
    }


def _reader(kind: ReadingKind, zone: ZoneInfo, as_of: date) -> RowReader:
    if kind == "customers":
        return lambda row: CustomerRow(row, zone=zone, as_of=as_of).items()
    if kind == "contracts":
        return contracts.contract_items
    if kind == "commissions":
        return commissions.commission_reader()
    return interactions.interaction_reader(zone)


def _kind(sheet: Sheet, columns_of: dict[ReadingKind, tuple[Column[object], ...]]) -> ReadingKind:
    """The list of which the header names most, those whose required columns are there first."""
    headers = {kind: find_header(sheet, columns) for kind, columns in columns_of.items()}
    missing = {k: _missing(k, header, columns_of[k]) for k, header in headers.items()}
    best = max(headers, key=lambda kind: (not missing[kind], headers[kind].recognised))
    if not missing[best]:
        return best
    best = max(headers, key=lambda kind: headers[kind].recognised)
    if headers[best].recognised < TELLING:
        raise CsvKindUnknown
    raise MissingColumns(missing[best])


def _missing(
    kind: ReadingKind, header: Header, columns: tuple[Column[object], ...]
) -> tuple[str, ...]:
    """Required columns that lack; of names and of lines any one is enough."""
    present = {
        column.name
        for column, place in zip(columns, header.places, strict=True)
        if place < header.width
    }
    choices: tuple[tuple[Column[object], ...], ...] = ()
    if kind == "customers":
        choices = (NAMES,)
    elif kind == "contracts":
        choices = ((contracts.LINE, contracts.GDV_LINE),)
    lacking = [
        " oder ".join(column.header for column in choice)
        for choice in choices
        if not any(column.name in present for column in choice)
    ]
    return header.missing + tuple(lacking)
