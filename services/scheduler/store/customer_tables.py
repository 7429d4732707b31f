"""The scheduler's tables for customers: what planning knows of them, and who cares for them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.scheduler.store.columns import FALSE, NOW, ONE, SchedulerTable, instant, jsonb, key


class CustomerTable(SchedulerTable, table=True):
    """What planning needs of one customer. ``facts_at`` is null until the classifier answered with
    the personal facts; ``care_since`` anchors every rhythm and never moves."""

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
    potential_assumed: bool = Field(sa_column_kwargs=FALSE)
    potential_cents: int | None = Field(sa_type=BigInteger)
    margin_cents: int | None = Field(sa_type=BigInteger)
    gaps: list[dict[str, Any]] = Field(
        sa_type=JSONB, sa_column_kwargs={"server_default": text("'[]'::jsonb")}
    )
    mandate: str | None
    mandate_ends_on: date | None  # its last day, coming or past
    birth_date: date | None
    death_date: date | None
    customer_since: date | None
    told_carer: str | None  # staff id, as the broker system tells it
    last_review_on: date | None
    last_contact_on: date | None
    federal_state: str | None
    visit_area: str | None  # country and postcode
    phone_consent: bool | None
    letter_consent: bool | None
    email_known: bool | None
    advertising_objected: bool = Field(sa_column_kwargs=FALSE)
    profiling_objected: bool = Field(sa_column_kwargs=FALSE)
    facts_at: datetime | None = instant()
    care_since: date | None


class CarerTable(SchedulerTable, table=True):
    """Who cares for a unit, ``since`` when; a pinned one stays until unpinned.

    ``begun_at`` is when the unit first had a carer, this one or another.
    """

    __tablename__ = "carer"
    agency_id: str = key()
    unit_id: str = key()
    staff_id: str | None
    pinned_staff_id: str | None
    since: datetime = instant(sa_column_kwargs=NOW)
    begun_at: datetime = instant(sa_column_kwargs=NOW)


class OccasionTable(SchedulerTable, table=True):
    """Something that happened and raises a touchpoint: a referral, a life event, a new carer."""

    __tablename__ = "occasion"
    agency_id: str = key()
    customer_id: str = key()
    service: str = key()
    occurrence: str = key()
    day: date
    because: str
    subject: dict[str, Any] | None = jsonb()


class RestedGapTable(SchedulerTable, table=True):
    """A gap that was won, or answered with *not now* or *no*: not spoken of until its day. Of one
    that was ``won`` the carer is asked then, and it rests on."""

    __tablename__ = "rested_gap"
    agency_id: str = key()
    customer_id: str = key()
    line: str = key()
    until: date
    won: bool = Field(default=False, sa_column_kwargs=FALSE)


class CustomerMarkTable(SchedulerTable, table=True):
    """A work mark: this customer's personal facts must be asked for again; ``marks`` counts up."""

    __tablename__ = "customer_mark"
    agency_id: str = key()
    customer_id: str = key()
    marks: int = Field(sa_type=BigInteger, sa_column_kwargs=ONE)


class UnitMarkTable(SchedulerTable, table=True):
    """A work mark: this care unit must be planned again; the unit ``*`` stands for all of them."""

    __tablename__ = "unit_mark"
    agency_id: str = key()
    unit_id: str = key()
    marks: int = Field(sa_type=BigInteger, sa_column_kwargs=ONE)
    first_marked_at: datetime = instant(sa_column_kwargs=NOW)
    marked_at: datetime = instant(sa_column_kwargs=NOW)
