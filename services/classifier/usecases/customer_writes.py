"""Writing customers and what belongs to them, many at a time, inside somebody's transaction.

Requests, events and imports all use these functions. A record that may not be written is refused
alone; what differs is written and published, and the care units concerned are marked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from services.classifier.domain.care_units import care_units
from services.classifier.domain.months import add_months
from services.classifier.store import agencies, consents, contracts, customers
from services.classifier.store import care_units as units
from services.classifier.store.bulk import Upserted
from services.classifier.store.consents import ConsentRecord, ObjectionRecord
from services.classifier.store.contracts import ContractRecord
from services.classifier.store.customers import CustomerRecord
from services.classifier.store.erasures import erased_among
from services.classifier.store.work_marks import mark_units
from shared.clock import Clock
from shared.contracts.changes.classifier import ConsentChanged, CustomerChanged
from shared.contracts.customers import Commission, Interaction
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction

FLAG_MONTHS = 12
"""Marks end by themselves after so many months."""


class OfCustomer(Protocol):
    """Anything that belongs to one customer."""

    @property
    def customer_id(self) -> CustomerId:
        """Whose it is."""
        ...


Record = TypeVar("Record", bound=OfCustomer)


class CustomerNotFound(Exception):
    """no customer has that id; send the customer first"""

    def __init__(self, customer_id: CustomerId) -> None:
        super().__init__(f"{customer_id}: {type(self).__doc__}")
        self.customer_id = customer_id


class CustomerWasErased(Exception):
    """the customer was erased on request and cannot come back under this id; who becomes a
    customer anew gets a new id"""

    def __init__(self, customer_id: CustomerId) -> None:
        super().__init__(f"{customer_id}: {type(self).__doc__}")
        self.customer_id = customer_id


class BirthDateInFuture(Exception):
    """a birth date lies after today, in the agency's time zone"""

    def __init__(self, birth_date: date, *, today: date) -> None:
        super().__init__(f"{birth_date} is later than {today}: {type(self).__doc__}")
        self.birth_date = birth_date
        self.pointers = [{"pointer": "/birth_date", "detail": f"must not be after {today}"}]


class DeathDateInFuture(Exception):
    """a date of death lies after today, in the agency's time zone"""

    def __init__(self, death_date: date, *, today: date) -> None:
        super().__init__(f"{death_date} is later than {today}: {type(self).__doc__}")
        self.death_date = death_date
        self.pointers = [{"pointer": "/death_date", "detail": f"must not be after {today}"}]


Refusal = CustomerNotFound | CustomerWasErased | BirthDateInFuture | DeathDateInFuture


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


async def mark_and_publish(
    transaction: Transaction, effects: WriteEffects, *, ring: bool = True
) -> None:
    """Mark what must be classified again, and tell the feed which customers changed.

    A caller that writes many slices passes ``ring=False`` and rings once after the last.
    """
    concerned = effects.customers | effects.records
    if concerned:
        effects.units |= await units.units_depending_on(
            transaction, concerned, unit_ids=effects.units
        )
    await mark_units(transaction, effects.units)
    if effects.units and ring:
        transaction.ring("reclassify")
    if effects.records:
        known = await customers.known_customers(transaction, sorted(effects.records))
        for customer_id in sorted(known):
            publish_customer(transaction, known[customer_id])


def publish_customer(transaction: Transaction, known: customers.KnownCustomer) -> None:
    """Publish how a customer stands now."""
    transaction.publish(
        CustomerChanged(
            customer_id=known.customer_id,
            kind=known.kind,
            status=known.status,
            unit_id=known.unit_id,
            deceased=known.deceased,
        )
    )


async def write_customers(
    transaction: Transaction,
    records: Sequence[CustomerRecord],
    *,
    moment: Moment,
    effects: WriteEffects,
) -> tuple[Upserted, dict[CustomerId, Refusal]]:
    """Create or replace customers with links and marks; returns the refusals by id too."""
    await units.lock_links(transaction)
    refused = await _refused_customers(transaction, records, moment)
    taken = [record for record in records if record.customer_id not in refused]
    # Of several records with one id the last counts, for its links and marks too.
    taken = list({record.customer_id: record for record in taken}.values())
    if not taken:
        return Upserted(frozenset(), frozenset()), refused
    upserted = await customers.upsert_customers(transaction, taken)
    linked, left = await customers.replace_connections(transaction, taken)
    flagged = await customers.replace_imported_flags(
        transaction, taken, now=moment.now, ends_on=add_months(moment.today, FLAG_MONTHS)
    )
    written = {key[0] for key in upserted.written}
    created = {key[0] for key in upserted.created}
    # A new customer may be whom others were linked to already.
    await regroup(transaction, linked | created, effects=effects)
    effects.records |= written | linked | flagged
    effects.customers |= left
    return upserted, refused


async def _refused_customers(
    transaction: Transaction, records: Sequence[CustomerRecord], moment: Moment
) -> dict[CustomerId, Refusal]:
    refused: dict[CustomerId, Refusal] = {}
    for record in records:
        birth, death = record.customer.birth_date, record.customer.death_date
        if birth is not None and birth > moment.today:
            refused[record.customer_id] = BirthDateInFuture(birth, today=moment.today)
        elif death is not None and death > moment.today:
            refused[record.customer_id] = DeathDateInFuture(death, today=moment.today)
    ids = {record.customer_id for record in records}
    for customer_id in await erased_among(transaction, sorted(ids)):
        refused[customer_id] = CustomerWasErased(customer_id)
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


async def write_contracts(
    transaction: Transaction, records: Sequence[ContractRecord], *, effects: WriteEffects
) -> tuple[Upserted, dict[CustomerId, Refusal]]:
    """Create or replace contracts; returns a refusal for each unknown customer too."""
    taken, refused = await _of_known_customers(transaction, records)
    upserted = await contracts.upsert_contracts(transaction, taken)
    effects.customers |= {key[0] for key in upserted.written}
    return upserted, refused


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
    """Those records whose customer exists, and a refusal for each customer who does not."""
    wanted = {record.customer_id for record in records}
    known = await customers.known_customers(transaction, sorted(wanted)) if wanted else {}
    refused: dict[CustomerId, Refusal] = {
        each: CustomerNotFound(each) for each in sorted(wanted) if each not in known
    }
    return [record for record in records if record.customer_id in known], refused
