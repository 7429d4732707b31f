"""Running a day: which days were run, what falls due, and what a day came to."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.scheduler.domain.tasks import IMPORTANCE_OF_PRIORITY
from services.scheduler.store.agencies import OPENED
from services.scheduler.store.agency_tables import DayRunTable
from services.scheduler.store.change_outbox import PUBLISH_CHANGES, TOUCHPOINTS_INTO_OUTBOX
from services.scheduler.store.dispatches import HANDED, MESSAGE
from shared.contracts.vocabulary import AgencyId, StaffId
from shared.db.database import Transaction
from shared.db.sweep_database import SweepDatabase


async def last_day_run(transaction: Transaction) -> date | None:
    """The last day that was run to its end; None if there is none."""
    found = await transaction.exec(
        _finished(transaction).order_by(col(DayRunTable.day).desc()).limit(1)
    )
    return found.first()


async def was_finished(transaction: Transaction, day: date) -> bool:
    """Whether this day was run to its end before."""
    found = await transaction.exec(_finished(transaction).where(DayRunTable.day == day))
    return found.one_or_none() is not None


def _finished(transaction: Transaction) -> SelectOfScalar[date]:
    return select(col(DayRunTable.day)).where(
        DayRunTable.agency_id == transaction.agency, col(DayRunTable.finished_at).is_not(None)
    )


async def agencies_whose_day_has_come(
    sweep: SweepDatabase, *, now: datetime, begins: time
) -> Sequence[AgencyId]:
    """Agencies that had a day run before and not yet the one that has begun in their time zone.

    SQL text because it asks of all agencies at once.
    """
    rows = await sweep.rows(_DAY_HAS_COME, {"now": now, "begins": begins})
    return [row.agency_id for row in rows]


async def begin_run(transaction: Transaction, day: date) -> None:
    """Note that a day is being run; begun before, it stays as it was."""
    await transaction.execute(
        insert(DayRunTable).values(agency_id=transaction.agency, day=day).on_conflict_do_nothing()
    )


async def finish_run(transaction: Transaction, day: date) -> None:
    """Note that a day was run to its end."""
    await transaction.execute(
        update(DayRunTable)
        .where(
            col(DayRunTable.agency_id) == transaction.agency,
            col(DayRunTable.day) == day,
            col(DayRunTable.finished_at).is_(None),
        )
        .values(finished_at=func.now())
    )


async def fall_due(
    transaction: Transaction,
    day: date,
    doers: Mapping[StaffId, StaffId],
    *,
    not_the_carers: Sequence[str],
) -> None:
    """Take out of the plan whatever is planned for the day or was left over, and open its tasks.

    ``doers`` names who does the work of each person that day: their deputy if they are away. What
    was planned with the deputy is the carer's nevertheless, but for the services that the
    catalogue gives to somebody else (``not_the_carers``). What the law suppressed lapses with the
    day or the end of its window. While the agency is moving in, advertising stays in the plan, and
    lapses once its window is over. SQL text because one statement moves all touchpoints of the day.
    """
    await transaction.execute(
        _FALL_DUE,
        {
            "day": day,
            "staff": list(doers),
            "doers": list(doers.values()),
            "priorities": list(IMPORTANCE_OF_PRIORITY),
            "importances": list(IMPORTANCE_OF_PRIORITY.values()),
            "others": list(not_the_carers),
        },
    )
    await transaction.execute(_LAPSE, {"day": day})
    for statement in (_HOLD_BEFORE_OPENING, _LAPSE_BEFORE_OPENING):
        await transaction.execute(statement, {"day": day})
    transaction.ring("hand_over")
    transaction.ring(PUBLISH_CHANGES)


async def end_without_room(transaction: Transaction, day: date, *, owner: StaffId | None) -> None:
    """Give what found no day in its window an end or a desk.

    What is owed falls due on the last day of its window, with its carer or the owner, whether or
    not there is room; advertising lapses with the reason that planning gave. SQL text because both
    statements are set-based.
    """
    values = {"day": day, "owner": owner}
    await transaction.execute(_OWED_TODAY, values)
    await transaction.execute(_LAPSE_WITHOUT_ROOM, values)
    transaction.ring(PUBLISH_CHANGES)


async def day_counts(transaction: Transaction, day: date) -> Mapping[str, int]:
    """What a day came to, as it stands now; SQL text because it counts all states in one pass."""
    row = (await transaction.execute(_COUNTS, {"day": day})).one()
    counts: dict[str, Any] = dict(row._mapping)
    return counts


_DAY_HAS_COME = """
    SELECT agency_id FROM agency
     WHERE EXISTS (SELECT FROM day_run WHERE day_run.agency_id = agency.agency_id)
       AND NOT EXISTS (
           SELECT FROM day_run
            WHERE day_run.agency_id = agency.agency_id AND finished_at IS NOT NULL
              AND day >= (CAST(:now AS timestamptz) AT TIME ZONE time_zone
                          - CAST(:begins AS time))::date)
     ORDER BY agency_id
