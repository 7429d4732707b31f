"""The working calendar, held against dates anybody can look up."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from shared.calendar import NoOfficeHours, Opening, UnknownFederalState, WorkingCalendar

BERLIN = ZoneInfo("Europe/Berlin")
SAXONY_ANHALT = WorkingCalendar(state="ST")
BERLIN_OFFICE = WorkingCalendar(state="BE")


def at(day: str, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=BERLIN)


def test_without_a_federal_state_the_holidays_of_all_germany_count() -> None:
    anywhere = WorkingCalendar(state=None)
    assert not anywhere.is_working_day(date(2026, 10, 3))
    assert anywhere.is_working_day(date(2026, 1, 6))
    assert not SAXONY_ANHALT.is_working_day(date(2026, 1, 6))


def test_holidays_are_those_of_the_federal_state() -> None:
    epiphany = date(2027, 1, 6)
    assert not SAXONY_ANHALT.is_working_day(epiphany)
    assert BERLIN_OFFICE.is_working_day(epiphany)


def test_christmas_eve_and_new_years_eve_end_at_noon() -> None:
    for day in (date(2026, 12, 24), date(2026, 12, 31)):
        assert SAXONY_ANHALT.working_minutes(day) == 180
    assert SAXONY_ANHALT.working_minutes(date(2026, 12, 23)) == 480


def test_weekends_are_closed() -> None:
    assert SAXONY_ANHALT.working_minutes(date(2026, 11, 22)) == 0
    assert SAXONY_ANHALT.next_working_day(date(2026, 11, 20)) == date(2026, 11, 23)


def test_working_days_are_counted_across_easter_in_both_directions() -> None:
    thursday_before, wednesday_after = date(2027, 3, 25), date(2027, 3, 31)
    assert SAXONY_ANHALT.add_working_days(thursday_before, 2) == wednesday_after
    assert SAXONY_ANHALT.add_working_days(wednesday_after, -2) == thursday_before
    assert SAXONY_ANHALT.add_working_days(date(2027, 3, 26), 0) == date(2027, 3, 30)


def test_a_range_of_working_days_includes_both_ends() -> None:
    days = SAXONY_ANHALT.working_days(date(2026, 12, 24), date(2026, 12, 28))
    assert days == [date(2026, 12, 24), date(2026, 12, 28)]
    assert SAXONY_ANHALT.working_days(date(2026, 12, 28), date(2026, 12, 24)) == []


@pytest.mark.parametrize(
    ("asked", "last"),
    [
        ("2026-11-20T12:00", "2026-11-20T12:00"),
        ("2026-11-20T12:45", "2026-11-20T12:30"),
        ("2026-11-20T17:31", "2026-11-20T17:30"),
        ("2026-11-21T23:10", "2026-11-20T17:30"),
        ("2026-11-23T08:59", "2026-11-20T17:30"),
        ("2026-11-23T09:00", "2026-11-23T09:00"),
        ("2026-12-25T10:00", "2026-12-24T12:00"),
        ("2027-03-28T12:00", "2027-03-25T17:30"),  # Easter, when summer time begins
    ],
)
def test_what_comes_when_nobody_is_there_came_at_the_last_minute_before(
    asked: str, last: str
) -> None:
    instant = datetime.fromisoformat(asked).replace(tzinfo=BERLIN)
    found = SAXONY_ANHALT.last_open(instant)
    assert found == datetime.fromisoformat(last).replace(tzinfo=BERLIN)


def test_an_instant_in_another_zone_is_read_in_the_agencys() -> None:
    tokyo = datetime(2026, 11, 24, 1, 40, tzinfo=ZoneInfo("Asia/Tokyo"))  # 17:40 on the 23rd here
    assert SAXONY_ANHALT.last_open(tokyo) == at("2026-11-23", "17:30")


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        SAXONY_ANHALT.last_open(datetime(2026, 11, 23, 9))  # noqa: DTZ001 - the fault


def test_closing_follows_the_half_day() -> None:
    assert SAXONY_ANHALT.closes_at(date(2026, 12, 24)) == at("2026-12-24", "12:00")
    assert SAXONY_ANHALT.closes_at(date(2026, 12, 25)) is None


def test_a_calendar_that_could_not_work_is_refused() -> None:
    with pytest.raises(UnknownFederalState):
        WorkingCalendar(state="XX")
    with pytest.raises(NoOfficeHours):
        WorkingCalendar(state="ST", week=((), (), (), (), (), (), ()))
    with pytest.raises(ValueError, match="ends after"):
        Opening(opens=time(12), closes=time(9))
