"""The records of a slice as the rows that they become if nothing is known of them.

Whoever reads makes them, beside whoever writes: of a first list of customers or contracts nothing
is left to do but to enter them. If something is known of any of them, the items decide as ever.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple, TypeVar

from services.classifier.domain.contract_matching import contract_number_key, number_key
from services.classifier.domain.instants import DUE_AHEAD, latest_day
from services.classifier.domain.records import DEATH, own_fields
from services.classifier.importers.file_words import FileWord, word_of_file
from services.classifier.importers.reading import (
    Item,
    ReadCommission,
    ReadConsent,
    ReadContract,
    ReadCustomer,
    RejectedRow,
    Warning_,
    known_number_of,
    number_told_of,
)
from shared.contracts.customers import (
    CommissionKind,
    Connection,
    Contract,
    Customer,
    Flags,
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
    of the few who have any.
    """

    source: str
    ids: Sequence[str]
    values: Sequence[tuple[Any, ...]]
    named: Sequence[NamedFields]
    latest_day: date | None
    links: Mapping[str, Sequence[Connection]]
    consents: Sequence[tuple[str, ReadConsent]]
    objections: Sequence[tuple[str, Objections]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContracts:
    """Contracts in the order of their keys, each of which stands once.

    ``values`` are the ids of customer and contract, the values of `own_fields` and the key of the
    number. ``number_keys`` are those that a known contract or a waiting booking would share.
    """

    source: str
    keys: Sequence[tuple[str, str]]
    holders: Sequence[str]
    number_keys: Sequence[str]
    values: Sequence[tuple[Any, ...]]
    named: Sequence[NamedFields]


class NewBooking(NamedTuple):
    """A booking whose insurer and number of contract are told, and no customer."""

    commission_id: str
    booked_on: date
    kind: CommissionKind
    amount_cents: int
    contract_number: str
    insurer_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecords:
    """All that a slice tells, if it tells of nothing that is known. Bookings stand in the order of
    their ids, each of which stands once; their contracts must be known."""

    remarks: Sequence[RejectedRow | Warning_] = ()
    customers: NewCustomers | None = None
    contracts: NewContracts | None = None
    bookings: Sequence[NewBooking] = ()


def new_records(items: Sequence[Item], file: FileWord) -> NewRecords | None:
    """The items as rows; None if they are no records of customers and contracts, or if one of them
    is told in a way that only its item can tell."""
    remarks = [each for each in items if isinstance(each, RejectedRow | Warning_)]
    people = [each for each in items if isinstance(each, ReadCustomer)]
    agreed = [each for each in items if isinstance(each, ReadContract)]
    booked = [each for each in items if isinstance(each, ReadCommission)]
    if not people and not agreed and not booked:
        return None
    if len(remarks) + len(people) + len(agreed) + len(booked) < len(items):
        return None
    customers, contracts = _customers(people, file), _contracts(agreed, file)
    bookings = _bookings(booked, file)
    if None in (customers, contracts, bookings):
        return None
    return NewRecords(
        remarks=remarks,
        customers=customers or None,
        contracts=contracts or None,
        bookings=bookings or (),
    )


def _customers(people: list[ReadCustomer], file: FileWord) -> NewCustomers | tuple[()] | None:
    """None if one of them can only be told by its item; empty if there is none."""
    if not people:
        return ()
    if any(each.known_by is not None for each in people):
        return None
    people = sorted(people, key=_customer_id)
    ids = [each.customer_id for each in people]
    if len(set(ids)) != len(ids) or RESERVED_CUSTOMER_IDS.intersection(ids):
        return None
    source = people[0].carried.source
    if any(each.customer.flags != NO_FLAGS or each.carried.source != source for each in people):
        return None
    days = {day for each in people for day in (each.customer.birth_date, each.customer.death_date)}
    return NewCustomers(
        source=source,
        ids=ids,
        values=[(each.customer_id, *_values_of(each.customer)) for each in people],
        named=_named(people, [each.customer for each in people], file),
        latest_day=max((day for day in days if day is not None), default=None),
        links={
            each.customer_id: each.customer.connections
            for each in people
            if each.customer.connections
        },
        consents=[(each.customer_id, said) for each in people for said in each.consents],
        objections=[
            (each.customer_id, each.objections) for each in people if each.objections is not None
        ],
    )


def _contracts(agreed: list[ReadContract], file: FileWord) -> NewContracts | tuple[()] | None:
    """As of customers."""
    if not agreed:
        return ()
    if any(each.known_by is not None for each in agreed):
        return None
    agreed = sorted(agreed, key=_key)
    keys = [_key(each) for each in agreed]
    source = agreed[0].carried.source
    if len(set(keys)) != len(keys) or any(each.carried.source != source for each in agreed):
        return None
    numbers = {known_number_of(each.contract, each.contract_id) for each in agreed}
    numbers |= {number_told_of(each.contract) for each in agreed}
    return NewContracts(
        source=source,
        keys=keys,
        holders=sorted({customer_id for customer_id, _ in keys}),
        number_keys=sorted({number_key(each) for each in numbers} - {""}),
        values=[
            (
                *key,
                *_terms_of(each.contract),
                contract_number_key(each.contract.contract_number, each.contract_id),
            )
            for key, each in zip(keys, agreed, strict=True)
        ],
        named=_named(agreed, [each.contract for each in agreed], file),
    )


def _bookings(booked: list[ReadCommission], file: FileWord) -> list[NewBooking] | None:
    """As of customers. Those without a sure contract, or ahead, are told by their items."""
    latest = latest_day(file.at, slack=DUE_AHEAD)
    found = []
    for row in booked:
        booking, number, insurer = row.commission, row.contract_number, row.insurer_number
        if booking.customer_id is not None or not number or not insurer:
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
                insurer,
            )
        )
    found.sort()
    return found if len({each.commission_id for each in found}) == len(found) else None


_Read = TypeVar("_Read", ReadCustomer, ReadContract)


def _named(
    read: Sequence[_Read], records: Sequence[Customer | Contract], file: FileWord
) -> list[NamedFields]:
    shared: dict[NamedFields, NamedFields] = {}
    found = []
    for each, record in zip(read, records, strict=True):
        word = word_of_file(record, each.carried, at=file.at, clears=file.clears_empty)
        named = frozenset(word.fields)
        found.append(shared.setdefault(named, named))
    return found


def _customer_id(item: ReadCustomer) -> str:
    return item.customer_id


def _key(item: ReadContract) -> tuple[str, str]:
    return item.customer_id, item.contract_id


NO_FLAGS: Final = Flags()
_values_of: Final = own_fields(Customer)[1]
_terms_of: Final = own_fields(Contract)[1]
PLACE_OF: Final = {name: place for place, name in enumerate(own_fields(Customer)[0], 1)}
"""Where in a customer's values a field stands."""
KIND, STATUS, DIED = PLACE_OF["kind"], PLACE_OF["status"], PLACE_OF[DEATH]
