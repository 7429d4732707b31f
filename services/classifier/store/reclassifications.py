"""Runs over the whole book: queued, leased in slices, resumable where they stopped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import select

from services.classifier.store.classification_tables import ReclassificationTable
from shared.contracts.classifications import RunPhase
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Transaction
from shared.db.leases import PROLONGED, RELEASED, LeasedTable
from shared.db.sweep_database import SweepDatabase

RUNS = LeasedTable("reclassification", key="reclassification_id", seconds=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A run over the book and how far it is."""

    reclassification_id: UUID
    reason: str
    as_of: date
    state: str
    phase: RunPhase
    policy_version: int | None
    calibration: int | None
    units_calibrated: int
    units_expected: int | None
    units: int
    changed: int
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeasedRun:
    """The part of a run that one worker does next."""

    token: UUID
    reclassification_id: UUID
    reason: str
    as_of: date
    phase: RunPhase
    policy_version: int | None
    calibrates_from: date | None
    after_unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedFor:
    """What a run is for beyond classifying. Either it calibrates for the activation of the day
    ``calibrates_from``, or it follows an activation that needed no calibration."""

    policy_version: int
    calibrates_from: date | None = None
    calibration: int | None = None


async def queue_run(
    transaction: Transaction,
    *,
    reclassification_id: UUID,
    reason: str,
    as_of: date,
    queued_for: QueuedFor | None = None,
) -> bool:
    """Queue a run; queuing the same again changes nothing. Returns whether it is new.

    As many units are expected as the last run had, until calibration has counted them. SQL text
    because that number is read in the same statement.
    """
    calibrates_from = queued_for.calibrates_from if queued_for else None
    queued = await transaction.execute(
        """
        INSERT INTO reclassification
               (agency_id, reclassification_id, reason, as_of, state, phase, policy_version,
                calibrates_from, calibration, after_unit, units_expected)
        VALUES (CAST(:agency AS varchar), :id, :reason, :as_of, 'waiting', :phase, :version,
                :calibrates_from, :calibration, '',
                (SELECT units FROM reclassification
                  WHERE agency_id = :agency AND state = 'done' AND units > 0
                  ORDER BY finished_at DESC LIMIT 1))
        ON CONFLICT DO NOTHING
        """,
        {
            "id": reclassification_id,
            "reason": reason,
            "as_of": as_of,
            "phase": "classifying" if calibrates_from is None else "calibrating",
            "version": queued_for.policy_version if queued_for else None,
            "calibrates_from": calibrates_from,
            "calibration": queued_for.calibration if queued_for else None,
        },
    )
    return queued.rowcount == 1


async def run_state(transaction: Transaction, reclassification_id: UUID) -> StoredRun | None:
    """One run, or None."""
    found = await transaction.exec(
        select(ReclassificationTable).where(
            ReclassificationTable.agency_id == transaction.agency,
            ReclassificationTable.reclassification_id == reclassification_id,
        )
    )
    return _stored(found.one_or_none())


async def not_begun(transaction: Transaction, *, reason: str, as_of: date) -> StoredRun | None:
    """A run of that reason and day that nobody has begun yet, or None."""
    found = await transaction.exec(
        select(ReclassificationTable)
        .where(
            ReclassificationTable.agency_id == transaction.agency,
            ReclassificationTable.reason == reason,
            ReclassificationTable.as_of == as_of,
            ReclassificationTable.state == "waiting",
            ReclassificationTable.after_unit == "",
        )
        .limit(1)
    )
    return _stored(found.one_or_none())


def _stored(row: ReclassificationTable | None) -> StoredRun | None:
    if row is None:
        return None
    return StoredRun(**{name: getattr(row, name) for name in StoredRun.__dataclass_fields__})


async def lease_run(transaction: Transaction) -> LeasedRun | None:
    """Lease the oldest run that nobody works on; earlier days come first."""
    claimed = await RUNS.claim(
        transaction,
        where="state <> 'done'",
        steps="state = 'running'",
        order_by="as_of, created_at",
        returning="reclassification_id, reason, as_of, phase, policy_version, calibrates_from, "
        "after_unit",
    )
    return LeasedRun(token=claimed.token, **claimed.rows[0]._mapping) if claimed.rows else None


_DONE = "state = 'done', finished_at = now(), leased_until = NULL"


async def _change(transaction: Transaction, leased: LeasedRun, steps: str, **values: Any) -> bool:
    """Change a run in the phase it was leased in; false if the lease was lost to another."""
    where = "reclassification_id = :id AND phase = :leased_phase"
    values |= {"id": leased.reclassification_id, "leased_phase": leased.phase}
    done = await RUNS.step(transaction, leased.token, steps, where=where, values=values)
    return done.rowcount == 1


async def advance_run(
    transaction: Transaction,
    leased: LeasedRun,
    *,
    after_unit: str | None,
    units: int,
) -> bool:
    """Note that a slice is done (``after_unit`` None: the book is through).

    Returns false if the lease was lost, because then another worker counts the slice.
    """
    further = _DONE if after_unit is None else f"after_unit = :after_unit, {PROLONGED}"
    steps = f"units = units + :units, {further}"
    return await _change(transaction, leased, steps, after_unit=after_unit, units=units)


async def hold_run(transaction: Transaction, leased: LeasedRun) -> bool:
    """Prolong the lease and lock the run until this transaction ends; false if another has it
    already."""
    return await _change(transaction, leased, PROLONGED)


async def count_changed(transaction: Transaction, leased: LeasedRun, changed: int) -> None:
    """Count what this transaction wrote of a slice.

    It is counted here and not at the end of the slice, because a worker that takes over a slice
    finds this part unchanged and would never count it.
    """
    await _change(transaction, leased, "changed = changed + :changed", changed=changed)


async def advance_calibration(
    transaction: Transaction, leased: LeasedRun, *, after_unit: str, units: int
) -> bool:
    """Note that the values of a slice are stored; false if the lease was lost."""
    return await _change(
        transaction,
        leased,
        f"after_unit = :after_unit, units_calibrated = units_calibrated + :units, {PROLONGED}",
        after_unit=after_unit,
        units=units,
    )


async def begin_classifying(
    transaction: Transaction, leased: LeasedRun, *, calibration: int | None, units: int
) -> bool:
    """End calibration and begin with the first unit; false if the lease was lost."""
    return await _change(
        transaction,
        leased,
        f"""
        phase = 'classifying', after_unit = '', calibration = :calibration,
        units_calibrated = units_calibrated + :units,
        units_expected = coalesce(nullif(units_calibrated + :units, 0), units_expected), {PROLONGED}
        """,
        calibration=calibration,
        units=units,
    )


async def end_superseded(transaction: Transaction, leased: LeasedRun) -> None:
    """End a run whose activation was replaced before it was calibrated."""
    await _change(transaction, leased, f"phase = 'superseded', {_DONE}")


async def release_run(transaction: Transaction, leased: LeasedRun) -> None:
    """Give the lease back, so that the next ring goes on at once."""
    await _change(transaction, leased, RELEASED)


async def agencies_with_runs(sweep: SweepDatabase) -> Sequence[AgencyId]:
    """Agencies with a run that waits and that nobody works on."""
    return await RUNS.agencies_with_free_rows(sweep, where="state <> 'done'")
