"""The records of a slice as the rows that they become if nothing is known of them.

Whoever reads makes them, beside whoever writes: of a first list of customers or contracts nothing
is left to do but to enter them. If something is known of any of them, the items decide as ever.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, TypeVar

from services.classifier.domain.contract_matching import contract_number_key, number_key
from services.classifier.domain.records import DEATH, own_fields
from services.classifier.importers.file_words import FileWord, word_of_file
from services.classifier.importers.reading import (
    Item,
    ReadConsent,
    ReadContract,
    ReadCustomer,
    RejectedRow,
    Warning_,
    known_number_of,
    number_told_of,
)
from shared.contracts.customers import Connection, Contract, Customer, Flags, Objections
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRecords:
    """All that a slice tells, if it tells of nothing that is known."""

    remarks: Sequence[RejectedRow | Warning_]
    customers: NewCustomers | None
    contracts: NewContracts | None


def new_records(items: Sequence[Item], file: FileWord) -> NewRecords | None:
    """The items as rows; None if they are no records of customers and contracts, or if one of them
    is told in a way that only its item can tell."""
    people: list[ReadCustomer] = []
    agreed: list[ReadContract] = []
    remarks: list[RejectedRow | Warning_] = []
    for item in items:
        if isinstance(item, RejectedRow | Warning_):
            remarks.append(item)
        elif isinstance(item, ReadCustomer) and item.known_by is None:
            people.append(item)
        elif isinstance(item, ReadContract) and item.known_by is None:
            agreed.append(item)
        else:
            return None
    customers = _customers(people, file) if people else None
    contracts = _contracts(agreed, file) if agreed else None
    if (people and customers is None) or (agreed and contracts is None):
        return None
    if customers is None and contracts is None:
        return None
    return NewRecords(remarks=remarks, customers=customers, contracts=contracts)


def _customers(people: list[ReadCustomer], file: FileWord) -> NewCustomers | None:
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


def _contracts(agreed: list[ReadContract], file: FileWord) -> NewContracts | None:
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
