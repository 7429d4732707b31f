"""The records of a slice as the rows that they become if nothing is known of them.

Whoever reads makes them, beside whoever writes: of a first list of customers or contracts nothing
is left to do but to enter them. If something is known of any of them, the items decide as ever.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any, Final, NamedTuple

from services.classifier.domain.contract_matching import contract_number_key, number_key
from services.classifier.domain.latest_days import DUE_AHEAD, latest_day
from services.classifier.domain.records import DEATH, own_fields, record_of
from services.classifier.importers.file_words import FileWord, named_by_file
from services.classifier.importers.reading import (
    Booking,
    Carried,
    Item,
    ReadCommission,
    ReadConsent,
    ReadContract,
    ReadCustomer,
    RejectedRow,
    Warning_,
    contract_id_of,
    known_number_of,
    number_told_of,
)
from shared.contracts.customers import (
    CommissionKind,
    Connection,
    Contract,
    Customer,
    Objections,
)
from shared.contracts.vocabulary import RESERVED_CUSTOMER_IDS

NamedFields = frozenset[str]
"""The fields that a row names; rows share the few sets that there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCustomers:
    """Customers in the order of their ids, each of which stands once.

    ``values`` are the id and the values of `own_fields`; ``named`` what each row names;
    ``latest_day`` is the last birth or death. ``links``, ``consents`` and ``objections`` are those
    of the few who have any. ``places`` are those of their items in the slice, ``lines`` those in
    the file.
    """

    source: str
    ids: Sequence[str]
    values: Sequence[tuple[Any, ...]]
    named: Sequence[NamedFields]
    carried: Sequence[Carried]
    places: Sequence[int]
    lines: Sequence[int]
    latest_day: date | None
    links: Mapping[str, Sequence[Connection]]
    consents: Mapping[str, tuple[ReadConsent, ...]]
    objections: Mapping[str, Objections]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContracts:
    """Contracts in the order of their keys, each of which stands once.

    ``values`` are the ids of customer and contract, the values of `own_fields` and the key of the
    number. ``number_keys`` are those that a known contract or a waiting booking would share.
    ``named``, ``carried``, ``places`` and ``lines`` as of customers.
    """

    source: str
    keys: Sequence[tuple[str, str]]
    holders: Sequence[str]
    number_keys: Sequence[str]
    values: Sequence[tuple[Any, ...]]
    named: Sequence[NamedFields]
    carried: Sequence[Carried]
    places: Sequence[int]
    lines: Sequence[int]


class NewBooking(NamedTuple):
    """A booking whose insurer and number of contract are told, and no customer."""

    commission_id: str
    booked_on: date
    kind: CommissionKind
    amount_cents: int
    contract_number: str
    insurer_number: str
    place: int
    line: int
    first_of_its_day: bool
    insurer: str | None
    line_key: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecords:
    """All that a slice tells, if it tells of nothing that is known. Bookings stand in the order of
    their ids, each of which stands once; their contracts must be known."""

    remarks: Sequence[tuple[int, RejectedRow | Warning_]] = ()
    """With their places among the items."""
    customers: NewCustomers | None = None
    contracts: NewContracts | None = None
    bookings: Sequence[NewBooking] = ()


def new_records(items: Sequence[Item], file: FileWord) -> NewRecords | None:
    """The items as rows; None if they are no records of customers and contracts, or if one of them
    is told in a way that only its item can tell."""
    placed = list(enumerate(items))
    remarks = [(n, each) for n, each in placed if isinstance(each, RejectedRow | Warning_)]
    people = [(n, each) for n, each in placed if isinstance(each, ReadCustomer)]
    agreed = [(n, each) for n, each in placed if isinstance(each, ReadContract)]
    booked = [(n, each) for n, each in placed if isinstance(each, ReadCommission)]
    if not people and not agreed and not booked:
        return None
    if len(remarks) + len(people) + len(agreed) + len(booked) < len(items):
        return None
    customers, contracts = _customers(people, file), _contracts(agreed, file)
    bookings = _bookings(booked, file)
    if customers is None or contracts is None or bookings is None:
        return None
    return NewRecords(
        remarks=remarks,
        customers=customers or None,
        contracts=contracts or None,
        bookings=bookings,
    )


_Empty = tuple[()]


def _customers(
    placed: list[tuple[int, ReadCustomer]], file: FileWord
) -> NewCustomers | _Empty | None:
    """None if one of them can only be told by its item; empty if there is none."""
    if not placed:
        return ()
    placed.sort(key=_customer_id)
    people = [each for _, each in placed]
    ids = [each.customer_id for each in people]
    if len(set(ids)) != len(ids) or RESERVED_CUSTOMER_IDS.intersection(ids):
        return None
    if _told_otherwise(people) or any(each.customer.flags is not NO_FLAGS for each in people):
        return None
    if not all(each.customer.named for each in people):
        return None
    records = [each.customer for each in people]
    values = [_values_of(each) for each in records]
    days = {each.birth_date for each in records} | {each.death_date for each in records}
    return NewCustomers(
        source=people[0].carried.source,
        ids=ids,
        values=[(customer_id, *each) for customer_id, each in zip(ids, values, strict=True)],
        named=[
            named_by_file(each.customer, each.carried, file, own)
            for each, own in zip(people, values, strict=True)
        ],
        carried=[each.carried for each in people],
        places=[place for place, _ in placed],
        lines=[each.line for each in people],
        latest_day=max((day for day in days if day is not None), default=None),
        links={
            each.customer_id: each.customer.connections
            for each in people
            if each.customer.connections
        },
        consents={each.customer_id: each.consents for each in people if each.consents},
        objections={
            each.customer_id: each.objections for each in people if each.objections is not None
        },
    )


