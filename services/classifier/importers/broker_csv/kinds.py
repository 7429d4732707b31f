"""A CSV file as items, by the kind of list that its header decides."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import Final
from zoneinfo import ZoneInfo

from services.classifier.importers.broker_csv import commissions, contracts, interactions
from services.classifier.importers.broker_csv.carried_fields import CarriedCells
from services.classifier.importers.broker_csv.customer_columns import (
    CUSTOMER_ID,
    STATUS,
    customer_columns,
)
from services.classifier.importers.broker_csv.customers import CustomerRow
from services.classifier.importers.broker_csv.duplicate_rows import without_doubles
from services.classifier.importers.broker_csv.kind_detection import (
    COMBINED,
    CsvKindAmbiguous,
    CsvKindUnknown,
    Headers,
    decided_kind,
)
from services.classifier.importers.reading import (
    Item,
    ListKind,
    ReadCustomer,
    Reading,
    ReadingKind,
    RejectedRow,
    Warning_,
)
from shared.csv.files import Column, Row, Sheet, find_header, open_sheet, read_rows

__all__ = ["CsvKindAmbiguous", "CsvKindUnknown", "read_csv"]

RowReader = Callable[[Row], Iterator[Item]]
OWN_STATUS: Final = replace(STATUS, aliases=())


def read_csv(data: bytes, *, zone: ZoneInfo, as_of: date, kind: ListKind | None = None) -> Reading:
    """Raises `NotACsvFile`, `CsvKindUnknown`, `CsvKindAmbiguous` or `MissingColumns` before the
    first item. ``kind`` None: the header decides."""
    sheet = open_sheet(data)
    columns = _columns_of(as_of)
    headers = Headers(columns, {each: find_header(sheet, columns[each]) for each in columns})
    decided = decided_kind(headers, kind)
    if decided == COMBINED:
        combined = without_doubles(_combined(sheet, zone, as_of))
        return Reading(kind=decided, encoding=sheet.encoding, items=combined)
    items = _list_items(sheet, decided, columns[decided], _reader(decided, zone, as_of))
    return Reading(kind=decided, encoding=sheet.encoding, items=without_doubles(items))


def _columns_of(as_of: date) -> dict[ReadingKind, tuple[Column[object], ...]]:
    return {
        "customers": customer_columns(as_of),
        "contracts": contracts.contract_columns(as_of),
        "commissions": commissions.COLUMNS,
        "interactions": interactions.COLUMNS,
    }


def _reader(kind: ListKind, zone: ZoneInfo, as_of: date) -> RowReader:
    if kind == "customers":
        return lambda row: CustomerRow(row, zone=zone, as_of=as_of).items()
    if kind == "contracts":
        return contracts.contract_items
    if kind == "commissions":
        return commissions.commission_reader()
    return interactions.interaction_reader(zone)


def _list_items(
    sheet: Sheet, kind: ListKind, columns: tuple[Column[object], ...], reader: RowReader
) -> Iterator[Item]:
    marks = CarriedCells(kind, columns, find_header(sheet, columns))
    for row in read_rows(sheet, columns):
        if isinstance(row, Row):
            for item in reader(row):
                yield marks.marked(item, row)
        else:
            marks.note(row)
            yield row


def _combined(sheet: Sheet, zone: ZoneInfo, as_of: date) -> Iterator[Item]:
    """A row for each contract with its holder in front: every holder once, then the contracts.

    A column called *Status* is the contract's: a cancelled contract makes nobody a former
    customer. What neither list knows, and what both say of a row, is told once.
    """
    own = tuple(OWN_STATUS if each is STATUS else each for each in customer_columns(as_of))
    agreed = tuple(
        replace(each, required=False) if each is contracts.NUMBER else each
        for each in contracts.COLUMNS
    )
    unknown = set(find_header(sheet, own).unknown) & set(find_header(sheet, agreed).unknown)
    told: set[tuple[int, str, str]] = set()
    persons = _list_items(sheet, "customers", own, _reader("customers", zone, as_of))
    listed = _list_items(sheet, "contracts", agreed, _contract_if_any)
    for item in chain(_each_once(persons), listed):
        if isinstance(item, RejectedRow | Warning_):
            remark = (item.line, item.column, item.code)
            foreign = item.code == "column-unknown" and item.column not in unknown
            if foreign or remark in told:
                continue
            told.add(remark)
        yield item


def _contract_if_any(row: Row) -> Iterator[Item]:
    return contracts.contract_items(row) if row[contracts.NUMBER] else iter(())


def _each_once(items: Iterator[Item]) -> Iterator[Item]:
    """The first row of each customer; a later one that differs is told and not taken."""
    first: dict[str, ReadCustomer] = {}
    for item in items:
        if not isinstance(item, ReadCustomer):
            yield item
            continue
        before = first.setdefault(item.customer_id, item)
        if before is item:
            yield item
        elif before.customer != item.customer:
            yield Warning_(
                line=item.line, column=CUSTOMER_ID.header, value=item.customer_id,
                code="customer-differs",
                reason_de=f"Der Kunde steht in Zeile {before.line} anders; diese gilt.",
                reason_en=f"Line {before.line} tells another record of this customer; it counts.",
            )  # fmt: skip
