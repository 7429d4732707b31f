"""The scheduler's table of appointments: one row for each contact that was asked or agreed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, text
from sqlmodel import Field

from services.scheduler.store.columns import NOW, ZERO, SchedulerTable, code, instant, key, words
from shared.contracts.answers import DayPart
from shared.contracts.appointments import AppointmentState
from shared.db.state_columns import state_check


class AppointmentTable(SchedulerTable, table=True):
    """The appointment of a touchpoint, whose customer and channel it shares.

    ``proposals`` are instants as text, as they were told. ``sequence`` counts the changes of the
    hour, ``told_sequence`` is the last one that the customer was told, ``reminded_sequence`` the
    one they were reminded of. ``tell`` says whether they are told at all, and ``remind_at`` when
    the reminder is due; without it they get none. ``asked`` counts how often proposals were made.
    """

    __tablename__ = "appointment"
    __table_args__ = (
        Index(
            "ix_appointment_staff",
            "agency_id",
            "staff_id",
            "at",
            postgresql_where=text("state IN ('agreed', 'confirmed')"),
        ),
        Index(
            "ix_appointment_to_tell",
            "agency_id",
            "at",
            postgresql_where=text(
                "tell AND state IN ('agreed', 'confirmed', 'withdrawn')"
                " AND (told_sequence IS DISTINCT FROM sequence"
                " OR reminded_sequence IS DISTINCT FROM sequence)"
            ),
        ),
        state_check(AppointmentState),
    )
    agency_id: str = key()
    touchpoint_id: UUID = key()
    state: AppointmentState = code()
    at: datetime | None = instant()
    minutes: int
    travel_minutes: int = Field(default=0, sa_column_kwargs=ZERO)
    place: str | None = None
    staff_id: str | None = None
    proposals: list[str] = words()
    asked: int = Field(default=0, sa_column_kwargs=ZERO)
    asked_on: date | None = None
    answer_by: date | None = None
    wished_on: date | None = None
    wished_part: DayPart | None = Field(default=None, sa_type=String)
    sequence: int = Field(default=0, sa_column_kwargs=ZERO)
    told_sequence: int | None = None
    reminded_sequence: int | None = None
    tell: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    remind_at: datetime | None = instant()
    reason: str | None = None
    changed_at: datetime = instant(sa_column_kwargs=NOW)

    def changed(self, **values: Any) -> "AppointmentTable":
        """The same with other values, as a row of its own."""
        return AppointmentTable(**{**self.model_dump(), **values})
