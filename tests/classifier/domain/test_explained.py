"""The numbers of an explanation, put back into the field's rules, give the class."""

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.classifier.domain.thresholds import Calibration
from shared.contracts.policies import Policy
from tests.classifier.domain.builders import FOUR, TODAY, Verdict, next_day, unit, verdict
from tests.classifier.domain.test_properties import CENTS, FACTS, LIVES, POLICIES

BORDERS = Calibration(revenue_cents=30000, potential_cents=15000)
AXES = ("revenue.high", "revenue.low", "potential.high", "potential.low", "band")
DAYS = st.integers(1, 500)


def reaches(reason: dict[str, Any]) -> bool:
    """Whether the value is high by the border it was measured by; in the band that is the lower."""
    return reason["threshold"] is not None and reason["value"] >= reason["threshold"]


def class_from(found: Verdict) -> str:
    """The class that field § 4 gives for nothing but the reasons that were told."""
    rules = found.rules
    if rules == ["objection"]:
        return "C"
    measured = [reason for reason in found.reasons if reason["rule"] in AXES]
    if "favourite" in rules:
        return "A"
    if rules == ["conduct"]:
        return "C"
    revenue = reaches(measured[0])
    potential = any(reaches(reason) for reason in measured[1:]) or "promising" in rules
    if found.row["model"] == "revenue_potential":
        return {(True, True): "A", (True, False): "B", (False, True): "O", (False, False): "C"}[
            revenue, potential
        ]
    return _of_three(found, revenue=revenue, potential=potential)


def _of_three(found: Verdict, *, revenue: bool, potential: bool) -> str:
    against = [
        reason
        for reason in found.reasons
        if (reason["rule"] == "effort_ratio"
            and (reason["value"] is None or reason["value"] > reason["threshold"]))
        or (reason["rule"] not in AXES and reason["threshold"] is not None and reaches(reason))
    ]  # fmt: skip
    if revenue:
        return "B" if against else "A"
    chance_over = found.rules[-1] == "hold_time"
    return "B" if potential and not against and not chance_over else "C"


@settings(deadline=None, max_examples=80)
@given(FACTS, LIVES, st.lists(st.tuples(CENTS, DAYS), max_size=3), POLICIES)
def test_the_reasons_put_back_into_the_rules_give_the_class(
    facts: dict[str, Any], life: dict[str, Any], later: list[tuple[int, int]], policy: Policy
) -> None:
    day = TODAY
    found = verdict(unit(**facts, **life), policy=policy, calibration=BORDERS)
    for cents, passed in [(facts["revenue_cents"], 0), *later]:
        if passed:
            day += timedelta(days=passed)
            after = next_day(found, revenue_cents=cents)
            found = verdict(after, policy=policy, calibration=BORDERS, as_of=day)
        found.row["model"] = policy.model
        assert class_from(found) == found.segment, found.reasons


@settings(deadline=None, max_examples=80)
@given(FACTS, LIVES, CENTS, st.integers(1, 50_000), DAYS, POLICIES)
def test_whatever_is_remembered_more_revenue_never_lowers_the_class(
    facts: dict[str, Any], life: dict[str, Any], later: int, more: int, passed: int, policy: Policy
) -> None:
    """A before B before C; in four classes A and B (care earned) before O and C, and the care
    that lifts the potential is the same."""
    day = TODAY + timedelta(days=passed)
    before = verdict(unit(**facts, **life), policy=policy, calibration=BORDERS)
    poor, rich = (
        verdict(next_day(before, revenue_cents=c), policy=policy, calibration=BORDERS, as_of=day)
        for c in (later, later + more)
    )
    rank = {"A": 0, "B": 0, "O": 1, "C": 1} if policy is FOUR else {"A": 0, "B": 1, "C": 2}
    assert rank[rich.segment] <= rank[poor.segment]
    if policy is FOUR:
        assert rich.row["development"] == poor.row["development"]
