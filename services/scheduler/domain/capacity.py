"""The hours of the staff that may be planned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import polars as pl

from services.scheduler.domain.schemas import CAPACITY
from shared.calendar import WorkingCalendar

PLANNABLE_SHARE: Final = 0.60
"""The share of a day that may be planned; the rest stays free for unplanned work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingPerson:
    """Hours and absences of one person. Absences are (first, last) days, both included."""

    staff_id: str
    weekly_hours: float
    absences: Sequence[tuple[date, date]] = field(default=())

    def is_away(self, day: date) -> bool:
        """Whether the person is absent on the day."""
        return any(first <= day <= last for first, last in self.absences)


def plannable_minutes(
    *,
    people: Sequence[WorkingPerson],
    calendar: WorkingCalendar,
    first: date,
    last: date,
    share: float = PLANNABLE_SHARE,
    fixed: Mapping[tuple[str, date], int] | None = None,
) -> pl.DataFrame:
    """Frame ``CAPACITY`` for working days from ``first`` to ``last``, both included.

    A person's weekly hours are spread over the office hours in proportion and never exceed them,
    so nothing is planned for an evening. ``fixed`` are minutes already promised per person and day.
    Days of absence have 0.
    """
    days = calendar.working_days(first, last)
    usual = calendar.usual_weekly_minutes()
    promised = fixed or {}
    rows = [
        (person.staff_id, day, _plannable(person, day, calendar, usual, share, promised))
        for person in people
        for day in days
    ]
    return pl.DataFrame(rows, schema=CAPACITY, orient="row")


def _plannable(
    person: WorkingPerson,
    day: date,
    calendar: WorkingCalendar,
    usual: int,
    share: float,
    fixed: Mapping[tuple[str, date], int],
) -> int:
    if person.is_away(day):
        return 0
    part = min(1.0, person.weekly_hours * 60 / usual)
    # Rounded first, because 480 minutes × 0.6 would be cut down to 287.
    minutes = int(round(calendar.working_minutes(day) * part * share, 6))
    return max(0, minutes - fixed.get((person.staff_id, day), 0))


def last_day_needed(work: pl.DataFrame, as_of: date) -> date:
    """The last day of any window of ``WORK``; capacity must be known until then."""
    latest = work["latest"].max()
    return latest if isinstance(latest, date) else as_of + timedelta(days=1)
