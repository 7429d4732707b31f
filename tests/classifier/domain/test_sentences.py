"""What an adviser reads out is true on that day, to the day and to the cent."""

from datetime import date
from typing import Any

import pytest

from services.classifier.domain.parting import OpenMatter, obstacles
from shared.contracts.policies import Counts, Policy, Stability
from tests.classifier.domain.builders import (
    FOUR,
    LIFE_WITHOUT_NEEDS,
    THREE,
    next_day,
    unit,
    verdict,
)


def weak(**facts: Any) -> dict[str, Any]:
    """A unit of little revenue and no potential."""
    return unit(revenue_cents=100, **LIFE_WITHOUT_NEEDS, **facts)


def test_a_held_level_names_the_last_day_on_which_it_can_stay() -> None:
    before = verdict(unit(revenue_cents=30000, **LIFE_WITHOUT_NEEDS))
    below = verdict(next_day(before, revenue_cents=27000), as_of=date(2026, 9, 1))
    told = below.reasons[0]
    assert "bleibt ertragsstark, längstens bis 28.11.2026." in told["de"]
    assert "stays high revenue, until 2026-11-28 at the latest." in told["en"]
    last = verdict(next_day(below), as_of=date(2026, 11, 28))
    fallen = verdict(next_day(last), as_of=date(2026, 11, 29))
    assert (last.segment, fallen.segment) == ("B", "C")


@pytest.mark.parametrize(
    ("seen_again", "de", "en"),
    [
        (date(2026, 11, 29), "seit mindestens 90 Tagen", "on at least 90 days"),
        (date(2027, 3, 1), "seit mindestens 90 Tagen", "on at least 90 days"),
    ],
    ids=["on the ninetieth day", "after days left out"],
)
def test_a_hold_that_ended_claims_no_more_days_than_it_lasted(
    seen_again: date, de: str, en: str
) -> None:
    before = verdict(unit(revenue_cents=30000, **LIFE_WITHOUT_NEEDS))
    below = verdict(next_day(before, revenue_cents=27000), as_of=date(2026, 9, 1))
    ended = verdict(next_day(below), as_of=seen_again).reasons[0]
    assert ended["rule"] == "hold_time"
    assert (de in ended["de"], en in ended["en"]) == (True, True)


@pytest.mark.parametrize("policy", [FOUR, THREE], ids=["four classes", "three classes"])
def test_service_that_others_brought_is_explained_beside_the_revenue_that_is_too_small(
    policy: Policy,
) -> None:
    found = verdict(weak(referral_value_cents=30001), policy=policy)
    assert found.row["service_level"] == "high"
    revenue = found.reasons[0]
    assert revenue["rule"] == "revenue.low"
    assert "mehr Service, weil Empfohlene 300,01 € Courtage bringen." in revenue["de"]
    assert "more service because those recommended bring €300.01 of commission." in revenue["en"]


def test_service_that_others_brought_is_told_with_the_revenue_not_with_an_ended_hold() -> None:
    before = verdict(unit(revenue_cents=30000, linked_revenue_cents=30000, **LIFE_WITHOUT_NEEDS))
    below = verdict(next_day(before, revenue_cents=27000), as_of=date(2026, 9, 1))
    ended = verdict(next_day(below), as_of=date(2026, 11, 29)).reasons
    assert [each["rule"] for each in ended[:2]] == ["hold_time", "revenue.low"]
    assert ["mehr Service" in each["de"] for each in ended[:2]] == [False, True]


def test_service_that_a_linked_company_brought_tells_nothing_of_what_others_earn() -> None:
    revenue = verdict(weak(linked_revenue_cents=123456)).reasons[0]
    assert "mehr Service, weil Verbundene ertragsstark sind." in revenue["de"]
    assert "more service because linked customers have high revenue." in revenue["en"]
    assert "1.234,56" not in revenue["de"]


@pytest.mark.parametrize(
    "facts",
    [
        {"referral_value_cents": 30000},
        {"linked_revenue_cents": 29999},
        {"referral_value_cents": 30001, "objects": True},
        {"referral_value_cents": 30001, "override_segment": "A", "override_id": "P-1"},
    ],
    ids=["not above", "not reached", "objects", "pinned"],
)
def test_nothing_is_said_of_others_where_they_decided_nothing(facts: dict[str, Any]) -> None:
    assert not any("mehr Service" in reason["de"] for reason in verdict(weak(**facts)).reasons)


def test_who_earned_the_service_themselves_is_not_told_of_others() -> None:
    found = verdict(unit(revenue_cents=30000, referral_value_cents=50000, **LIFE_WITHOUT_NEEDS))
    assert not any("mehr Service" in reason["de"] for reason in found.reasons)


@pytest.mark.parametrize(
    ("rule", "de", "en"),
    [
        ("late_payments", "1 verspätete Zahlung in", "1 late payment in"),
        ("price_disputes", "1 Diskussion über den Preis in", "1 price dispute in"),
        ("idle_contacts", "1 Kontakt ohne Anliegen in", "1 contact without a matter in"),
    ],
)
def test_one_of_a_kind_is_told_as_one(rule: str, de: str, en: str) -> None:
    strict = THREE.model_copy(update={"counts": Counts(**dict.fromkeys(Counts.model_fields, 1))})
    facts: dict[str, Any] = {rule: 1, **LIFE_WITHOUT_NEEDS}
    found = verdict(unit(revenue_cents=30000, **facts), policy=strict)
    reason = next(each for each in found.reasons if each["rule"] == rule)
    assert (reason["de"].startswith(de), reason["en"].startswith(en)) == (True, True)


def test_one_day_of_hold_is_told_as_one() -> None:
    brief = FOUR.model_copy(update={"stability": Stability(hold_days=1)})
    before = verdict(unit(revenue_cents=30000, **LIFE_WITHOUT_NEEDS), policy=brief)
    ended = verdict(next_day(before, revenue_cents=27000), policy=brief).reasons[0]
    assert ended["de"] == "Courtage seit mindestens 1 Tag in Folge unter der Schwelle."
    assert ended["en"] == "Commission below the threshold on at least 1 day running."


def test_a_claim_says_after_which_day_the_time_is_right() -> None:
    claim = OpenMatter(kind="claim", day=date(2026, 8, 20))
    told = obstacles([claim], [], as_of=date(2026, 11, 20))[0]
    assert told.de == "Schaden vom 20.08.2026: erst nach dem 20.11.2026."
    assert told.en == "Claim of 2026-08-20: only after 2026-11-20."
    assert obstacles([claim], [], as_of=date(2026, 11, 21)) == []
