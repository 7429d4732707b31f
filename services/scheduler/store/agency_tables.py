"""The scheduler's tables for the agency: its people, its catalogues, and the days that were run."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.scheduler.store.columns import NOW, SchedulerTable, instant, jsonb, key, words

NO_BLOCKS = {"server_default": text("'[]'::jsonb")}


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
    standing_in_on: date | None  # the day whose absences open work follows; None: look again
    opened_at: datetime | None = instant()  # None: moving in, nothing is announced yet
    office: dict[str, Any] | None = jsonb()  # hours and closed days; None: the usual ones


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
    blocks: list[dict[str, Any]] = Field(sa_type=JSONB, sa_column_kwargs=NO_BLOCKS)
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
    """A campaign held on another day than the catalogue's; ``month`` is its first day."""

    __tablename__ = "campaign"
    agency_id: str = key()
    service: str = key()
    month: date = key()
    day: date


class DayRunTable(SchedulerTable, table=True):
    """A day that was run, or is being run."""

    __tablename__ = "day_run"
    agency_id: str = key()
    day: date = key()
    begun_at: datetime = instant(sa_column_kwargs=NOW)
    finished_at: datetime | None = instant()
