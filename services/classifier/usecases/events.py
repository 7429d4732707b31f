"""Recording events: each is kept once and carried out in the same transaction.

One transaction and a handful of statements for one event or for two hundred; which come together
is decided by the intake of the process (`event_intake.py`).
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

import structlog

from services.classifier.domain.instants import ahead_of_today
from services.classifier.store import contracts, customers
from services.classifier.store.contract_terms import ContractKey, ContractTerms, terms_of
from services.classifier.store.events import (
    NewEvent,
    count_events,
    delete_events,
    insert_events,
    told_otherwise,
)
from services.classifier.usecases.contracts import ContractNotFound
from services.classifier.usecases.customer_writes import (
    CustomerNotFound,
    DeathDateInFuture,
    Moment,
    WriteEffects,
    mark_and_publish,
    moment_of,
    write_customers,
)
from services.classifier.usecases.event_effects import (
    CUSTOMER_UPSERTED,
    Event,
    apply_effects,
    customer_word,
    publish_events,
)
from services.classifier.usecases.record_merging import ReportedCustomer
from shared.clock import Clock
from shared.contracts.agencies import SourceName
from shared.contracts.customers import Customer
from shared.contracts.events import ContractCancelled, CustomerDied
from shared.contracts.vocabulary import AgencyId, Revision
from shared.db.database import DirectTransaction, Transaction
from shared.db.kept_keys import IdempotencyKeyReused

log = structlog.get_logger(__name__)

_EVENT_IDS = UUID("6f0e8a43-5a0e-4b7f-9d55-4a8b7f4a3c11")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event that is kept; ``duplicate``: its webhook-id had come before."""

    event_id: UUID
    duplicate: bool
    revision: Revision | None = None
    """How far the feed reached when the event was kept, if that is known."""


Outcome = Recorded | Exception


def event_id_of(agency: AgencyId, source: SourceName, webhook_id: str) -> UUID:
    """The same event has the same id however often it is sent."""
    return uuid5(_EVENT_IDS, f"{agency}\n{source}\n{webhook_id}")


async def record_events(
    transaction: Transaction, events: Sequence[Event], *, clock: Clock
) -> dict[UUID, Outcome]:
    """Keep these events and carry out what they change; one that may not be changes nothing.

    Whose order matters must be the last event of its customer here.
    """
    counting = [event for event in events if event.only_counts]
    changing = [event for event in events if not event.only_counts]
    outcomes = await record_counted_events(transaction, counting)
    if changing:
        outcomes |= await _carry_out(transaction, changing, clock)
    return outcomes


async def record_counted_events(
    transaction: DirectTransaction, events: Sequence[Event]
) -> dict[UUID, Outcome]:
    """Keep these events, which only count."""
    counted = await count_events(transaction, [_row(event) for event in events])
    publish_events(transaction, [event for event in events if event.event_id in counted.new])
    known = [event for event in events if event.event_id not in counted.of_unknown_customers]
    unknown = {
        event.event_id: CustomerNotFound(event.customer_id)
        for event in events
        if event.event_id in counted.of_unknown_customers
    }
    return {**unknown, **await _recorded(transaction, known, counted.new)}


async def _recorded(
    transaction: DirectTransaction, events: Sequence[Event], new: Set[UUID]
) -> dict[UUID, Outcome]:
    """The answer to each event that is kept; a webhook-id of another event is refused."""
    before = [_row(event) for event in events if event.event_id not in new]
    otherwise = await told_otherwise(transaction, before)
    return {
        event.event_id: IdempotencyKeyReused()
        if event.event_id in otherwise
        else Recorded(event_id=event.event_id, duplicate=event.event_id not in new)
        for event in events
    }


