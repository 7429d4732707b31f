"""What is left over in the morning, the room of the coming days, and what becomes of it.

SQL text, because each statement is set-based or groups the work of many days.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.scheduler.domain.leftovers import (
    ANSWER_ESCALATES_AFTER,
    ESCALATES_AFTER,
    Carried,
    DayRoom,
    Leftover,
    escalates_on,
    last_sensible_day,
)
from services.scheduler.domain.tasks import IMPORTANCE_OF_PRIORITY
from services.scheduler.store.change_outbox import PUBLISH_CHANGES, TOUCHPOINTS_INTO_OUTBOX
from services.scheduler.store.standing_in import let_requests_follow
from services.scheduler.store.task_steps import NewStep, note_steps
from shared.contracts.vocabulary import StaffId
from shared.db.database import Transaction


async def leftovers(transaction: Transaction, today: date) -> list[Leftover]:
    """The open tasks whose day has passed, and those that are the owner's from today on, whatever
    day they were given; locked until the commit."""
    answers_before, owed_before = today - ANSWER_ESCALATES_AFTER, today - ESCALATES_AFTER
    rows = await transaction.execute(
        _LEFTOVERS,
        {"today": today, "answers_before": answers_before, "owed_before": owed_before},
    )
    return [_leftover(row, today) for row in rows]


def _leftover(row: Any, today: date) -> Leftover:
    return Leftover(
        task_id=str(row.task_id),
        staff_id=row.staff_id,
        minutes=row.minutes,
        importance=row.importance,
        due_on=row.due_on,
        last_day=last_sensible_day(
            service=row.service,
            purpose=row.purpose,
            due=row.due or row.due_on,
            due_on=row.due_on,
        ),
        escalates_on=escalates_on(
            purpose=row.purpose, due_on=row.due_on, handed_back_on=row.handed_back_on
        ),
        escalated=row.escalated_from is not None,
        day_passed=row.day < today,
    )


async def enter_work(
    transaction: Transaction, room: dict[StaffId, dict[date, DayRoom]], *, first: date, last: date
) -> None:
    """Enter what people have to do already on the days of ``room``."""
    days = {"first": first, "last": last}
    for row in await transaction.execute(_TASKS, days):
        known = room.get(row.staff_id, {}).get(row.day)
        if known is not None:
            known.tasks += row.minutes
            known.leftovers += row.leftovers
    for row in await transaction.execute(_PLANNED, days):
        known = room.get(row.staff_id, {}).get(row.day)
        if known is not None:
            known.planned[IMPORTANCE_OF_PRIORITY[row.priority]] += row.minutes


async def carry_over(
    transaction: Transaction, decided: Sequence[Carried], *, today: date, now: datetime
) -> None:
    """Carry out what was decided; each task and touchpoint moves at most once."""
    for statement in (_MOVE_TASKS, _MOVE_TOUCHPOINTS):
        await transaction.execute(
            statement,
            {
                "ids": [UUID(each.task_id) for each in decided],
                "steps": [each.step for each in decided],
                "staff": [each.staff_id for each in decided],
                "days": [each.day for each in decided],
                "importances": [each.importance for each in decided],
                "reasons": [each.reason for each in decided],
                "late": [each.late for each in decided],
                "today": today,
                "now": now,
            },
        )
    await let_requests_follow(transaction)
    told = [
        NewStep(
            task_id=UUID(each.task_id),
            step=each.step,
            reason=each.reason,
            after=each.staff_id if each.step == "escalated" else each.day.isoformat(),
        )
        for each in decided
        if each.late
    ]
    await note_steps(transaction, told, at=now)
    transaction.ring(PUBLISH_CHANGES)


_LEFTOVERS = """
    SELECT task.task_id, task.service, task.staff_id, task.minutes, task.importance, task.due_on,
           task.day, task.escalated_from, touchpoint.purpose, touchpoint.due,
           CASE WHEN task.escalated_from IS NULL THEN task.escalated_on END AS handed_back_on
      FROM task LEFT JOIN touchpoint
             ON touchpoint.agency_id = task.agency_id
            AND touchpoint.touchpoint_id = task.touchpoint_id
     WHERE task.agency_id = :agency AND task.state = 'open'
       AND (task.day < :today
            OR (task.escalated_from IS NULL
                AND greatest(task.due_on, task.escalated_on)
                    <= CASE WHEN touchpoint.purpose IS NULL THEN CAST(:answers_before AS date)
                            WHEN touchpoint.purpose = 'service'
                            THEN CAST(:owed_before AS date) END))
     ORDER BY task.task_id FOR UPDATE OF task
"""
_TASKS = """
    SELECT staff_id, day, sum(minutes)::integer AS minutes,
           coalesce(sum(minutes) FILTER (WHERE due_on < day), 0)::integer AS leftovers
      FROM task
     WHERE agency_id = :agency AND state = 'open' AND day BETWEEN :first AND :last
     GROUP BY staff_id, day
"""
_PLANNED = """
    SELECT staff_id, day, priority, sum(minutes)::integer AS minutes FROM touchpoint
     WHERE agency_id = :agency AND state = 'planned' AND minutes > 0
       AND day BETWEEN :first AND :last AND staff_id IS NOT NULL
     GROUP BY staff_id, day, priority
"""
_DECIDED = """
    unnest(CAST(:ids AS uuid[]), CAST(:steps AS varchar[]), CAST(:staff AS varchar[]),
           CAST(:days AS date[]), CAST(:importances AS integer[]), CAST(:reasons AS varchar[]),
           CAST(:late AS boolean[]))
        AS new (id, step, staff_id, day, importance, reason, late)
"""
_MOVE_TASKS = f"""
    UPDATE task
       SET state = CASE new.step WHEN 'lapsed' THEN 'discarded' ELSE state END,
           ended_at = CASE new.step WHEN 'lapsed' THEN CAST(:now AS timestamptz) END,
           reason = coalesce(new.reason, task.reason),
           day = new.day, importance = new.importance, staff_id = new.staff_id,
           escalated_from = CASE new.step WHEN 'escalated'
                                 THEN coalesce(task.stands_in_for, task.staff_id)
                                 ELSE task.escalated_from END,
           escalated_on = CASE new.step WHEN 'escalated' THEN CAST(:today AS date)
                               ELSE task.escalated_on END,
           stands_in_for = CASE new.step WHEN 'escalated' THEN NULL ELSE task.stands_in_for END,
           postponed = task.postponed + CASE WHEN new.late AND new.step <> 'lapsed'
                                             THEN 1 ELSE 0 END
      FROM {_DECIDED}
     WHERE agency_id = :agency AND task_id = new.id AND task.state = 'open'
"""
_MOVE_TOUCHPOINTS = f"""
    WITH changed AS (
        UPDATE touchpoint
           SET state = CASE new.step WHEN 'lapsed' THEN 'cancelled' ELSE touchpoint.state END,
               reason = new.reason,
               since = CASE new.step WHEN 'lapsed' THEN CAST(:now AS timestamptz)
                            ELSE touchpoint.since END,
               ended_on = CASE new.step WHEN 'lapsed' THEN CAST(:today AS date) END,
               day = CASE new.step WHEN 'lapsed' THEN touchpoint.day ELSE new.day END
          FROM {_DECIDED}
         WHERE agency_id = :agency AND touchpoint_id = new.id AND touchpoint.state = 'due'
        RETURNING touchpoint_id
    ) {TOUCHPOINTS_INTO_OUTBOX}
"""
