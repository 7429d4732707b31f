"""Writing customers and what belongs to them, many at a time, for requests, events and imports.

A record that may not be written is refused alone; what differs is written and published, and the
care units concerned are marked.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.classifier.domain.care_units import care_units
from services.classifier.domain.months import add_months
from services.classifier.domain.records import DEATH, LINKS
from services.classifier.store import agencies, consents, contracts, customers
from services.classifier.store import care_units as units
from services.classifier.store.bulk import Upserted
from services.classifier.store.consents import ConsentRecord, ObjectionRecord
from services.classifier.store.customers import CustomerRecord, KnownCustomer
from services.classifier.store.erasures import erased_among, objected_before
from services.classifier.store.held_contacts import counts_as_held
from services.classifier.store.merges import merged_into
from services.classifier.store.work_marks import mark_units
from services.classifier.usecases.commission_assignment import assign_waiting_for
from services.classifier.usecases.customer_refusals import (
    BirthDateInFuture,
    CustomerIdReserved,
    CustomerNotFound,
    CustomerWasErased,
    CustomerWasMerged,
    DeathDateInFuture,
    Record,
    Refusal,
    of_customer,
)
from services.classifier.usecases.published_customers import publish_customers
from services.classifier.usecases.record_merging import (
    ContractKey,
    LeftField,
    MergedCustomers,
    ReportedContract,
    ReportedCustomer,
    take_contracts,
    take_customers,
)
from shared.clock import Clock
from shared.contracts.changes.classifier import ConsentChanged
from shared.contracts.customers import Commission, Customer, Flags, Interaction, Objections
from shared.contracts.vocabulary import RESERVED_CUSTOMER_IDS, CustomerId
from shared.db.database import Transaction

__all__ = [
    "BirthDateInFuture", "CustomerNotFound", "CustomerWasErased", "CustomerWasMerged",
    "DeathDateInFuture", "Refusal",
]  # fmt: skip

FLAGS = "flags."
NO_FLAGS = Flags()
BESIDE = (f"{LINKS}.", FLAGS)
"""Fields with tables of their own, whose statements tell what is different."""

FLAG_MONTHS = 12
"""Marks end by themselves after so many months."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When and where a write happens: this instant, and the day it is in the agency."""

    now: datetime
    today: date
    zone: ZoneInfo


async def moment_of(transaction: Transaction, clock: Clock) -> Moment:
    """The present moment of the transaction's agency."""
    zone = (await agencies.agency_day(transaction)).zone
    return Moment(now=clock.now(), today=clock.today(zone), zone=zone)


@dataclass(slots=True)
class WriteEffects:
    """What one transaction changed. :func:`mark_and_publish` marks and publishes it, once, at the
    transaction's end."""

    customers: set[CustomerId] = field(default_factory=set)
    """Those whose facts changed."""
    units: set[CustomerId] = field(default_factory=set)
    """Units that came, went or changed their members."""
    records: set[CustomerId] = field(default_factory=set)
    """Those whose own record changed, and whom the feed must name."""
    entered: dict[CustomerId, KnownCustomer] = field(default_factory=dict)
    """Of these what was just entered, and is as it was entered."""


