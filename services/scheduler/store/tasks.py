"""Tasks: the work of persons, from touchpoints and from requests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.scheduler.domain.subjects import Subject, subject_of, told
from services.scheduler.domain.tasks import IMPORTANCE_OF_PRIORITY, CompletedTask
from services.scheduler.store.dispatches import MESSAGE
from shared.contracts.plans import Task
from shared.contracts.vocabulary import CustomerId, StaffId
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTask:
    """A task as it stands; ``state`` is open, done or discarded."""

    task_id: UUID
    touchpoint_id: UUID | None
    request_id: UUID | None
    customer_id: CustomerId
    service: str
    staff_id: StaffId
    minutes: int
    day: date
    state: str
    subject: Subject | None
    reason: str | None
    result: str | None
    minutes_spent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTask:
    """A task that a request opens."""

    task_id: UUID
    request_id: UUID
    customer_id: CustomerId
    service: str
    channel: str
    staff_id: StaffId
    day: date
    minutes: int
    importance: int
    because: str
    deadline: datetime


async def task(transaction: Transaction, task_id: UUID) -> StoredTask | None:
    """One task, locked: two people who end it take turns."""
    row = (
        await transaction.execute(
            """
            SELECT task_id, touchpoint_id, request_id, customer_id, service, staff_id, minutes, day,
                   state, subject, reason, result, minutes_spent
              FROM task WHERE agency_id = :agency AND task_id = :task_id FOR UPDATE
            """,
            {"task_id": task_id},
        )
    ).one_or_none()
    if row is None:
        return None
    return StoredTask(**{**row._mapping, "subject": subject_of(row.subject)})


async def planned_day(transaction: Transaction, touchpoint_id: UUID) -> date | None:
    """The day of a touchpoint that is still planned: there is no task yet."""
    found = await transaction.execute(
        """
        SELECT coalesce(day, earliest) FROM touchpoint
         WHERE agency_id = :agency AND touchpoint_id = :id AND state = 'planned'
        """,
        {"id": touchpoint_id},
    )
    day: date | None = found.scalar_one_or_none()
    return day


async def open_task(transaction: Transaction, new: NewTask) -> None:
    """Open a request's task; the same again changes nothing."""
    await transaction.execute(
        """
        INSERT INTO task (agency_id, task_id, request_id, customer_id, service, channel, staff_id,
                          day, minutes, importance, state, because, deadline)
        VALUES (:agency, :task_id, :request_id, :customer_id, :service, :channel, :staff_id,
                :day, :minutes, :importance, 'open', :because, :deadline)
        ON CONFLICT DO NOTHING
        """,
        {name: getattr(new, name) for name in NewTask.__dataclass_fields__},
    )


async def pass_on(transaction: Transaction, task_id: UUID, ended: CompletedTask) -> None:
    """Give a task to somebody else; it stays open."""
    await transaction.execute(
        """
        UPDATE task SET staff_id = :staff_id, reason = :reason, delegated = delegated + 1,
                        minutes_spent = minutes_spent + :spent
         WHERE agency_id = :agency AND task_id = :task_id AND state = 'open'
        """,
        {
            "task_id": task_id,
            "staff_id": ended.staff_id,
            "reason": ended.reason,
            "spent": ended.minutes_spent,
        },
    )


async def end(
    transaction: Transaction, task_id: UUID, ended: CompletedTask, *, now: datetime, day: date
) -> None:
    """Close a task and the touchpoint behind it."""
    parameters = {
        "task_id": task_id,
        "state": ended.state,
        "reason": ended.reason,
        "result": ended.result,
        "spent": ended.minutes_spent,
        "now": now,
        "day": day,
    }
    await transaction.execute(
        """
        UPDATE task SET state = :state, reason = :reason, result = :result,
                        minutes_spent = minutes_spent + :spent, ended_at = :now
         WHERE agency_id = :agency AND task_id = :task_id AND state = 'open'
        """,
        {name: parameters[name] for name in parameters if name != "day"},
    )
    await transaction.execute(
        """
        UPDATE touchpoint SET state = :state, reason = :reason, since = :now, ended_on = :day
         WHERE agency_id = :agency AND touchpoint_id = :task_id AND state = 'due'
        """,
        {name: parameters[name] for name in ("task_id", "state", "reason", "now", "day")},
    )


async def rest_gap(
    transaction: Transaction, customer_id: CustomerId, line: str, *, until: date
) -> None:
    """Do not speak of this gap again before the day."""
    await transaction.execute(
        """
        INSERT INTO rested_gap (agency_id, customer_id, line, until)
        VALUES (:agency, :customer_id, :line, :until)
        ON CONFLICT (agency_id, customer_id, line) DO UPDATE SET until = excluded.until
        """,
        {"customer_id": customer_id, "line": line, "until": until},
    )


async def tasks_of_day(transaction: Transaction, staff_id: StaffId, day: date) -> list[Task]:
    """Somebody's tasks of a day, what is left over from before, and what is planned for it."""
    rows = await transaction.execute(
        """
        SELECT * FROM task WHERE agency_id = :agency AND staff_id = :staff_id
           AND (day = :day OR (day < :day AND state = 'open'))
        """,
        {"staff_id": staff_id, "day": day},
    )
    planned = await transaction.execute(
        f"""
        SELECT * FROM touchpoint WHERE agency_id = :agency AND staff_id = :staff_id
           AND day = :day AND state = 'planned'
           AND NOT {MESSAGE}
        """,
        {"staff_id": staff_id, "day": day},
    )
    return [_shown(row) for row in rows] + [_planned(row) for row in planned]


async def promised_minutes(
    transaction: Transaction, first: date, last: date
) -> Sequence[tuple[StaffId, date, int]]:
    """Minutes of open tasks and planned contacts by person and day."""
    rows = await transaction.execute(
        """
        SELECT staff_id, day, sum(minutes)::integer AS minutes FROM (
            SELECT staff_id, greatest(day, CAST(:first AS date)) AS day, minutes FROM task
             WHERE agency_id = :agency AND state = 'open'
            UNION ALL
            SELECT staff_id, day, minutes FROM touchpoint
             WHERE agency_id = :agency AND state = 'planned' AND minutes > 0
               AND staff_id IS NOT NULL
        ) AS work WHERE day BETWEEN :first AND :last GROUP BY staff_id, day
        """,
        {"first": first, "last": last},
    )
    return [(row.staff_id, row.day, row.minutes) for row in rows]


def _shown(row: Any) -> Task:
    return Task(
        task_id=str(row.task_id),
        touchpoint_id=None if row.touchpoint_id is None else str(row.touchpoint_id),
        request_id=None if row.request_id is None else str(row.request_id),
        customer_id=row.customer_id,
        service=row.service,
        channel=row.channel,
        staff_id=row.staff_id,
        day=row.day,
        minutes=row.minutes,
        importance=row.importance,
        state=row.state,
        because=row.because,
        detail=told(row.subject),
        deadline=row.deadline,
        reopened=row.reopened,
        postponed=row.postponed,
    )


def _planned(row: Any) -> Task:
    return Task(
        task_id=str(row.touchpoint_id),
        touchpoint_id=str(row.touchpoint_id),
        customer_id=row.customer_id,
        service=row.service,
        channel=row.channel,
        staff_id=row.staff_id,
        day=row.day,
        minutes=row.minutes,
        importance=IMPORTANCE_OF_PRIORITY[row.priority],
        state="open",
        because=row.because,
        detail=told(row.subject),
    )
