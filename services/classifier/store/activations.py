"""From when which policy version rules, and what "high" was in cents.

A row is one day on which a version begins to rule. ``policy_version`` rules under
``calibration``; ``next_version`` takes its place as soon as it is calibrated over the book of
``next_as_of``. Until then whatever rules goes on ruling.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.classifier.domain.thresholds import BookValues, Calibration
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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCalibration:
    """The amounts of a calibration and the book it was made over."""

    calibration: int
    policy_version: int
    as_of: date
    revenue_cents: int | None
    potential_cents: int | None
    created_at: datetime


_READ = """
    SELECT from_day, policy_version, calibration, next_version, next_as_of, reclassification_id,
           activated_at, activated_by
      FROM activation
"""


async def activation_on(transaction: Transaction, from_day: date) -> Activation | None:
    """What begins on just this day."""
    found = await transaction.execute(
        f"{_READ} WHERE agency_id = :agency AND from_day = :day", {"day": from_day}
    )
    row = found.one_or_none()
    return None if row is None else Activation(**row._mapping)


async def latest_activation(transaction: Transaction, day: date) -> Activation | None:
    """The last one to begin up to a day, calibrated or not."""
    found = await transaction.execute(
        f"""{_READ} WHERE agency_id = :agency AND from_day <= :day
         ORDER BY from_day DESC LIMIT 1""",
        {"day": day},
    )
    row = found.one_or_none()
    return None if row is None else Activation(**row._mapping)


async def activation_in_force(transaction: Transaction, day: date) -> Activation | None:
    """The one whose version rules on a day."""
    found = await transaction.execute(
        f"""{_READ} WHERE agency_id = :agency AND from_day <= :day AND calibration IS NOT NULL
         ORDER BY from_day DESC LIMIT 1""",
        {"day": day},
    )
    row = found.one_or_none()
    return None if row is None else Activation(**row._mapping)


async def activations(
    transaction: Transaction, *, before: date | None, limit: int
) -> list[Activation]:
    """All of them, the latest day first."""
    rows = await transaction.execute(
        f"""{_READ}
         WHERE agency_id = :agency AND (CAST(:before AS date) IS NULL OR from_day < :before)
         ORDER BY from_day DESC LIMIT :limit""",
        {"before": before, "limit": limit},
    )
    return [Activation(**row._mapping) for row in rows]


async def add_calibration(
    transaction: Transaction, *, version: int, as_of: date, calibration: Calibration
) -> int:
    """Keep amounts for good; gives their number. The caller has taken its turn."""
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
) -> list[StoredCalibration]:
    """The calibrations of a version, the newest first."""
    rows = await transaction.execute(
        """
        SELECT calibration, policy_version, as_of, revenue_cents, potential_cents, created_at
          FROM calibration
         WHERE agency_id = :agency AND policy_version = :version
           AND (CAST(:before AS integer) IS NULL OR calibration < :before)
         ORDER BY calibration DESC LIMIT :limit
        """,
        {"version": version, "before": before, "limit": limit},
    )
    return [StoredCalibration(**row._mapping) for row in rows]


async def put_in_force(
    transaction: Transaction,
    *,
    from_day: date,
    version: int,
    calibration: int,
    run: UUID | None,
    author: str,
) -> None:
    """Let a calibrated version rule from a day on, in place of what begins on that day."""
    await transaction.execute(
        """
        INSERT INTO activation (agency_id, from_day, policy_version, calibration,
                                reclassification_id, activated_by)
        VALUES (:agency, :from_day, :version, :calibration, :run, :author)
        ON CONFLICT (agency_id, from_day) DO UPDATE
           SET policy_version = :version, calibration = :calibration, next_version = NULL,
               next_as_of = NULL, reclassification_id = :run, activated_at = now(),
               activated_by = :author
        """,
        {
            "from_day": from_day,
            "version": version,
            "calibration": calibration,
            "run": run,
            "author": author,
        },
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

    What rules from that day already goes on until then; with ``forget_planned`` (the day is still
    to come) it is forgotten.
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
        """
        UPDATE activation SET reclassification_id = :run
         WHERE agency_id = :agency AND from_day = :from_day
        """,
        {"from_day": from_day, "run": run},
    )


async def put_calibrated_in_force(
    transaction: Transaction, *, from_day: date, version: int, as_of: date, calibration: int
) -> bool:
    """The version that waited rules now; false where another took its place in waiting."""
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
    """Keep the values of a part of the book until all are there; the same part again is itself."""
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
    """All values of a run, read part by part: lists of numbers take five times a column's room."""
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
    """The amounts are found, or are no longer wanted."""
    await transaction.execute(
        """
        DELETE FROM calibration_slice
         WHERE agency_id = :agency AND reclassification_id = :run
        """,
        {"run": run},
    )