async def mark_and_publish(
    transaction: Transaction, effects: WriteEffects, *, ring: bool = True
) -> None:
    """Mark what must be classified again, and tell the feed which customers changed. A caller that
    writes many slices passes ``ring=False`` and rings once after the last."""
    concerned = effects.customers | effects.records
    if concerned:
        own = effects.units
        effects.units |= await units.units_depending_on(transaction, concerned, unit_ids=own)
    await mark_units(transaction, effects.units)
    if ring:
        transaction.ask_revision()
    if effects.units and ring:
        transaction.ring("reclassify")
    if effects.records:
        others = sorted(effects.records - effects.entered.keys())
        known = await customers.known_customers(transaction, others) if others else {}
        publish_customers(transaction, sorted((known | effects.entered).values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenCustomers:
    """What became of words on customers: whom they created, what was refused, what stays."""

    created: frozenset[CustomerId]
    refused: Mapping[CustomerId, Refusal]
    left: Sequence[LeftField]


async def write_customers(
    transaction: Transaction,
    told: Sequence[ReportedCustomer],
    *,
    moment: Moment,
    effects: WriteEffects,
) -> WrittenCustomers:
    """Create customers or change what the words name, with links and marks."""
    await units.lock_links(transaction)
    ids = sorted({each.customer_id for each in told})
    known = await customers.customer_records(transaction, ids, today=moment.today)
    taken = take_customers(known, told)
    refused = await _refused_customers(transaction, taken, moment)
    reserved = taken.records.keys() & RESERVED_CUSTOMER_IDS - known.keys()
    refused |= {each: CustomerIdReserved(each) for each in reserved}
    records = [each for each in taken.records.values() if each.customer_id not in refused]
    upserted = await customers.upsert_customers(transaction, records)
    created = frozenset(key[0] for key in upserted.created)
    await _write_links_and_marks(transaction, records, taken, moment, effects, created)
    await object_again(transaction, created, effects)
    effects.records |= created | {
        each.customer_id
        for each in records
        if each.customer_id not in created and _changes_itself(taken.changed[each.customer_id])
    }
    left = [each for each in taken.left if told[each.place].customer_id not in refused]
    return WrittenCustomers(created=created, refused=refused, left=left)


@lru_cache(maxsize=1024)
def _changes_itself(changed: frozenset[str]) -> bool:
    """Whether one of these fields stands in the customer's own record."""
    return any(not name.startswith(BESIDE) for name in changed)


@lru_cache(maxsize=1024)
def _changes_beside(changed: frozenset[str], head: str) -> bool:
    """Whether one of these fields stands in the table of this part of a record."""
    return any(name.startswith(head) for name in changed)


async def object_again(
    transaction: Transaction, created: Collection[CustomerId], effects: WriteEffects
) -> None:
    """New customers who objected to advertising before they were erased object still."""
    before = await objected_before(transaction, created) if created else {}
    said = {each: Objections(advertising=at) for each, at in sorted(before.items())}
    again = [ObjectionRecord(customer_id=each, objections=said[each]) for each in said]
    await write_objections(transaction, again, effects=effects, further=True)


async def _write_links_and_marks(
    transaction: Transaction,
    records: Sequence[CustomerRecord],
    taken: MergedCustomers,
    moment: Moment,
    effects: WriteEffects,
    created: frozenset[CustomerId],
) -> None:
    """Those of the records whose links or marks a word changed; the others stay untouched.

    A new customer had none before, so that one who states none is left out.
    """

    def changed(head: str, states_some: Callable[[Customer], bool]) -> list[CustomerRecord]:
        return [
            each
            for each in records
            if _changes_beside(taken.changed[each.customer_id], head)
            and (each.customer_id not in created or states_some(each.customer))
        ]

    owners = changed(LINKS, lambda customer: bool(customer.connections))
    linked, left = await customers.replace_connections(
        transaction,
        [each.customer_id for each in owners],
        [link for each in owners for link in customers.links_of(each.customer_id, each.customer)],
    )
    flagged = await customers.replace_imported_flags(
        transaction,
        changed(FLAGS, lambda customer: customer.flags != NO_FLAGS),
        now=moment.now,
        ends_on=add_months(moment.today, FLAG_MONTHS),
    )
    # A new customer may be whom others were linked to already.
    await regroup(transaction, linked | created, effects=effects)
    effects.records |= linked | flagged
    effects.customers |= left


async def _refused_customers(
    transaction: Transaction, taken: MergedCustomers, moment: Moment
) -> dict[CustomerId, Refusal]:
    refused: dict[CustomerId, Refusal] = dict(taken.refused)
    for customer_id, record in taken.records.items():
        birth, death = record.customer.birth_date, record.customer.death_date
        changed = taken.changed[customer_id]
        if birth is not None and birth > moment.today and "birth_date" in changed:
            refused[customer_id] = BirthDateInFuture(birth, today=moment.today)
        elif death is not None and death > moment.today and DEATH in changed:
            refused[customer_id] = DeathDateInFuture(death, today=moment.today)
    for customer_id in await erased_among(transaction, sorted({*taken.records, *refused})):
        refused[customer_id] = CustomerWasErased(customer_id)
    for customer_id, into in (await merged_into(transaction, taken.records)).items():
        refused[customer_id] = CustomerWasMerged(customer_id, into)
    return refused


async def regroup(
    transaction: Transaction, customer_ids: set[CustomerId], *, effects: WriteEffects
) -> None:
    """Give everyone around these customers the unit that the links make now."""
    if not customer_ids:
        return
    household = await units.linked_customers(transaction, customer_ids)
    now = care_units(household.unit_of, household.links)
    moved = {each: unit for each, unit in now.items() if household.unit_of[each] != unit}
    if not moved:
        return
    await units.set_units(transaction, moved)
    effects.units |= set(moved.values()) | {household.unit_of[each] for each in moved}
    effects.records |= set(moved)
    for each in effects.entered.keys() & moved.keys():
        del effects.entered[each]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenContracts:
    """What became of words on contracts: which they created, what was refused, what stays."""

    created: frozenset[ContractKey]
    unknown: Mapping[CustomerId, Refusal]
    contradictory: Mapping[ContractKey, Refusal]
    left: Sequence[LeftField]

    def refusal_of(self, told: ReportedContract) -> Refusal | None:
        """Why this word was not taken; None if it was."""
        return self.unknown.get(told.customer_id) or self.contradictory.get(told.key)


async def write_contracts(
    transaction: Transaction, told: Sequence[ReportedContract], *, effects: WriteEffects
) -> WrittenContracts:
    """Create contracts or change what the words name."""
    of_known, unknown = await _of_known_customers(transaction, told)
    keys = {each.key for each in of_known}
    known = await contracts.locked_contracts(transaction, keys) if keys else {}
    taken = take_contracts(known, of_known)
    records = [record for key, record in taken.records.items() if key not in taken.refused]
    upserted = await contracts.upsert_contracts(transaction, records)
    effects.customers |= {key[0] for key in taken.changed if key not in taken.refused}
    written = upserted.written
    # Bookings may have come before their contract.
    effects.customers |= await assign_waiting_for(
        transaction,
        [each for each in records if (each.customer_id, each.contract_id) in written],
    )
    places = [place for place, each in enumerate(told) if each.customer_id not in unknown]
    return WrittenContracts(
        created=frozenset((key[0], key[1]) for key in upserted.created),
        unknown=unknown,
        contradictory=taken.refused,
        left=[replace(each, place=places[each.place]) for each in taken.left],
    )


async def write_commissions(
    transaction: Transaction, items: Sequence[Commission], *, effects: WriteEffects
) -> tuple[Upserted, dict[CustomerId, Refusal]]:
    """Enter bookings; returns a refusal for each unknown customer too."""
    taken, refused = await _of_known_customers(transaction, items)
    return await enter_commissions(transaction, taken, effects=effects), refused


async def enter_commissions(
    transaction: Transaction, items: Sequence[Commission], *, effects: WriteEffects
) -> Upserted:
    """Enter bookings of customers that are known to be there."""
    effects.customers |= await contracts.owners_before(transaction, items)
    upserted = await contracts.upsert_commissions(transaction, items)
    written = {key[0] for key in upserted.written}
    effects.customers |= {item.customer_id for item in items if item.commission_id in written}
    return upserted


async def write_interactions(
    transaction: Transaction, items: Sequence[Interaction], *, effects: WriteEffects
) -> tuple[Upserted, dict[CustomerId, Refusal]]:
    """Enter contacts; returns a refusal for each unknown customer too."""
    taken, refused = await _of_known_customers(transaction, items)
    return await enter_interactions(transaction, taken, effects=effects), refused


async def enter_interactions(
    transaction: Transaction, items: Sequence[Interaction], *, effects: WriteEffects
) -> Upserted:
    """Enter contacts of customers that are known to be there."""
    effects.customers |= await contracts.owners_before(transaction, items)
    upserted = await contracts.upsert_interactions(transaction, items)
    written = {key[0] for key in upserted.written}
    effects.customers |= {item.customer_id for item in items if item.interaction_id in written}
    # What counts as held ends a planned contact, so the feed names the customer.
    effects.records |= {
        item.customer_id
        for item in items
        if item.interaction_id in written and counts_as_held(item)
    }
    return upserted


async def write_consents(
    transaction: Transaction, records: Sequence[ConsentRecord]
) -> dict[CustomerId, Refusal]:
    """Enter what customers said; the feed hears the last word on what is different now."""
    taken, refused = await _of_known_customers(transaction, records)
    for word in await consents.record_consents(transaction, taken):
        transaction.publish(
            ConsentChanged(
                customer_id=word.customer_id,
                purpose=word.purpose,
                channel=word.channel,
                state=word.state,
            )
        )
    return refused


async def write_objections(
    transaction: Transaction,
    records: Sequence[ObjectionRecord],
    *,
    effects: WriteEffects,
    further: bool = False,
) -> dict[CustomerId, Refusal]:
    """Enter objections as stated, or (``further``) beside those that stand already."""
    taken, refused = await _of_known_customers(transaction, records)
    write = consents.add_objections if further else consents.replace_objections
    changed = await write(transaction, taken)
    for customer_id, stated in (await consents.objections_of(transaction, changed)).items():
        transaction.publish(
            ConsentChanged(
                customer_id=customer_id,
                purpose="objection",
                advertising_objected=stated.advertising is not None,
                profiling_objected=stated.profiling is not None,
            )
        )
    effects.customers |= changed
    return refused


async def _of_known_customers(
    transaction: Transaction, records: Sequence[Record]
) -> tuple[list[Record], dict[CustomerId, Refusal]]:
    """Those records whose customer exists, and a refusal for each customer who does not.

    What is told of a customer who was merged is the other's: nothing of it may be lost.
    """
    wanted = {record.customer_id for record in records}
    known = await customers.known_customers(transaction, sorted(wanted)) if wanted else {}
    if wanted - known.keys():
        now = await merged_into(transaction, wanted - known.keys())
        records = [of_customer(each, now.get(each.customer_id)) for each in records]
        wanted = {record.customer_id for record in records}
        known |= await customers.known_customers(transaction, sorted(set(now.values())))
    refused: dict[CustomerId, Refusal] = {
        each: CustomerNotFound(each) for each in sorted(wanted) if each not in known
    }
    return [record for record in records if record.customer_id in known], refused
