"""Tasks: a person's day, and how a task ends: done, delegated or discarded."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.scheduler.domain.capacity import PLANNABLE_SHARE, plannable_minutes
from services.scheduler.domain.requests import rest_until
from services.scheduler.domain.services import kind_of
from services.scheduler.domain.subjects import GapSubject, subject_of
from services.scheduler.domain.tasks import (
    CompletedTask,
    Completion,
    OpenTask,
    TaskNotDueYet,
    complete,
)
from services.scheduler.store import change_outbox, staff, tasks, work_marks
from services.scheduler.store.task_tables import TaskTable
from services.scheduler.usecases import requests
from services.scheduler.usecases.agencies import agency_here, ensure_agency
from services.scheduler.usecases.planning import working_person
from services.scheduler.usecases.staff import person
from services.scheduler.usecases.standing_in import move_work
from shared.clients.classifier import ClassifierClient
from shared.contracts.changes.scheduler import TaskEnded
from shared.contracts.plans import CompletionRequest, DayPlan, Task, TouchpointState
from shared.contracts.vocabulary import AgencyId, StaffId
from shared.db.database import Database, Transaction

WHOLE_DAY = 1.0


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
            raise await _no_task(transaction, task_id)
        if _said_before(found, said):
            return _ended(found.task_id, found, repeated=True)
        people = await staff.list_staff(transaction)
        ended = complete(
            task=_open(found),
            completion=Completion(
                outcome=said.outcome,
                to=said.to,
                reason=said.reason,
                minutes=said.minutes,
                result=said.result,
            ),
            staff=frozenset(each.staff_id for each in people if each.active),
        )
        spent = found.minutes_spent + ended.minutes_spent  # before the row itself moves
        if said.outcome == "delegated":
            await tasks.pass_on(transaction, task_id, ended)
            await move_work(transaction, now=now)
        else:
            zone = ZoneInfo((await agency_here(transaction)).time_zone)
            await _end(transaction, found, ended, now, now.astimezone(zone).date())
        return EndedTask(
            task_id=task_id,
            state="open" if said.outcome == "delegated" else ended.state,
            staff_id=ended.staff_id,
            minutes_spent=spent,
            repeated=False,
        )


async def _no_task(transaction: Transaction, task_id: UUID) -> Exception:
    day = await tasks.planned_day(transaction, task_id)
    return TaskNotFound(f"there is no task {task_id}") if day is None else TaskNotDueYet(day=day)


def _said_before(found: TaskTable, said: CompletionRequest) -> bool:
    """Whether the task is already in the state in which this report would leave it."""
    if said.outcome == "delegated":
        return found.state == "open" and said.to == found.staff_id and said.reason == found.reason
    return (found.state, found.reason, found.result) == (said.outcome, said.reason, said.result)


def _ended(task_id: UUID, found: TaskTable, *, repeated: bool) -> EndedTask:
    return EndedTask(
        task_id=task_id,
        state=found.state,
        staff_id=found.staff_id,
        minutes_spent=found.minutes_spent,
        repeated=repeated,
    )


_STATES: dict[str, TouchpointState] = {"open": "due", "done": "done", "discarded": "discarded"}


def _open(found: TaskTable) -> OpenTask:
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
        await tasks.rest_gap(transaction, found.customer_id, subject.line, until=until)
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


async def day_plan(
    *,
    database: Database,
    classifier: ClassifierClient,
    agency: AgencyId,
    staff_id: StaffId,
    day: date,
    now: datetime,
) -> DayPlan:
    """Return a person's tasks of a day, the most important first, and how much of the day stays
    free."""
    known = await ensure_agency(database=database, classifier=classifier, agency=agency, now=now)
    async with database.transaction(agency) as transaction:
        who = await person(transaction, staff_id)
        found = await tasks.tasks_of_day(transaction, staff_id, day)
    minutes = [
        plannable_minutes(
            people=[working_person(who)],
            calendar=known.calendar,
            first=day,
            last=day,
            share=share,
        )["plannable_minutes"].sum()
        for share in (WHOLE_DAY, PLANNABLE_SHARE)
    ]
    planned = sum(task.minutes for task in found if task.state != "discarded")
    return DayPlan(
        staff_id=staff_id,
        day=day,
        working_minutes=int(minutes[0]),
        plannable_minutes=int(minutes[1]),
        planned_minutes=planned,
        free_minutes=max(0, int(minutes[0]) - planned),
        tasks=sorted(found, key=_rank),
    )


def _rank(task: Task) -> tuple[bool, int, str, str]:
    """Sorts open tasks first, then by importance and deadline."""
    deadline = task.deadline.isoformat() if task.deadline else "9999"
    return task.state != "open", -task.importance, deadline, task.task_id
