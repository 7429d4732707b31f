"""The working calendar of one agency: its office hours, the days on which it shuts, half days.

Public holidays come from the ``holidays`` library by federal state. 24 and 31 December are no
holidays in any of its categories, but most offices close at noon, so they are half days unless the
agency says otherwise. Absences and blocked hours belong to persons, not to the calendar.
"""

from calendar import isleap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

ONE_DAY: Final = timedelta(days=1)
CLOSED: Final = time()
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

    def since(self, begin: time) -> "Opening | None":
        """The part from ``begin`` on; None when nothing is left."""
        if begin >= self.closes:
            return None
        return Opening(opens=max(self.opens, begin), closes=self.closes)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryYear:
    """The same day of each year; 29 February in leap years alone."""

    month: int
    day: int

    def days_in(self, year: int) -> Iterator[date]:
        """The day, if the year has it."""
        if (self.month, self.day) != (2, 29) or isleap(year):
            yield date(year, self.month, self.day)


@dataclass(frozen=True, slots=True, kw_only=True)
class FromEaster:
    """So many days after Easter Sunday, before it when negative; -48 is Rosenmontag."""

    days: int

    def days_in(self, year: int) -> Iterator[date]:
        """The day."""
        yield _easter(year) + timedelta(days=self.days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """Days that come once, both ends included."""

    first: date
    last: date

    def days_in(self, year: int) -> Iterator[date]:
        """Those that lie in the year."""
        first, last = max(self.first, date(year, 1, 1)), min(self.last, date(year, 12, 31))
        for offset in range((last - first).days + 1):
            yield first + timedelta(days=offset)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialDay:
    """Days on which the office shuts at ``closes``, or does not open at all (None)."""

    when: EveryYear | FromEaster | Dated
    closes: time | None = None


HALF_DAY_CLOSES: Final = time(12)
USUAL_SPECIAL_DAYS: Final = (
    SpecialDay(when=EveryYear(month=12, day=24), closes=HALF_DAY_CLOSES),
    SpecialDay(when=EveryYear(month=12, day=31), closes=HALF_DAY_CLOSES),
)
"""Christmas Eve and New Year's Eve are half days."""

PLANNABLE_SHARE: Final = 0.60
"""The usual share of a day that may be planned; the rest stays free for unplanned work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingCalendar:
    """When the agency works. Pure: the same arguments always result in the same days.

    ``state`` is the federal state's code (``ST``); None leaves the holidays of all Germany.
    ``special_days`` are closed or shortened; of several that name a day the earliest end counts.
    ``plannable_share`` of the hours may be planned.
    Days and hours are those of ``time_zone``. Raises ``UnknownFederalState``, ``NoOfficeHours``.
    """

    state: str | None
    time_zone: str = "Europe/Berlin"
    week: WeekHours = USUAL_WEEK
    special_days: tuple[SpecialDay, ...] = USUAL_SPECIAL_DAYS
    plannable_share: float = PLANNABLE_SHARE
    _closings: dict[int, Mapping[date, time]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    """Worked out once a year, because planning asks for each of hundreds of days."""

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
        closes = self._closings_of(day.year).get(day)
        if closes is None:
            return usual
        cut = (opening.until(closes) for opening in usual)
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

    def _closings_of(self, year: int) -> Mapping[date, time]:
        """When the office shuts on the special days of a year; at midnight: it never opens."""
        known = self._closings.get(year)
        if known is not None:
            return known
        found: dict[date, time] = {}
        for special in self.special_days:
            closes = special.closes or CLOSED
            for day in special.when.days_in(year):
                found[day] = min(closes, found.get(day, closes))
        self._closings[year] = found
        return found

    def _local(self, instant: datetime) -> datetime:
        if instant.tzinfo is None:
            raise ValueError("an instant carries its offset")
        return instant.astimezone(ZoneInfo(self.time_zone))

    def _at(self, day: date, moment: time) -> datetime:
        return datetime.combine(day, moment, tzinfo=ZoneInfo(self.time_zone))


@lru_cache(maxsize=1024)
def _public_holidays(state: str | None, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("DE", subdiv=state, years=year))


@lru_cache(maxsize=1024)
def _easter(year: int) -> date:
    """Easter Sunday: two days after Good Friday, which is a holiday in all of Germany."""
    named = holidays.country_holidays("DE", years=year, language="de").get_named("Karfreitag")
    return named[0] + timedelta(days=2)


def _minute_of(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _exact_minute(instant: datetime) -> float:
    return instant.hour * 60 + instant.minute + instant.second / 60 + instant.microsecond / 6e7
