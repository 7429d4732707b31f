"""What comes together is committed together: one transaction for one event or for two hundred."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import structlog

from services.classifier.domain.instants import long_ago, refuse_ahead
from services.classifier.store.merges import merged_into
from services.classifier.usecases.customer_refusals import CustomerNotFound
from services.classifier.usecases.event_effects import Event
from services.classifier.usecases.events import (
    Outcome,
    Recorded,
    record_counted_events,
    record_events,
)
from shared.clock import Clock
from shared.contracts.vocabulary import AgencyId, CustomerId, Revision
from shared.db.database import Database
from shared.db.failures import is_transient
from shared.db.written import leave_request
from shared.instants import InstantAhead, is_ahead, latest_instant

log = structlog.get_logger(__name__)

EVENTS_AT_ONCE = 200
BATCHES_AT_ONCE = 2
"""One is in the database while the senders of the other are answered: neither side stands idle.
More would only wait for each other, because the feed of an agency is written one by one."""
QUIET_TURNS = 2
"""Turns of the event loop that bring nothing new before a batch begins: what a turn reads from
the sockets is handled in the next."""
WAITING_AT_MOST = 5000
"""Beyond this the sender is told to come back: it keeps its events, and our memory has an end."""


class TooManyEvents(Exception):
    """more events are waiting than can be held; send this one again in a moment"""


@dataclass(frozen=True, slots=True)
class _Waiting:
    event: Event
    answer: "asyncio.Future[Recorded]"


_Batch = Sequence[_Waiting]


@dataclass(slots=True)
class _Line:
    """The events of one agency that wait, and the batches of it under way."""

    waiting: deque[_Waiting] = field(default_factory=deque)
    under_way: "dict[asyncio.Task[None], _Batch]" = field(default_factory=dict)
    looking: bool = False

    @property
    def may_begin(self) -> bool:
        """Whether another batch is worth its transaction: beside one under way, one of its size."""
        if not self.waiting or len(self.under_way) >= BATCHES_AT_ONCE:
            return False
        return all(len(self.waiting) >= len(batch) for batch in self.under_way.values())

    def next_batch(self) -> list[_Waiting]:
        """The first events in line that may be carried out beside what is under way."""
        besides = [waiting.event for batch in self.under_way.values() for waiting in batch]
        return _next_batch(self.waiting, besides)


class EventIntake:
    """Commits together what arrives together; an answer comes after its event's commit.

    Nobody waits for others to come: a batch begins as soon as all that has arrived is read, and
    whatever arrives while batches are under way makes the next one.
    """

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lines: dict[AgencyId, _Line] = {}

    async def record(self, agency: AgencyId, event: Event) -> Recorded:
        """Record one event; raises why it may not be, or TooManyEvents."""
        now = self._clock.now()
        if is_ahead(event.at, now):
            raise InstantAhead({"/timestamp": latest_instant(now)})
        refuse_ahead(event.data, now=now, within="/data")
        if too_early := long_ago(event.data, within="/data"):
            raise too_early
        line = self._lines.get(agency)
        if line is None:
            line = self._lines[agency] = _Line()
        if len(line.waiting) >= WAITING_AT_MOST:
            raise TooManyEvents(TooManyEvents.__doc__)
        answer: asyncio.Future[Recorded] = asyncio.get_running_loop().create_future()
        line.waiting.append(_Waiting(event, answer))
        self._look_soon(agency, line)
        return await answer

    async def close(self) -> None:
        """Wait until everything that came in is committed and answered."""
        while self._lines:
            under_way = [task for line in self._lines.values() for task in line.under_way]
            await asyncio.gather(*under_way)
            await asyncio.sleep(0)

    def _look_soon(self, agency: AgencyId, line: _Line) -> None:
        if not line.looking:
            line.looking = True
            self._look(agency, line, quiet=0, seen=len(line.waiting))

    def _look(self, agency: AgencyId, line: _Line, quiet: int, seen: int) -> None:
        """Begin a batch once nothing new is read; come back in the next turn until then."""
        quiet = quiet + 1 if len(line.waiting) == seen else 0
        if quiet <= QUIET_TURNS and len(line.waiting) < EVENTS_AT_ONCE:
            asyncio.get_running_loop().call_soon(self._look, agency, line, quiet, len(line.waiting))
            return
        line.looking = False
        if line.may_begin and (batch := line.next_batch()):
            task = asyncio.create_task(self._carry_through(agency, line, batch))
            line.under_way[task] = batch
        elif not line.waiting and not line.under_way:
            del self._lines[agency]

    async def _carry_through(self, agency: AgencyId, line: _Line, batch: _Batch) -> None:
        leave_request()
        try:
            _answer(batch, await self._commit(agency, batch))
        except Exception as error:
            await self._commit_again(agency, batch, error)
        finally:
            task = asyncio.current_task()
            assert task is not None
            del line.under_way[task]
            self._look_soon(agency, line)

    async def _commit(self, agency: AgencyId, batch: _Batch) -> Mapping[UUID, Outcome]:
        events = [waiting.event for waiting in batch]
        outcomes = await self._record(agency, events)
        unknown = {
            each.event_id: each
            for each in events
            if isinstance(outcomes[each.event_id], CustomerNotFound)
        }
        if unknown:
            outcomes = {**outcomes, **await self._of_merged(agency, unknown)}
        return outcomes

    async def _of_merged(
        self, agency: AgencyId, unknown: Mapping[UUID, Event]
    ) -> Mapping[UUID, Outcome]:
        """Record what is told of merged customers as the others', one by one in its order."""
        async with self._database.transaction(agency) as transaction:
            now = await merged_into(transaction, {each.customer_id for each in unknown.values()})
        outcomes: dict[UUID, Outcome] = {}
        for event_id, event in unknown.items():
            if event.customer_id in now:
                moved = event.told_of(now[event.customer_id])
                outcomes[event_id] = (await self._record(agency, [moved]))[event_id]
        return outcomes

    async def _record(self, agency: AgencyId, events: Sequence[Event]) -> Mapping[UUID, Outcome]:
        if all(event.only_counts for event in events):
            async with self._database.direct(agency) as direct:
                outcomes = await record_counted_events(direct, events)
            return _reached(outcomes, direct.revision)
        async with self._database.transaction(agency) as transaction:
            outcomes = await record_events(transaction, events, clock=self._clock)
        return _reached(outcomes, transaction.revision)

    async def _commit_again(self, agency: AgencyId, batch: _Batch, error: Exception) -> None:
        """Whole, where the database was only busy; else one by one: an event that it refuses
        must not fail its neighbours."""
        log.warning("batch of events failed", agency=agency, events=len(batch), exc_info=error)
        parts = [batch] if is_transient(error) else [[waiting] for waiting in batch]
        for part in parts:
            try:
                _answer(part, await self._commit(agency, part))
            except Exception as last:
                _answer(part, {waiting.event.event_id: last for waiting in part})


