"""A level, once high, outlives a small or a short fall."""

from datetime import date
from typing import Any

import pytest

from shared.contracts.policies import Stability
from tests.classifier.domain.builders import (
    FOUR,
    LIFE_WITHOUT_NEEDS,
    TODAY,
    VERSION,
    Verdict,
    next_day,
    unit,
    verdict,
)


def strong(cents: int = 30000) -> Verdict:
    return verdict(unit(revenue_cents=cents, **LIFE_WITHOUT_NEEDS))


def on(day: date, before: Verdict, **facts: Any) -> Verdict:
    return verdict(next_day(before, **facts), as_of=day)


def test_a_value_inside_the_band_keeps_its_level_and_says_until_when() -> None:
    found = on(date(2026, 9, 1), strong(), revenue_cents=27000)
    assert found.segment == "B"
    assert found.rules == ["band", "potential.low"]
    assert found.held == {"axis": "revenue", "by": "band", "until": "2026-11-29"}
    assert found.axes["revenue"] == {"level": "high", "below_since": "2026-09-01"}
    assert not found.row["changed"]
    assert found.row["state_changed"]


def test_a_value_below_the_band_falls_at_once() -> None:
    found = on(date(2026, 9, 1), strong(), revenue_cents=26999)
    assert (found.segment, found.rules) == ("C", ["revenue.low", "potential.low"])


def test_ninety_days_running_below_the_threshold_end_the_level() -> None:
    below = on(date(2026, 9, 1), strong(), revenue_cents=29999)
    assert on(date(2026, 11, 28), below).segment == "B"
    ended = on(date(2026, 11, 29), below)
    assert (ended.segment, ended.rules) == ("C", ["hold_time", "revenue.low", "potential.low"])
    assert on(date(2026, 11, 30), ended).rules == ["revenue.low", "potential.low"]


def test_a_day_at_the_threshold_starts_the_count_again() -> None:
    below = on(date(2026, 9, 1), strong(), revenue_cents=29999)
    back = on(date(2026, 11, 1), below, revenue_cents=30000)
    assert back.axes["revenue"]["below_since"] is None
    again = on(date(2026, 11, 2), back, revenue_cents=29999)
    assert on(date(2026, 11, 29), again).segment == "B"


def test_a_first_class_and_a_new_policy_know_no_band() -> None:
    assert strong(29999).segment == "C"
    renewed = next_day(strong(), version=VERSION, revenue_cents=29999)
    assert verdict(renewed, version=VERSION + 1).segment == "C"


def test_a_low_level_rises_at_once_at_the_threshold() -> None:
    assert on(TODAY, strong(100), revenue_cents=30000).segment == "B"


def test_without_immediate_upgrades_a_low_level_waits_for_the_upper_end_of_the_band() -> None:
    slow = FOUR.model_copy(update={"stability": Stability(upgrade_immediately=False)})
    before = verdict(unit(revenue_cents=100, **LIFE_WITHOUT_NEEDS), policy=slow)
    waiting = verdict(next_day(before, revenue_cents=32999), policy=slow)
    assert (waiting.segment, waiting.rules[0]) == ("C", "band")
    assert waiting.held == {"axis": "revenue", "by": "band", "until": None}
    assert verdict(next_day(waiting, revenue_cents=33000), policy=slow).segment == "B"


@pytest.mark.parametrize("cents", [0, -1])
def test_no_revenue_is_never_held_high(cents: int) -> None:
    wide = FOUR.model_copy(update={"stability": Stability(band=0.9999)})
    before = verdict(unit(revenue_cents=30000, **LIFE_WITHOUT_NEEDS), policy=wide)
    found = verdict(next_day(before, revenue_cents=cents), policy=wide, as_of=TODAY)
    assert found.segment == "C"
    assert found.held is None


def test_an_ended_objection_starts_without_a_band() -> None:
    silent = verdict(next_day(strong(), objects=True))
    heard = verdict(next_day(silent, objects=False, revenue_cents=29999))
    assert heard.segment == "C"
    assert heard.held is None
