"""How a task ends: done, delegated or discarded."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.scheduler.domain.requests import is_won, rest_until
from services.scheduler.domain.services import kind_of
from services.scheduler.domain.subjects import GapSubject, subject_of
from services.scheduler.domain.tasks import (
    CompletedTask,
    Completion,
    DelegateUnknown,
    OpenTask,
    TaskNotDueYet,
    complete,
)
from services.scheduler.store import change_outbox, staff, task_steps, tasks, work_marks
from services.scheduler.store.task_lists import AsOf
from services.scheduler.store.task_steps import NewStep
from services.scheduler.store.task_tables import TaskTable
from services.scheduler.usecases import requests
from services.scheduler.usecases.agencies import agency_here
from services.scheduler.usecases.standing_in import move_work
from shared.contracts.changes.scheduler import TaskEnded
from shared.contracts.plans import CompletionRequest, DevelopmentResult, TouchpointState
from shared.contracts.vocabulary import AgencyId, StaffId
from shared.db.database import Database, Transaction


class TaskNotFound(Exception):
    """there is no such task"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedTask:
    """A task after a report on it; ``repeated`` if it had ended in the same way before."""

    task_id: UUID
    state: str
    staff_id: StaffId
    minutes_spent: int
    repeated: bool


async def complete_task(
    *,
    database: Database,
    agency: AgencyId,
    task_id: UUID,
    said: CompletionRequest,
    now: datetime,
) -> EndedTask:
    """End a task or pass it on. Reporting the same again changes nothing; reporting another end of
    an ended task raises the domain's ``TaskAlreadyEnded``."""
    async with database.transaction(agency) as transaction:
        found = await tasks.task(transaction, task_id)
        if found is None:
            raise await no_task(transaction, task_id)
        if await said_before(transaction, found, said):
            return _ended(found.task_id, found, repeated=True)
        spent = found.minutes_spent  # before the row itself moves
        if said.outcome == "delegated":
            ended = await delegate_task(transaction, found, said, by=None, now=now)
        else:
            ended = await _completed(transaction, found, said)
            as_of = await task_as_of(transaction, now)
            await _end(transaction, found, ended, now, as_of.today)
        spent += ended.minutes_spent
        return EndedTask(
            task_id=task_id,
            state="open" if said.outcome == "delegated" else ended.state,
            staff_id=ended.staff_id,
            minutes_spent=spent,
            repeated=False,
        )


async def end_as_done(
    transaction: Transaction,
    found: TaskTable,
    *,
    minutes: int,
    result: DevelopmentResult | None,
    at: datetime,
    day: date,
) -> None:
    """End an open task as done on a day that may have passed. Raises what completing raises."""
    said = CompletionRequest(outcome="done", minutes=minutes, result=result)
    await _end(transaction, found, await _completed(transaction, found, said), at, day)


async def _completed(
    transaction: Transaction, found: TaskTable, said: CompletionRequest
) -> CompletedTask:
    people = await staff.list_staff(transaction)
    return complete(
        task=open_task(found),
        completion=Completion(**said.model_dump()),
        staff=frozenset(each.staff_id for each in people if each.active),
    )


async def delegate_task(
    transaction: Transaction,
    found: TaskTable,
    said: CompletionRequest,
    *,
    by: StaffId | None,
    now: datetime,
) -> CompletedTask:
    """Give a task to somebody else, or to who stands in for them, and note it."""
    ended = await _completed(transaction, found, said)
    step = NewStep(
        task_id=found.task_id,
        step="handed_over",
        by=by,
        reason=said.reason,
        before=found.staff_id,
        after=said.to,
    )
    await task_steps.note_steps(transaction, [step], at=now)
    as_of = await task_as_of(transaction, now)
    await tasks.pass_on(transaction, found.task_id, ended, today=as_of.today)
    await move_work(transaction, now=now)
    return ended


async def require_known(transaction: Transaction, staff_id: StaffId) -> None:
    """Raise DelegateUnknown unless who says something is, or was, on the staff."""
    if all(each.staff_id != staff_id for each in await staff.list_staff(transaction)):
        raise DelegateUnknown(staff_id=staff_id)


async def task_as_of(transaction: Transaction, now: datetime) -> AsOf:
    """The agency's own day of this instant."""
    zone = ZoneInfo((await agency_here(transaction)).time_zone)
    return AsOf(today=now.astimezone(zone).date(), now=now)


async def no_task(transaction: Transaction, task_id: UUID) -> Exception:
    """The error that tells why there is no task of this id."""
    day = await tasks.planned_day(transaction, task_id)
    return TaskNotFound(f"there is no task {task_id}") if day is None else TaskNotDueYet(day=day)


async def said_before(transaction: Transaction, found: TaskTable, said: CompletionRequest) -> bool:
    """Whether the task is already in the state in which this report would leave it.

    Whose work it is counts, not who stands in for them; and the reason of the last handing over,
    because a task has other reasons since it was put off or carried over.
    """
    if said.outcome == "delegated":
        if found.state != "open" or said.to != (found.stands_in_for or found.staff_id):
            return False
        steps = await task_steps.steps_of(transaction, found.task_id)
        told = [each.reason for each in steps if each.step == "handed_over"]
        return said.reason == (told[-1] if told else found.reason)
    if (found.state, found.reason, found.result) != (said.outcome, said.reason, said.result):
        return False
    spent = said.minutes
    if spent is None:
        spent = found.minutes if said.outcome == "done" else 0
    if found.delegated or found.reopened:  # the minutes of before are in the same sum
        return spent <= found.minutes_spent
    return spent == found.minutes_spent


def _ended(task_id: UUID, found: TaskTable, *, repeated: bool) -> EndedTask:
    return EndedTask(
        task_id=task_id,
        state=found.state,
        staff_id=found.staff_id,
        minutes_spent=found.minutes_spent,
        repeated=repeated,
    )


_STATES: dict[str, TouchpointState] = {"open": "due", "done": "done", "discarded": "discarded"}


def open_task(found: TaskTable) -> OpenTask:
    """A task as the domain judges it."""
    return OpenTask(
        state=_STATES[found.state],
        service=found.service,
        development=kind_of(found.service).looks_at_gaps,
        staff_id=found.staff_id,
        minutes=found.minutes,
        day=found.day,
    )


async def _end(
    transaction: Transaction, found: TaskTable, ended: CompletedTask, now: datetime, day: date
) -> None:
    await tasks.end(transaction, found.task_id, ended, now=now, day=day)
    if found.touchpoint_id is not None:
        await change_outbox.add_to_outbox(transaction, "touchpoint", [str(found.touchpoint_id)])
    if found.request_id is not None:
        await requests.close(transaction, found.request_id, outcome=ended.state, now=now)
    until = rest_until(ended.result, day)
    subject = subject_of(found.subject)
    if until is not None and isinstance(subject, GapSubject):
        await tasks.rest_gap(
            transaction, found.customer_id, subject.line, until=until, won=is_won(ended.result)
        )
    await work_marks.mark_units_of(transaction, [found.customer_id])
    transaction.publish(
        TaskEnded(
            task_id=found.task_id,
            customer_id=found.customer_id,
            touchpoint_id=found.touchpoint_id,
            request_id=found.request_id,
            service=found.service,
            state=ended.state,
            staff_id=ended.staff_id,
            minutes=ended.minutes_spent,
            result=ended.result,
        )
    )
