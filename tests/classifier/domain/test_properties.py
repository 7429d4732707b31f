"""What holds for every book, not only for the worked cases."""

from datetime import timedelta
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from services.classifier.domain.thresholds import Calibration, threshold_amount
from shared.contracts.lines import LINES
from shared.contracts.policies import ParetoThreshold, Policy, TopShareThreshold
from tests.classifier.domain.builders import (
    FOUR,
    LIFE_WITHOUT_NEEDS,
    LIFE_WORTH_150,
    THREE,
    TODAY,
    Verdict,
    next_day,
    unit,
    verdict,
    verdicts,
)

CENTS = st.integers(-100_000, 200_000) | st.sampled_from([0, 26999, 27000, 29999, 30000, 30001])
FLAG = st.booleans()
COUNT = st.integers(0, 20)
FACTS = st.fixed_dictionaries(
    {
        "revenue_cents": CENTS,
        "counted_effort_cents": st.integers(0, 100_000),
        "referrals": st.integers(0, 2),
        "referral_value_cents": CENTS,
        "late_payments": COUNT,
        "price_disputes": COUNT,
        "announced_not_delivered": COUNT,
        "idle_contacts": COUNT,
        "favourite": FLAG,
        "useful": FLAG,
        "promising": FLAG,
        "conduct": FLAG,
        "objects": FLAG,
        "covered": st.sets(st.sampled_from([line.key for line in LINES]), max_size=6),
    }
)
LIVES = st.sampled_from([{}, LIFE_WITHOUT_NEEDS, LIFE_WORTH_150, {"vehicles": 2}, {"home": "owns"}])
POLICIES = st.sampled_from([FOUR, THREE])
BETTER_CLASSES = {FOUR.model: ({"A", "B"}, {"O", "C"}), THREE.model: ({"A"}, {"B"}, {"C"})}


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(FACTS, LIVES), min_size=1, max_size=6), POLICIES)
def test_every_unit_gets_exactly_one_segment_and_at_least_one_reason(
    book: list[tuple[dict[str, Any], dict[str, Any]]], policy: Policy
) -> None:
    units = [unit(f"K-{n}", **facts, **life) for n, (facts, life) in enumerate(book)]
    found = verdicts(*units, policy=policy)
    assert [v.row["unit_id"] for v in found] == [u["unit_id"] for u in units]
    allowed = "ABOC" if policy is FOUR else "ABC"
    for v in found:
        assert v.segment in allowed
        assert v.reasons
        assert v.row["service_level"] in ("high", "standard")
        assert v.row["development"] in ("active", "none")


@settings(deadline=None, max_examples=60)
@given(FACTS, LIVES, POLICIES, st.integers(1, 100_000))
def test_more_revenue_never_lowers_the_class(
    facts: dict[str, Any], life: dict[str, Any], policy: Policy, more: int
) -> None:
    richer = facts | {"revenue_cents": facts["revenue_cents"] + more}
    poor, rich = verdicts(unit("p", **facts, **life), unit("r", **richer, **life), policy=policy)
    assert _rank(rich, policy) <= _rank(poor, policy)


def _rank(found: Verdict, policy: Policy) -> int:
    classes = BETTER_CLASSES[policy.model]
    return next(place for place, letters in enumerate(classes) if found.segment in letters)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(27000, 60000), min_size=1, max_size=8))
def test_a_value_wandering_inside_the_band_never_changes_the_class(values: list[int]) -> None:
    found = verdict(unit(revenue_cents=30000, **LIFE_WITHOUT_NEEDS))
    for days, cents in enumerate(values, start=1):
        after = next_day(found, revenue_cents=cents)
        found = verdict(after, as_of=TODAY + timedelta(days=days))
        assert (found.segment, found.row["changed"]) == ("B", False)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(-50, 200), max_size=30),
    st.integers(1, 99).map(lambda percent: percent / 100),
)
def test_relative_thresholds_take_their_share_and_every_tie_and_no_more(
    values: list[int], share: float
) -> None:
    series = pl.Series(values, dtype=pl.Int64)
    positive = [value for value in values if value > 0]
    top = threshold_amount(TopShareThreshold(kind="top_share", share=share), series)
    pareto = threshold_amount(ParetoThreshold(kind="pareto", share=share), series)
    if not positive:
        assert top is pareto is None
        return
    assert top is not None
    assert pareto is not None
    high = [value for value in positive if value >= top]
    assert len(high) >= min(len(positive), round(share * 100) * len(values) / 100)
    assert sum(v > top for v in positive) * 100 < round(share * 100) * len(values)
    assert sum(v for v in positive if v > pareto) * 100 < round(share * 100) * sum(positive)
    assert sum(v for v in positive if v >= pareto) * 100 >= round(share * 100) * sum(positive)


@settings(deadline=None, max_examples=60)
@given(FACTS, LIVES, CENTS, POLICIES)
def test_the_numbers_of_a_reason_put_back_into_its_rule_give_what_it_says(
    facts: dict[str, Any], life: dict[str, Any], later: int, policy: Policy
) -> None:
    borders = Calibration(revenue_cents=30000, potential_cents=15000)
    first = verdict(unit(**facts, **life), policy=policy, calibration=borders)
    after = next_day(first, revenue_cents=later)
    found = verdict(after, policy=policy, calibration=borders, as_of=TODAY + timedelta(days=1))
    levels = {axis: state["level"] for axis, state in found.axes.items()}
    for reason in found.reasons:
        rule, value, border = reason["rule"], reason["value"], reason["threshold"]
        if "." in rule:
            axis, level = rule.split(".")
            assert levels[axis] == level
            assert (value >= border) is (level == "high")
        elif rule == "band":
            assert value >= border
        elif rule == "effort_ratio":
            assert value is None or value > border
        elif border is not None:
            assert value >= border
        if value is not None:
            assert reason["distance"] == round(value - border, 9)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(FACTS, LIVES), min_size=2, max_size=5), POLICIES)
def test_a_unit_alone_gets_the_class_it_gets_among_others(
    book: list[tuple[dict[str, Any], dict[str, Any]]], policy: Policy
) -> None:
    units = [unit(f"K-{n}", **facts, **life) for n, (facts, life) in enumerate(book)]
    together = verdicts(*units, policy=policy)
    assert [verdict(u, policy=policy) for u in units] == together


def test_an_empty_book_is_classified_too() -> None:
    assert verdicts() == []
