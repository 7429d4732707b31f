"""Campaigns leave on the catalogue's day, or on the one they were moved to."""

from datetime import date

from services.scheduler.domain.campaigns import campaign_days
from services.scheduler.domain.starting_catalogues import starting_catalogue
from tests.scheduler.domain.builders import CALENDAR

NEWSLETTER = starting_catalogue("revenue_potential").service("newsletter")
NOVEMBER = date(2026, 11, 1)


def days(moved: dict[tuple[str, date], date], first: date, until: date) -> list[date]:
    assert NEWSLETTER is not None
    found = campaign_days(NEWSLETTER, NEWSLETTER.segments["A"], CALENDAR, first, until, moved)
    return [day for _, day in found]


def test_the_newsletter_leaves_on_the_second_tuesday_of_its_months() -> None:
    assert days({}, date(2026, 11, 1), date(2027, 3, 1)) == [date(2026, 11, 10), date(2027, 2, 9)]


def test_a_moved_newsletter_leaves_on_its_new_day_alone_and_keeps_its_month() -> None:
    moved = {("newsletter", NOVEMBER): date(2026, 12, 28)}
    assert days(moved, date(2026, 11, 1), date(2027, 2, 1)) == [date(2026, 12, 28)]


def test_a_newsletter_whose_usual_day_has_passed_can_still_be_held() -> None:
    assert days({}, date(2026, 11, 23), date(2026, 12, 1)) == []
    moved = {("newsletter", NOVEMBER): date(2026, 11, 23)}
    assert days(moved, date(2026, 11, 23), date(2026, 12, 1)) == [date(2026, 11, 23)]
