"""Hours there are, hours owed, and the book size at which the promise breaks."""

from datetime import date, timedelta

import polars as pl

from services.scheduler.domain.capacity import WorkingPerson, forecast, plannable_minutes
from services.scheduler.domain.levelling import level
from tests.scheduler.domain.builders import CALENDAR, MONDAY, room, work

FULL_TIME = WorkingPerson(staff_id="S-1", weekly_hours=40)


def minutes_on(day: date, person: WorkingPerson, fixed: int = 0) -> int:
    frame = plannable_minutes(
        people=[person],
        calendar=CALENDAR,
        first=day,
        last=day,
        fixed={(person.staff_id, day): fixed},
    )
    return int(frame["plannable_minutes"].sum())


def test_sixty_percent_of_a_day_may_be_planned_less_what_is_promised() -> None:
    assert minutes_on(MONDAY, FULL_TIME) == 288
    assert minutes_on(MONDAY, FULL_TIME, fixed=60) == 228
    assert minutes_on(MONDAY, FULL_TIME, fixed=600) == 0


def test_half_days_part_time_and_absences_count() -> None:
    half = WorkingPerson(staff_id="S-1", weekly_hours=20)
    away = WorkingPerson(staff_id="S-1", weekly_hours=40, absences=[(MONDAY, MONDAY)])
    assert minutes_on(date(2026, 12, 24), FULL_TIME) == 108
    assert minutes_on(MONDAY, half) == 144
    assert minutes_on(MONDAY, away) == 0


def test_more_hours_than_the_office_is_open_bring_no_evenings() -> None:
    assert minutes_on(MONDAY, WorkingPerson(staff_id="S-1", weekly_hours=60)) == 288


def test_the_forecast_tells_what_does_not_fit_and_where_it_breaks() -> None:
    calls = work(*((f"t-{n}", "S-1", 100, 1, MONDAY, MONDAY) for n in range(3)))
    capacity = room("S-1", MONDAY, [200])
    told = forecast(levelled=level(work=calls, capacity=capacity), capacity=capacity, customers=30)
    assert not told.fits
    assert told.unplaced.select("service", "touchpoints", "minutes").rows() == [("call", 1, 100)]
    assert told.months.row(0) == ("S-1", date(2026, 11, 1), 300, 200, 200)
    assert (told.breaking_book_size, told.breaks_first) == (20, "S-1")


def test_months_add_up_to_the_whole() -> None:
    calls = work(
        *(
            (f"t-{n:03}", "S-1", 30, 1, MONDAY + timedelta(days=n), MONDAY + timedelta(days=n + 9))
            for n in range(200)
        )
    )
    capacity = plannable_minutes(
        people=[FULL_TIME], calendar=CALENDAR, first=MONDAY, last=MONDAY + timedelta(days=240)
    )
    told = forecast(levelled=level(work=calls, capacity=capacity), capacity=capacity, customers=9)
    assert told.fits
    assert told.months["placed_minutes"].sum() == told.months["demanded_minutes"].sum() == 6_000
    assert told.months["plannable_minutes"].sum() == capacity["plannable_minutes"].sum()


def test_an_empty_plan_breaks_nowhere() -> None:
    capacity = room("S-1", MONDAY, [288])
    told = forecast(levelled=level(work=work(), capacity=capacity), capacity=capacity, customers=5)
    assert (told.fits, told.breaking_book_size, told.breaks_first) == (True, None, None)
    assert isinstance(told.months, pl.DataFrame)
