"""Putting a task off, opening it again and handing it over; each is counted, with its reason."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from services.scheduler.domain.leftovers import last_sensible_day
from services.scheduler.domain.subjects import GapSubject, subject_of
from services.scheduler.domain.tasks import reopened_state, require_postponable
from services.scheduler.store import change_outbox, task_lists, task_steps, tasks, work_marks
from services.scheduler.store.dispatches import is_message
from services.scheduler.store.task_steps import NewStep
from services.scheduler.store.task_tables import TaskTable
from services.scheduler.usecases import requests
from services.scheduler.usecases.agencies import agency_here
from services.scheduler.usecases.permissions import obstacle_to
from services.scheduler.usecases.standing_in import move_work
from services.scheduler.usecases.tasks import (
    delegate_task,
    no_task,
    open_task,
    require_known,
    said_before,
    task_as_of,
)
from shared.contracts.plans import CompletionRequest
from shared.contracts.tasks import Handover, Postponement, Reopening, TaskDetails
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction


class ContactNotPermitted(Exception):
    """What the customer has said since forbids this contact, or nobody is there to be met."""

    def __init__(self, *, reason: str) -> None:
        super().__init__(f"the contact is not permitted any more: {reason}")
        self.reason = reason


async def postpone_task(
    *, database: Database, agency: AgencyId, task_id: UUID, said: Postponement, now: datetime
) -> TaskDetails:
    """Give an open task a later day. The day that it has already changes nothing.

    Raises TaskNotFound and the domain's DelegateUnknown (``by``), TaskNotDueYet, TaskAlreadyEnded,
    PostponementNotAllowed.
    """
    async with database.transaction(agency) as transaction:
        found = await _task(transaction, task_id)
        await require_known(transaction, said.by)
        if found.state == "open" and found.day == said.to:
            return await _details(transaction, task_id, now)
        known = await agency_here(transaction)
        touchpoint = await tasks.touchpoint_of(transaction, found)
        require_postponable(
            task=open_task(found),
            to=said.to,
            today=now.astimezone(ZoneInfo(known.time_zone)).date(),
            last_sensible_day=last_sensible_day(
                service=found.service,
                purpose=touchpoint.purpose if touchpoint else None,
                due=touchpoint.due if touchpoint else found.due_on,
                due_on=found.due_on,
            ),
            calendar=known.calendar,
        )
        step = NewStep(
            task_id=task_id,
            step="postponed",
            by=said.by,
            reason=said.reason,
            before=found.day.isoformat(),
            after=said.to.isoformat(),
        )
        await task_steps.note_steps(transaction, [step], at=now)
        await tasks.postpone(transaction, task_id, to=said.to, reason=said.reason)
        await _changed(transaction, found)
        return await _details(transaction, task_id, now)


async def reopen_task(
    *, database: Database, agency: AgencyId, task_id: UUID, said: Reopening, now: datetime
) -> TaskDetails:
    """Put an ended task, and the request behind it, back on the desk for the next working day.

    The minutes told stay, because they were spent. Raises TaskNotFound, ContactNotPermitted, and
    the domain's DelegateUnknown (``by``), TaskNotEnded, TransitionNotAllowed.
    """
    async with database.transaction(agency) as transaction:
        found = await _task(transaction, task_id)
        await require_known(transaction, said.by)
        touchpoint = await tasks.touchpoint_of(transaction, found)
        state = reopened_state(
            task=found.state,
            touchpoint=touchpoint.state if touchpoint else None,
            is_message=touchpoint is not None and is_message(touchpoint),
        )
        await _require_permitted(transaction, found, now)
        known = await agency_here(transaction)
        today = now.astimezone(ZoneInfo(known.time_zone)).date()
        step = NewStep(task_id=task_id, step="reopened", by=said.by, reason=said.reason)
        await task_steps.note_steps(transaction, [step], at=now)
        await tasks.reopen(
            transaction, task_id, state=state, day=known.calendar.working_day_from(today)
        )
        subject = subject_of(found.subject)
        if found.result is not None and isinstance(subject, GapSubject):
            await tasks.rest_gap(
                transaction, found.customer_id, subject.line, until=today, won=False
            )
        if found.request_id is not None:
            await requests.reopen(transaction, found.request_id)
        await _changed(transaction, found)
        await move_work(transaction, now=now)
        return await _details(transaction, task_id, now)


async def _require_permitted(transaction: Transaction, found: TaskTable, now: datetime) -> None:
    """Raise ContactNotPermitted if the contact must not happen, or nobody is there any more."""
    reason = "erased" if found.reason == "erased" else None
    if found.touchpoint_id is not None:
        reason = reason or await obstacle_to(transaction, found.task_id, now=now)
    if reason is not None:
        raise ContactNotPermitted(reason=reason)


async def hand_over_task(
    *, database: Database, agency: AgencyId, task_id: UUID, said: Handover, now: datetime
) -> TaskDetails:
    """Give an open task to somebody else; it stays open. Saying it again changes nothing.

    Raises TaskNotFound and what ending a task raises.
    """
    delegation = CompletionRequest(outcome="delegated", to=said.to, reason=said.reason)
    async with database.transaction(agency) as transaction:
        found = await _task(transaction, task_id)
        await require_known(transaction, said.by)
        if not await said_before(transaction, found, delegation):
            await delegate_task(transaction, found, delegation, by=said.by, now=now)
        return await _details(transaction, task_id, now)


async def _task(transaction: Transaction, task_id: UUID) -> TaskTable:
    found = await tasks.task(transaction, task_id)
    if found is None:
        raise await no_task(transaction, task_id)
    return found


async def _changed(transaction: Transaction, found: TaskTable) -> None:
    if found.touchpoint_id is not None:
        await change_outbox.add_to_outbox(transaction, "touchpoint", [str(found.touchpoint_id)])
    await work_marks.mark_units_of(transaction, [found.customer_id])


async def _details(transaction: Transaction, task_id: UUID, now: datetime) -> TaskDetails:
    shown = await task_lists.shown_task(transaction, task_id, await task_as_of(transaction, now))
    assert shown is not None
    return TaskDetails(**dict(shown), steps=await task_steps.steps_of(transaction, task_id))
