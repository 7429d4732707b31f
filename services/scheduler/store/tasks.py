"""Tasks: the work of persons, from touchpoints and from requests."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Update, case, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.scheduler.domain.subjects import Subject
from services.scheduler.domain.tasks import CompletedTask
from services.scheduler.store.customer_tables import RestedGapTable
from services.scheduler.store.task_tables import TaskTable
from services.scheduler.store.touchpoint_tables import TouchpointTable
from shared.contracts.plans import TouchpointState
from shared.contracts.vocabulary import CustomerId, StaffId
from shared.db.database import Transaction


async def task(transaction: Transaction, task_id: UUID) -> TaskTable | None:
    """One task, locked until the commit, so that two people who end it take turns."""
    found = await transaction.exec(
        _tasks(transaction).where(TaskTable.task_id == task_id).with_for_update()
    )
    return found.one_or_none()


def _tasks(transaction: Transaction) -> SelectOfScalar[TaskTable]:
    return select(TaskTable).where(TaskTable.agency_id == transaction.agency)


async def planned_day(transaction: Transaction, touchpoint_id: UUID) -> date | None:
    """The day of a touchpoint that is still planned and has no task yet; None if it is not."""
    found = await transaction.exec(
        select(func.coalesce(TouchpointTable.day, TouchpointTable.earliest)).where(
            TouchpointTable.agency_id == transaction.agency,
            TouchpointTable.touchpoint_id == touchpoint_id,
            TouchpointTable.state == "planned",
        )
    )
    return found.one_or_none()


async def open_task(transaction: Transaction, new: TaskTable) -> None:
    """Store a new task; one that is known already stays as it is."""
    await transaction.execute(insert(TaskTable).values(new.model_dump()).on_conflict_do_nothing())


async def pass_on(
    transaction: Transaction, task_id: UUID, ended: CompletedTask, *, today: date
) -> None:
    """Give an open task to somebody else; it stays open.

    What the owner was given is the owner's no longer, and its time runs anew from today.
    """
    was_escalated = col(TaskTable.escalated_from).is_not(None)
    await transaction.execute(
        _change_open_task(transaction, task_id).values(
            staff_id=ended.staff_id,
            stands_in_for=None,
            escalated_from=None,
            escalated_on=case((was_escalated, today), else_=TaskTable.escalated_on),
            reason=ended.reason,
            delegated=TaskTable.delegated + 1,
            minutes_spent=TaskTable.minutes_spent + ended.minutes_spent,
        )
    )


async def end(
    transaction: Transaction, task_id: UUID, ended: CompletedTask, *, now: datetime, day: date
) -> None:
    """Close a task and the touchpoint behind it."""
    await transaction.execute(
        _change_open_task(transaction, task_id).values(
            state=ended.state,
            reason=ended.reason,
            result=ended.result,
            minutes_spent=TaskTable.minutes_spent + ended.minutes_spent,
            ended_at=now,
        )
    )
    await transaction.execute(
        update(TouchpointTable)
        .where(
            col(TouchpointTable.agency_id) == transaction.agency,
            col(TouchpointTable.touchpoint_id) == task_id,
            col(TouchpointTable.state) == "due",
        )
        .values(state=ended.state, reason=ended.reason, since=now, ended_on=day)
    )


async def touchpoint_of(transaction: Transaction, task: TaskTable) -> TouchpointTable | None:
    """The touchpoint behind a task, locked until the commit; None behind a request."""
    found = await transaction.exec(
        select(TouchpointTable)
        .where(
            TouchpointTable.agency_id == transaction.agency,
            TouchpointTable.touchpoint_id == task.touchpoint_id,
        )
        .with_for_update()
    )
    return found.one_or_none()


async def postpone(transaction: Transaction, task_id: UUID, *, to: date, reason: str) -> None:
    """Give an open task and its touchpoint another day, by hand. Whoever has it has begun it.

    ``due_on`` stays, else the last sensible day and the owner's day would recede each time.
    """
    await transaction.execute(
        _change_open_task(transaction, task_id).values(
            day=to, reason=reason, postponed=TaskTable.postponed + 1, begun_by=TaskTable.staff_id
        )
    )
    await _change_touchpoint(transaction, task_id, {"day": to})


async def reopen(
    transaction: Transaction, task_id: UUID, *, state: TouchpointState, day: date
) -> None:
    """Open an ended task and its touchpoint again, for this day."""
    await transaction.execute(
        update(TaskTable)
        .where(
            col(TaskTable.agency_id) == transaction.agency,
            col(TaskTable.task_id) == task_id,
            col(TaskTable.state) != "open",
        )
        .values(
            state="open", reason=None, result=None, ended_at=None, day=day,
            reopened=TaskTable.reopened + 1,
        )
    )  # fmt: skip
    values = {"state": state, "reason": None, "ended_on": None, "day": day, "since": func.now()}
    await _change_touchpoint(transaction, task_id, values)


async def _change_touchpoint(
    transaction: Transaction, touchpoint_id: UUID, values: Mapping[str, object]
) -> None:
    await transaction.execute(
        update(TouchpointTable)
        .where(
            col(TouchpointTable.agency_id) == transaction.agency,
            col(TouchpointTable.touchpoint_id) == touchpoint_id,
        )
        .values(**values)
    )


def _change_open_task(transaction: Transaction, task_id: UUID) -> Update:
    return update(TaskTable).where(
        col(TaskTable.agency_id) == transaction.agency,
        col(TaskTable.task_id) == task_id,
        col(TaskTable.state) == "open",
    )


async def discard_tasks_of_requests(
    transaction: Transaction, request_ids: Sequence[UUID], *, reason: str, now: datetime
) -> Sequence[TaskTable]:
    """Discard the open tasks behind these requests and return them."""
    mine = _tasks(transaction).where(
        col(TaskTable.request_id).in_(request_ids), TaskTable.state == "open"
    )
    found = (await transaction.exec(mine.with_for_update())).all()
    await transaction.execute(
        update(TaskTable)
        .where(
            col(TaskTable.agency_id) == transaction.agency,
            col(TaskTable.task_id).in_([each.task_id for each in found]),
        )
        .values(state="discarded", reason=reason, ended_at=now)
    )
    return found


async def speak_of(transaction: Transaction, task_id: UUID, subject: Subject) -> None:
    """Let an open task speak of something else."""
    await transaction.execute(
        _change_open_task(transaction, task_id).values(subject=subject.model_dump(mode="json"))
    )


async def wish(transaction: Transaction, task_id: UUID, *, day: date, deadline: datetime) -> bool:
    """Give an open task the day that its customer wishes; false if a person put it off."""
    moved = await transaction.execute(
        _change_open_task(transaction, task_id)
        .where(col(TaskTable.postponed) == 0)
        .values(day=day, due_on=max(day, deadline.date()), deadline=deadline)
    )
    return bool(moved.rowcount)


async def days_put_off(transaction: Transaction, task_ids: Sequence[UUID]) -> list[date]:
    """The days to which persons put off open tasks."""
    found = await transaction.execute(
        select(col(TaskTable.day)).where(
            col(TaskTable.agency_id) == transaction.agency,
            col(TaskTable.task_id).in_(task_ids),
            col(TaskTable.state) == "open",
            col(TaskTable.postponed) > 0,
        )
    )
    return list(found.scalars())


async def rest_gap(
    transaction: Transaction, customer_id: CustomerId, line: str, *, until: date, won: bool
) -> None:
    """Do not speak of this gap again before the day; of one that was won, not before it is asked
    what became of it."""
    await transaction.execute(
        insert(RestedGapTable)
        .values(
            agency_id=transaction.agency, customer_id=customer_id, line=line, until=until, won=won
        )
        .on_conflict_do_update(
            index_elements=["agency_id", "customer_id", "line"], set_={"until": until, "won": won}
        )
    )


async def promised_minutes(
    transaction: Transaction, first: date, last: date
) -> Sequence[tuple[StaffId, date, int]]:
    """Minutes of open tasks and planned contacts by person and day.

    SQL text because it sums a union of two tables.
    """
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
