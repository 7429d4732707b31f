"""Calibration: relative thresholds become amounts over the whole book, slice by slice.

Never in incremental work: until the amounts of all units are found, whatever rules goes on
ruling. The values of each slice are kept, so that a killed worker's successor goes on after the
last one.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from services.classifier.domain.thresholds import (
    BookValues,
    book_values,
    calibration_of,
    is_relative,
)
from services.classifier.store import activations, policies, reclassifications
from services.classifier.store.activations import Activation
from services.classifier.store.agencies import agency_day
from services.classifier.store.classification_tables import CalibrationTable
from services.classifier.store.facts import UnitsBetween, facts_of
from services.classifier.store.reclassifications import LeasedRun, StoredRun, run_state
from services.classifier.usecases.policies import policy_in_force, queue_for
from services.classifier.usecases.slices import book_slices
from shared.contracts.policies import Policy
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction
from shared.turns import Turn


class PolicyNotInForce(Exception):
    """only the version in force can be calibrated anew; any other is when it is activated"""

    def __init__(self, version: int, *, ruling: int) -> None:
        super().__init__(f"version {ruling} rules, not {version}: {type(self).__doc__}")


class LeaseLost(Exception):
    """another worker went on with this run; what this one would have written is theirs"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    """The version that a run calibrates."""

    from_day: date
    version: int
    policy: Policy
    as_of: date
    zone: ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What is kept of a slice of the book."""

    scope: UnitsBetween
    units: int
    values: BookValues


async def calibrate_policy(
    *,
    database: Database,
    agency: AgencyId,
    version: int,
    run: UUID,
    author: str,
    now: datetime,
) -> StoredRun:
    """Calibrate the version in force anew over the book of the agency's day, and classify by it.

    A calibration of it that is under way already is the answer; so is one with the same id.
    Raises PolicyVersionNotFound, PolicyNotInForce.
    """
    async with database.transaction(agency) as transaction:
        day = (await agency_day(transaction)).today(now)
        await policy_in_force(transaction, day)
        await policies.take_turn(transaction)
        await policies.policy_version(transaction, version)
        if known := await run_state(transaction, run):
            return known
        ruling = await activations.activation_in_force(transaction, day)
        assert ruling is not None
        if ruling.newest != version:
            raise PolicyNotInForce(version, ruling=ruling.newest)
        if ruling.next_version is None:
            ruling = await _wait_again(transaction, ruling, run=run, author=author, day=day)
        assert ruling.reclassification_id is not None
        queued = await run_state(transaction, ruling.reclassification_id)
        assert queued is not None
        return queued


async def _wait_again(
    transaction: Transaction, ruling: Activation, *, run: UUID, author: str, day: date
) -> Activation:
    await activations.await_calibration(
        transaction,
        from_day=ruling.from_day,
        version=ruling.newest,
        as_of=day,
        run=run,
        author=author,
        forget_planned=False,
    )
    waiting = await activations.activation_on(transaction, ruling.from_day)
    assert waiting is not None
    await queue_for(transaction, waiting, run, reason="calibration", as_of=day)
    return waiting


async def list_calibrations(
    *, database: Database, agency: AgencyId, version: int, before: int | None, limit: int
) -> Sequence[CalibrationTable]:
    """The calibrations of a version, the newest first; raises PolicyVersionNotFound."""
    async with database.transaction(agency) as transaction:
        await policy_in_force(transaction, date.max)
        await policies.policy_version(transaction, version)
        return await activations.calibrations_of(transaction, version, before=before, limit=limit)


