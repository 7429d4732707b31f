"""Which fields the rows of a list carry, and which of its cells are empty."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from services.classifier.importers.names import may_hold_first_name
from services.classifier.importers.reading import (
    Carried,
    Item,
    ReadContract,
    ReadCustomer,
    RejectedRow,
    Warning_,
)
from shared.contracts.customers import Customer
from shared.contracts.lines import UNKNOWN_LINE
from shared.csv.files import Column, DoubtfulCell, Header, Row
from shared.csv.rows import RejectedCell, reach_of

FIELDS_OF_COLUMNS: Final = {
    "street": "address.street", "house_number": "address.street",
    "postcode": "address.postcode", "city": "address.city", "country": "address.country",
    "state": "address.state", "mobile": "phone", "phone_at_work": "phone",
    "place_postcode": "address.postcode", "place_city": "address.city",
    "name_first_last_name": "last_name", "name_first_first_name": "first_name",
    "name_first_title": "title", "given_name_first_last_name": "last_name",
    "given_name_first_first_name": "first_name", "given_name_first_title": "title",
    "name_2": "first_name", "name_3": "first_name",
    "household": "life.household", "children": "life.children", "home": "life.home",
    "employment": "life.employment", "vehicles": "life.vehicles", "pets": "life.pets",
    "industry": "life.industry", "employees": "life.employees",
    "mandate": "mandate.contract", "power_of_attorney": "mandate.power_of_attorney",
    "mandate_since": "mandate.since", "mandate_ended": "mandate.ended_on", "cancelled_to": "end",
    "effect": "end_by_effect",
    "yearly_premium": "premium_cents",
    "recommended_by": "connections.recommended_by", "household_with": "connections.household",
}  # fmt: skip
"""Columns whose field bears another name than they do."""
BY_EFFECT: Final = "end_by_effect"
"""A day that ends what is cancelled, and nothing else."""
NEVER_EMPTY: Final = frozenset({
    BY_EFFECT,
    "customer_id", "kind", "status", "form_of_address", "language", "address.country",
    "last_name", "company_name", "contract_number", "line", "foreign",
    "consent_email", "consent_phone", "consent_newsletter", "consent_on", "consent_source",
    "no_advertising",
})  # fmt: skip
"""Of these an empty cell says nothing: they always have a value, or are no fields of a record."""
OF_NAMES: Final = frozenset({"kind", "first_name", "last_name", "company_name"})
"""A row without a name tells none of these: the name decides who is a company."""


OF_ADDRESS: Final = frozenset({
    "address.street", "address.postcode", "address.city", "address.country", "address.state",
})  # fmt: skip
"""They belong together: a new street with the postcode of the old one is nobody's address."""

PARTS_OF_A_CELL: Final = frozenset({"place_postcode", "place_city"})
"""Where a cell has one of them only, all of it is that one."""

_REMARKS: Final = (RejectedRow, Warning_)
_RECORDS: Final = (ReadCustomer, ReadContract)
_NOTHING: Final[frozenset[str]] = frozenset()


