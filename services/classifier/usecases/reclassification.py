"""Whole-book runs: requested, for a new day, and how far they are."""

from datetime import date, datetime
from uuid import UUID, uuid5

from services.classifier.store import reclassifications
from services.classifier.store.activations import assign_run, latest_activation
from services.classifier.store.agencies import agency_day, move_day
from services.classifier.store.policies import take_turn
from services.classifier.store.reclassifications import StoredRun
from services.classifier.usecases.policies import queue_for
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction

RUNS = UUID("5a1c5d3e-8f6e-4c3b-9b0a-6f1f0c1f7d11")
"""Namespace of ids made from (agency, what asked for the run): a repeated request finds its run."""


class ReclassificationNotFound(Exception):
    """there is no such run"""

    def __init__(self, reclassification_id: UUID) -> None:
        super().__init__(f"there is no reclassification {reclassification_id}")


class DayAlreadyPassed(Exception):
    """a later day was run already"""

    def __init__(self, day: date, latest: date) -> None:
        super().__init__(f"{latest} was run already; {day} lies before it and cannot be run again")


class DayNotBegun(Exception):
    """the day lies ahead of the agency's own today"""

    def __init__(self, day: date, today: date) -> None:
        super().__init__(f"it is {today} where the agency is; {day} is run once it has begun")


async def request_reclassification(
    *, database: Database, agency: AgencyId, run: UUID, now: datetime
) -> StoredRun:
    """Queue a run over the whole book; the same id finds the run queued before.

    One that waits to begin is the answer, because it will read the same book: an agency has at
    most one such run waiting beside the one that is running.
    """
    async with database.transaction(agency) as transaction:
        as_of = (await agency_day(transaction)).today(now)
        await take_turn(transaction)
        known = await reclassifications.run_state(transaction, run)
        waiting = await reclassifications.not_begun(transaction, reason="requested", as_of=as_of)
        if found := known or waiting:
            return found
        await _queue(transaction, run, reason="requested", as_of=as_of)
        return await _state(transaction, run)


async def run_day(*, database: Database, agency: AgencyId, day: date, now: datetime) -> StoredRun:
    """Make a day the agency's day and classify its book as of then; repeating changes nothing.

    Raises DayAlreadyPassed for a day before the last one run: classes must not fall back. Raises
    DayNotBegun for a day ahead, because all days until then could never be run again.
    """
    async with database.transaction(agency) as transaction:
        where = await agency_day(transaction)
        if day > where.on_the_clock(now):
            raise DayNotBegun(day, where.on_the_clock(now))
        if where.day is not None and day < where.day:
            raise DayAlreadyPassed(day, where.day)
        await move_day(transaction, day)
        run = uuid5(RUNS, f"{agency}:day:{day}")
        await _queue(transaction, run, reason="day", as_of=day)
        return await _state(transaction, run)


async def read_reclassification(
    *, database: Database, agency: AgencyId, reclassification_id: UUID
) -> StoredRun:
    """How far a run is; raises ReclassificationNotFound."""
    async with database.transaction(agency) as transaction:
        return await _state(transaction, reclassification_id)


async def _queue(transaction: Transaction, run: UUID, *, reason: str, as_of: date) -> None:
    """Queue a run; it calibrates first where a version begins to rule on its day that nobody has
    calibrated yet, because the book of that day was still to come."""
    begins = await latest_activation(transaction, as_of)
    waits = begins is not None and begins.next_version is not None
    if begins is None or not waits or begins.reclassification_id is not None:
        await reclassifications.queue_run(
            transaction, reclassification_id=run, reason=reason, as_of=as_of
        )
        transaction.ring("reclassify_book")
        return
    if await queue_for(transaction, begins, run, reason=reason, as_of=as_of):
        await assign_run(transaction, begins.from_day, run)


async def _state(transaction: Transaction, reclassification_id: UUID) -> StoredRun:
    found = await reclassifications.run_state(transaction, reclassification_id)
    if found is None:
        raise ReclassificationNotFound(reclassification_id)
    return found
