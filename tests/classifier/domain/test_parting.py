"""Polite parting: whom the list shows, and when the time is wrong."""

from datetime import date
from typing import Any

import pytest

from services.classifier.domain.needs import default_policy
from services.classifier.domain.parting import HeldContract, OpenMatter, costly, obstacles
from shared.contracts.policies import Policy
from tests.classifier.domain.test_portfolio import book_of

TODAY = date(2026, 11, 20)
COSTLY = {"revenue_cents": 10_000, "counted_effort_cents": 10_001, "too_costly": True}


def policy(**changes: Any) -> Policy:
    return default_policy().model_copy(update=changes)


def held(**fields: Any) -> HeldContract:
    return HeldContract(
        contract_id="V-1",
        status=fields.get("status", "active"),
        ends_on=fields.get("ends_on"),
        main_due_date=fields.get("main_due_date"),
        notice_months=fields.get("notice_months"),
    )


@pytest.mark.parametrize(
    "unit",
    [
        {**COSTLY, "segment": "B"},
        {**COSTLY, "segment": None},
        {**COSTLY, "counted_effort_cents": 10_000},
        {**COSTLY, "esteemed": True},
        {**COSTLY, "objects": True},
        {**COSTLY, "deceased": True},
        {"revenue_cents": 0, "counted_effort_cents": 4_500, "too_costly": True},
        {"revenue_cents": -5_000, "counted_effort_cents": 0},
    ],
    ids=[
        "not C", "not classified", "pays just so", "esteemed", "objects", "dead", "quiet",
        "a clawback and no contact",
    ],
)  # fmt: skip
def test_who_is_not_on_the_list(unit: dict[str, Any]) -> None:
    assert costly(book_of(unit), policy()).height == 0


def test_care_beyond_revenue_is_on_the_list_the_costliest_first() -> None:
    found = costly(book_of(COSTLY, {**COSTLY, "counted_effort_cents": 20_000}), policy())
    assert found["unit_id"].to_list() == ["U-1", "U-0"]
    assert found["counted_margin_cents"].to_list() == [-10_000, -1]


def test_in_three_classes_the_limit_of_the_policy_decides() -> None:
    units = book_of(
        {"revenue_cents": 20_000, "counted_effort_cents": 15_000, "too_costly": True},
        {"revenue_cents": 20_000, "counted_effort_cents": 9_000, "too_costly": False},
    )
    assert costly(units, policy(model="revenue_effort"))["unit_id"].to_list() == ["U-0"]
    assert costly(units, policy()).height == 0


@pytest.mark.parametrize(
    ("contract", "until"),
    [
        (held(main_due_date="--02-20"), date(2027, 2, 20)),
        (held(main_due_date="--02-22", notice_months=0), None),
        # Notice for 1 March 2027 with three months: until 30 November 2026.
        (held(main_due_date="--03-01"), date(2027, 3, 1)),
        (held(main_due_date="--07-01"), None),
        (held(main_due_date="--11-19", notice_months=1), None),
        (held(main_due_date="--11-20", notice_months=1), TODAY),
        (held(ends_on=date(2027, 1, 31)), date(2027, 1, 31)),
        (held(ends_on=date(2026, 11, 19)), None),
        (held(main_due_date="--02-29", notice_months=1), date(2027, 2, 28)),
        (held(), None),
    ],
)
def test_a_deadline_within_three_months_is_no_time_to_part(
    contract: HeldContract, until: date | None
) -> None:
    found = obstacles([], [contract], as_of=TODAY)
    assert [each.until for each in found] == ([] if until is None else [until])


@pytest.mark.parametrize(
    ("day", "open_still"),
    [(date(2026, 8, 20), True), (date(2026, 8, 19), False), (TODAY, True)],
)
def test_a_claim_stays_in_the_way_for_three_months(day: date, open_still: bool) -> None:
    found = obstacles([OpenMatter(kind="claim", day=day)], [], as_of=TODAY)
    assert bool(found) is open_still


def test_an_application_has_no_known_end_and_comes_last() -> None:
    found = obstacles(
        [OpenMatter(kind="complaint", day=TODAY)], [held(status="applied")], as_of=TODAY
    )
    assert [(each.kind, each.until) for each in found] == [
        ("complaint", date(2027, 2, 20)), ("application", None),
    ]  # fmt: skip
