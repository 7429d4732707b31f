"""Recording events: each is kept once and carried out in the same transaction.

:class:`EventIntake` gathers what arrives while the last commit was under way and commits it
together: one transaction and a handful of statements for one event or for two hundred.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

import structlog

from services.classifier.store import contracts, customers
from services.classifier.store.customers import CustomerRecord
from services.classifier.store.events import (
    NewEvent,
    count_events,
    delete_events,
    insert_events,
)
from services.classifier.usecases.contracts import ContractNotFound
from services.classifier.usecases.event_effects import (
    CUSTOMER_UPSERTED,
    Event,
    apply_effects,
    publish_events,
)
from services.classifier.usecases.portfolio import (
    CustomerNotFound,
    DeathDateInFuture,
    Moment,
    Touched,
    moment_of,
    settle,
    write_customers,
)
from shared.clock import Clock
from shared.contracts.agencies import SourceName
from shared.contracts.customers import Customer
from shared.contracts.events import CustomerDied
from shared.contracts.vocabulary import AgencyId
from shared.database import Database, Transaction
from shared.failures import is_transient

log = structlog.get_logger(__name__)

EVENTS_AT_ONCE = 200
GATHER_SECONDS = 0.003
"""How long events are gathered while several come at a time; a lone event never waits."""
WAITING_AT_MOST = 5000
"""Beyond this the sender is told to come back: it keeps its events, and our memory has an end."""

_EVENT_IDS = UUID("6f0e8a43-5a0e-4b7f-9d55-4a8b7f4a3c11")


class TooManyEvents(Exception):
    """more events are waiting than can be held; send this one again in a moment"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event that is kept; ``duplicate``: its webhook-id had come before."""

    event_id: UUID
    duplicate: bool


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
    outcomes = await _count(transaction, counting)
    if changing:
        outcomes |= await _carry_out(transaction, changing, clock)
    return outcomes


async def _count(transaction: Transaction, events: Sequence[Event]) -> dict[UUID, Outcome]:
    counted = await count_events(transaction, [_row(event) for event in events])
    publish_events(transaction, [event for event in events if event.event_id in counted.new])
    return {
        event.event_id: CustomerNotFound(event.customer_id)
        if event.event_id in counted.of_unknown_customers
        else Recorded(event_id=event.event_id, duplicate=event.event_id not in counted.new)
        for event in events
    }


async def _carry_out(
    transaction: Transaction, events: Sequence[Event], clock: Clock
) -> dict[UUID, Outcome]:
    moment = await moment_of(transaction, clock)
    outcomes = await _refusals(transaction, events, moment.today)
    taken = [event for event in events if event.event_id not in outcomes]
    new_ids = await insert_events(transaction, [_row(event) for event in taken])
    new = [event for event in taken if event.event_id in new_ids]
    touched = Touched()
    refused = await _upsert_customers(transaction, new, moment, touched)
    done = [event for event in new if event.event_id not in refused]
    await apply_effects(transaction, done, moment=moment, touched=touched)
    publish_events(transaction, done)
    touched.customers |= {event.customer_id for event in done}
    await settle(transaction, touched)
    for event in taken:
        outcomes[event.event_id] = Recorded(
            event_id=event.event_id, duplicate=event.event_id not in new_ids
        )
    return {**outcomes, **refused}


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
) -> dict[UUID, Outcome]:
    """Events of customers and contracts that do not exist, and of days to come."""
    of_known = [event for event in events if event.type != CUSTOMER_UPSERTED]
    known = await customers.known_customers(
        transaction, sorted({event.customer_id for event in of_known})
    )
    wanted = {(event.customer_id, event.needs_contract) for event in events if event.needs_contract}
    there = await contracts.known_contracts(transaction, sorted(wanted)) if wanted else set()
    refused: dict[UUID, Outcome] = {}
    for event in of_known:
        contract_id = event.needs_contract
        if event.customer_id not in known:
            refused[event.event_id] = CustomerNotFound(event.customer_id)
        elif contract_id and (event.customer_id, contract_id) not in there:
            refused[event.event_id] = ContractNotFound(event.customer_id, contract_id)
        elif isinstance(event.data, CustomerDied) and (event.data.died_on or today) > today:
            refused[event.event_id] = DeathDateInFuture(event.data.died_on or today, today=today)
    return refused


