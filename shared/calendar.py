"""The working calendar of one agency: working days, half days and working hours.

Public holidays come from the ``holidays`` library by federal state. 24 and 31 December are no
holidays in any of its categories, but every office closes at noon, so they are half days here.
Absences belong to persons, not to the calendar.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

ONE_DAY: Final = timedelta(days=1)
FEDERAL_STATES: Final = frozenset(
    ("BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH")
)


class UnknownFederalState(ValueError):
    """The code names no German federal state."""

    def __init__(self, state: str) -> None:
        super().__init__(f"{state!r} names no German federal state")
        self.state = state


class NoOfficeHours(ValueError):
    """The office is never open: no deadline could ever be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One stretch of office hours on a day, ``opens`` included, ``closes`` not."""

    opens: time
    closes: time

    def __post_init__(self) -> None:
        if self.opens >= self.closes:
            raise ValueError(f"an opening ends after it begins: {self.opens} to {self.closes}")

    def until(self, end: time) -> "Opening | None":
        """The part before ``end``; None when nothing is left."""
        if end <= self.opens:
            return None
        return Opening(opens=self.opens, closes=min(self.closes, end))

    @property
    def minutes(self) -> int:
        """Length in minutes."""
        return _minute_of(self.closes) - _minute_of(self.opens)


WeekHours = tuple[
    tuple[Opening, ...],
    tuple[Opening, ...],
    tuple[Opening, ...],
    tuple[Opening, ...],
    tuple[Opening, ...],
    tuple[Opening, ...],
    tuple[Opening, ...],
]
"""Openings of Monday to Sunday; an empty tuple is a closed day."""

_OFFICE_DAY = (
    Opening(opens=time(9), closes=time(12, 30)),
    Opening(opens=time(13), closes=time(17, 30)),
)
USUAL_WEEK: Final[WeekHours] = (
    _OFFICE_DAY,
    _OFFICE_DAY,
    _OFFICE_DAY,
    _OFFICE_DAY,
    _OFFICE_DAY,
    (),
    (),
)
"""Eight hours, Monday to Friday, with half an hour of break."""

CHRISTMAS_AND_NEW_YEARS_EVE: Final = frozenset({(12, 24), (12, 31)})


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingCalendar:
    """When the agency works. Pure: the same arguments always result in the same days.

    ``state`` is the federal state's code (``ST``); None leaves the holidays of all Germany.
    ``half_days`` are (month, day) on which the office shuts at ``half_day_closes``.
    Days and hours are those of ``time_zone``. Raises ``UnknownFederalState``, ``NoOfficeHours``.
    """

    state: str | None
    time_zone: str = "Europe/Berlin"
    week: WeekHours = USUAL_WEEK
    half_days: frozenset[tuple[int, int]] = CHRISTMAS_AND_NEW_YEARS_EVE
    half_day_closes: time = time(12)

    def __post_init__(self) -> None:
        if self.state is not None and self.state not in FEDERAL_STATES:
            raise UnknownFederalState(self.state)
        if not any(self.week):
            raise NoOfficeHours

    def is_holiday(self, day: date) -> bool:
        """Is it a public holiday of the federal state?"""
        return day in _public_holidays(self.state, day.year)

    def openings(self, day: date) -> tuple[Opening, ...]:
        """Office hours of the day, in order; empty when closed."""
        if self.is_holiday(day):
            return ()
        usual = self.week[day.weekday()]
        if (day.month, day.day) not in self.half_days:
            return usual
        cut = (opening.until(self.half_day_closes) for opening in usual)
        return tuple(opening for opening in cut if opening is not None)

    def is_working_day(self, day: date) -> bool:
        """Is the office open at all, a half day included?"""
        return bool(self.openings(day))

    def working_minutes(self, day: date) -> int:
        """Open minutes of the day; 0 when closed."""
        return sum(opening.minutes for opening in self.openings(day))

    def usual_weekly_minutes(self) -> int:
        """Open minutes of a week without holidays."""
        return sum(opening.minutes for openings in self.week for opening in openings)

    def working_day_from(self, day: date) -> date:
        """The day itself if it is a working day, else the next one."""
        while not self.is_working_day(day):
            day += ONE_DAY
        return day

    def next_working_day(self, day: date) -> date:
        """The first working day after ``day``."""
        return self.working_day_from(day + ONE_DAY)

    def add_working_days(self, day: date, count: int) -> date:
        """The ``count``-th working day after ``day`` (before it, when negative).

        0 returns the day itself if it is a working day, else the next one.
        """
        if count == 0:
            return self.working_day_from(day)
        step = ONE_DAY if count > 0 else -ONE_DAY
        left = abs(count)
        while left:
            day += step
            left -= self.is_working_day(day)
        return day

    def working_days(self, first: date, last: date) -> list[date]:
        """Working days from ``first`` to ``last``, both included, in order."""
        span = (last - first).days + 1
        days = (first + timedelta(days=offset) for offset in range(max(span, 0)))
        return [day for day in days if self.is_working_day(day)]

    def closes_at(self, day: date) -> datetime | None:
        """The instant the office shuts on the day; None when it stays closed."""
        openings = self.openings(day)
        return self._at(day, openings[-1].closes) if openings else None

    def last_open(self, instant: datetime) -> datetime:
        """``instant`` itself during office hours, else the last closing before it.

        Answers in the agency's time zone.
        """
        local = self._local(instant)
        day, minute_of_day = local.date(), _exact_minute(local)
        while True:
            for opening in reversed(self.openings(day)):
                if minute_of_day >= _minute_of(opening.opens):
                    last = min(minute_of_day, _minute_of(opening.closes))
                    return self._at(day, time()) + timedelta(minutes=last)
            day, minute_of_day = day - ONE_DAY, 24.0 * 60

    def _local(self, instant: datetime) -> datetime:
        if instant.tzinfo is None:
            raise ValueError("an instant carries its offset")
        return instant.astimezone(ZoneInfo(self.time_zone))

    def _at(self, day: date, moment: time) -> datetime:
        return datetime.combine(day, moment, tzinfo=ZoneInfo(self.time_zone))


@lru_cache(maxsize=1024)
def _public_holidays(state: str | None, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("DE", subdiv=state, years=year))


def _minute_of(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _exact_minute(instant: datetime) -> float:
    return instant.hour * 60 + instant.minute + instant.second / 60 + instant.microsecond / 6e7
