"""From when which policy version rules, and what "high" was in cents.

A row is one day on which a version begins to rule. ``policy_version`` rules under ``calibration``;
``next_version`` takes its place as soon as it is calibrated over the book of ``next_as_of``. Until
then the version in force stays in force.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.classifier.domain.thresholds import BookValues, Calibration
from services.classifier.store.classification_tables import (
    ActivationTable,
    CalibrationSliceTable,
    CalibrationTable,
)
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """A day from which a version rules, or will once it is calibrated."""

    from_day: date
    policy_version: int | None
    calibration: int | None
    next_version: int | None
    next_as_of: date | None
    reclassification_id: UUID | None
    activated_at: datetime
    activated_by: str | None

    @property
    def newest(self) -> int:
        """The version that was asked for last."""
        version = self.next_version or self.policy_version
        assert version is not None
        return version


def _activations(transaction: Transaction) -> SelectOfScalar[ActivationTable]:
    """All of them, the latest day first."""
    return (
        select(ActivationTable)
        .where(ActivationTable.agency_id == transaction.agency)
        .order_by(col(ActivationTable.from_day).desc())
    )


def _value(row: ActivationTable) -> Activation:
    """A frozen copy, because callers compare an activation before and after they change it."""
    return Activation(**row.model_dump(exclude={"agency_id"}))


async def _first(
    transaction: Transaction, statement: SelectOfScalar[ActivationTable]
) -> Activation | None:
    row = (await transaction.exec(statement.limit(1))).one_or_none()
    return None if row is None else _value(row)


async def activation_on(transaction: Transaction, from_day: date) -> Activation | None:
    """The activation that begins on this very day, or None."""
    return await _first(
        transaction, _activations(transaction).where(ActivationTable.from_day == from_day)
    )


async def latest_activation(transaction: Transaction, day: date) -> Activation | None:
    """The last one to begin up to a day, calibrated or not."""
    return await _first(
        transaction, _activations(transaction).where(ActivationTable.from_day <= day)
    )


async def activation_in_force(transaction: Transaction, day: date) -> Activation | None:
    """The one whose version rules on a day."""
    calibrated = _activations(transaction).where(col(ActivationTable.calibration).is_not(None))
    return await _first(transaction, calibrated.where(ActivationTable.from_day <= day))


async def activations(
    transaction: Transaction, *, before: date | None, limit: int
) -> list[Activation]:
    """All of them, the latest day first."""
    found = _activations(transaction).limit(limit)
    if before is not None:
        found = found.where(ActivationTable.from_day < before)
    return [_value(row) for row in await transaction.exec(found)]


async def add_calibration(
    transaction: Transaction, *, version: int, as_of: date, calibration: Calibration
) -> int:
    """Store amounts for good and return their number. The caller holds the lock of ``take_turn``.
    SQL text because the number is found and used in one statement."""
    added = await transaction.execute(
        """
        INSERT INTO calibration
               (agency_id, calibration, policy_version, as_of, revenue_cents, potential_cents)
        SELECT CAST(:agency AS varchar), coalesce(max(calibration), 0) + 1, :version, :as_of,
               :revenue, :potential
          FROM calibration WHERE agency_id = :agency
        RETURNING calibration
        """,
        {
            "version": version,
            "as_of": as_of,
            "revenue": calibration.revenue_cents,
            "potential": calibration.potential_cents,
        },
    )
    number: int = added.scalar_one()
    return number


async def calibrations_of(
    transaction: Transaction, version: int, *, before: int | None, limit: int
) -> Sequence[CalibrationTable]:
    """The calibrations of a version, the newest first."""
    found = select(CalibrationTable).where(
        CalibrationTable.agency_id == transaction.agency,
        CalibrationTable.policy_version == version,
    )
    if before is not None:
        found = found.where(CalibrationTable.calibration < before)
    newest_first = found.order_by(col(CalibrationTable.calibration).desc()).limit(limit)
    return (await transaction.exec(newest_first)).all()


async def put_in_force(
    transaction: Transaction,
    *,
    from_day: date,
    version: int,
    calibration: int,
    run: UUID | None,
    author: str,
) -> None:
    """Put a calibrated version in force from a day on, in place of what begins on that day."""
    given = {
        "policy_version": version,
        "calibration": calibration,
        "next_version": None,
        "next_as_of": None,
        "reclassification_id": run,
        "activated_by": author,
    }
    await transaction.execute(
        insert(ActivationTable)
        .values(agency_id=transaction.agency, from_day=from_day, **given)
        .on_conflict_do_update(
            index_elements=["agency_id", "from_day"], set_={**given, "activated_at": func.now()}
        )
    )


async def await_calibration(
    transaction: Transaction,
    *,
    from_day: date,
    version: int,
    as_of: date,
    run: UUID | None,
    author: str,
    forget_planned: bool,
) -> None:
    """Let a version wait for its calibration, to rule from a day on.

    A version that rules from that day already stays in force until then. With ``forget_planned``,
    for a day that is still to come, it is forgotten. SQL text because a row that exists keeps some
    of its values.
    """
    await transaction.execute(
        """
        INSERT INTO activation (agency_id, from_day, next_version, next_as_of,
                                reclassification_id, activated_by)
        VALUES (:agency, :from_day, :version, :as_of, :run, :author)
        ON CONFLICT (agency_id, from_day) DO UPDATE
           SET policy_version = CASE WHEN :forget THEN NULL ELSE activation.policy_version END,
               calibration = CASE WHEN :forget THEN NULL ELSE activation.calibration END,
               next_version = :version, next_as_of = :as_of, reclassification_id = :run,
               -- Who has it calibrated anew did not activate it.
               activated_at = CASE WHEN activation.policy_version = :version
                                   THEN activation.activated_at ELSE now() END,
               activated_by = CASE WHEN activation.policy_version = :version
                                   THEN activation.activated_by ELSE :author END
        """,
        {
            "from_day": from_day,
            "version": version,
            "as_of": as_of,
            "run": run,
            "author": author,
            "forget": forget_planned,
        },
    )


async def assign_run(transaction: Transaction, from_day: date, run: UUID) -> None:
    """Have a run calibrate the version that waits to rule from a day on."""
    await transaction.execute(
        update(ActivationTable)
        .where(
            col(ActivationTable.agency_id) == transaction.agency,
            col(ActivationTable.from_day) == from_day,
        )
        .values(reclassification_id=run)
    )


async def put_calibrated_in_force(
    transaction: Transaction, *, from_day: date, version: int, as_of: date, calibration: int
) -> bool:
    """Let the version that waited rule now; false if another took its place in waiting. SQL text
    because the columns change places in one statement."""
    done = await transaction.execute(
        """
        UPDATE activation
           SET policy_version = next_version, calibration = :calibration, next_version = NULL,
               next_as_of = NULL
         WHERE agency_id = :agency AND from_day = :from_day AND next_version = :version
           AND next_as_of = :as_of
        """,
        {"from_day": from_day, "version": version, "as_of": as_of, "calibration": calibration},
    )
    return done.rowcount == 1


async def save_slice(
    transaction: Transaction, *, run: UUID, after_unit: str, values: BookValues
) -> None:
    """Store the values of a part of the book until all parts are there; the same part again
    replaces itself. SQL text because it is hot: a call brings tens of thousands of numbers."""
    await transaction.execute(
        """
        INSERT INTO calibration_slice
               (agency_id, reclassification_id, after_unit, revenue_cents, potential_cents)
        VALUES (:agency, :run, :after, CAST(:revenue AS bigint[]), CAST(:potential AS bigint[]))
        ON CONFLICT (agency_id, reclassification_id, after_unit) DO UPDATE
           SET revenue_cents = excluded.revenue_cents, potential_cents = excluded.potential_cents
        """,
        {
            "run": run,
            "after": after_unit,
            "revenue": values.revenue_cents.to_list(),
            "potential": values.potential_cents.to_list(),
        },
    )


async def slices_of(transaction: Transaction, run: UUID) -> BookValues:
    """All values of a run, read part by part, because lists of numbers take five times the memory
    of a column. SQL text, so that no row object keeps the lists."""
    parts: Sequence[str] = (
        await transaction.execute(
            """
            SELECT after_unit FROM calibration_slice
             WHERE agency_id = :agency AND reclassification_id = :run ORDER BY after_unit
            """,
            {"run": run},
        )
    ).scalars().all()  # fmt: skip
    values = []
    for after in parts:
        found = await transaction.execute(
            """
            SELECT revenue_cents, potential_cents FROM calibration_slice
             WHERE agency_id = :agency AND reclassification_id = :run AND after_unit = :after
            """,
            {"run": run, "after": after},
        )
        row = found.one()
        values.append(BookValues.of_lists(row.revenue_cents, row.potential_cents))
    return BookValues.together(values)


async def forget_slices(transaction: Transaction, run: UUID) -> None:
    """Delete the values of a run, because its amounts are found or no longer needed."""
    await transaction.execute(
        delete(CalibrationSliceTable).where(
            col(CalibrationSliceTable.agency_id) == transaction.agency,
            col(CalibrationSliceTable.reclassification_id) == run,
        )
    )
