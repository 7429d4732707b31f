"""When somebody who is behind has caught up."""

from datetime import timedelta

from services.scheduler.domain.workloads import caught_up_on
from tests.scheduler.domain.builders import MONDAY

TUESDAY, THURSDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=3)
WEEK = [(MONDAY + timedelta(days=each), 288) for each in range(5)]


def test_a_day_and_a_half_behind_is_not_caught_up_today() -> None:
    found = caught_up_on(overdue_minutes=432, last_given=MONDAY, plannable=WEEK)
    assert found == TUESDAY


def test_what_was_spread_is_caught_up_on_its_last_day() -> None:
    assert caught_up_on(overdue_minutes=432, last_given=THURSDAY, plannable=WEEK) == THURSDAY
    assert caught_up_on(overdue_minutes=60, last_given=MONDAY, plannable=WEEK) == MONDAY


def test_who_has_no_overdue_work_has_nothing_to_catch_up() -> None:
    assert caught_up_on(overdue_minutes=0, last_given=None, plannable=WEEK) is None
