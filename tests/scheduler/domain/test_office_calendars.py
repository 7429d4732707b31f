"""The agency's own calendar: what follows from it, held against a count minute by minute."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.scheduler.domain.capacity import WorkingPerson, plannable_minutes
from services.scheduler.domain.office_calendars import (
    ClosedTooLong,
    require_possible,
    require_within_hours,
    working_calendar,
)
from services.scheduler.domain.requests import deadline
from services.scheduler.domain.starting_catalogues import starting_catalogue
from shared.calendar import WorkingCalendar
from shared.contracts.catalogues import AnswerWithin
from shared.contracts.office_calendars import WEEKDAYS, OfficeCalendar
from shared.contracts.staff import Block
from shared.instants import OutOfReach
from tests.scheduler.domain.builders import MONDAY, customer, year_of

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
FIRST = date(2026, 12, 14)
"""The days tried lie around Christmas: holidays, half days and weekends close together."""
PROMISES = [
    cell.answer
    for service in starting_catalogue("revenue_potential").services
    for cell in service.segments.values()
    if cell.answer is not None
]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


HOLIDAYS = holidays.country_holidays("DE", subdiv="ST", years=[2026, 2027])
MINUTES = [clock(minute) for minute in range(24 * 60)]


@st.composite
def hours_of_days(draw: st.DrawFn) -> list[dict[str, str]]:
    """Up to three stretches between six and half past nine in the evening."""
    edges = st.integers(6 * 4, 21 * 4).map(lambda quarter: quarter * 15)
    times = sorted(draw(st.sets(edges, max_size=6)))
    pairs = zip(times[::2], times[1::2], strict=False)
    return [{"opens": clock(opens), "closes": clock(closes)} for opens, closes in pairs]


@st.composite
def special_days(draw: st.DrawFn) -> list[dict[str, Any]]:
    offsets = draw(st.sets(st.integers(0, 25), max_size=5))
    return [
        {
            "name": "Betriebsruhe",
            "first_day": str(FIRST + offset * DAY),
            "closes": draw(st.sampled_from([None, "12:00", "09:15"])),
        }
        for offset in sorted(offsets)
    ]


@st.composite
def offices(draw: st.DrawFn) -> OfficeCalendar:
    week = {weekday: draw(hours_of_days()) for weekday in WEEKDAYS[:6]}
    assume(any(week.values()))
    told = {"week": week, "special_days": draw(special_days())}
    return OfficeCalendar.model_validate(told)


def calendar_of(office: OfficeCalendar) -> WorkingCalendar:
    return working_calendar(office, state="ST", time_zone="Europe/Berlin")


class Counted:
    """The same office, minute by minute, out of what was told alone."""

    def __init__(self, office: OfficeCalendar) -> None:
        self._week = [
            [(each.opens, each.closes) for each in hours] for hours in office.week.by_weekday
        ]
        self._shuts = {str(each.first_day): each.closes or "00:00" for each in office.special_days}
        self._holidays = HOLIDAYS
        self.minutes_of = cache(self._minutes_of)

    def _minutes_of(self, day: date) -> list[str]:
        """The minutes of a day at which the office is open."""
        if day in self._holidays:
            return []
        shuts = self._shuts.get(str(day), "24:00")
        return [
            minute
            for minute in MINUTES
            if minute < shuts
            and any(opens <= minute < closes for opens, closes in self._week[day.weekday()])
        ]

    def ends(self, day: date, until: str = "24:00") -> datetime:
        """The end of the last open minute before ``until``; of the first hours if none is."""
        minutes = self.minutes_of(day)
        before = [minute for minute in minutes if minute < until]
        if not before:
            before = [
                minute
                for place, minute in enumerate(minutes)
                if minute == self._after(minutes, place)
            ]
        return at(f"{day}T{before[-1]}") + MINUTE

    @staticmethod
    def _after(minutes: list[str], place: int) -> str:
        """The minute at this place if all since opening were open, else nothing."""
        hour, minute = map(int, minutes[0].split(":"))
        return clock(hour * 60 + minute + place)

    def asked(self, asked_at: datetime) -> datetime:
        """The instant, or the last end of an open minute before it."""
        local = asked_at
        while True:
            today, minute = self.minutes_of(local.date()), f"{local:%H:%M}"
            before = local - MINUTE
            if minute in today or f"{before:%H:%M}" in self.minutes_of(before.date()):
                return local
            local = before

    def working_day(self, day: date, count: int) -> date:
        while count:
            day += DAY
            count -= bool(self.minutes_of(day))
        return day

    def deadline(self, answer: AnswerWithin, asked_at: datetime) -> datetime:
        return next(due for due in self._promised(answer, asked_at) if due > asked_at)

    def _promised(self, answer: AnswerWithin, asked_at: datetime) -> Iterator[datetime]:
        asked = self.asked(asked_at)
        day = asked.date()
        if answer.asked_by is None or asked.time() <= answer.asked_by:
            yield self.ends(self.working_day(day, answer.working_days))
        until = "24:00" if answer.else_by is None else f"{answer.else_by:%H:%M}"
        while True:
            day = self.working_day(day, 1)
            yield self.ends(day, until)


INSTANTS = st.integers(0, 20 * 24 * 60 - 1).map(
    lambda minutes: at(f"{FIRST + 2 * DAY}T00:00") + minutes * MINUTE
)


@given(office=offices(), answer=st.sampled_from(PROMISES), asked=INSTANTS)
@settings(max_examples=100)
def test_a_deadline_is_what_a_count_minute_by_minute_gives(
    office: OfficeCalendar, answer: AnswerWithin, asked: datetime
) -> None:
    assert deadline(answer, asked, calendar_of(office)) == Counted(office).deadline(answer, asked)


@given(office=offices(), answer=st.sampled_from(PROMISES), asked=INSTANTS)
@settings(max_examples=100)
def test_who_asks_outside_of_hours_counts_as_asking_at_the_last_minute_of_them(
    office: OfficeCalendar, answer: AnswerWithin, asked: datetime
) -> None:
    calendar = calendar_of(office)
    at_last = calendar.last_open(asked)
    promised = deadline(answer, at_last, calendar)
    due = deadline(answer, asked, calendar)
    assert due == promised or promised <= asked, "only a promise that has passed is another one"
    later = asked + MINUTE
    while calendar.last_open(later) == at_last:
        later += MINUTE
    assert due <= deadline(answer, later, calendar), "waiting for the office to open never helps"


@given(
    office=offices(),
    share=st.sampled_from([0.5, 0.6, 0.7]),
    hours=st.integers(1, 60),
    data=st.data(),
)
@settings(max_examples=40)
def test_hours_of_a_day_are_what_a_count_minute_by_minute_gives(
    office: OfficeCalendar, share: float, hours: int, data: st.DataObject
) -> None:
    blocks = {weekday: data.draw(hours_of_days()) for weekday in range(6)}
    person = WorkingPerson(
        staff_id="S-1",
        weekly_hours=hours,
        blocks=[
            (weekday, time.fromisoformat(each["opens"]), time.fromisoformat(each["closes"]))
            for weekday, stretches in blocks.items()
            for each in stretches
        ],
    )
    calendar, counted = calendar_of(office), Counted(office)
    last = FIRST + 27 * DAY
    found = plannable_minutes(
        people=[person], calendar=calendar, first=FIRST, last=last, share=share
    )
    given_minutes = dict(found.select("day", "plannable_minutes").iter_rows())
    usual = sum(
        sum(
            1
            for minute in MINUTES
            if any(each.opens <= minute < each.closes for each in hours_of_day)
        )
        for hours_of_day in office.week.by_weekday
    )
    for day in (FIRST + offset * DAY for offset in range(28)):
        minutes = counted.minutes_of(day)
        assert (day in given_minutes) == bool(minutes), "no contact outside of hours"
        blocked = sum(
            any(each["opens"] <= minute < each["closes"] for each in blocks.get(day.weekday(), []))
            for minute in minutes
        )
        working = len(minutes) * min(1.0, hours * 60 / usual)
        expected = max(0, int(round(working * share, 6)) - blocked)
        assert given_minutes.get(day, 0) == expected
        assert (
            sum(each.minutes for each in person.open_hours(day, calendar)) == len(minutes) - blocked
        )


@given(office=offices())
@settings(max_examples=20)
def test_no_message_but_a_congratulation_leaves_on_a_closed_day(office: OfficeCalendar) -> None:
    calendar = calendar_of(office)
    found = year_of(
        customer("K-1", segment="A", phone_consent=None),
        customer("K-2", segment="C", customer_since=MONDAY),
        calendar=calendar,
    )
    for row in found.filter(found["day"].is_not_null()).iter_rows(named=True):
        congratulates = row["service"] in ("birthday", "anniversary")
        assert congratulates or calendar.is_working_day(row["day"]), row


def test_without_anything_said_the_office_is_as_it_always_was() -> None:
    assert calendar_of(OfficeCalendar()) == WorkingCalendar(state="ST")


def test_rosenmontag_ends_at_noon_and_the_friedensfest_is_closed_every_year() -> None:
    calendar = working_calendar(
        OfficeCalendar.model_validate(
            {
                "special_days": [
                    {"name": "Rosenmontag", "from_easter": -48, "closes": "12:00"},
                    {"name": "Augsburger Friedensfest", "every_year": "--08-08"},
                    {"name": "Betriebsferien", "first_day": "2027-08-02", "last_day": "2027-08-06"},
                ]
            }
        ),
        state="BY",
        time_zone="Europe/Berlin",
    )
    assert calendar.working_minutes(date(2027, 2, 8)) == 180
    assert calendar.working_minutes(date(2028, 2, 28)) == 180
    assert not calendar.is_working_day(date(2028, 8, 8))
    assert calendar.add_working_days(date(2027, 7, 30), 1) == date(2027, 8, 9)
    assert calendar.working_minutes(date(2026, 12, 24)) == 480, "the list leaves it out"


def test_an_answer_by_noon_is_due_within_the_hours_of_a_day_that_opens_later() -> None:
    hours = [{"opens": "14:00", "closes": "16:00"}, {"opens": "17:00", "closes": "19:00"}]
    office = OfficeCalendar.model_validate({"week": dict.fromkeys(WEEKDAYS[:5], hours)})
    answer = AnswerWithin(working_days=0, asked_by=time(15), else_by=time(12))
    assert deadline(answer, at("2026-11-24T15:30"), calendar_of(office)) == at("2026-11-25T16:00")


WHOLE = [{"opens": "09:00", "closes": "17:00"}]


def week(**days: Any) -> dict[str, Any]:
    return {"week": dict.fromkeys(WEEKDAYS[:5], WHOLE) | days}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (week(monday=[*WHOLE, {"opens": "16:45", "closes": "18:00"}]), "overlap"),
        (week(monday=[{"opens": "14:00", "closes": "09:00"}]), "ends after it begins"),
        (week(monday=[{"opens": "22:00", "closes": "02:00"}]), "before midnight"),
        (week(monday=[{"opens": "09:00", "closes": "09:00"}]), "ends after it begins"),
        (week(monday=[{"opens": "09:00", "closes": "25:00"}]), "pattern"),
        (week(sunday=WHOLE), "day of rest"),
        (week(funday=WHOLE), "Extra inputs"),
        ({"week": {"monday": WHOLE}}, "tuesday"),
        ({"week": {weekday: [] for weekday in WEEKDAYS}}, "no day has office hours"),
        ({"plannable_share": 0.95}, "less than or equal to 0.7"),
        ({"special_days": [{"name": "Nie", "every_year": "--02-30"}]}, "no calendar has this day"),
        ({"special_days": [{"name": "Wann?"}]}, "exactly one"),
        (
            {
                "special_days": [
                    {"name": "Rückwärts", "first_day": "2027-08-13", "last_day": "2027-08-02"}
                ]
            },
            "on or after first_day",
        ),
        ({"special_days": 2 * [{"name": "Kirmes", "first_day": "2027-09-06"}]}, "named twice"),
        ({"special_days": 2 * [{"name": "Fest", "every_year": "--08-08"}]}, "named twice"),
        ({"special_days": 2 * [{"name": "Rosenmontag", "from_easter": -48}]}, "named twice"),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused_with_its_place(
    told: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        OfficeCalendar.model_validate(told)


def closed(first: str, last: str) -> OfficeCalendar:
    day = {"name": "Betriebsferien", "first_day": first, "last_day": last}
    return OfficeCalendar.model_validate({"special_days": [day]})


def require(office: OfficeCalendar, before: OfficeCalendar | None = None) -> None:
    require_possible(
        office, before=before or OfficeCalendar(), calendar=calendar_of(office), today=MONDAY
    )


def test_days_of_a_mistyped_year_are_refused_but_old_ones_may_stay() -> None:
    require(closed("2027-07-26", "2027-08-20"))
    for year in (2099, 2019):
        with pytest.raises(OutOfReach):
            require(closed(f"{year}-07-26", f"{year}-08-20"))
    old = closed("2019-07-26", "2019-08-20")
    require(old, before=old)


def test_an_office_is_not_closed_for_months() -> None:
    with pytest.raises(ClosedTooLong, match="2027-04-30"):
        require(closed("2027-05-01", "2027-08-20"))
    every_day = [
        {"name": "Zu", "every_year": f"--{month:02}-{day:02}"}
        for month, days in ((1, 31), (2, 29), (3, 31))
        for day in range(1, days + 1)
    ]
    with pytest.raises(ClosedTooLong):
        require(OfficeCalendar.model_validate({"special_days": every_day}))


def test_blocks_lie_within_office_hours_and_never_on_one_another() -> None:
    calendar = calendar_of(OfficeCalendar())
    mail = Block(weekday="monday", begins="09:00", ends="09:30", kind="mail")
    require_within_hours([mail], calendar)
    for begins, ends in (("08:45", "09:15"), ("12:00", "13:30"), ("17:00", "18:00")):
        outside = Block(weekday="monday", begins=begins, ends=ends, kind="break")
        with pytest.raises(Exception, match="/blocks/1"):
            require_within_hours([mail, outside], calendar)
