"""Reads a CSV file as items; its header decides the kind of list.

What a list is, is decided once (`decided_list`) and can be kept as a `ListPlan`; its rows are read
from any row on (`ListReader`).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from operator import itemgetter
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from services.classifier.importers.broker_csv import (
    commission_columns,
    commissions,
    contracts,
    interactions,
)
from services.classifier.importers.broker_csv.carried_fields import CarriedCells
from services.classifier.importers.broker_csv.customer_columns import (
    CUSTOMER_ID,
    STATUS,
    customer_columns,
)
from services.classifier.importers.broker_csv.customers import CustomerRow
from services.classifier.importers.broker_csv.kind_detection import (
    COMBINED,
    CsvKindAmbiguous,
    CsvKindUnknown,
    Headers,
    decided_kind,
)
from services.classifier.importers.broker_csv.own_words import (
    NO_OWN_WORDS,
    OwnWords,
    with_own_words,
)
from services.classifier.importers.broker_csv.repeated_numbers import (
    RowContent,
    SeenNumbers,
    number_doubled,
)
from services.classifier.importers.reading import (
    Item,
    ListKind,
    ReadCommission,
    ReadContract,
    ReadCustomer,
    Reading,
    ReadingKind,
    ReadInteraction,
    RejectedRow,
    Warning_,
    id_of_its_line,
    refused_row,
)
from shared.contracts.lines import UNKNOWN_LINE
from shared.csv.files import (
    ROWS_AT_ONCE,
    CellReader,
    Column,
    Row,
    encoding_remarks,
    find_header,
    header_remarks,
    open_sheet,
)
from shared.csv.rows import LOOKED_AT, SHOWN, Dialect, PhysicalRow, physical_rows

__all__ = [
    "CsvKindAmbiguous", "CsvKindUnknown", "ListPlan", "ListReader", "decided_list", "read_csv",
]  # fmt: skip

RowReader = Callable[[Row], Iterator[Item]]
Record = ReadCustomer | ReadContract | ReadCommission | ReadInteraction
_REMARKS: Final = (RejectedRow, Warning_)
LINE_MISSING: Final = "line-missing"
LINE_COLUMNS: Final = (contracts.LINE, contracts.GDV_LINE)
OWN_STATUS: Final = replace(STATUS, aliases=())
ROW_IDS: Final = "row-"  # made from the row itself and an ordinal: never twice
HEAD_LINES: Final = 10 + LOOKED_AT
"""The first lines of a list, by which its header and dialect are found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlan:
    """What is decided once about a list: its kind, by its whole header, and its first lines."""

    kind: ListKind
    head: tuple[str, ...]


def read_csv(data: bytes, *, zone: ZoneInfo, as_of: date, kind: ListKind | None = None) -> Reading:
    """Reads a list. Raises `NotACsvFile`, `CsvKindUnknown`, `CsvKindAmbiguous` or `MissingColumns`
    before the first item. If ``kind`` is None, the header decides."""
    sheet = open_sheet(data)
    plan = decided_list(sheet.lines, as_of=as_of, kind=kind)
    reader = ListReader(plan, zone=zone, as_of=as_of, seen=SeenNumbers())

    def items() -> Iterator[Item]:
        yield from encoding_remarks(sheet)
        yield from reader.opening
        rows = physical_rows(sheet.lines, reader.dialect, start=reader.header_ends)
        while batch := list(islice(rows, ROWS_AT_ONCE)):
            yield from reader.items(batch)

    return Reading(kind=plan.kind, encoding=sheet.encoding, items=items())


def decided_list(lines: list[str], *, as_of: date, kind: ListKind | None) -> ListPlan:
    """What the list with these first lines is; raises as `read_csv` does."""
    columns: dict[ReadingKind, tuple[Column[object], ...]] = {
        "customers": customer_columns(as_of),
        "contracts": contracts.contract_columns(as_of),
        "commissions": commission_columns.COLUMNS,
        "interactions": interactions.COLUMNS,
    }
    headers = Headers(columns, {each: find_header(lines, columns[each]) for each in columns})
    return ListPlan(kind=decided_kind(headers, kind), head=tuple(lines[:HEAD_LINES]))


