"""The agency's calendar as it is stored, turned into the one that all rules ask."""

from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Final, cast

from shared.calendar import (
    Dated,
    EveryYear,
    FromEaster,
    Opening,
    SpecialDay,
    WeekHours,
    WorkingCalendar,
)
from shared.contracts import office_calendars as told
from shared.contracts.office_calendars import WEEKDAYS, OfficeCalendar
from shared.contracts.staff import Block
from shared.instants import OutOfReach

AHEAD: Final = timedelta(days=3 * 366)
"""Days that lie further ahead have a mistyped year; nobody has chosen them yet."""
BACK: Final = timedelta(days=366)
"""New days that lie further back change nothing any more, so their year is mistyped too."""
CLOSED_AT_MOST: Final = timedelta(days=62)
"""No office is closed longer; a deadline would be told that nobody waits for."""


class ClosedTooLong(Exception):
    """the office would be closed so long that no promise made then could be kept"""

    def __init__(self, first: date) -> None:
        most = CLOSED_AT_MOST.days
        super().__init__(f"from {first} on: {self.__doc__}")
        self.pointers = [
            {
                "pointer": "/special_days",
                "detail": f"no working day for more than {most} days from {first} on",
            }
        ]


class BlockOutsideHours(Exception):
    """a blocked time lies outside of the agency's office hours, where nothing is planned"""

    def __init__(self, places: Sequence[int]) -> None:
        self.pointers = [
            {"pointer": f"/blocks/{place}", "detail": "must lie within the office hours of the day"}
            for place in places
        ]
        super().__init__(f"{', '.join(each['pointer'] for each in self.pointers)}: {self.__doc__}")


def working_calendar(
    office: OfficeCalendar, *, state: str | None, time_zone: str
) -> WorkingCalendar:
    """The calendar by which deadlines, capacity and plans are reckoned."""
    week = tuple(
        tuple(
            Opening(opens=time.fromisoformat(each.opens), closes=time.fromisoformat(each.closes))
            for each in sorted(hours, key=lambda each: each.opens)
        )
        for hours in office.week.by_weekday
    )
    return WorkingCalendar(
        state=state,
        time_zone=time_zone,
        week=cast(WeekHours, week),
        special_days=tuple(map(_special_day, office.special_days)),
        plannable_share=office.plannable_share,
    )


def _special_day(day: told.SpecialDay) -> SpecialDay:
    closes = None if day.closes is None else time.fromisoformat(day.closes)
    return SpecialDay(when=_when(day), closes=closes)


def _when(day: told.SpecialDay) -> EveryYear | FromEaster | Dated:
    if day.every_year is not None:
        return EveryYear(month=int(day.every_year[2:4]), day=int(day.every_year[5:7]))
    if day.from_easter is not None:
        return FromEaster(days=day.from_easter)
    assert day.dated is not None
    first, last = day.dated
    return Dated(first=first, last=last)


def require_possible(
    office: OfficeCalendar, *, before: OfficeCalendar, calendar: WorkingCalendar, today: date
) -> None:
    """Raise OutOfReach or ClosedTooLong; what stood ``before`` may stay, however old it is."""
    out = [
        f"/special_days/{place}"
        for place, day in enumerate(office.special_days)
        if day.dated and day not in before.special_days
        if day.dated[1] > today + AHEAD or day.dated[1] < today - BACK
    ]
    if out:
        raise OutOfReach(out, first=today - BACK, last=today + AHEAD)
    opened = today
    for day in (*calendar.working_days(today, today + AHEAD), today + AHEAD):
        if day - opened > CLOSED_AT_MOST:
            raise ClosedTooLong(opened)
        opened = day


def require_within_hours(blocks: Sequence[Block], calendar: WorkingCalendar) -> None:
    """Raise BlockOutsideHours if one does not lie within the hours of a usual week."""
    if outside := outside_hours(blocks, calendar):
        raise BlockOutsideHours(outside)


def outside_hours(blocks: Sequence[Block], calendar: WorkingCalendar) -> list[int]:
    """The places of the blocks that do not lie within the hours of a usual week."""
    return [place for place, each in enumerate(blocks) if not _lies_within(each, calendar)]


def _lies_within(block: Block, calendar: WorkingCalendar) -> bool:
    begins, ends = time.fromisoformat(block.begins), time.fromisoformat(block.ends)
    return any(
        each.opens <= begins and ends <= each.closes
        for each in calendar.week[WEEKDAYS.index(block.weekday)]
    )
