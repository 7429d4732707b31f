"""Classifying: the dirty units of an agency, or its whole book, through the same function.

Facts are read, the domain decides outside of the event loop, and only what changed is written.
A unit that changes while it is being classified stays dirty and is classified again.
"""

import asyncio
import json
from dataclasses import dataclass
from datetime import date, datetime
from time import monotonic
from typing import Any

import polars as pl

from services.classifier.domain.classify import classify
from services.classifier.domain.explain import explain
from services.classifier.store import classifications, dirty, reclassifications
from services.classifier.store.agencies import agency_day
from services.classifier.store.facts import (
    Loaded,
    Scope,
    TheseUnits,
    UnitsBetween,
    end_of_slice,
    facts_of,
)
from services.classifier.store.policies import PolicyInForce
from services.classifier.usecases.calibration import calibrate_book
from services.classifier.usecases.policies import policy_in_force
from shared.contracts.vocabulary import AgencyId
from shared.database import Database, Transaction

DIRTY_AT_ONCE = 1000
SLICE_UNITS = 100_000
"""Facts of so many units take some seconds to sum and some 200 MB to hold."""
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
    after, units, changed = run.after_unit, 0, 0
    while monotonic() < ends:
        async with database.transaction(agency) as transaction:
            until = await end_of_slice(transaction, after=after, size=SLICE_UNITS)
        scope = UnitsBetween(after, until)
        step = await classify_scope(
            database=database, agency=agency, scope=scope, as_of=run.as_of, now=now
        )
        units, changed = units + step.units, changed + step.changed
        async with database.transaction(agency) as transaction:
            held = await reclassifications.advance_run(
                transaction, run, after_unit=until, units=step.units, changed=step.changed
            )
        if until is None or not held:
            return Classified(units=units, changed=changed)
        after = until
    async with database.transaction(agency) as transaction:
        await reclassifications.release_run(transaction, run)
    return Classified(units=units, changed=changed)


async def classify_scope(
    *, database: Database, agency: AgencyId, scope: Scope, as_of: date, now: datetime
) -> Classified:
    """Classify a part of the book as of a day, or as of a later one that was run meanwhile;
    writes what changed, a thousand at a time."""
    async with database.transaction(agency) as transaction:
        where = await agency_day(transaction)
        # A run that was killed and goes on when a later day was run must not take that back.
        as_of = max(as_of, where.day or as_of)
        ruling = await policy_in_force(transaction, as_of)
        loaded = await facts_of(
            transaction, scope, policy=ruling.policy, as_of=as_of, zone=where.zone
        )
    units, further = loaded.facts.height, loaded.further_members
    rows = await asyncio.to_thread(_decide, loaded, ruling, as_of)
    del loaded  # a slice is the largest thing in this process; what changed is a small part of it
    changed = 0
    for part in rows.iter_slices(WRITTEN_AT_ONCE):
        explained = await asyncio.to_thread(_explain, part, further, ruling, as_of)
        async with database.transaction(agency) as transaction:
            changed += await _write(transaction, explained, ruling, as_of, now)
    return Classified(units=units, changed=changed)


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
        _publish(transaction, changed, members, ruling)
    remembered = rows.filter(~pl.col("changed"))
    if remembered.height:
        await classifications.save_state(transaction, remembered)
    return len(members)


_TOLD = (
    "unit_id", "segment", "was_segment", "service_level", "development", "potential_cents",
    "gaps", "margin_cents",
)  # fmt: skip


def _publish(
    transaction: Transaction,
    changed: pl.DataFrame,
    members: dict[str, list[str]],
    ruling: PolicyInForce,
) -> None:
    for row in changed.select(_TOLD).iter_rows(named=True):
        for customer_id in members.get(row["unit_id"], ()):
            transaction.publish(
                kind="classification.changed",
                subject=customer_id,
                payload={
                    "customer_id": customer_id,
                    "unit_id": row["unit_id"],
                    "segment": row["segment"],
                    "previous": row["was_segment"],
                    "service_level": row["service_level"],
                    "development": row["development"],
                    "potential_cents": row["potential_cents"],
                    "gaps": _told_gaps(row["gaps"]),
                    "policy_version": ruling.version,
                    "margin_cents": row["margin_cents"],
                },
            )


def _told_gaps(gaps: str) -> list[dict[str, Any]]:
    """The gaps without the life situation that raised them: feeds are read by many."""
    return [
        {"line": gap["line"], "kind": gap["kind"], "expected_cents": gap["expected_cents"]}
        for gap in json.loads(gaps)
    ]
