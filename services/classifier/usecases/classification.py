"""Classifies the marked units of an agency, or its whole book, through the same function.

Facts are read, the domain decides outside of the event loop, and only what changed is written.
A unit that changes while it is being classified keeps its mark and is classified again.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

import polars as pl

from services.classifier.domain.classify import AS_WRITTEN, classify
from services.classifier.domain.explain import explain
from services.classifier.store import classifications, reclassifications, work_marks
from services.classifier.store.agencies import agency_day
from services.classifier.store.facts import Loaded, TheseUnits, UnitsBetween, facts_of
from services.classifier.store.policies import PolicyInForce
from services.classifier.usecases.calibration import calibrate_book
from services.classifier.usecases.class_changes import publish_classes
from services.classifier.usecases.policies import policy_in_force
from services.classifier.usecases.slices import book_slices
from shared.clock import Instants
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction
from shared.turns import UNLIMITED, Turn

WRITTEN_AT_ONCE = 1000
"""Customers of one transaction. Each is published in the feed, whose counter stays locked from the
append to the commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classified:
    """How many units a step looked at, and how many of them changed."""

    units: int
    changed: int


async def reclassify_marked(
    *, database: Database, agency: AgencyId, now: datetime, turn: Turn = UNLIMITED
) -> Classified:
    """Classify the agency's marked units until none is left or the turn is over."""
    units, changed, instants = 0, 0, Instants(now)
    while turn.goes_on():
        async with database.transaction(agency) as transaction:
            claimed = await work_marks.claim(transaction, limit=WRITTEN_AT_ONCE)
        if not claimed.unit_ids:
            break
        async with database.transaction(agency) as transaction:
            step = await classify_claimed(transaction, claimed, instants.next())
        units, changed = units + step.units, changed + step.changed
    return Classified(units=units, changed=changed)


async def classify_claimed(
    transaction: Transaction, claimed: work_marks.ClaimedUnits, now: datetime
) -> Classified:
    """Classify claimed units within a transaction, and unmark those that nothing marked anew."""
    where = await agency_day(transaction)
    day = where.today(now)
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
    if await work_marks.finish(transaction, claimed):
        transaction.ring("reclassify")
    return Classified(units=loaded.facts.height, changed=changed)


async def reclassify_book(
    *, database: Database, agency: AgencyId, now: datetime, turn: Turn = UNLIMITED
) -> Classified:
    """Work on the agency's queued runs, slice by slice, until none is left or the turn is over."""
    units, changed, instants = 0, 0, Instants(now)
    while turn.goes_on():
        async with database.transaction(agency) as transaction:
            run = await reclassifications.lease_run(transaction)
        if run is None:
            break
        if run.phase == "calibrating":
            run = await calibrate_book(database=database, agency=agency, run=run, turn=turn)
        if run is None:
            continue
        done = await _run_slices(database, agency, run, instants, turn)
        units, changed = units + done.units, changed + done.changed
    return Classified(units=units, changed=changed)


async def _run_slices(
    database: Database,
    agency: AgencyId,
    run: reclassifications.LeasedRun,
    instants: Instants,
    turn: Turn,
) -> Classified:
    transactions, read = partial(database.transaction, agency), partial(_read, as_of=run.as_of)
    units, changed = 0, 0
    async with book_slices(transactions, read, after=run.after_unit, turn=turn) as pieces:
        async for piece in pieces:
            step = await _store(database, agency, run, piece, instants)
            units, changed = units + step.units, changed + step.changed
            async with database.transaction(agency) as transaction:
                held = await reclassifications.advance_run(
                    transaction, run, after_unit=piece.until, units=step.units
                )
            if piece.until is None or not held:
                return Classified(units=units, changed=changed)
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


@dataclass(frozen=True, slots=True)
class _Explained:
    """Rows to store: what changed, with its explanation, and what stability has to remember."""

    changed: pl.DataFrame
    remembered: pl.DataFrame


async def _read(transaction: Transaction, scope: UnitsBetween, *, as_of: date) -> _Piece:
    """Read a slice as of a day, or as of a later one that was run meanwhile."""
    where = await agency_day(transaction)
    # A run that was killed and goes on when a later day was run must not take that back.
    as_of = max(as_of, where.day or as_of)
    ruling = await policy_in_force(transaction, as_of)
    loaded = await facts_of(transaction, scope, policy=ruling.policy, as_of=as_of, zone=where.zone)
    return _Piece(until=scope.until, loaded=loaded, ruling=ruling, as_of=as_of)


async def _store(
    database: Database,
    agency: AgencyId,
    run: reclassifications.LeasedRun,
    piece: _Piece,
    instants: Instants,
) -> Classified:
    """Write a slice while the run is ours; who takes it over finds what was written unchanged."""
    rows = await asyncio.to_thread(_decide, piece.loaded, piece.ruling, piece.as_of)
    changed = 0
    async for explained in _explained(rows, piece):
        async with database.transaction(agency) as transaction:
            if not await reclassifications.hold_run(transaction, run):
                break
            now = instants.next()
            written = await _write(transaction, explained, piece.ruling, piece.as_of, now)
            await reclassifications.count_changed(transaction, run, written)
            changed += written
    return Classified(units=piece.loaded.facts.height, changed=changed)


async def _explained(rows: pl.DataFrame, piece: _Piece) -> AsyncIterator[_Explained]:
    """The rows, part by part: the next are explained while the ones before are written."""
    further = piece.loaded.further_members
    before: asyncio.Future[_Explained] | None = None
    for part in _parts(rows, further):
        explaining = asyncio.ensure_future(
            asyncio.to_thread(_explain, part, further, piece.ruling, piece.as_of)
        )
        if before is not None:
            yield await before
        before = explaining
    if before is not None:
        yield await before


def _parts(rows: pl.DataFrame, further_members: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The rows in parts of so many customers as are written at once, or of one unit with more."""
    others = further_members.group_by("unit_id").len("others")
    counted = rows.join(others, on="unit_id", how="left", maintain_order="left")
    begin, customers = 0, 0
    for at, members in enumerate(1 + counted["others"].fill_null(0)):
        if at > begin and customers + members > WRITTEN_AT_ONCE:
            yield rows[begin:at]
            begin, customers = at, 0
        customers += members
    if begin < rows.height:
        yield rows[begin:]


def _decide_and_explain(loaded: Loaded, ruling: PolicyInForce, day: date) -> _Explained:
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
    # Nothing is told of who objected, not even what they bring (GDPR art. 21).
    margin = pl.when("objects").then(0).otherwise(pl.col("revenue_cents") - pl.col("effort_cents"))
    return (
        rows.lazy()
        .with_columns(changed=pl.col("changed") | pl.col("joined_or_left"), margin_cents=margin)
        .filter(pl.col("changed") | pl.col("state_changed"))
        .collect(optimizations=AS_WRITTEN)
    )


def _explain(
    rows: pl.DataFrame, further_members: pl.DataFrame, ruling: PolicyInForce, day: date
) -> _Explained:
    changed = rows.filter(rows["changed"])
    explanations = explain(
        changed,
        further_members=further_members,
        policy=ruling.policy,
        calibration=ruling.calibration,
        as_of=day,
    )
    return _Explained(
        changed=changed.hstack(explanations.drop("unit_id")),
        remembered=rows.filter(~rows["changed"]),
    )


async def _write(
    transaction: Transaction, rows: _Explained, ruling: PolicyInForce, day: date, now: datetime
) -> int:
    """Store and publish what changed; returns the number of units written."""
    changed = rows.changed
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
    if rows.remembered.height:
        await classifications.save_state(transaction, rows.remembered)
    return len(members)
