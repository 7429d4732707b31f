"""The scheduler's tables for the work of persons: tasks, and the requests of customers."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from services.scheduler.store.columns import NOW, ZERO, SchedulerTable, code, instant, jsonb, key
from shared.contracts.catalogues import CareChannel
from shared.contracts.events import RequestKind
from shared.contracts.scheduling import RequestState, TaskState
from shared.contracts.tasks import TaskStepKind
from shared.db.state_columns import state_check


class TaskTable(SchedulerTable, table=True):
    """A piece of work for one person; a touchpoint's task has the touchpoint's id.

    ``day`` moves when the task is carried over or put off; ``due_on`` is the last day on which it
    was in time, and stays. ``escalated_on`` is the day on which the owner got it from
    ``escalated_from``; without that name, the day on which the owner gave it back. ``begun_by`` is
    who has begun it, so that it does not go back to whom they stand in for.
    """

    __tablename__ = "task"
    __table_args__ = (
        Index("ix_task_staff", "agency_id", "staff_id", "day"),
        Index("ix_task_customer", "agency_id", "customer_id"),
        state_check(TaskState),
    )
    agency_id: str = key()
    task_id: UUID = key()
    touchpoint_id: UUID | None = None
    request_id: UUID | None = None
    customer_id: str
    service: str
    channel: CareChannel = code()
    staff_id: str
    day: date
    due_on: date
    minutes: int
    importance: int
    state: TaskState = code()
    because: str
    subject: dict[str, Any] | None = jsonb()
    deadline: datetime | None = instant()
    reason: str | None = None
    result: str | None = None
    minutes_spent: int = Field(default=0, sa_column_kwargs=ZERO)
    reopened: int = Field(default=0, sa_column_kwargs=ZERO)
    postponed: int = Field(default=0, sa_column_kwargs=ZERO)
    delegated: int = Field(default=0, sa_column_kwargs=ZERO)
    stands_in_for: str | None = None  # whose work it is, while that person is away
    opened_at: datetime = instant(sa_column_kwargs=NOW)
    ended_at: datetime | None = instant()
    escalated_on: date | None = None
    escalated_from: str | None = None
    begun_by: str | None = None


class TaskStepTable(SchedulerTable, table=True):
    """What happened to a task between its beginning and its end, in order.

    ``before`` and ``after`` are days of what was carried over or postponed, people of what was
    handed over or escalated, channels of what the law changed.
    """

    __tablename__ = "task_step"
    __table_args__ = (state_check(TaskStepKind, column="step"),)
    agency_id: str = key()
    task_id: UUID = key()
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: datetime = instant()
    step: TaskStepKind = code()
    by: str | None = None
    reason: str | None = None
    before: str | None = None
    after: str | None = None


class RequestTable(SchedulerTable, table=True):
    """Something a customer wants, with the deadline it is owed by."""

    __tablename__ = "request"
    __table_args__ = (
        Index(
            "ix_request_open",
            "agency_id",
            "deadline",
            postgresql_where=text("state = 'open'"),
        ),
        Index(
            "ix_request_message",
            "agency_id",
            "message_id",
            postgresql_where=text("message_id IS NOT NULL"),
        ),
        Index("ix_request_customer", "agency_id", "customer_id", "opened_at"),
        state_check(RequestState),
    )
    agency_id: str = key()
    request_id: UUID = key()
    customer_id: str
    kind: RequestKind = code()
    state: RequestState = code()
    staff_id: str
    opened_at: datetime = instant()
    deadline: datetime = instant()
    breached_at: datetime | None = instant()
    closed_at: datetime | None = instant()
    outcome: str | None = None
    message_id: str | None = None  # the message that was answered by it
