"""The scheduler's tables: who is cared for by whom, what is planned, and what became of it.

Every key starts with the agency. Of a customer it keeps what planning needs and nothing more: no
name, no address; who must be written to is known to the notifier through the classifier.
"""

from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Index, SmallInteger, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.contracts.plans import TouchpointState
from shared.contracts.scheduling import RequestState, TaskState
from shared.db.database import service_metadata
from shared.db.kernel_tables import kernel_tables
from shared.db.state_columns import state_check

NOW = {"server_default": text("now()")}
ZERO = {"server_default": text("0")}
ONE = {"server_default": text("1")}


class SchedulerTable(SQLModel, registry=registry(metadata=service_metadata())):
    """What all tables of this service descend from: their own metadata, not SQLModel's."""


def instant(**options: Any) -> Any:
    """A column of instants with their offset."""
    return Field(sa_type=cast(type[Any], DateTime(timezone=True)), **options)


def key() -> Any:
    """A column of the primary key, filled by us and never by a sequence."""
    return Field(primary_key=True)


def words() -> Any:
    """A column of codes."""
    return Field(sa_type=cast(type[Any], ARRAY(String)))


class AgencyTable(SchedulerTable, table=True):
    """What planning knows of the agency, copied from the classifier, and the last day run here."""

    __tablename__ = "agency"
    agency_id: str = key()
    time_zone: str
    federal_state: str | None
    day: date | None
    asked_at: datetime = instant(sa_column_kwargs=NOW)
    policy_version: int | None  # the classifier's rules in force, with their model
    model: str | None


class StaffTable(SchedulerTable, table=True):
    """One person of the agency."""

    __tablename__ = "staff"
    agency_id: str = key()
    staff_id: str = key()
    role: str
    name: str
    email: str | None
    phone: str | None
    capacity: int | None
    weekly_hours: float
    hourly_cents: int | None = Field(sa_type=BigInteger)
    deputy: str | None
    lines: list[str] = words()
    requests: list[str] = words()
    active: bool


class AbsenceTable(SchedulerTable, table=True):
    """Days on which a person is away, both ends included."""

    __tablename__ = "absence"
    agency_id: str = key()
    staff_id: str = key()
    first_day: date = key()
    last_day: date
    kind: str


class CatalogueTable(SchedulerTable, table=True):
    """A version of the service catalogue; the one activated last is in force."""

    __tablename__ = "catalogue"
    agency_id: str = key()
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    body: dict[str, Any] = Field(sa_type=JSONB)
    created_at: datetime = instant(sa_column_kwargs=NOW)
    created_by: str
    activated_at: datetime | None = instant()


class CampaignTable(SchedulerTable, table=True):
    """A campaign held on another day than the catalogue gives; ``month`` is its first day."""

    __tablename__ = "campaign"
    agency_id: str = key()
    service: str = key()
    month: date = key()
    day: date


class CustomerTable(SchedulerTable, table=True):
    """What planning needs of one customer. ``facts_at`` is null until the classifier told the
    personal facts; ``care_since`` anchors every rhythm and never moves."""

    __tablename__ = "customer"
    __table_args__ = (Index("ix_customer_unit", "agency_id", "unit_id"),)
    agency_id: str = key()
    customer_id: str = key()
    unit_id: str
    kind: str
    status: str
    segment: str | None
    service_level: str | None
    development: str | None
    potential_assumed: bool = Field(sa_column_kwargs={"server_default": text("false")})
    potential_cents: int | None = Field(sa_type=BigInteger)
    margin_cents: int | None = Field(sa_type=BigInteger)
    gaps: list[dict[str, Any]] = Field(
        sa_type=JSONB, sa_column_kwargs={"server_default": text("'[]'::jsonb")}
    )
    mandate: str | None
    birth_date: date | None
    death_date: date | None
    customer_since: date | None
    federal_state: str | None
    phone_consent: bool | None
    letter_consent: bool | None
    email_known: bool | None
    advertising_objected: bool = Field(sa_column_kwargs={"server_default": text("false")})
    profiling_objected: bool = Field(sa_column_kwargs={"server_default": text("false")})
    facts_at: datetime | None = instant()
    care_since: date | None


class StaleCustomerTable(SchedulerTable, table=True):
    """A customer whose personal facts must be asked again; ``marks`` counts the reasons."""

    __tablename__ = "stale_customer"
    agency_id: str = key()
    customer_id: str = key()
    marks: int = Field(sa_type=BigInteger, sa_column_kwargs=ONE)


