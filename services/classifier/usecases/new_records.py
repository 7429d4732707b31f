"""Records of which nothing is known: entered as rows, without a look at each of them.

Most rows of a first list are such. Whoever read them made their rows (`importers/new_records.py`),
so that nothing is left here but to make sure that nothing is known, and to enter them.
"""

from collections.abc import Sequence

from services.classifier.domain.contract_matching import number_key, plainly_met
from services.classifier.domain.provenance import first_word
from services.classifier.domain.records import contract_group, customer_group
from services.classifier.domain.words import Word
from services.classifier.importers.file_words import FileWord
from services.classifier.importers.new_records import (
    DIED,
    KIND,
    STATUS,
    NamedFields,
    NewBooking,
    NewContracts,
    NewCustomers,
    NewRecords,
)
from services.classifier.store import care_units, contracts, customers
from services.classifier.store.commissions_alike import bookings_alike
from services.classifier.store.contracts import BookingRow
from services.classifier.store.customers import KnownCustomer
from services.classifier.store.erasures import erased_among
from services.classifier.store.merges import merged_into
from services.classifier.store.unassigned_commissions import contracts_numbered
from services.classifier.usecases.commission_assignment import assign_waiting
from services.classifier.usecases.customer_writes import (
    Moment,
    WriteEffects,
    object_again,
    regroup,
)
from shared.db.database import Transaction


async def nothing_known(transaction: Transaction, new: NewRecords, moment: Moment) -> bool:
    """Whether all customers of these records are new, and all contracts of them or of customers
    who are there; nothing of it changes before the transaction ends."""
    people, agreed = new.customers, new.contracts
    ids = [] if people is None else people.ids
    holders = [] if agreed is None else sorted(set(agreed.holders).difference(ids))
    if holders and await merged_into(transaction, holders):
        return False
    if people is not None and not await _nobody_known(transaction, people, moment):
        return False
    if holders and not await customers.all_known(transaction, holders):
        return False
    return agreed is None or not await contracts.any_known(
        transaction, agreed.keys, agreed.number_keys
    )


async def _nobody_known(transaction: Transaction, people: NewCustomers, moment: Moment) -> bool:
    if people.latest_day is not None and people.latest_day > moment.today:
        return False
    await care_units.lock_links(transaction)
    # Asked only now: a merge that we waited for has taken its customer away.
    if await merged_into(transaction, people.ids):
        return False
    if await customers.any_known(transaction, people.ids):
        return False
    return not await erased_among(transaction, people.ids)


async def enter_new_customers(
    transaction: Transaction, new: NewCustomers, file: FileWord, effects: WriteEffects
) -> None:
    """Create these customers with their links."""
    told = _first_words(new.source, new.named, file)
    provenances = {names: first_word(word, names, customer_group) for names, word in told.items()}
    await customers.enter_customers(
        transaction, new.values, [provenances[each] for each in new.named]
    )
    created = frozenset(new.ids)
    effects.entered |= {
        each[0]: KnownCustomer(each[0], each[0], each[KIND], each[STATUS], each[DIED] is not None)
        for each in new.values
    }
    links = [
        (owner, link.customer_id, link.kind)
        for owner, stated in new.links.items()
        for link in stated
        if link.customer_id != owner
    ]
    linked, left = await customers.replace_connections(transaction, sorted(new.links), links)
    # A new customer may be whom others were linked to already.
    await regroup(transaction, linked | created, effects=effects)
    await object_again(transaction, created, effects)
    effects.records |= created | linked
    effects.customers |= left


async def enter_new_contracts(
    transaction: Transaction, new: NewContracts, file: FileWord, effects: WriteEffects
) -> None:
    """Create these contracts; bookings may have come before them."""
    told = _first_words(new.source, new.named, file)
    provenances = {names: first_word(word, names, contract_group) for names, word in told.items()}
    await contracts.enter_contracts(
        transaction, new.values, [provenances[each] for each in new.named]
    )
    effects.customers |= set(new.holders)
    effects.customers |= await assign_waiting(transaction, new.number_keys, new.holders)


async def plain_bookings(
    transaction: Transaction, new: Sequence[NewBooking]
) -> list[BookingRow] | None:
    """These bookings with their contracts, if each has one beyond doubt and nothing like any of
    them is known; else None."""
    keys = [number_key(each.contract_number) for each in new]
    candidates = await contracts_numbered(transaction, keys)
    rows = []
    for key, each in zip(keys, new, strict=True):
        met = plainly_met(each.contract_number, each.insurer_number, candidates.get(key, ()))
        if met is None:
            return None
        rows.append(BookingRow(each[0], met.customer_id, met.contract_id, *each[1:4]))
    alike = {(each[1], each[2], each[3], each[4]) for each in rows}
    if len(alike) < len(rows) or await bookings_alike(transaction, list(alike)):
        return None
    known = await contracts.any_booking_known(transaction, [each[0] for each in rows])
    return None if known else rows


def _first_words(
    source: str, named: Sequence[NamedFields], file: FileWord
) -> dict[NamedFields, Word]:
    """A word for each different set of fields; whoever told something first tells no values."""
    return {
        names: Word(source=source, at=file.at, fields=dict.fromkeys(names)) for names in set(named)
    }
