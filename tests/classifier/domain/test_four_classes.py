"""``revenue_potential``, worked by hand from the field's rules."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.classifier.domain.classify import classify
from services.classifier.domain.errors import FactsIncomplete
from services.classifier.domain.thresholds import Calibration
from shared.contracts.classifications import Facts, Gap, Reason
from tests.classifier.domain.builders import (
    FOUR,
    LIFE_WITHOUT_NEEDS,
    LIFE_WORTH_150,
    TODAY,
    frame,
    members,
    next_day,
    unit,
    verdict,
    verdicts,
)

RICH, POOR = LIFE_WORTH_150, LIFE_WITHOUT_NEEDS


@pytest.mark.parametrize(
    ("cents", "life", "segment", "service_level", "development"),
    [
        (84210, RICH, "A", "high", "active"),
        (84210, POOR, "B", "high", "none"),
        (4210, RICH, "O", "standard", "active"),
        (4210, POOR, "C", "standard", "none"),
        (30000, POOR, "B", "high", "none"),  # inclusive border
        (29999, POOR, "C", "standard", "none"),
        (0, RICH, "O", "standard", "active"),
        (-5000, RICH, "O", "standard", "active"),
    ],
)
def test_the_two_axes_give_the_class_and_the_care(
    cents: int, life: dict[str, Any], segment: str, service_level: str, development: str
) -> None:
    found = verdict(unit(revenue_cents=cents, **life))
    assert (found.segment, found.row["service_level"], found.row["development"]) == (
        segment,
        service_level,
        development,
    )


def test_promising_makes_the_potential_high_but_is_not_remembered_by_the_axis() -> None:
    found = verdict(unit(revenue_cents=40000, promising=True, **POOR))
    assert found.segment == "A"
    assert found.rules == ["revenue.high", "potential.low", "promising"]
    assert found.axes["potential"]["level"] == "low"
    after = verdict(next_day(found, promising=False), as_of=TODAY + timedelta(days=1))
    assert after.segment == "B"


def test_effort_and_conduct_never_move_the_four_classes() -> None:
    plain = unit("quiet", revenue_cents=40000, **POOR)
    loud = unit(
        "loud", revenue_cents=40000, counted_effort_cents=10**6, conduct=True, late_payments=9,
        idle_contacts=50, **POOR,
    )  # fmt: skip
    assert [v.segment for v in verdicts(plain, loud)] == ["B", "B"]


def test_recommendations_above_the_threshold_raise_the_care_and_not_the_class() -> None:
    found = verdict(unit(revenue_cents=100, referral_value_cents=30001, **POOR))
    assert (found.segment, found.row["service_level"]) == ("C", "high")
    linked = verdict(unit(revenue_cents=100, linked_revenue_cents=90000, **POOR))
    assert (linked.segment, linked.row["service_level"]) == ("C", "high")


def test_who_objected_is_c_with_no_facts_no_gaps_and_no_levels() -> None:
    found = verdict(unit(revenue_cents=90000, objects=True, **RICH))
    assert (found.segment, found.row["service_level"], found.row["development"]) == (
        "C", "standard", "none",
    )  # fmt: skip
    assert found.rules == ["objection"]
    assert found.facts is None
    assert found.gaps == []
    assert found.axes["revenue"] == {"level": None, "below_since": None}


def test_an_objection_of_a_c_customer_is_told_although_the_class_stays() -> None:
    before = verdict(unit(revenue_cents=100, **POOR))
    after = verdict(next_day(before, objects=True))
    assert after.segment == "C"
    assert after.row["changed"]


def test_a_pinned_class_wins_brings_its_care_and_ends_by_itself() -> None:
    until = TODAY + timedelta(days=30)
    found = verdict(unit(revenue_cents=100, override_segment="A", override_until=until, **POOR))
    assert (found.segment, found.row["service_level"], found.row["development"]) == (
        "A", "high", "active",
    )  # fmt: skip
    assert found.rules == ["override", "revenue.low", "potential.low"]
    after = verdict(next_day(found, override_segment=None, override_until=None))
    assert (after.segment, after.row["changed"]) == ("C", True)


def test_a_unit_that_stays_the_same_is_not_changed() -> None:
    before = verdict(unit(revenue_cents=40000, covered=["motor"], **RICH))
    assert before.row["changed"]
    after = verdict(next_day(before, revenue_cents=41000), as_of=TODAY + timedelta(days=1))
    assert not after.row["changed"]
    assert not after.row["state_changed"]


def test_a_new_gap_and_a_new_policy_version_are_changes() -> None:
    before = verdict(unit(revenue_cents=40000, covered=["household"], **RICH))
    opened = next_day(before, covered_lines=0, own_lines=0)
    assert verdict(opened).row["changed"]
    assert verdict(next_day(before), version=4).row["changed"]


def test_a_reason_reads_as_the_contract_says() -> None:
    found = verdict(unit(revenue_cents=84210, **RICH))
    assert found.reasons[0] == {
        "rule": "revenue.high",
        "value": 84210,
        "threshold": 30000,
        "distance": 54210,
        "de": "Courtage der letzten 12 Monate 842,10 € (Schwelle 300,00 €): ertragsstark.",
        "en": "Commission of the last 12 months €842.10 (threshold €300.00): high revenue.",
    }


def test_facts_gaps_and_reasons_keep_the_contract() -> None:
    found = verdict(
        unit(
            revenue_cents=84210,
            effort_cents=21400,
            counted_effort_cents=21400,
            effort_minutes=190,
            covered=["motor", "household"],
            **RICH,
        )
    )
    facts = Facts.model_validate(found.facts)
    assert (facts.margin_cents, facts.effort_ratio) == (62810, 0.254)
    assert facts.lines == ["motor", "household"]
    assert [Gap.model_validate(gap) for gap in found.gaps]
    assert [Reason.model_validate(reason) for reason in found.reasons]


def test_in_a_book_without_revenue_nobody_is_high() -> None:
    nobody = Calibration(revenue_cents=None, potential_cents=15000)
    found = verdict(unit(revenue_cents=0, **RICH), calibration=nobody)
    assert found.segment == "O"
    assert found.reasons[0]["threshold"] is None


def test_a_frame_without_its_columns_is_refused_by_name() -> None:
    with pytest.raises(FactsIncomplete, match="column referrals"):
        classify(
            frame(unit()).drop("referrals"),
            further_members=members(),
            policy=FOUR,
            policy_version=1,
            calibration=Calibration(revenue_cents=1, potential_cents=1),
            as_of=date(2026, 1, 1),
        )
