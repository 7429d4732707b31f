"""What happened to tasks between their beginning and their end.

Noting is SQL text, because one statement numbers the steps of any number of tasks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select

from services.scheduler.store.task_tables import TaskStepTable
from shared.contracts.tasks import TaskStep, TaskStepKind
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStep:
    """One step to note; see ``TaskStepTable``."""

    task_id: UUID
    step: TaskStepKind
    by: str | None = None
    reason: str | None = None
    before: str | None = None
    after: str | None = None


async def note_steps(transaction: Transaction, steps: Sequence[NewStep], *, at: datetime) -> None:
    """Note what happened to these tasks, at most once to each, after all that happened before."""
    if not steps:
        return
    await transaction.execute(
        """
        INSERT INTO task_step (agency_id, task_id, number, at, step, by, reason, before, after)
        SELECT CAST(:agency AS varchar), new.task_id,
               1 + coalesce((SELECT max(number) FROM task_step AS old
                              WHERE old.agency_id = :agency AND old.task_id = new.task_id), 0),
               :at, new.step, new.by, new.reason, new.before, new.after
          FROM unnest(CAST(:ids AS uuid[]), CAST(:steps AS varchar[]), CAST(:by AS varchar[]),
                      CAST(:reasons AS varchar[]), CAST(:before AS varchar[]),
                      CAST(:after AS varchar[]))
               AS new (task_id, step, by, reason, before, after)
        """,
        {
            "at": at,
            "ids": [each.task_id for each in steps],
            "steps": [each.step for each in steps],
            "by": [each.by for each in steps],
            "reasons": [each.reason for each in steps],
            "before": [each.before for each in steps],
            "after": [each.after for each in steps],
        },
    )


async def steps_of(transaction: Transaction, task_id: UUID) -> list[TaskStep]:
    """What happened to a task, the oldest first."""
    found = await transaction.exec(
        select(TaskStepTable)
        .where(TaskStepTable.agency_id == transaction.agency, TaskStepTable.task_id == task_id)
        .order_by(col(TaskStepTable.number))
    )
    return [TaskStep(**row.model_dump(exclude={"agency_id", "task_id", "number"})) for row in found]