def _contracts(
    placed: list[tuple[int, ReadContract]], file: FileWord
) -> NewContracts | _Empty | None:
    """As of customers."""
    if not placed:
        return ()
    placed.sort(key=_key)
    agreed = [each for _, each in placed]
    keys = [_key(each) for each in placed]
    if len(set(keys)) != len(keys) or _told_otherwise(agreed):
        return None
    terms = [_terms_of(each.contract) for each in agreed]
    numbers = {
        number_told_of(each.contract) or known_number_of(each.contract, each.contract_id)
        for each in agreed
    }
    return NewContracts(
        source=agreed[0].carried.source,
        keys=keys,
        holders=sorted({customer_id for customer_id, _ in keys}),
        number_keys=sorted({number_key(each) for each in numbers} - {""}),
        values=[
            (
                *key,
                *own,
                contract_number_key(each.contract.contract_number, each.contract_id),
            )
            for key, each, own in zip(keys, agreed, terms, strict=True)
        ],
        named=[
            named_by_file(each.contract, each.carried, file, own)
            for each, own in zip(agreed, terms, strict=True)
        ],
        carried=[each.carried for each in agreed],
        places=[place for place, _ in placed],
        lines=[each.line for each in agreed],
    )


def _told_otherwise(read: Sequence[ReadCustomer] | Sequence[ReadContract]) -> bool:
    """Whether an insurer's file tells these, or several sources do."""
    source = read[0].carried.source
    return any(each.known_by is not None or each.carried.source != source for each in read)


def _bookings(placed: list[tuple[int, ReadCommission]], file: FileWord) -> list[NewBooking] | None:
    """As of customers. Those without a sure contract, or ahead, are told by their items."""
    latest = latest_day(file.at, slack=DUE_AHEAD)
    found = []
    for place, row in placed:
        booking, number, insurer_number = row.commission, row.contract_number, row.insurer_number
        if booking.customer_id is not None or not number or not insurer_number:
            return None
        if booking.booked_on > latest:
            return None
        found.append(
            NewBooking(
                booking.commission_id,
                booking.booked_on,
                booking.kind,
                booking.amount_cents,
                number,
                insurer_number,
                place,
                row.line,
                row.first_of_its_day,
                row.insurer,
                row.line_key,
            )
        )
    found.sort()
    return found if len({each.commission_id for each in found}) == len(found) else None


def items_of(new: NewRecords) -> list[Item]:
    """The items that rows were made of, in their order."""
    placed: list[tuple[int, Item]] = list(new.remarks)
    if new.customers is not None:
        placed += zip(new.customers.places, _read_customers(new.customers), strict=True)
    if new.contracts is not None:
        placed += zip(new.contracts.places, _read_contracts(new.contracts), strict=True)
    placed += [(each.place, _read_commission(each)) for each in new.bookings]
    placed.sort(key=itemgetter(0))
    return [item for _, item in placed]


def _read_customers(new: NewCustomers) -> Iterator[ReadCustomer]:
    for line, carried, (customer_id, *values) in zip(
        new.lines, new.carried, new.values, strict=True
    ):
        customer = record_of(Customer, dict(zip(_FIELDS, values, strict=True)))
        if customer_id in new.links:
            customer = customer.model_copy(update={"connections": new.links[customer_id]})
        yield ReadCustomer(
            line=line,
            customer_id=customer_id,
            customer=customer,
            consents=new.consents.get(customer_id, ()),
            objections=new.objections.get(customer_id),
            carried=carried,
        )


def _read_contracts(new: NewContracts) -> Iterator[ReadContract]:
    for line, carried, (customer_id, contract_id, *values, _) in zip(
        new.lines, new.carried, new.values, strict=True
    ):
        yield ReadContract(
            line=line,
            customer_id=customer_id,
            contract_id=contract_id,
            contract=record_of(Contract, dict(zip(_TERMS, values, strict=True))),
            carried=carried,
        )


def _read_commission(row: NewBooking) -> ReadCommission:
    return ReadCommission(
        line=row.line,
        commission=Booking(
            commission_id=row.commission_id,
            customer_id=None,
            contract_id=contract_id_of(row.insurer_number, row.contract_number),
            booked_on=row.booked_on,
            kind=row.kind,
            amount_cents=row.amount_cents,
        ),
        first_of_its_day=row.first_of_its_day,
        contract_number=row.contract_number,
        insurer=row.insurer,
        insurer_number=row.insurer_number,
        line_key=row.line_key,
    )


def _customer_id(placed: tuple[int, ReadCustomer]) -> str:
    return placed[1].customer_id


def _key(placed: tuple[int, ReadContract]) -> tuple[str, str]:
    return placed[1].customer_id, placed[1].contract_id


NO_FLAGS: Final = Customer.model_fields["flags"].default
_FIELDS, _values_of = own_fields(Customer)
_TERMS, _terms_of = own_fields(Contract)
PLACE_OF: Final = {name: place for place, name in enumerate(_FIELDS, 1)}
"""Where in a customer's values a field stands."""
KIND, STATUS, DIED = PLACE_OF["kind"], PLACE_OF["status"], PLACE_OF[DEATH]
