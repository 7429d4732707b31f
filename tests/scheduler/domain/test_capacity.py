"""Hours that may be planned."""

from datetime import date

from services.scheduler.domain.capacity import WorkingPerson, plannable_minutes
from tests.scheduler.domain.builders import CALENDAR, MONDAY

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
