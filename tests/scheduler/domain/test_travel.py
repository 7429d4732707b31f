"""Visits of one postcode share a day where that costs no load and parts no others."""

import random
from collections import Counter
from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from services.scheduler.domain.levelling import Levelled, level, weekly_loads
from services.scheduler.domain.schemas import CAPACITY, VISITS, WORK
from services.scheduler.domain.touchpoints import work_to_level
from services.scheduler.domain.travel import travel_word, visited_areas
from tests.scheduler.domain.builders import MONDAY, customer, customers, room, year_of

FRIDAY = MONDAY + timedelta(days=4)
WEEK = [288] * 5 + [0, 0]
HERE, THERE = "DE-06526", "DE-06295"


def visits(*rows: dict[str, Any]) -> pl.DataFrame:
    """Frame ``WORK``: visits of S-1 in one week, but for what is said."""
    ordinary = {
        "staff_id": "S-1",
        "service": "yearly_review",
        "minutes": 130,
        "priority": 1,
        "earliest": MONDAY,
        "latest": FRIDAY,
        "rank": 3,
        "hold": 0,
        "area": HERE,
    }
    return pl.DataFrame([{**ordinary, **row} for row in rows], schema=WORK)


def days_of(levelled: Levelled) -> dict[str, Any]:
    return dict(levelled.placed.select("touchpoint_id", "day").iter_rows())


def joined(levelled: Levelled, work: pl.DataFrame) -> int:
    """How many visits have a neighbour."""
    placed = levelled.placed.join(work.select("touchpoint_id", "area"), on="touchpoint_id")
    known = placed.drop_nulls("area").select("staff_id", "day", "area").iter_rows()
    return sum(count for count in Counter(known).values() if count > 1)


def test_two_visits_of_a_postcode_share_a_day_and_two_of_different_ones_do_not() -> None:
    near = visits({"touchpoint_id": "a"}, {"touchpoint_id": "b"})
    days = days_of(level(work=near, capacity=room("S-1", MONDAY, WEEK)))
    assert days["a"] == days["b"]
    far = visits({"touchpoint_id": "a"}, {"touchpoint_id": "b", "area": THERE})
    days = days_of(level(work=far, capacity=room("S-1", MONDAY, WEEK)))
    assert days["a"] != days["b"]


def test_a_visit_takes_the_place_of_one_that_goes_elsewhere() -> None:
    work = visits(
        {"touchpoint_id": "a", "day": MONDAY},
        {"touchpoint_id": "far", "area": THERE, "day": MONDAY},
        {"touchpoint_id": "b", "day": FRIDAY, "earliest": FRIDAY},
        {"touchpoint_id": "call", "area": None, "day": FRIDAY},
    )
    while_moving_in = level(work=work, capacity=room("S-1", MONDAY, WEEK), relied_on=False)
    days = days_of(while_moving_in)
    assert days["a"] == days["b"] == FRIDAY
    assert days["call"] == MONDAY


def test_a_day_that_is_relied_on_is_not_moved_for_a_shorter_way() -> None:
    work = visits(
        {"touchpoint_id": "a", "day": MONDAY},
        {"touchpoint_id": "b", "day": FRIDAY},
        {"touchpoint_id": "call", "minutes": 30, "area": None, "day": FRIDAY},
        {"touchpoint_id": "new", "earliest": FRIDAY - timedelta(days=1)},
    )
    days = days_of(level(work=work, capacity=room("S-1", MONDAY, [290] * 5 + [0, 0])))
    assert (days["a"], days["b"], days["call"]) == (MONDAY, FRIDAY, FRIDAY)
    assert days["new"] == FRIDAY, "what is new goes beside what stands"


def test_what_is_held_or_has_no_known_area_is_not_moved() -> None:
    held = visits(
        {"touchpoint_id": "a", "day": MONDAY, "hold": 1},
        {"touchpoint_id": "b", "day": FRIDAY, "hold": 2},
    )
    days = days_of(level(work=held, capacity=room("S-1", MONDAY, WEEK)))
    assert (days["a"], days["b"]) == (MONDAY, FRIDAY)
    unknown = visits(
        {"touchpoint_id": "a", "day": MONDAY, "area": None},
        {"touchpoint_id": "b", "day": FRIDAY, "area": None},
    )
    days = days_of(level(work=unknown, capacity=room("S-1", MONDAY, WEEK)))
    assert (days["a"], days["b"]) == (MONDAY, FRIDAY)


