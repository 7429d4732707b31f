"""The hours of the staff that may be planned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time, timedelta

import polars as pl

from services.scheduler.domain.schemas import CAPACITY
from shared.calendar import Opening, WorkingCalendar


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingPerson:
    """Hours, absences and blocked times of one person.

    Absences are (first, last) days, both included; blocks are (weekday from 0, begin, end).
    """

    staff_id: str
    weekly_hours: float
    absences: Sequence[tuple[date, date]] = field(default=())
    blocks: Sequence[tuple[int, time, time]] = field(default=())

    def is_away(self, day: date) -> bool:
        """Whether the person is absent on the day."""
        return any(first <= day <= last for first, last in self.absences)

    def open_hours(self, day: date, calendar: WorkingCalendar) -> tuple[Opening, ...]:
        """The office hours of the day without the person's blocks; none while they are away.

        Whoever works part time may choose among them.
        """
        return () if self.is_away(day) else self._without_blocks(day, calendar.openings(day))

    def blocked_minutes(self, day: date, openings: Sequence[Opening]) -> int:
        """Minutes of the office hours that the person's blocks take."""
        left = self._without_blocks(day, openings)
        return sum(each.minutes for each in openings) - sum(each.minutes for each in left)

    def _without_blocks(self, day: date, openings: Sequence[Opening]) -> tuple[Opening, ...]:
        left = list(openings)
        for weekday, begins, ends in self.blocks:
            if weekday == day.weekday():
                parts = [(each.until(begins), each.since(ends)) for each in left]
                left = [part for pair in parts for part in pair if part is not None]
        return tuple(left)


def plannable_minutes(
    *,
    people: Sequence[WorkingPerson],
    calendar: WorkingCalendar,
    first: date,
    last: date,
    share: float | None = None,
    fixed: Mapping[tuple[str, date], int] | None = None,
) -> pl.DataFrame:
    """Frame ``CAPACITY`` for working days from ``first`` to ``last``, both included.

    A person's weekly hours are spread over the office hours in proportion and never exceed them,
    so nothing is planned for an evening. ``share`` of them may be planned, the agency's own by
    default; blocks are planned time already. ``fixed`` are minutes already promised per person and
    day. Days of absence have 0.
    """
    opened = {day: calendar.openings(day) for day in calendar.working_days(first, last)}
    usual = calendar.usual_weekly_minutes()
    planned = calendar.plannable_share if share is None else share
    promised = fixed or {}
    rows = [
        (
            person.staff_id,
            day,
            max(
                0,
                _plannable(person, day, openings, usual=usual, share=planned)
                - promised.get((person.staff_id, day), 0),
            ),
        )
        for person in people
        for day, openings in opened.items()
    ]
    return pl.DataFrame(rows, schema=CAPACITY, orient="row")


def _plannable(
    person: WorkingPerson, day: date, openings: Sequence[Opening], *, usual: int, share: float
) -> int:
    if person.is_away(day):
        return 0
    part = min(1.0, person.weekly_hours * 60 / usual)
    working = sum(each.minutes for each in openings)
    # Rounded first, because 480 minutes × 0.6 would be cut down to 287.
    return int(round(working * part * share, 6)) - person.blocked_minutes(day, openings)


def last_day_needed(work: pl.DataFrame, as_of: date) -> date:
    """The last day of any window of ``WORK``; capacity must be known until then."""
    latest = work["latest"].max()
    return latest if isinstance(latest, date) else as_of + timedelta(days=1)
