"""Tasks: listed, read, ended, put off, opened again and handed over."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from services.scheduler.api.access import Cursor, HeldHere, Reader, Writer
from services.scheduler.api.cursors import position_after
from services.scheduler.domain.touchpoint_lists import ListPosition
from services.scheduler.store.task_lists import TaskFilter
from services.scheduler.usecases import task_changes, task_lists, tasks
from shared.contracts.plans import CompletionRequest, Task
from shared.contracts.scheduling import ServiceKey, TaskEnded, TaskState
from shared.contracts.tasks import Handover, Postponement, Reopening, TaskDetails, TaskPage
from shared.contracts.vocabulary import CustomerId, StaffId
from shared.web.cursors import next_cursor
from shared.web.repetitions import Repeatable

router = APIRouter(tags=["tasks"])

OfTask = Annotated[UUID, Path(description="the touchpoint's or request's id")]


@router.get("/tasks", summary="The work on the desks")
async def list_tasks(
    resources: HeldHere,
    caller: Reader,
    staff_id: Annotated[StaffId | None, Query(description="whose it is now")] = None,
    state: Annotated[TaskState | None, Query()] = None,
    overdue: Annotated[
        bool | None, Query(description="open after its day or deadline, or everything but that")
    ] = None,
    kind: Annotated[
        ServiceKey | None, Query(description="the service, as `callback` or `yearly_review`")
    ] = None,
    customer_id: Annotated[CustomerId | None, Query()] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> TaskPage:
    """Tasks by day, then by id. Filters are joined by *and*."""
    found = await task_lists.list_tasks(
        database=resources.database,
        agency=caller.agency,
        asked=TaskFilter(
            staff_id=staff_id,
            state=state,
            overdue=overdue,
            kind=kind,
            customer_id=customer_id,
            after=position_after(cursor),
            limit=limit + 1,
        ),
        now=resources.clock.now(),
    )
    return TaskPage(items=found[:limit], next_cursor=next_cursor(found, limit, _position))


def _position(task: Task) -> ListPosition:
    return ListPosition(day=task.day, touchpoint_id=UUID(task.task_id))


@router.get("/tasks/{task_id}", summary="One task")
async def get_task(resources: HeldHere, caller: Reader, task_id: OfTask) -> TaskDetails:
    """A task with what happened to it since it was opened."""
    return await task_lists.read_task(
        database=resources.database,
        agency=caller.agency,
        task_id=task_id,
        now=resources.clock.now(),
    )


@router.post("/tasks/{task_id}/completion", summary="End a task: done, delegated or discarded")
async def complete_task(
    resources: HeldHere,
    caller: Writer,
    task_id: OfTask,
    said: CompletionRequest,
    _repeatable: Repeatable,
) -> TaskEnded:
    """End a task or pass it on. Reporting the same again changes nothing; another end of an ended
    task is refused (409)."""
    ended = await tasks.complete_task(
        database=resources.database,
        agency=caller.agency,
        task_id=task_id,
        said=said,
        now=resources.clock.now(),
    )
    return TaskEnded.model_validate(
        {
            "task_id": ended.task_id,
            "state": ended.state,
            "staff_id": ended.staff_id,
            "minutes_spent": ended.minutes_spent,
            "repeated": ended.repeated,
        }
    )


@router.post("/tasks/{task_id}/postponement", summary="Put a task off to another day")
async def postpone_task(
    resources: HeldHere,
    caller: Writer,
    task_id: OfTask,
    said: Postponement,
    _repeatable: Repeatable,
) -> TaskDetails:
    """Give an open task a later working day, at most its last sensible one. It is counted, and a
    deadline stays. The day that it has already changes nothing."""
    return await task_changes.postpone_task(
        database=resources.database,
        agency=caller.agency,
        task_id=task_id,
        said=said,
        now=resources.clock.now(),
    )


@router.post("/tasks/{task_id}/reopening", summary="Take back the end of a task")
async def reopen_task(
    resources: HeldHere, caller: Writer, task_id: OfTask, said: Reopening, _repeatable: Repeatable
) -> TaskDetails:
    """Put an ended task back on the desk for the next working day, with the request behind it and
    its deadline. It is counted; the minutes told stay. Whatever ended it, a person or the software,
    can be taken back, but what the customer has forbidden since is refused (409)."""
    return await task_changes.reopen_task(
        database=resources.database,
        agency=caller.agency,
        task_id=task_id,
        said=said,
        now=resources.clock.now(),
    )


@router.post("/tasks/{task_id}/handover", summary="Give a task to somebody else")
async def hand_over_task(
    resources: HeldHere, caller: Writer, task_id: OfTask, said: Handover, _repeatable: Repeatable
) -> TaskDetails:
    """The task stays open with somebody else, or with who stands in for them. It is counted.
    Saying it again changes nothing."""
    return await task_changes.hand_over_task(
        database=resources.database,
        agency=caller.agency,
        task_id=task_id,
        said=said,
        now=resources.clock.now(),
    )
