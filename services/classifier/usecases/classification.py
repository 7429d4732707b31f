"""Classifying: the dirty units of an agency, or its whole book, through the same function.

Facts are read, the domain decides outside of the event loop, and only what changed is written.
A unit that changes while it is being classified stays dirty and is classified again.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime
from time import monotonic

import polars as pl

from services.classifier.domain.classify import classify
from services.classifier.domain.explain import explain
from services.classifier.store import classifications, dirty, reclassifications
from services.classifier.store.agencies import agency_day
from services.classifier.store.facts import (
    Loaded,
    TheseUnits,
    UnitsBetween,
    end_of_slice,
    facts_of,
)
from services.classifier.store.policies import PolicyInForce
from services.classifier.usecases.calibration import calibrate_book
from services.classifier.usecases.classification_telling import publish_classes
from services.classifier.usecases.policies import policy_in_force
from shared.contracts.vocabulary import AgencyId
from shared.database import Database, Transaction

DIRTY_AT_ONCE = 1000
SLICE_UNITS = 25_000
"""Facts of so many units take some seconds to sum and some 50 MB to hold."""
READ_AHEAD = 2
"""Slices that are read while one is written."""
WRITTEN_AT_ONCE = 1000
"""Subjects of one transaction: the feed's counter stays locked from the append to the commit."""
TURN_SECONDS = 25.0
"""A job ends after about this long and rings again, well before its time limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """How many units a step looked at, and how many of them changed."""

    units: int
    changed: int


async def reclassify_dirty(*, database: Database, agency: AgencyId, now: datetime) -> Classified:
    """Classify the agency's dirty units until none is left or the turn is over."""
    ends, units, changed = monotonic() + TURN_SECONDS, 0, 0
    while True:
        async with database.transaction(agency) as transaction:
            claimed = await dirty.claim(transaction, limit=DIRTY_AT_ONCE)
        if not claimed.unit_ids:
            return Classified(units=units, changed=changed)
        async with database.transaction(agency) as transaction:
            step = await classify_claimed(transaction, claimed, now)
        units, changed = units + step.units, changed + step.changed
        if monotonic() > ends:
            async with database.transaction(agency) as transaction:
                transaction.ring("reclassify")
            return Classified(units=units, changed=changed)


async def classify_claimed(
    transaction: Transaction, claimed: dirty.ClaimedUnits, now: datetime
) -> Classified:
    """Classify claimed units within a transaction, and unmark those that nothing marked anew."""
    where = await agency_day(transaction)
    day = where.day or now.astimezone(where.zone).date()
    ruling = await policy_in_force(transaction, day)
    loaded = await facts_of(
        transaction,
        TheseUnits(claimed.unit_ids),
        policy=ruling.policy,
        as_of=day,
        zone=where.zone,
    )
    explained = await asyncio.to_thread(_decide_and_explain, loaded, ruling, day)
    changed = await _write(transaction, explained, ruling, day, now)
    if gone := set(claimed.unit_ids) - set(loaded.facts["unit_id"]):
        await classifications.forget_units(transaction, sorted(gone))
    await classifications.end_classes(transaction, claimed.unit_ids, day=day)
    if await dirty.finish(transaction, claimed):
        transaction.ring("reclassify")
    return Classified(units=loaded.facts.height, changed=changed)


async def reclassify_book(*, database: Database, agency: AgencyId, now: datetime) -> Classified:
    """Work on the agency's queued runs, slice by slice, until none is left or the turn is over."""
    ends, units, changed = monotonic() + TURN_SECONDS, 0, 0
    while monotonic() < ends:
        async with database.transaction(agency) as transaction:
            run = await reclassifications.lease_run(transaction)
        if run is None:
            return Classified(units=units, changed=changed)
        if run.phase == "calibrating":
            run = await calibrate_book(database=database, agency=agency, run=run, ends=ends)
        if run is None:
            continue
        done = await _run_slices(database, agency, run, now, ends)
        units, changed = units + done.units, changed + done.changed
    async with database.transaction(agency) as transaction:
        transaction.ring("reclassify_book")
    return Classified(units=units, changed=changed)