def test_a_visit_planned_alone_joins_one_that_stands_elsewhere_in_the_book() -> None:
    there = pl.DataFrame(
        [("S-1", FRIDAY, HERE), ("S-2", MONDAY, HERE)], schema=VISITS, orient="row"
    )
    work = visits({"touchpoint_id": "a"})
    levelled = level(work=work, capacity=room("S-1", MONDAY, WEEK), visits=there)
    assert days_of(levelled) == {"a": FRIDAY}


def test_a_week_is_not_made_fuller_than_the_fullest_to_join_a_visit() -> None:
    later = MONDAY + timedelta(days=7)
    work = visits(
        {"touchpoint_id": "a", "latest": MONDAY},
        {"touchpoint_id": "b", "latest": later + timedelta(days=4)},
    )
    days = days_of(level(work=work, capacity=room("S-1", MONDAY, WEEK * 2)))
    assert days["b"] >= later


def random_book(seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    dice = random.Random(seed)
    rows = []
    for n in range(40):
        first = dice.randrange(40)
        visit = dice.random() < 0.5
        rows.append(
            {
                "touchpoint_id": f"t-{n:02}",
                "staff_id": dice.choice(("S-1", "S-2")),
                "minutes": 130 if visit else dice.choice((10, 15, 60)),
                "earliest": MONDAY + timedelta(days=first),
                "latest": MONDAY + timedelta(days=first + dice.choice((6, 13, 27))),
                "area": dice.choice((HERE, THERE, "DE-06542", None)) if visit else None,
            }
        )
    capacity: pl.DataFrame = pl.concat(
        [pl.DataFrame(schema=CAPACITY), *(room(each, MONDAY, WEEK * 10) for each in ("S-1", "S-2"))]
    )
    return visits(*rows), capacity


@pytest.mark.parametrize("seed", range(10))
def test_joining_costs_no_load_and_joining_again_moves_nothing(seed: int) -> None:
    work, capacity = random_book(seed)
    apart = level(work=work.with_columns(area=pl.lit(None, pl.String)), capacity=capacity)
    together = level(work=work, capacity=capacity)
    assert joined(together, work) >= joined(apart, work)
    peaks = [
        weekly_loads(placed=each.placed, capacity=capacity).group_by("staff_id").max()
        for each in (together, apart)
    ]
    loads = [dict(each.select("staff_id", "load").iter_rows()) for each in peaks]
    assert all(loads[0][who] <= loads[1][who] + 1e-9 for who in loads[0])
    stands = work.drop("day", "standing_staff_id").join(
        together.placed.select("touchpoint_id", "day", standing_staff_id="staff_id"),
        on="touchpoint_id",
        how="left",
    )
    assert level(work=stands.select(list(WORK)), capacity=capacity).placed.equals(together.placed)


def test_only_visits_at_home_have_an_area() -> None:
    people = customers(customer("K-1"), customer("K-2", visit_area=None))
    plan = year_of(customer("K-1"), customer("K-2", visit_area=None))
    work = work_to_level(plan, areas=visited_areas(plan, people))
    with_area = work.drop_nulls("area").join(plan, on="touchpoint_id")
    assert set(with_area["channel"]) == {"visit"}
    assert set(with_area["customer_id"]) == {"K-1"}


@pytest.mark.parametrize(
    ("area", "others", "word"),
    [
        (HERE, [THERE, HERE], "joined"),
        (HERE, [THERE], "split"),
        (HERE, [], "alone"),
        (None, [None], "split"),
        (None, [], "alone"),
    ],
)
def test_each_visit_is_joined_alone_or_split(area: Any, others: list[Any], word: str) -> None:
    assert travel_word(area, others) == word
