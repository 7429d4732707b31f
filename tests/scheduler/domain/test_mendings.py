"""Changes that may mend an overload; planning with them decides."""

import polars as pl

from services.scheduler.domain.mendings import (
    milder_rows,
    more_hours,
    moved_to,
    receivers,
    units_to_move,
)
from services.scheduler.domain.starting_catalogues import starting_catalogue
from shared.contracts.staff import Staff
from tests.scheduler.domain.builders import customer, customers

CATALOGUE = starting_catalogue("revenue_potential")
EVERY = [row.key for row in CATALOGUE.services]
OWNER = Staff(staff_id="S-1", role="owner", name="Jana Vogt", weekly_hours=20)
ADVISER = Staff(staff_id="S-2", role="adviser", name="Uwe Kern")


def test_a_guaranteed_review_may_move_to_the_office_and_never_become_rarer() -> None:
    found = [each for each, _ in milder_rows(CATALOGUE, ["yearly_review"])]
    assert [(each.segment, each.field, each.value) for each in found] == [
        ("A", "channel", "office"),
        ("B", "channel", "office"),
        ("O", "every_months", 24),
    ]


def test_duties_stay_and_only_the_named_class_changes() -> None:
    duties = {row.key for row in CATALOGUE.services if row.duty}
    for mending, tried in milder_rows(CATALOGUE, EVERY):
        assert mending.service not in duties
        for before, after in zip(CATALOGUE.services, tried.services, strict=True):
            changed = {
                segment
                for segment in before.segments
                if before.segments[segment] != after.segments.get(segment)
            }
            assert changed == ({mending.segment} if before.key == mending.service else set())


def test_advertising_may_be_left_out_and_service_may_not() -> None:
    left_out = {each.service for each, _ in milder_rows(CATALOGUE, EVERY) if each.value is None}
    purposes = {row.key: row.purpose for row in CATALOGUE.services}
    assert left_out
    assert "service" not in {purposes[key or ""] for key in left_out}


def test_hours_and_carers_change_for_whom_is_named() -> None:
    people = more_hours([OWNER, ADVISER], "S-1", 25)
    assert [each.weekly_hours for each in people] == [25, 40]
    book = moved_to(customers(customer("K-1"), customer("K-2")), ["K-2"], "S-2")
    assert book["staff_id"].to_list() == ["S-1", "S-2"]


def test_who_is_promised_least_moves_first_to_whoever_has_the_least_work() -> None:
    book = customers(customer("K-1", segment="A"), customer("K-2", segment="C"), customer("K-3"))
    unplaced = pl.DataFrame({"unit_id": ["K-1", "K-2", "K-1"]})
    assert units_to_move(book, unplaced) == ["K-2", "K-1"]
    third = ADVISER.model_copy(update={"staff_id": "S-3"})
    ranked = receivers([OWNER, ADVISER, third], {"S-2": 500, "S-3": 100}, ["S-1"])
    assert [each.staff_id for each in ranked] == ["S-3", "S-2"]
