"""The quarterly review: its days, who went up or down, who lies fallow."""

from datetime import date

import pytest

from services.classifier.domain.book_review import (
    NAMED_AT_MOST,
    QuarterDays,
    QuarterNotBegun,
    care_cost,
    fallow,
    movers,
)
from shared.contracts.book import Mover
from shared.contracts.classifications import Segment
from tests.classifier.domain.test_portfolio import book_of

TODAY = date(2026, 11, 20)


def moved(unit_id: str, before: Segment, now: Segment) -> Mover:
    return Mover(
        unit_id=unit_id, customer_ids=[unit_id], from_segment=before, to_segment=now, day=TODAY,
        policy_version=1, reasons_de=["weil"], reasons_en=["because"],
    )  # fmt: skip


def test_a_past_quarter_ends_with_its_last_day_and_a_running_one_today() -> None:
    past = QuarterDays.on("2026-Q3", TODAY)
    assert (past.begins, past.as_of, past.complete) == (
        date(2026, 7, 1), date(2026, 9, 30), True,
    )  # fmt: skip
    running = QuarterDays.on("2026-Q4", TODAY)
    assert (running.begins, running.as_of, running.complete) == (date(2026, 10, 1), TODAY, False)
    assert not QuarterDays.on("2026-Q4", date(2026, 12, 31)).complete  # its last day still runs
    assert QuarterDays.on("2026-Q4", date(2027, 1, 1)).complete
    with pytest.raises(QuarterNotBegun, match="2027-Q1"):
        QuarterDays.on("2027-Q1", TODAY)


def test_up_and_down_follow_the_order_of_the_classes_the_furthest_first() -> None:
    all_moves = [moved("1", "C", "O"), moved("2", "C", "A"), moved("3", "B", "O")]
    up = movers(all_moves, model="revenue_potential", direction="up")
    assert [mover.unit_id for mover in up.items] == ["2", "1"]
    down = movers(all_moves, model="revenue_potential", direction="down")
    assert [mover.unit_id for mover in down.items] == ["3"]


def test_a_class_that_the_model_does_not_know_stands_below_all() -> None:
    up = movers([moved("1", "O", "C")], model="revenue_effort", direction="up")
    assert up.count == 1


def test_all_movers_are_counted_though_not_all_are_named() -> None:
    many = [moved(f"{number:04}", "C", "A") for number in range(NAMED_AT_MOST + 5)]
    up = movers(many, model="revenue_potential", direction="up")
    assert (up.count, len(up.items)) == (NAMED_AT_MOST + 5, NAMED_AT_MOST)


def test_fallow_is_an_o_customer_without_contact_for_twelve_months() -> None:
    units = book_of(
        {"segment": "O", "potential_cents": 100},
        {"segment": "O", "potential_cents": 300},
        {"segment": "O", "potential_cents": 200},
        {"segment": "C", "potential_cents": 999},
    )
    contacts = {"U-0": date(2025, 11, 20), "U-2": date(2025, 11, 21)}
    found = fallow(units, contacts, as_of=TODAY)
    assert [each.unit_id for each in found.items] == ["U-1", "U-0"]
    assert [each.last_contact for each in found.items] == [None, date(2025, 11, 20)]
    assert (found.count, found.potential_cents) == (2, 400)


def test_the_shortfall_is_what_care_cost_beyond_revenue() -> None:
    units = book_of(
        {"revenue_cents": 100, "effort_cents": 100},
        {"revenue_cents": 100, "effort_cents": 350},
        {"revenue_cents": 0, "effort_cents": 900, "segment": None},
    )
    found = care_cost(units)
    assert (found.paying_units, found.not_paying_units, found.shortfall_cents) == (1, 1, 250)
    assert found.costliest[0].unit_id == "U-1"


def test_who_objected_to_profiling_is_in_the_sums_and_not_named_as_costly() -> None:
    units = book_of(
        {"revenue_cents": 0, "effort_cents": 900, "objects": True},
        {"revenue_cents": 100, "effort_cents": 350},
    )
    found = care_cost(units)
    assert (found.not_paying_units, found.shortfall_cents) == (2, 1150)
    assert [each.unit_id for each in found.costliest] == ["U-1"]
