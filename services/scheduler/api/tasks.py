"""Ending tasks: one report ends a task."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from services.scheduler.api.access import HeldHere, Writer
from services.scheduler.usecases import tasks
from shared.contracts.plans import CompletionRequest
from shared.contracts.scheduling import TaskEnded
from shared.web.repetitions import Repeatable

router = APIRouter(tags=["tasks"])


@router.post("/tasks/{task_id}/completion", summary="End a task: done, delegated or discarded")
async def complete_task(
    resources: HeldHere,
    caller: Writer,
    task_id: Annotated[UUID, Path(description="the touchpoint's or request's id")],
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