async def _upsert_customers(
    transaction: Transaction, events: Sequence[Event], moment: Moment, touched: Touched
) -> dict[UUID, Outcome]:
    upserts = {event.customer_id: event for event in events if isinstance(event.data, Customer)}
    if not upserts:
        return {}
    records = [
        CustomerRecord(customer_id=customer_id, customer=event.data)
        for customer_id, event in upserts.items()
        if isinstance(event.data, Customer)
    ]
    _, refused = await write_customers(transaction, records, moment=moment, touched=touched)
    outcomes: dict[UUID, Outcome] = {
        upserts[customer_id].event_id: refusal for customer_id, refusal in refused.items()
    }
    gone = [upserts[customer_id] for customer_id in refused]
    await delete_events(transaction, [(event.source, event.webhook_id) for event in gone])
    return outcomes


@dataclass(frozen=True, slots=True)
class _Waiting:
    event: Event
    answer: "asyncio.Future[Recorded]"


class EventIntake:
    """Commits together what arrives together; an answer comes after its event's commit.

    A lone event never waits for others: it is committed at once, and whatever arrives meanwhile
    makes the next batch. While several come at a time, they are gathered for a few milliseconds.
    """

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: dict[AgencyId, deque[_Waiting]] = {}
        self._draining: dict[AgencyId, asyncio.Task[None]] = {}

    async def record(self, agency: AgencyId, event: Event) -> Recorded:
        """Record one event; raises why it may not be, or TooManyEvents."""
        queue = self._waiting.setdefault(agency, deque())
        if len(queue) >= WAITING_AT_MOST:
            raise TooManyEvents(TooManyEvents.__doc__)
        answer: asyncio.Future[Recorded] = asyncio.get_running_loop().create_future()
        queue.append(_Waiting(event, answer))
        if agency not in self._draining:
            self._draining[agency] = asyncio.create_task(self._drain(agency, queue))
        return await answer

    async def close(self) -> None:
        """Wait until everything that came in is committed and answered."""
        await asyncio.gather(*self._draining.values())

    async def _drain(self, agency: AgencyId, queue: deque[_Waiting]) -> None:
        batch: list[_Waiting] = []
        while queue:
            if len(batch) > 1:
                await asyncio.sleep(GATHER_SECONDS)
            batch = _next_batch(queue)
            try:
                _answer(batch, await self._commit(agency, batch))
            except Exception as error:
                await self._commit_again(agency, batch, error)
        # No await between the last look and this: whoever comes next starts a new task.
        del self._draining[agency], self._waiting[agency]

    async def _commit(self, agency: AgencyId, batch: Sequence[_Waiting]) -> Mapping[UUID, Outcome]:
        async with self._database.transaction(agency) as transaction:
            return await record_events(
                transaction, [waiting.event for waiting in batch], clock=self._clock
            )

    async def _commit_again(
        self, agency: AgencyId, batch: Sequence[_Waiting], error: Exception
    ) -> None:
        """Whole, where the database was only busy; else one by one: an event that it refuses
        must not fail its neighbours."""
        log.warning("batch of events failed", agency=agency, events=len(batch), exc_info=error)
        parts = [batch] if is_transient(error) else [[waiting] for waiting in batch]
        for part in parts:
            try:
                _answer(part, await self._commit(agency, part))
            except Exception as last:
                _answer(part, {waiting.event.event_id: last for waiting in part})


def _next_batch(queue: deque[_Waiting]) -> list[_Waiting]:
    """The first events in line; whatever must find an earlier one carried out stays in line, and
    so does a second sending of the same event."""
    batch: list[_Waiting] = []
    left: list[_Waiting] = []
    closed: set[str] = set()
    ids: set[UUID] = set()
    while queue and len(batch) < EVENTS_AT_ONCE:
        waiting = queue.popleft()
        event = waiting.event
        if event.customer_id in closed or event.event_id in ids:
            left.append(waiting)
            closed.add(event.customer_id)
            continue
        batch.append(waiting)
        ids.add(event.event_id)
        if event.order_matters:
            closed.add(event.customer_id)
    queue.extendleft(reversed(left))
    return batch


def _answer(batch: Sequence[_Waiting], outcomes: Mapping[UUID, Outcome]) -> None:
    for waiting in batch:
        outcome = outcomes[waiting.event.event_id]
        if waiting.answer.done():
            # The sender has gone; it will ask again and hear that its event came before.
            continue
        if isinstance(outcome, Recorded):
            waiting.answer.set_result(outcome)
        else:
            waiting.answer.set_exception(outcome)