"""
_FALL_DUE = f"""
    WITH fallen AS (
        UPDATE touchpoint SET state = 'due', left_on = :day, since = now(), reason = NULL
         WHERE agency_id = :agency AND state = 'planned' AND day <= :day AND left_on IS NULL
           AND ({MESSAGE} OR staff_id IS NOT NULL)
           AND (purpose = 'service' OR {OPENED})
        RETURNING *
    )
    INSERT INTO task (agency_id, task_id, touchpoint_id, customer_id, service, channel, staff_id,
                      stands_in_for, day, due_on, minutes, importance, state, because, subject)
    SELECT fallen.agency_id, fallen.touchpoint_id, fallen.touchpoint_id, fallen.customer_id,
           fallen.service, fallen.channel, coalesce(doer.doer, fallen.staff_id),
           CASE WHEN away.doer = coalesce(doer.doer, fallen.staff_id)
                     AND NOT fallen.service = ANY(CAST(:others AS varchar[]))
                THEN nullif(away.staff_id, away.doer)
                ELSE nullif(fallen.staff_id, coalesce(doer.doer, fallen.staff_id)) END,
           :day, :day, fallen.minutes, ranked.importance, 'open', fallen.because, fallen.subject
      FROM fallen LEFT JOIN unnest(CAST(:priorities AS smallint[]), CAST(:importances AS integer[]))
                            AS ranked (priority, importance) USING (priority)
                  LEFT JOIN unnest(CAST(:staff AS varchar[]), CAST(:doers AS varchar[]))
                            AS doer (staff_id, doer) ON doer.staff_id = fallen.staff_id
                  LEFT JOIN carer ON carer.agency_id = :agency AND carer.unit_id = fallen.unit_id
                  LEFT JOIN unnest(CAST(:staff AS varchar[]), CAST(:doers AS varchar[]))
                            AS away (staff_id, doer) ON away.staff_id = carer.staff_id
                                                    AND away.staff_id <> away.doer
     WHERE NOT {MESSAGE}
    ON CONFLICT DO NOTHING
"""
_ITS_TIME_IS_OVER = f"""
    agency_id = :agency AND state = 'planned' AND left_on IS NULL AND NOT {MESSAGE}
    AND day IS NULL AND latest <= :day
"""
_OWED_TODAY = f"""
    UPDATE touchpoint SET day = :day, staff_id = coalesce(staff_id, CAST(:owner AS varchar))
     WHERE (purpose = 'service' AND {_ITS_TIME_IS_OVER})
        OR (agency_id = :agency AND state = 'planned' AND left_on IS NULL AND day <= :day
            AND staff_id IS NULL AND NOT {MESSAGE})
"""
_LAPSE_WITHOUT_ROOM = f"""
    WITH changed AS (
        UPDATE touchpoint SET state = 'suppressed', reason = coalesce(reason, 'no_room_in_window'),
                              left_on = :day, ended_on = :day, since = now()
         WHERE purpose <> 'service' AND {_ITS_TIME_IS_OVER}
        RETURNING touchpoint_id
    ) {TOUCHPOINTS_INTO_OUTBOX}
"""
_LAPSE = """
    UPDATE touchpoint SET left_on = :day, ended_on = :day
     WHERE agency_id = :agency AND state = 'suppressed' AND left_on IS NULL
       AND coalesce(day, latest) <= :day
"""
_HOLD_BEFORE_OPENING = f"""
    UPDATE touchpoint SET reason = 'moving_in'
     WHERE agency_id = :agency AND state = 'planned' AND left_on IS NULL AND day <= :day
       AND purpose <> 'service' AND NOT coalesce({OPENED}, false)
"""
# What is overdue is planned anew each day and until that day at least, so it never ends here.
_LAPSE_BEFORE_OPENING = f"""
    WITH changed AS (
        UPDATE touchpoint SET state = 'suppressed', reason = 'moving_in', since = now(),
                              left_on = :day, ended_on = :day
         WHERE agency_id = :agency AND state = 'planned' AND left_on IS NULL AND latest < :day
           AND purpose <> 'service' AND NOT coalesce({OPENED}, false)
        RETURNING touchpoint_id
    ) {TOUCHPOINTS_INTO_OUTBOX}
"""
_COUNTS = f"""
    SELECT count(*) AS due,
           count(*) FILTER (WHERE channel = 'email' AND {HANDED}) AS emails,
           count(*) FILTER (WHERE channel = 'letter' AND {HANDED}) AS letters,
           count(*) FILTER (WHERE NOT {MESSAGE} AND state <> 'suppressed') AS tasks,
           count(*) FILTER (WHERE state = 'suppressed') AS suppressed,
           count(*) FILTER (WHERE state = 'cancelled') AS cancelled,
           count(*) FILTER (WHERE state = 'failed') AS failed,
           (SELECT count(*) FROM touchpoint
             WHERE agency_id = :agency AND state = 'planned' AND day IS NOT NULL) AS planned,
           (SELECT count(*) FROM touchpoint
             WHERE agency_id = :agency AND state = 'planned' AND day IS NULL) AS unplaced
      FROM touchpoint WHERE agency_id = :agency AND left_on = :day
"""