def _next_batch(line: deque[_Waiting], under_way: Sequence[Event]) -> list[_Waiting]:
    """The first events in line; whatever must find an earlier one carried out stays in line, and
    so does a second sending of the same event.

    Customers under way wait for their commit. Two batches that change customers never run beside
    each other: they could lock each other's households.
    """
    batch: list[_Waiting] = []
    left: list[_Waiting] = []
    closed: set[CustomerId] = {event.customer_id for event in under_way}
    ids: set[UUID] = {event.event_id for event in under_way}
    only_counting = not all(event.only_counts for event in under_way)
    while line and len(batch) < EVENTS_AT_ONCE:
        waiting = line.popleft()
        event = waiting.event
        barred = only_counting and not event.only_counts
        if barred or event.customer_id in closed or event.event_id in ids:
            left.append(waiting)
            closed.add(event.customer_id)
            continue
        batch.append(waiting)
        ids.add(event.event_id)
        if event.order_matters:
            closed.add(event.customer_id)
    line.extendleft(reversed(left))
    return batch


def _reached(outcomes: Mapping[UUID, Outcome], revision: Revision | None) -> Mapping[UUID, Outcome]:
    if revision is None:
        return outcomes
    return {
        event_id: replace(outcome, revision=revision) if isinstance(outcome, Recorded) else outcome
        for event_id, outcome in outcomes.items()
    }


def _answer(batch: _Batch, outcomes: Mapping[UUID, Outcome]) -> None:
    for waiting in batch:
        outcome = outcomes[waiting.event.event_id]
        if waiting.answer.done():
            # The sender has gone; it will ask again and hear that its event came before.
            continue
        if isinstance(outcome, Recorded):
            waiting.answer.set_result(outcome)
        else:
            waiting.answer.set_exception(outcome)
