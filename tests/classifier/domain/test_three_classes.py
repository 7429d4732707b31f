"""``revenue_effort``, worked by hand: the first rule that applies wins."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.classifier.domain.builders import (
    LIFE_WITHOUT_NEEDS,
    LIFE_WORTH_150,
    THREE,
    TODAY,
    next_day,
    unit,
    verdict,
)

HIGH = {"revenue_cents": 40000, **LIFE_WITHOUT_NEEDS}
LOW = {"revenue_cents": 4000, **LIFE_WITHOUT_NEEDS}
CHANCE = {"revenue_cents": 4000, **LIFE_WORTH_150}


@pytest.mark.parametrize(
    ("facts", "segment", "rules"),
    [
        (HIGH, "A", ["revenue.high"]),
        (HIGH | {"late_payments": 1}, "A", ["revenue.high"]),
        (HIGH | {"late_payments": 2}, "B", ["revenue.high", "late_payments"]),
        (HIGH | {"price_disputes": 2}, "A", ["revenue.high"]),
        (HIGH | {"price_disputes": 3}, "B", ["revenue.high", "price_disputes"]),
        (HIGH | {"idle_contacts": 11}, "A", ["revenue.high"]),
        (HIGH | {"idle_contacts": 12}, "B", ["revenue.high", "idle_contacts"]),
        (HIGH | {"counted_effort_cents": 20000}, "A", ["revenue.high"]),
        (HIGH | {"counted_effort_cents": 20001}, "B", ["revenue.high", "effort_ratio"]),
        (HIGH | {"counted_effort_cents": 20001, "useful": True}, "A", ["revenue.high"]),
        (HIGH | {"counted_effort_cents": 20001, "referrals": 1}, "A", ["revenue.high"]),
        (HIGH | {"effort_cents": 90000}, "A", ["revenue.high"]),  # claims cost, but never count
        (HIGH | {"conduct": True}, "C", ["conduct"]),
        (LOW, "C", ["revenue.low", "potential.low"]),
        (LOW | {"favourite": True}, "A", ["favourite"]),
        (LOW | {"favourite": True, "conduct": True}, "A", ["favourite", "conduct"]),
        (LOW | {"promising": True}, "B", ["revenue.low", "potential.low", "promising"]),
        (CHANCE, "B", ["revenue.low", "potential.high"]),
        (CHANCE | {"announced_not_delivered": 2}, "C", ["revenue.low", "announced_not_delivered"]),
        (CHANCE | {"idle_contacts": 12}, "C", ["revenue.low", "idle_contacts"]),
        (CHANCE | {"late_payments": 5}, "B", ["revenue.low", "potential.high"]),
        (CHANCE | {"conduct": True}, "C", ["conduct"]),
    ],
)
def test_the_first_rule_that_applies_wins(
    facts: dict[str, Any], segment: str, rules: list[str]
) -> None:
    found = verdict(unit(**facts), policy=THREE)
    assert (found.segment, found.rules) == (segment, rules)


def test_a_small_customer_with_potential_is_b_for_twelve_months_and_then_c() -> None:
    first = verdict(unit(**CHANCE), policy=THREE)
    last_day = verdict(next_day(first), policy=THREE, as_of=date(2027, 11, 20))
    assert (last_day.segment, last_day.row["development"]) == ("B", "active")
    ended = verdict(next_day(first), policy=THREE, as_of=date(2027, 11, 21))
    assert (ended.segment, ended.row["development"]) == ("C", "none")
    assert ended.rules == ["revenue.low", "potential.high", "hold_time"]
    assert verdict(next_day(ended), policy=THREE, as_of=date(2027, 11, 22)).segment == "C"


def test_a_contract_won_by_development_renews_the_chance() -> None:
    first = verdict(unit(**CHANCE), policy=THREE)
    won = next_day(first, won_on=date(2027, 6, 1))
    assert verdict(won, policy=THREE, as_of=date(2027, 11, 21)).segment == "B"
    assert verdict(won, policy=THREE, as_of=date(2028, 6, 1)).segment == "C"


def test_an_override_with_a_class_of_the_other_model_is_not_heard() -> None:
    pinned = unit(override_segment="O", override_until=TODAY + timedelta(days=5), **LOW)
    assert verdict(pinned, policy=THREE).segment == "C"


def test_an_infinite_effort_ratio_is_null_in_the_facts() -> None:
    found = verdict(unit(**LOW | {"revenue_cents": 0, "counted_effort_cents": 1}), policy=THREE)
    assert found.facts is not None
    assert found.facts["effort_ratio"] is None
    free = verdict(unit(**LOW | {"revenue_cents": 0}), policy=THREE)
    assert free.facts is not None
    assert free.facts["effort_ratio"] == 0


def test_a_ratio_a_hair_above_its_limit_reads_so_in_numbers_and_words() -> None:
    found = verdict(unit(**HIGH | {"counted_effort_cents": 20001}), policy=THREE)
    reason = found.reasons[1]
    assert reason["value"] > reason["threshold"] == 0.5
    assert reason["de"] == (
        "Betreuungskosten 200,01 € bei einer Courtage von 400,00 €: über der Grenze von 50 %."
    )