class CarriedCells:
    """Tells of each record of one list what its row carries."""

    def __init__(self, kind: str, columns: Sequence[Column[object]], header: Header) -> None:
        self._source = f"csv:{kind}"
        self._width = header.width
        self._columns = [
            (column, FIELDS_OF_COLUMNS.get(column.name, column.name), shown, place)
            for column, place, shown in zip(columns, header.places, header.shown, strict=True)
            if place < header.width
        ]
        self._last_name = next(
            (column for column, *_ in self._columns if column.name == "last_name"), None
        )
        self._row_places = [
            place
            for place, (_, found) in enumerate(zip(columns, header.places, strict=True))
            if found < header.width
        ]
        self._address = [
            (column, field, shown)
            for column, field, shown, _ in self._columns
            if field in OF_ADDRESS
        ]
        self._unreadable: set[tuple[int, str]] = set()
        self._known: dict[
            tuple[tuple[bool, ...], frozenset[str], tuple[bool, ...], int], Carried
        ] = {}

    def note(self, cell: RejectedCell | DoubtfulCell) -> None:
        """Remember a cell that could not be read, which is not an empty one."""
        if isinstance(cell, DoubtfulCell):
            self._unreadable = {each for each in self._unreadable if each[0] == cell.line}
            self._unreadable.add((cell.line, cell.column))

    def marked(self, item: Item, row: Row, cells: Sequence[str]) -> Item:
        """The item with what its row carries, and a remark with whose row it is."""
        if isinstance(item, _REMARKS):
            named = (row[column] for column, *_ in self._columns if column.names_row)
            return replace(item, row_names=next((str(each) for each in named if each), ""))
        if not isinstance(item, _RECORDS):
            return item
        filled = tuple([row.values[place] is not None for place in self._row_places])
        unreadable = self._unreadable_in(row.line) if self._unreadable else _NOTHING
        reach = reach_of(cells, self._width)
        key = (filled, unreadable, _kind(item), reach)
        carried = self._known.get(key)
        if carried is None:
            carried = self._known[key] = self._carried(filled, unreadable, item, reach)
        if isinstance(item, ReadCustomer) and item.customer.kind == "person":
            carried = self._without_guesses(carried, item.customer, row)
        if isinstance(item, ReadCustomer) and self.half_address(item, row):
            carried = replace(
                carried,
                fields=(carried.fields or _NOTHING) - OF_ADDRESS,
                empty=carried.empty - OF_ADDRESS,
            )
        return item.carrying(carried)

    def half_address(self, item: ReadCustomer, row: Row) -> bool:
        """Whether one part of the address can be read, and another stands there and cannot."""
        unreadable = self._unreadable_in(row.line) if self._unreadable else _NOTHING
        address = item.customer.address
        if address.postcode is not None and not unreadable:
            return False
        return bool(address.street or address.postcode or address.city) and any(
            shown in unreadable and column.name not in PARTS_OF_A_CELL
            if row[column] is None
            else field == "address.postcode" and address.postcode is None
            for column, field, shown in self._address
        )

    def _unreadable_in(self, line: int) -> frozenset[str]:
        return frozenset(shown for at, shown in self._unreadable if at == line)

    def _without_guesses(self, carried: Carried, customer: Customer, row: Row) -> Carried:
        """What is carried without what is guessed of a name in one column.

        A guess completes whom nobody knows, and changes nobody's known name. A further line of a
        name that is no given name says nothing of it.
        """
        fields, guessed = carried.fields or frozenset(), set()
        if self._last_name is not None and "last_name" in fields:
            written = row[self._last_name]
            if written is not None and "," in str(written) and customer.last_name != written:
                guessed.add("last_name")
        if customer.first_name is None:
            if "first_name" in fields:
                guessed.add("first_name")
            if customer.last_name and may_hold_first_name(customer.last_name):
                guessed.add("last_name")
        return replace(carried, fields=fields - guessed) if guessed else carried

    def _carried(
        self,
        filled: tuple[bool, ...],
        unreadable: frozenset[str],
        item: ReadCustomer | ReadContract,
        reach: int,
    ) -> Carried:
        """What a row carries; columns that it does not reach are neither filled nor empty."""
        filled_columns = [column for column, has in zip(self._columns, filled, strict=True) if has]
        named = {field for _, field, *_ in filled_columns}
        told = {place for *_, place in filled_columns}  # by one part of the cell at least
        empty = {
            field
            for _, field, shown, place in self._columns
            if field not in named
            and place not in told
            and shown not in unreadable
            and place < reach
        }
        derived = _derived(item, named)
        nameless = isinstance(item, ReadCustomer) and not item.customer.named
        untold = OF_NAMES if nameless else _NOTHING
        return Carried(
            source=self._source,
            fields=frozenset((named | derived) - {BY_EFFECT} - untold),
            empty=frozenset(empty - NEVER_EMPTY - derived - untold),
        )


def _kind(item: ReadCustomer | ReadContract) -> tuple[bool, ...]:
    """What of an item decides which fields `_derived` adds."""
    if isinstance(item, ReadCustomer):
        address = item.customer.address
        company = item.customer.kind == "company"
        named = item.customer.named
        return company, named, address.postcode is not None, address.city is not None
    return item.contract.line != UNKNOWN_LINE, item.contract.status == "cancelled"


def _derived(item: ReadCustomer | ReadContract, filled: set[str]) -> set[str]:
    """What a row says beside its own columns: a company by its name, postcode and town in the
    cell of a street or town, a line by its code, an ending by its day."""
    if isinstance(item, ReadCustomer):
        said = {"kind", "company_name"} if item.customer.kind == "company" else set()
        address = item.customer.address
        if address.postcode is not None:
            said.add("address.postcode")
        if address.city is not None:
            said.add("address.city")
        return said
    derived = {"status"} if item.contract.status == "cancelled" else set()
    if derived and BY_EFFECT in filled:
        derived.add("end")
    if "premium_cents" in filled and item.contract.instalments_per_year is not None:
        derived.add("instalments_per_year")  # a yearly premium is told with its instalments
    if item.contract.line != UNKNOWN_LINE:
        derived |= {"line", "gdv_line"} & ({"line"} | filled)
    return derived