async def _run_slices(
    database: Database,
    agency: AgencyId,
    run: reclassifications.LeasedRun,
    now: datetime,
    ends: float,
) -> Classified:
    ahead = _ReadAhead(database=database, agency=agency, after=run.after_unit, as_of=run.as_of)
    units, changed = 0, 0
    try:
        while piece := await ahead.next(until=ends):
            step = await _store(database, agency, run, piece, now)
            units, changed = units + step.units, changed + step.changed
            async with database.transaction(agency) as transaction:
                held = await reclassifications.advance_run(
                    transaction, run, after_unit=piece.until, units=step.units, changed=step.changed
                )
            if piece.until is None or not held:
                return Classified(units=units, changed=changed)
    finally:
        await ahead.stop()
    async with database.transaction(agency) as transaction:
        await reclassifications.release_run(transaction, run)
    return Classified(units=units, changed=changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    """A part of the book as it was read, with what it is to be judged by."""

    until: str | None
    loaded: Loaded
    ruling: PolicyInForce
    as_of: date


class _ReadAhead:
    """Reads the slices of a book in their order, some ahead of the one being written.

    Postgres sums with one process and waits while we decide and explain: a second core would stand
    still. What was read ahead is used even when the turn is over, which then ends a slice later.
    """

    def __init__(self, *, database: Database, agency: AgencyId, after: str, as_of: date) -> None:
        self._database, self._agency, self._as_of = database, agency, as_of
        self._after: str | None = after
        self._reading: deque[asyncio.Task[_Piece]] = deque()

    async def next(self, *, until: float) -> _Piece | None:
        """The next slice; None after the last, or when ``until`` (monotonic) has passed."""
        while self._after is not None and len(self._reading) <= READ_AHEAD and monotonic() < until:
            async with self._database.transaction(self._agency) as transaction:
                end = await end_of_slice(transaction, after=self._after, size=SLICE_UNITS)
            scope = UnitsBetween(self._after, end)
            self._reading.append(asyncio.create_task(self._read(scope)))
            self._after = end
        return await self._reading.popleft() if self._reading else None

    async def stop(self) -> None:
        """Give up what is still being read."""
        for task in self._reading:
            task.cancel()
        await asyncio.gather(*self._reading, return_exceptions=True)

    async def _read(self, scope: UnitsBetween) -> _Piece:
        return await _read(self._database, self._agency, scope, self._as_of)


async def _read(database: Database, agency: AgencyId, scope: UnitsBetween, as_of: date) -> _Piece:
    """Read a slice as of a day, or as of a later one that was run meanwhile."""
    async with database.transaction(agency) as transaction:
        where = await agency_day(transaction)
        # A run that was killed and goes on when a later day was run must not take that back.
        as_of = max(as_of, where.day or as_of)
        ruling = await policy_in_force(transaction, as_of)
        loaded = await facts_of(
            transaction, scope, policy=ruling.policy, as_of=as_of, zone=where.zone
        )
    return _Piece(until=scope.until, loaded=loaded, ruling=ruling, as_of=as_of)


async def _store(
    database: Database,
    agency: AgencyId,
    run: reclassifications.LeasedRun,
    piece: _Piece,
    now: datetime,
) -> Classified:
    """Write a slice while the run is ours; who takes it over finds what was written unchanged."""
    rows = await asyncio.to_thread(_decide, piece.loaded, piece.ruling, piece.as_of)
    changed = 0
    async for explained in _explained(rows, piece):
        async with database.transaction(agency) as transaction:
            if not await reclassifications.hold_run(transaction, run):
                break
            changed += await _write(transaction, explained, piece.ruling, piece.as_of, now)
    return Classified(units=piece.loaded.facts.height, changed=changed)


async def _explained(rows: pl.DataFrame, piece: _Piece) -> AsyncIterator[pl.DataFrame]:
    """The rows, a thousand at a time: the next are explained while the ones before are written."""
    further = piece.loaded.further_members
    before: asyncio.Future[pl.DataFrame] | None = None
    for part in rows.iter_slices(WRITTEN_AT_ONCE):
        explaining = asyncio.ensure_future(
            asyncio.to_thread(_explain, part, further, piece.ruling, piece.as_of)
        )
        if before is not None:
            yield await before
        before = explaining
    if before is not None:
        yield await before


def _decide_and_explain(loaded: Loaded, ruling: PolicyInForce, day: date) -> pl.DataFrame:
    return _explain(_decide(loaded, ruling, day), loaded.further_members, ruling, day)


def _decide(loaded: Loaded, ruling: PolicyInForce, day: date) -> pl.DataFrame:
    """The rows with something to store."""
    rows = classify(
        loaded.facts,
        further_members=loaded.further_members,
        policy=ruling.policy,
        policy_version=ruling.version,
        calibration=ruling.calibration,
        as_of=day,
    )
    rows = rows.with_columns(changed=pl.col("changed") | pl.col("joined_or_left"))
    # Nothing is told of who objected, not even what they bring (GDPR art. 21).
    margin = pl.when("objects").then(0).otherwise(pl.col("revenue_cents") - pl.col("effort_cents"))
    return rows.filter(pl.col("changed") | pl.col("state_changed")).with_columns(
        margin_cents=margin
    )


def _explain(
    rows: pl.DataFrame, further_members: pl.DataFrame, ruling: PolicyInForce, day: date
) -> pl.DataFrame:
    """The rows, those that changed with their explanation."""
    explained = explain(
        rows.filter("changed"),
        further_members=further_members,
        policy=ruling.policy,
        calibration=ruling.calibration,
        as_of=day,
    )
    return rows.join(explained, on="unit_id", how="left", maintain_order="left")


async def _write(
    transaction: Transaction, rows: pl.DataFrame, ruling: PolicyInForce, day: date, now: datetime
) -> int:
    """Store and publish what changed; gives the number of units written."""
    changed = rows.filter("changed")
    members: dict[str, list[str]] = {}
    if changed.height:
        under = classifications.StoredUnder(
            model=ruling.policy.model,
            policy_version=ruling.version,
            calibration=ruling.calibration_number,
            as_of=day,
            classified_at=now,
        )
        members = await classifications.save_changed(transaction, changed, under=under)
        publish_classes(transaction, changed, members, ruling.policy, version=ruling.version)
    remembered = rows.filter(~pl.col("changed"))
    if remembered.height:
        await classifications.save_state(transaction, remembered)
    return len(members)
