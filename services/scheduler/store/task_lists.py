"""Tasks as they are read: a day, a list, one, and how much of them people have."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, text, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from services.scheduler.domain.leftovers import escalates_on, last_sensible_day
from services.scheduler.domain.subjects import detail_of
from services.scheduler.domain.tasks import IMPORTANCE_OF_PRIORITY
from services.scheduler.domain.touchpoint_lists import ListPosition
from services.scheduler.store.dispatches import MESSAGE
from services.scheduler.store.task_tables import TaskTable
from services.scheduler.store.touchpoint_tables import TouchpointTable
from shared.contracts.plans import Task
from shared.contracts.scheduling import TaskState
from shared.contracts.vocabulary import CustomerId, StaffId
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilter:
    """Which tasks to list; ``kind`` is a service, ``after`` the position of the last one seen."""

    staff_id: StaffId | None = None
    state: TaskState | None = None
    overdue: bool | None = None
    kind: str | None = None
    customer_id: CustomerId | None = None
    after: ListPosition | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """The day and the instant at which a task is judged to be overdue."""

    today: date
    now: datetime


_TASK_AND_TOUCHPOINT = and_(
    col(TouchpointTable.agency_id) == col(TaskTable.agency_id),
    col(TouchpointTable.touchpoint_id) == col(TaskTable.touchpoint_id),
)


def _tasks(transaction: Transaction) -> Any:
    """Tasks with purpose and day of the touchpoint behind them; null for requests."""
    return (
        select_columns(TaskTable, col(TouchpointTable.purpose), col(TouchpointTable.due))
        .join_from(TaskTable, TouchpointTable, _TASK_AND_TOUCHPOINT, isouter=True)
        .where(col(TaskTable.agency_id) == transaction.agency)
    )


def _is_overdue(as_of: AsOf) -> Any:
    late = or_(col(TaskTable.due_on) < as_of.today, col(TaskTable.deadline) < as_of.now)
    return and_(col(TaskTable.state) == "open", late)


async def list_tasks(transaction: Transaction, asked: TaskFilter, as_of: AsOf) -> list[Task]:
    """Tasks by day, then by id."""
    equal = {
        col(TaskTable.staff_id): asked.staff_id,
        col(TaskTable.state): asked.state,
        col(TaskTable.service): asked.kind,
        col(TaskTable.customer_id): asked.customer_id,
    }
    place = (col(TaskTable.day), col(TaskTable.task_id))
    page = (
        _tasks(transaction)
        .where(*(column == value for column, value in equal.items() if value is not None))
        .order_by(*place)
        .limit(asked.limit)
    )
    if asked.overdue is not None:
        # A deadline may be null, so the negation is written without three-valued logic.
        late = _is_overdue(as_of)
        page = page.where(late if asked.overdue else late.is_not(True))
    if asked.after is not None:
        page = page.where(tuple_(*place) > (asked.after.day, asked.after.touchpoint_id))
    return [_shown(row, as_of) for row in await transaction.execute(page)]


async def shown_task(transaction: Transaction, task_id: UUID, as_of: AsOf) -> Task | None:
    """One task as callers see it, also if it moved in this transaction since it was read."""
    mine = _tasks(transaction).where(col(TaskTable.task_id) == task_id)
    found = await transaction.execute(mine.execution_options(populate_existing=True))
    row = found.one_or_none()
    return None if row is None else _shown(row, as_of)


async def tasks_of_day(
    transaction: Transaction,
    staff_id: StaffId,
    day: date,
    as_of: AsOf,
    *,
    left_over_until: date,
    moving_in: bool,
) -> list[Task]:
    """Somebody's tasks of a day, what is planned for it, and what is left over from before, up to
    a day: what has a day of its own until then is no leftover. Who is moving in does not advertise
    yet, so advertising that is planned is none of the day's work."""
    left_over = and_(
        col(TaskTable.day) < day,
        col(TaskTable.day) <= left_over_until,
        col(TaskTable.state) == "open",
    )
    tasks = await transaction.execute(
        _tasks(transaction).where(
            col(TaskTable.staff_id) == staff_id, or_(col(TaskTable.day) == day, left_over)
        )
    )
    planned = await transaction.exec(
        select(TouchpointTable).where(
            TouchpointTable.agency_id == transaction.agency,
            TouchpointTable.staff_id == staff_id,
            TouchpointTable.day == day,
            TouchpointTable.state == "planned",
            text(f"NOT {MESSAGE}"),
            *([col(TouchpointTable.purpose) == "service"] if moving_in else []),
        )
    )
    return [
        *(_shown(row, as_of) for row in tasks),
        *(_planned(row, staff_id, day) for row in planned),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWork:
    """How much open work somebody has, and how much of it is overdue."""

    staff_id: StaffId
    open_tasks: int
    open_minutes: int
    overdue_tasks: int
    overdue_minutes: int
    oldest: date | None
    caught_up_on: date | None
    escalated: int
    lapsed: int


async def open_work(transaction: Transaction, as_of: AsOf, *, since: date) -> Sequence[OpenWork]:
    """The open work of everybody who has some, or lost some since a day.

    SQL text because it counts all tasks in one pass. What was escalated counts for whom it was
    escalated from.
    """
    rows = await transaction.execute(
        _OPEN_WORK, {"today": as_of.today, "now": as_of.now, "since": since}
    )
    return [OpenWork(**row._mapping) for row in rows]


async def waiting_for_staff(transaction: Transaction) -> int:
    """Personal contacts ahead that nobody could be given. SQL text because it only counts."""
    found = await transaction.execute(
        f"""
        SELECT count(*) FROM touchpoint
         WHERE agency_id = :agency AND state = 'planned' AND staff_id IS NULL AND NOT {MESSAGE}
        """
    )
    return int(found.scalar_one())


def _shown(row: Any, as_of: AsOf) -> Task:
    task, purpose, due = row
    late = task.due_on < as_of.today or (task.deadline is not None and task.deadline < as_of.now)
    return Task(
        task_id=str(task.task_id),
        touchpoint_id=None if task.touchpoint_id is None else str(task.touchpoint_id),
        request_id=None if task.request_id is None else str(task.request_id),
        **{name: getattr(task, name) for name in _ALIKE},
        detail=detail_of(task.subject),
        overdue=task.state == "open" and late,
        last_sensible_day=last_sensible_day(
            service=task.service, purpose=purpose, due=due or task.due_on, due_on=task.due_on
        ),
        escalates_on=escalates_on(
            purpose=purpose,
            due_on=task.due_on,
            handed_back_on=None if task.escalated_from else task.escalated_on,
        ),
    )


_ALIKE = (
    "customer_id", "service", "channel", "staff_id", "day", "minutes", "importance", "state",
    "reason", "stands_in_for", "because", "deadline", "due_on", "escalated_from", "result",
    "minutes_spent", "reopened", "postponed", "delegated", "opened_at", "ended_at",
)  # fmt: skip


def _planned(row: TouchpointTable, staff_id: StaffId, day: date) -> Task:
    return Task(
        task_id=str(row.touchpoint_id),
        touchpoint_id=str(row.touchpoint_id),
        customer_id=row.customer_id,
        service=row.service,
        channel=row.channel,
        staff_id=staff_id,
        day=day,
        due_on=day,
        minutes=row.minutes,
        importance=IMPORTANCE_OF_PRIORITY[row.priority],
        state="open",
        because=row.because,
        detail=detail_of(row.subject),
    )


_OPEN_WORK = """
    SELECT staff_id, count(*) FILTER (WHERE open AND NOT passed_on) AS open_tasks,
           coalesce(sum(minutes) FILTER (WHERE open AND NOT passed_on), 0)::integer AS open_minutes,
           count(*) FILTER (WHERE late AND NOT passed_on) AS overdue_tasks,
           coalesce(sum(minutes) FILTER (WHERE late AND NOT passed_on), 0)::integer
               AS overdue_minutes,
           min(due_on) FILTER (WHERE late AND NOT passed_on) AS oldest,
           max(day) FILTER (WHERE late AND NOT passed_on) AS caught_up_on,
           count(*) FILTER (WHERE open AND passed_on) AS escalated,
           count(*) FILTER (WHERE NOT open) AS lapsed
      FROM (
        SELECT staff_id, minutes, due_on, day, state = 'open' AS open, false AS passed_on,
               state = 'open' AND (due_on < :today OR coalesce(deadline < :now, false)) AS late
          FROM task
         WHERE agency_id = :agency
           AND (state = 'open' OR (state = 'discarded' AND ended_at >= :since AND EXISTS (
                    SELECT FROM task_step AS step
                     WHERE step.agency_id = :agency AND step.task_id = task.task_id
                       AND step.step = 'lapsed' AND step.at = task.ended_at)))
        UNION ALL
        SELECT escalated_from, minutes, due_on, day, true, true, false FROM task
         WHERE agency_id = :agency AND state = 'open' AND escalated_from IS NOT NULL
           AND escalated_from <> staff_id
      ) AS work GROUP BY staff_id ORDER BY staff_id
"""