class ListReader:
    """Reads the rows of one list; ``seen`` knows the numbers of the rows before.

    A combined list has a row for each contract with its holder in front: every holder counts once,
    and what both say of a row is told once.
    """

    def __init__(
        self,
        plan: ListPlan,
        *,
        zone: ZoneInfo,
        as_of: date,
        seen: SeenNumbers,
        own_words: OwnWords = NO_OWN_WORDS,
    ) -> None:
        self._seen = seen
        head = list(plan.head)
        self._parts = [
            ListPart(
                kind,
                with_own_words(columns, own_words),
                head,
                reader,
                seen,
                once=plan.kind == COMBINED,
            )
            for kind, columns, reader in _parts(plan.kind, head, zone, as_of, seen)
        ]
        first = self._parts[0].header
        self.dialect: Dialect = first.dialect(head)
        self.header_ends = first.line

    @property
    def opening(self) -> list[Item]:
        """The columns that none of the parts knows."""
        others = [set(part.header.unknown) for part in self._parts[1:]]
        unknown = header_remarks(self._parts[0].header)
        return [each for each in unknown if all(each.column in other for other in others)]

    def items(self, rows: Sequence[PhysicalRow]) -> Iterator[Item]:
        """What these rows tell, in their order; of each row the holder comes first."""
        if len(self._parts) == 1:
            for found in self._parts[0].read(rows):
                yield from found
            return
        for pieces in zip(*(part.read(rows) for part in self._parts), strict=True):
            told: set[tuple[str, str]] = set()
            for item in (each for found in pieces for each in found):
                if isinstance(item, RejectedRow | Warning_):
                    if (item.column, item.code) in told:
                        continue
                    told.add((item.column, item.code))
                yield item


def _parts(
    kind: ListKind, head: list[str], zone: ZoneInfo, as_of: date, seen: SeenNumbers
) -> Iterator[tuple[ListKind, tuple[Column[object], ...], RowReader]]:
    """Of a combined list a column called *Status* is the contract's: a cancelled contract makes
    nobody a former customer."""

    def customer(row: Row) -> Iterator[Item]:
        return CustomerRow(row, zone=zone, as_of=as_of).items()

    def contract(row: Row) -> Iterator[Item]:
        return contracts.contract_items(row, as_of=as_of)

    def contract_if_any(row: Row) -> Iterator[Item]:
        return contract(row) if row[contracts.NUMBER] else iter(())

    if kind == COMBINED:
        persons = customer_columns(as_of)
        yield "customers", tuple(OWN_STATUS if c is STATUS else c for c in persons), customer
        agreed = tuple(
            replace(each, required=False) if each is contracts.NUMBER else each
            for each in contracts.contract_columns(as_of)
        )
        yield "contracts", agreed, contract_if_any
    elif kind == "customers":
        yield kind, customer_columns(as_of), customer
    elif kind == "contracts":
        yield kind, _contract_columns(as_of, head), contract
    elif kind == "commissions":
        yield kind, commission_columns.COLUMNS, commissions.commission_reader(seen)
    else:
        yield kind, interactions.COLUMNS, interactions.interaction_reader(zone, seen)


def _contract_columns(as_of: date, head: list[str]) -> tuple[Column[object], ...]:
    """The columns; a list that has no customers' numbers tells of contracts that are known."""
    columns = contracts.contract_columns(as_of)
    if contracts.CUSTOMER_ID.header not in find_header(head, columns).missing:
        return columns
    return tuple(
        replace(each, required=False) if each is contracts.CUSTOMER_ID else each for each in columns
    )


