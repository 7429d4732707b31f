"""The scheduler's table of pins: days that persons fixed for planned contacts."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, text

from services.scheduler.store.columns import NOW, SchedulerTable, code, instant, key
from shared.contracts.pins import PinBroken


class PinTable(SchedulerTable, table=True):
    """A day, and perhaps a person, that somebody fixed for a touchpoint.

    It is kept apart from the touchpoint, so that a plan that is made anew finds it again. Without
    ``staff_id`` whoever is responsible does the contact. ``broken_because`` is set once and stays:
    a broken pin never moves anything.
    """

    __tablename__ = "pin"
    __table_args__ = (
        Index(
            "ix_pin_broken",
            "agency_id",
            "touchpoint_id",
            postgresql_where=text("broken_because IS NOT NULL"),
        ),
    )
    agency_id: str = key()
    touchpoint_id: UUID = key()
    day: date
    staff_id: str | None
    over_share: bool
    by: str
    reason: str
    pinned_at: datetime = instant(sa_column_kwargs=NOW)
    broken_because: PinBroken | None = code()
    broken_on: date | None
    broken_staff_id: str | None  # who was to do it when it broke