class StaleUnitTable(SchedulerTable, table=True):
    """A care unit to be planned again; the unit ``*`` stands for all of them."""

    __tablename__ = "stale_unit"
    agency_id: str = key()
    unit_id: str = key()
    marks: int = Field(sa_type=BigInteger, sa_column_kwargs=ONE)


class CarerTable(SchedulerTable, table=True):
    """Who cares for a unit; a pinned one stays until unpinned."""

    __tablename__ = "carer"
    agency_id: str = key()
    unit_id: str = key()
    staff_id: str | None
    pinned_staff_id: str | None
    since: datetime = instant(sa_column_kwargs=NOW)


class OccasionTable(SchedulerTable, table=True):
    """Something that happened and raises a touchpoint: a referral, a life event, a new carer."""

    __tablename__ = "occasion"
    agency_id: str = key()
    customer_id: str = key()
    service: str = key()
    occurrence: str = key()
    day: date
    because: str
    detail: str | None


class RestedGapTable(SchedulerTable, table=True):
    """A gap that was answered with *not now* or *no*: not spoken of until its day has come."""

    __tablename__ = "rested_gap"
    agency_id: str = key()
    customer_id: str = key()
    line: str = key()
    until: date


class PlanTable(SchedulerTable, table=True):
    """The plan's version: whoever writes the plan names the one they read."""

    __tablename__ = "plan"
    agency_id: str = key()
    version: int = Field(sa_type=BigInteger)
    as_of: date | None
    catalogue_version: int | None
    planned_at: datetime | None = instant()


class TouchpointTable(SchedulerTable, table=True):
    """One contact with one customer. ``left_on``: the day it left the plan, to the notifier or to
    somebody's desk; null while planning may still move or take it back."""

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
    purpose: str
    duty: bool
    channel: str
    staff_id: str | None
    minutes: int
    priority: int = Field(sa_type=SmallInteger)
    due: date
    earliest: date
    latest: date
    day: date | None
    state: str
    reason: str | None
    because: str
    detail: str | None
    since: datetime = instant(sa_column_kwargs=NOW)
    left_on: date | None
    ended_on: date | None
    lease_token: UUID | None
    leased_until: datetime | None = instant()


class NewsTable(SchedulerTable, table=True):
    """What the feed has not been told yet: the kind is ``touchpoint`` or ``carer`` (of a unit)."""

    __tablename__ = "news"
    agency_id: str = key()
    kind: str = key()
    subject: str = key()


class DispatchCancellationTable(SchedulerTable, table=True):
    """Dispatches the notifier is still to be told to cancel."""

    __tablename__ = "dispatch_cancellation"
    agency_id: str = key()
    touchpoint_id: UUID = key()
    reason: str
    asked_at: datetime = instant(sa_column_kwargs=NOW)


class TaskTable(SchedulerTable, table=True):
    """A piece of work for one person; a touchpoint's task has the touchpoint's id."""

    __tablename__ = "task"
    __table_args__ = (
        Index("ix_task_staff", "agency_id", "staff_id", "day"),
        state_check(TaskState),
    )
    agency_id: str = key()
    task_id: UUID = key()
    touchpoint_id: UUID | None
    request_id: UUID | None
    customer_id: str
    service: str
    channel: str
    staff_id: str
    day: date
    minutes: int
    importance: int
    state: str
    because: str
    detail: str | None
    deadline: datetime | None = instant()
    reason: str | None
    result: str | None
    minutes_spent: int = Field(sa_column_kwargs=ZERO)
    reopened: int = Field(sa_column_kwargs=ZERO)
    postponed: int = Field(sa_column_kwargs=ZERO)
    delegated: int = Field(sa_column_kwargs=ZERO)
    opened_at: datetime = instant(sa_column_kwargs=NOW)
    ended_at: datetime | None = instant()


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
        state_check(RequestState),
    )
    agency_id: str = key()
    request_id: UUID = key()
    customer_id: str
    kind: str
    state: str
    staff_id: str
    opened_at: datetime = instant()
    deadline: datetime = instant()
    breached_at: datetime | None = instant()
    closed_at: datetime | None = instant()
    outcome: str | None


class DayRunTable(SchedulerTable, table=True):
    """A day that was run, or is being run."""

    __tablename__ = "day_run"
    agency_id: str = key()
    day: date = key()
    begun_at: datetime = instant(sa_column_kwargs=NOW)
    finished_at: datetime | None = instant()


kernel_tables(SchedulerTable.metadata)
