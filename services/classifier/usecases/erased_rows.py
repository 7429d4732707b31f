"""Rows of files that speak of erased customers, by whatever they name them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from services.classifier.domain.erasure import asked_of_contract, of_identities, of_row
from services.classifier.importers.reading import Item, ReadContract, ReadCustomer
from services.classifier.store.customers import known_customers
from services.classifier.store.erasures import erased_among
from services.classifier.store.unassigned_commissions import UnassignedBooking
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedRows:
    """Places of items to refuse, and what the rows of erased customers call them."""

    places: frozenset[int]
    row_names: frozenset[str]


async def erased_items(
    transaction: Transaction, items: Sequence[Item], *, named: Collection[str]
) -> ErasedRows:
    """Find what speaks of erased customers among these items and these names of rows.

    Of a broker's own list the number alone decides, which tells who became a customer anew; an
    insurer's file names its people by contracts and numbers that were the erased customer's.
    """
    asked = {
        place: set(_texts(item))
        for place, item in enumerate(items)
        if isinstance(item, _NAMED_BY_OTHERS) and item.known_by is not None
    }
    texts = {text for each in asked.values() for text in each} | {of_row(name) for name in named}
    erased = await erased_among(transaction, sorted(texts)) if texts else set()
    places = [place for place, each in asked.items() if each & erased]
    ids = {place: _customer_id(items[place]) for place in places}
    known = await known_customers(transaction, sorted(set(ids.values()))) if ids else {}
    return ErasedRows(
        places=frozenset(place for place in places if ids[place] not in known),
        row_names=frozenset(name for name in named if of_row(name) in erased),
    )


async def erased_bookings(
    transaction: Transaction, bookings: Sequence[UnassignedBooking]
) -> set[str]:
    """The ids of those of these bookings, whose contract nobody has, that erased customers had."""
    asked = {
        each.commission_id: set(asked_of_contract(each.insurer_number, each.contract_number or ""))
        for each in bookings
    }
    texts = {text for each in asked.values() for text in each}
    erased = await erased_among(transaction, sorted(texts)) if texts else set()
    return {commission_id for commission_id, each in asked.items() if each & erased}


_NAMED_BY_OTHERS: Final = (ReadCustomer, ReadContract)


def _texts(item: ReadCustomer | ReadContract) -> Iterator[str]:
    if item.known_by is None:
        return
    yield from of_identities(item.known_by.identities)
    for name in item.known_by.contracts:
        yield from asked_of_contract(name.insurer_number, name.number)


def _customer_id(item: Item) -> str:
    return item.customer_id if isinstance(item, ReadCustomer | ReadContract) else ""