async def _carry_out(
    transaction: Transaction, events: Sequence[Event], clock: Clock
) -> dict[UUID, Outcome]:
    moment = await moment_of(transaction, clock)
    # What came before is a repetition whatever has happened since: kept first, then asked.
    new_ids = await insert_events(transaction, [_row(event) for event in events])
    arrived = [event for event in events if event.event_id in new_ids]
    refusals = await _refusals(transaction, arrived, moment.today)
    outcomes = await _forgotten(transaction, refusals)
    taken = [event for event in events if event.event_id not in outcomes]
    new = [event for event in arrived if event.event_id not in outcomes]
    effects = WriteEffects()
    refused = await _write_customers(transaction, new, moment, effects)
    done = [event for event in new if event.event_id not in refused]
    contradictory = await apply_effects(transaction, done, moment=moment, effects=effects)
    refused |= await _forgotten(transaction, contradictory)
    done = [event for event in done if event.event_id not in refused]
    publish_events(transaction, done, await _contract_terms(transaction, done))
    effects.customers |= {event.customer_id for event in done}
    await mark_and_publish(transaction, effects)
    return {**outcomes, **await _recorded(transaction, taken, new_ids), **refused}


async def _contract_terms(
    transaction: Transaction, events: Sequence[Event]
) -> Mapping[ContractKey, ContractTerms]:
    """What the owners of cancelled contracts know these by."""
    keys = [
        (event.customer_id, event.data.contract_id)
        for event in events
        if isinstance(event.data, ContractCancelled)
    ]
    return await terms_of(transaction, keys) if keys else {}


def _row(event: Event) -> NewEvent:
    return NewEvent(
        source=event.source,
        webhook_id=event.webhook_id,
        event_id=event.event_id,
        customer_id=event.customer_id,
        type=event.type,
        at=event.at,
        data=event.encoded,
    )


async def _refusals(
    transaction: Transaction, events: Sequence[Event], today: date
) -> dict[Event, Exception]:
    """Events of customers and contracts that do not exist, and of days to come."""
    of_known = [event for event in events if event.type != CUSTOMER_UPSERTED]
    known = await customers.known_customers(
        transaction, sorted({event.customer_id for event in of_known})
    )
    wanted = {(event.customer_id, event.needs_contract) for event in events if event.needs_contract}
    there = await contracts.known_contracts(transaction, sorted(wanted)) if wanted else set()
    refused: dict[Event, Exception] = {
        event: ahead
        for event in events
        if (ahead := ahead_of_today(event.data, today=today, within="/data"))
    }
    for event in of_known:
        contract_id = event.needs_contract
        if event.customer_id not in known:
            refused[event] = CustomerNotFound(event.customer_id)
        elif contract_id and (event.customer_id, contract_id) not in there:
            refused[event] = ContractNotFound(event.customer_id, contract_id)
        elif isinstance(event.data, CustomerDied) and (event.data.died_on or today) > today:
            refused[event] = DeathDateInFuture(event.data.died_on or today, today=today)
    return refused


async def _write_customers(
    transaction: Transaction, events: Sequence[Event], moment: Moment, effects: WriteEffects
) -> dict[UUID, Outcome]:
    """Carry out what events tell of the customers themselves; what may not be is forgotten."""
    told = {
        event.customer_id: (event, word)
        for event in events
        if (word := customer_word(event, moment)) is not None
    }
    if not told:
        return {}
    written = await write_customers(
        transaction,
        [
            ReportedCustomer(
                customer_id=customer_id,
                word=word,
                customer=event.data if isinstance(event.data, Customer) else None,
            )
            for customer_id, (event, word) in told.items()
        ],
        moment=moment,
        effects=effects,
    )
    for left in written.left:
        log.info("an older event left a field alone", field=left.field.field, why=left.field.why)
    return await _forgotten(
        transaction, {told[each][0]: why for each, why in written.refused.items()}
    )


async def _forgotten(
    transaction: Transaction, refused: Mapping[Event, Exception]
) -> dict[UUID, Outcome]:
    """The outcomes of events that turned out not to be allowed, which are not kept."""
    await delete_events(transaction, [(event.source, event.webhook_id) for event in refused])
    return {event.event_id: refusal for event, refusal in refused.items()}