class ListPart:
    """One kind of record in the rows of a list."""

    def __init__(
        self,
        kind: ListKind,
        columns: tuple[Column[object], ...],
        head: list[str],
        reader: RowReader,
        seen: SeenNumbers,
        *,
        once: bool,
    ) -> None:
        self.header = find_header(head, columns)
        self._kind = kind
        self._cells = CellReader(self.header, columns)
        self._marks = CarriedCells(kind, columns, self.header)
        self._reader = reader
        self._seen = seen
        self._once = once
        read = [place for place in self.header.places if place < self.header.width]
        self._read_cells = itemgetter(*read, self.header.width)  # an empty one: two at least
        self._written = {
            column.header: (shown, place)
            for column, shown, place in zip(
                columns, self.header.shown, self.header.places, strict=True
            )
            if place < self.header.width
        }

    def read(self, rows: Sequence[PhysicalRow]) -> Iterator[list[Item]]:
        """The items of each row."""
        for (_, cells, _), pieces in zip(rows, self._cells.read(rows), strict=True):
            found: list[Item] = []
            whole = cells if isinstance(cells, list) else []
            for piece in pieces:
                if isinstance(piece, Row):
                    self._take(piece, whole, found)
                else:
                    self._marks.note(piece)
                    found.append(piece)
            yield found

    def _take(self, row: Row, cells: Sequence[str], found: list[Item]) -> None:
        """Add the items of a row; one that makes no record is refused alone, and not the file."""
        known = found and {each.column for each in found if isinstance(each, _REMARKS)}
        try:
            for item in self._reader(row):
                if not isinstance(item, _REMARKS):
                    if isinstance(item, ReadCustomer) and self._marks.half_address(item, row):
                        found.append(self._marks.marked(_address_left(row.line), row, cells))
                    found += self._not_doubled(self._marks.marked(item, row, cells), cells)
                    continue
                told = self._as_written(item, cells)
                if not (known and self._is_told(told, known)):
                    found.append(self._marks.marked(told, row, cells))
        except ValidationError as error:
            found.append(self._marks.marked(refused_row(row.line, error), row, cells))

    def _is_told(self, item: RejectedRow | Warning_, columns: Collection[str]) -> bool:
        """Whether a remark is about a cell that was told already; one line has two columns."""
        if not isinstance(item, Warning_) or not item.column:
            return False
        return item.column in columns or (
            item.code == LINE_MISSING
            and any(self._written.get(each.header, ("",))[0] in columns for each in LINE_COLUMNS)
        )

    def _as_written(
        self, item: RejectedRow | Warning_, cells: Sequence[str]
    ) -> RejectedRow | Warning_:
        """What a reader tells, with the file's own name of the column; a refusal with its cell."""
        if item.column in self._written:
            shown, place = self._written[item.column]
            if isinstance(item, RejectedRow):
                item = replace(item, value=cells[place].strip()[:SHOWN])
            return replace(item, column=shown)
        return item

    def _not_doubled(self, item: Item, cells: Sequence[str]) -> list[Item]:
        """The item, unless its number stood in a row before; a conflict is told."""
        assert not isinstance(item, _REMARKS)
        number = _number(item)
        if number.startswith(ROW_IDS):
            return [item]
        content = _content(item, "\x1f".join(map(str.strip, self._read_cells(cells))))
        first = self._seen.first(self._kind, number, line=item.line, content=content)
        told: list[Item] = []
        if first is not None and first.further_line and isinstance(item, ReadContract):
            told, item = [_bundle_line(item)], replace(item, contract_id=id_of_its_line(item))
            number = item.contract_id
            first = self._seen.first(self._kind, number, line=item.line, content=content)
        if first is None:
            return [*told, item]
        if first.same:
            return told
        if self._once and isinstance(item, ReadCustomer):
            return [_differs(item, first.line)]
        return [*told, number_doubled(item.line, number, first.line)]


def _content(item: Record, cells: str) -> RowContent:
    if not isinstance(item, ReadContract):
        return RowContent(cells=cells)
    line = item.contract.line
    return RowContent(
        cells=cells, holder=item.customer_id, business=None if line == UNKNOWN_LINE else line
    )


def _bundle_line(item: ReadContract) -> Warning_:
    return Warning_(
        line=item.line, column="", value=item.contract_id, code="bundle-line",
        reason_de="Unter dieser Nummer steht noch eine Sparte: als eigener Vertrag übernommen.",
        reason_en="One more line under this number; taken as a contract of its own.",
    )  # fmt: skip


def _number(item: Record) -> str:
    if isinstance(item, ReadCustomer):
        return item.customer_id
    if isinstance(item, ReadContract):
        return item.contract_id
    if isinstance(item, ReadCommission):
        return item.commission.commission_id
    return item.interaction.interaction_id


def _address_left(line: int) -> Warning_:
    return Warning_(
        line=line, column="", value="", code="address-half-read",
        reason_de="Ein Teil der Anschrift ist nicht lesbar: wer bekannt ist, behält die bisherige "
        "ganz.",
        reason_en="A part of the address cannot be read, so whoever is known keeps the address as "
        "it is.",
    )  # fmt: skip


def _differs(item: ReadCustomer, first: int) -> Warning_:
    return Warning_(
        line=item.line, column=CUSTOMER_ID.header, value=item.customer_id,
        code="customer-differs",
        reason_de=f"Der Kunde steht in Zeile {first} anders; diese gilt.",
        reason_en=f"Line {first} tells another record of this customer; it counts.",
    )  # fmt: skip