async def calibrate_book(
    *, database: Database, agency: AgencyId, run: LeasedRun, turn: Turn
) -> LeasedRun | None:
    """Find the amounts that a run waits for and return the run ready to classify.

    None if it goes on later (the turn is over), if another worker has it, or if its activation was
    replaced meanwhile.
    """
    transactions = partial(database.transaction, agency)
    async with transactions() as transaction:
        waiting = await _waiting(transaction, run)
        if waiting is None:
            return await _without(transaction, run)
    finish = partial(_finish, database, agency, run, waiting)
    if not is_relative(waiting.policy):
        return await finish(BookValues.nothing(), units=0)  # amounts ask no book
    read = partial(_read, waiting=waiting)
    async with book_slices(transactions, read, after=run.after_unit, turn=turn) as parts:
        async for part in parts:
            if part.scope.until is None:
                return await finish(part.values, units=part.units)
            async with transactions() as transaction:
                if await _waiting(transaction, run) is None:
                    return await _without(transaction, run)
                if not await _keep(transaction, run, part, until=part.scope.until):
                    return None
    async with transactions() as transaction:
        await reclassifications.release_run(transaction, run)
    return None


async def _waiting(transaction: Transaction, run: LeasedRun) -> _Waiting | None:
    assert run.calibrates_from is not None
    found = await activations.activation_on(transaction, run.calibrates_from)
    if (
        found is None
        or found.next_version is None
        or found.next_as_of is None
        or found.reclassification_id != run.reclassification_id
    ):
        return None
    stored = await policies.policy_version(transaction, found.next_version)
    return _Waiting(
        from_day=found.from_day,
        version=stored.version,
        policy=stored.policy,
        as_of=found.next_as_of,
        zone=(await agency_day(transaction)).zone,
    )


async def _without(transaction: Transaction, run: LeasedRun) -> LeasedRun | None:
    """Go on without calibration: a day is classified by whatever rules, an activation that was
    replaced has nothing left to do."""
    await activations.forget_slices(transaction, run.reclassification_id)
    if run.reason in ("activation", "calibration"):
        await reclassifications.end_superseded(transaction, run)
        return None
    begun = await reclassifications.begin_classifying(transaction, run, calibration=None, units=0)
    return _ready(run) if begun else None


async def _read(transaction: Transaction, scope: UnitsBetween, *, waiting: _Waiting) -> _Part:
    loaded = await facts_of(
        transaction, scope, policy=waiting.policy, as_of=waiting.as_of, zone=waiting.zone
    )
    values = await asyncio.to_thread(
        book_values,
        loaded.facts,
        further_members=loaded.further_members,
        policy=waiting.policy,
        as_of=waiting.as_of,
    )
    return _Part(scope=scope, units=loaded.facts.height, values=values)


async def _keep(transaction: Transaction, run: LeasedRun, part: _Part, *, until: str) -> bool:
    ours = await reclassifications.advance_calibration(
        transaction, run, after_unit=until, units=part.units
    )
    if ours:
        await activations.save_slice(
            transaction,
            run=run.reclassification_id,
            after_unit=part.scope.after,
            values=part.values,
        )
    return ours


async def _finish(
    database: Database,
    agency: AgencyId,
    run: LeasedRun,
    waiting: _Waiting,
    last: BookValues,
    *,
    units: int,
) -> LeasedRun | None:
    """After the last slice, store the amounts, put the version in force and set the run to its
    first unit, all in one transaction."""
    async with database.transaction(agency) as transaction:
        kept = await activations.slices_of(transaction, run.reclassification_id)
    values = BookValues.together([kept, last])
    calibration = await asyncio.to_thread(calibration_of, values, policy=waiting.policy)
    try:
        async with database.transaction(agency) as transaction:
            await policies.take_turn(transaction)
            number = await activations.add_calibration(
                transaction,
                version=waiting.version,
                as_of=waiting.as_of,
                calibration=calibration,
            )
            in_force = await activations.put_calibrated_in_force(
                transaction,
                from_day=waiting.from_day,
                version=waiting.version,
                as_of=waiting.as_of,
                calibration=number,
            )
            begun = await reclassifications.begin_classifying(
                transaction, run, calibration=number, units=units
            )
            if not in_force or not begun:
                raise LeaseLost
            await activations.forget_slices(transaction, run.reclassification_id)
    except LeaseLost:
        return None
    return _ready(run)


def _ready(run: LeasedRun) -> LeasedRun:
    return replace(run, phase="classifying", after_unit="")
