"""The scheduler's tables for the plan: touchpoints, and what must still be published of them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, SmallInteger, text
from sqlmodel import Field

from services.scheduler.store.columns import NOW, SchedulerTable, code, instant, jsonb, key
from shared.contracts.catalogues import CareChannel, ServicePurpose
from shared.contracts.plans import TouchpointState
from shared.db.state_columns import state_check


class PlanTable(SchedulerTable, table=True):
    """The plan's version; a writer must name the one it read."""

    __tablename__ = "plan"
    agency_id: str = key()
    version: int = Field(sa_type=BigInteger)
    as_of: date | None
    catalogue_version: int | None
    planned_at: datetime | None = instant()


class TouchpointTable(SchedulerTable, table=True):
    """One contact with one customer. ``left_on`` is the day on which it left the plan and became a
    message or a task; null while planning may still move it or take it back."""

    __tablename__ = "touchpoint"
    __table_args__ = (
        Index("ix_touchpoint_customer", "agency_id", "customer_id", "day"),
        Index("ix_touchpoint_unit", "agency_id", "unit_id"),
        Index("ix_touchpoint_day", "agency_id", "day", "touchpoint_id"),
        Index(
            "ix_touchpoint_due",
            "agency_id",
            "touchpoint_id",
            postgresql_where=text("state = 'due'"),
        ),
        state_check(TouchpointState),
    )
    agency_id: str = key()
    touchpoint_id: UUID = key()
    customer_id: str
    unit_id: str
    service: str
    occurrence: str
    purpose: ServicePurpose = code()
    duty: bool
    channel: CareChannel = code()
    staff_id: str | None
    minutes: int
    priority: int = Field(sa_type=SmallInteger)
    due: date
    earliest: date
    latest: date
    day: date | None
    state: TouchpointState = code()
    reason: str | None
    because: str
    subject: dict[str, Any] | None = jsonb()
    since: datetime = instant(sa_column_kwargs=NOW)
    left_on: date | None
    ended_on: date | None
    lease_token: UUID | None
    leased_until: datetime | None = instant()


class ChangeOutboxTable(SchedulerTable, table=True):
    """The change outbox: subjects whose state must be published; the kind is ``touchpoint`` or
    ``carer`` (with the id of a unit)."""

    __tablename__ = "change_outbox"
    agency_id: str = key()
    kind: str = key()
    subject: str = key()


class DispatchCancellationTable(SchedulerTable, table=True):
    """Dispatches that the notifier must still be asked to cancel. Once ``begun_at`` is set it may
    have been asked."""

    __tablename__ = "dispatch_cancellation"
    agency_id: str = key()
    touchpoint_id: UUID = key()
    reason: str
    asked_at: datetime = instant(sa_column_kwargs=NOW)
    begun_at: datetime | None = instant()


class LiftedEndTable(SchedulerTable, table=True):
    """A message that was under way when the end was lifted that would have stopped it. If it is
    stopped for this reason all the same, it is ordered again."""

    __tablename__ = "lifted_end"
    agency_id: str = key()
    touchpoint_id: UUID = key()
    reason: str = key()
    lifted_as: str
    lifted_on: date
