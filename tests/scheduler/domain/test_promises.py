"""Promises first: what is kept is what an exact solver keeps, whoever came first."""

import random
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from services.scheduler.domain.exact import Contact, Effort, arrangement
from services.scheduler.domain.levelling import Levelled, level, weekly_loads
from services.scheduler.domain.placement import IDLE
from services.scheduler.domain.schemas import WORK
from tests.scheduler.domain.builders import MONDAY, room

BOOKS = 500
PARTS = 10
LENGTHS = (10, 15, 30, 60, 90, 130)


def small_book(seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Up to sixteen contacts of two people for up to four weeks; some stand already."""
    dice = random.Random(seed)
    days = dice.choice((5, 12, 26))
    people = ("S-1", "S-2")[: dice.choice((1, 2))]
    capacity = pl.concat(
        room(
            staff_id,
            MONDAY,
            [0 if n % 7 > 4 else dice.choice((0, 60, 135, 150)) for n in range(days)],
        )
        for staff_id in people
    )
    rows = []
    for n in range(dice.randint(2, 16)):
        first = dice.randrange(days)
        last = min(days - 1, first + dice.choice((0, 2, 6, 13)))
        stands = dice.choice((None, dice.randint(first, last)))
        rank = dice.randint(2, 5)
        rows.append(
            {
                "touchpoint_id": f"t-{n:02}",
                "staff_id": dice.choice(people),
                "service": "call",
                "minutes": dice.choice(LENGTHS),
                "priority": dice.randint(1, 3),
                "earliest": MONDAY + timedelta(days=first),
                "latest": MONDAY + timedelta(days=last),
                "day": None if stands is None else MONDAY + timedelta(days=stands),
                "standing_staff_id": None,
                "rank": rank,
                "hold": 0,
                "others": list(people) if rank <= 3 else None,
            }
        )
    return pl.DataFrame(rows, schema=WORK), capacity


class ExactBook:
    """The same book as an integer programme, written down anew from the words of the rules."""

    def __init__(self, work: pl.DataFrame, capacity: pl.DataFrame) -> None:
        self.items = work.sort("rank", "priority", "latest", "touchpoint_id").to_dicts()
        self.room = {
            (row["staff_id"], row["day"]): row["plannable_minutes"] for row in capacity.to_dicts()
        }

    def spots(self, item: dict[str, Any]) -> list[tuple[str, date]]:
        people = {item["staff_id"], *(item["others"] or ())}
        return [
            spot
            for spot in self.room
            if spot[0] in people and item["earliest"] <= spot[1] <= item["latest"]
        ]

    def model(self, items: list[dict[str, Any]]) -> tuple[cp_model.CpModel, dict[Any, list[Any]]]:
        model = cp_model.CpModel()
        used: dict[Any, list[Any]] = {spot: [] for spot in self.room}
        for item in items:
            here = []
            for spot in self.spots(item):
                chosen = model.new_bool_var("")
                here.append(chosen)
                used[spot].append(chosen * item["minutes"])
            model.add_exactly_one(here)
        for spot, minutes in used.items():
            model.add(sum(minutes) <= self.room[spot])
        return model, used

    def broken_for_nothing(self, kept: set[str]) -> list[str]:
        """What is missing though it fits beside all that is kept and promised more.

        If there is none, then what is kept is the one set that an exact solver keeps, which takes
        contact by contact in the order of promises.
        """
        before: list[dict[str, Any]] = []
        found = []
        for item in self.items:
            if item["touchpoint_id"] in kept:
                before.append(item)
            elif self.spots(item) and _solve(self.model([*before, item])[0]) is not None:
                found.append(item["touchpoint_id"])
        return found

    def lowest_peak(self, placed: pl.DataFrame) -> float:
        """The lowest highest weekly load of these contacts, each with the person it has."""
        doer = dict(placed.select("touchpoint_id", "staff_id").iter_rows())
        items = [
            {**item, "staff_id": doer[item["touchpoint_id"]], "others": None}
            for item in self.items
            if item["touchpoint_id"] in doer
        ]
        highest = 0.0
        for staff_id in {spot[0] for spot in self.room}:
            mine = [item for item in items if item["staff_id"] == staff_id]
            model, used = self.model(mine)
            peak = model.new_int_var(0, 20_000, "")
            weeks: dict[date, list[tuple[str, date]]] = {}
            for spot in self.room:
                if spot[0] == staff_id:
                    monday = spot[1] - timedelta(days=spot[1].weekday())
                    weeks.setdefault(monday, []).append(spot)
            for spots in weeks.values():
                minutes = [each for spot in spots for each in used[spot]]
                model.add(sum(minutes) * 10_000 <= peak * sum(self.room[spot] for spot in spots))
            model.minimize(peak)
            solver = _solve(model)
            assert solver is not None
            highest = max(highest, solver.objective_value / 10_000)
        return highest


def _solve(model: cp_model.CpModel) -> cp_model.CpSolver | None:
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    return solver if solver.solve(model) == cp_model.OPTIMAL else None


def kept_of(levelled: Levelled) -> list[str]:
    return levelled.placed["touchpoint_id"].to_list()


@pytest.mark.parametrize("part", range(PARTS))
def test_small_books_keep_what_an_exact_solver_keeps_and_are_as_level(part: int) -> None:
    for seed in range(part * BOOKS // PARTS, (part + 1) * BOOKS // PARTS):
        work, capacity = small_book(seed)
        levelled = level(work=work, capacity=capacity)
        exact = ExactBook(work, capacity)
        assert exact.broken_for_nothing(set(kept_of(levelled))) == [], f"book {seed}"
        loads = weekly_loads(placed=levelled.placed, capacity=capacity)["load"]
        peak = max(loads.to_list(), default=0.0)
        assert peak <= max(1.03 * exact.lowest_peak(levelled.placed), IDLE), f"book {seed}"


@pytest.mark.parametrize("part", range(PARTS))
def test_what_stood_before_changes_no_promise_that_is_kept(part: int) -> None:
    for seed in range(part * 10, part * 10 + 10):
        work, capacity = small_book(seed)
        stood = kept_of(level(work=work, capacity=capacity))
        afresh = work.with_columns(day=pl.lit(None, dtype=pl.Date))
        assert kept_of(level(work=afresh, capacity=capacity)) == stood, f"book {seed}"
        half = level(work=work.gather_every(2), capacity=capacity).placed
        came_later = afresh.drop("day", "standing_staff_id").join(
            half.select("touchpoint_id", "day", standing_staff_id="staff_id"),
            on="touchpoint_id",
            how="left",
        )
        assert kept_of(level(work=came_later, capacity=capacity)) == stood, f"book {seed}"


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, BOOKS - 1), dice=st.randoms(use_true_random=False))
def test_the_order_in_which_contacts_arrive_changes_no_promise_that_is_kept(
    seed: int, dice: random.Random
) -> None:
    """They come in three portions, each planned beside those that stand already."""
    work, capacity = small_book(seed)
    afresh = work.drop("day", "standing_staff_id")
    arriving = afresh["touchpoint_id"].to_list()
    dice.shuffle(arriving)
    stands = pl.DataFrame(
        schema={"touchpoint_id": pl.String, "day": pl.Date, "standing_staff_id": pl.String}
    )
    kept: list[str] = []
    for part in (1, 2, 3):
        here = afresh.filter(pl.col("touchpoint_id").is_in(arriving[: len(arriving) * part // 3]))
        beside = here.join(stands, on="touchpoint_id", how="left")
        levelled = level(work=beside, capacity=capacity)
        stands = levelled.placed.select("touchpoint_id", "day", standing_staff_id="staff_id")
        kept = kept_of(levelled)
    nothing_stood = work.with_columns(
        day=pl.lit(None, dtype=pl.Date), standing_staff_id=pl.lit(None, dtype=pl.String)
    )
    assert kept == kept_of(level(work=nothing_stood, capacity=capacity))


@pytest.mark.parametrize("part", range(PARTS))
def test_planning_a_plan_again_moves_nothing(part: int) -> None:
    for seed in range(part * 20, part * 20 + 20):
        work, capacity = small_book(seed)
        once = level(work=work, capacity=capacity)
        stands = work.drop("day", "standing_staff_id").join(
            once.placed.select("touchpoint_id", "day", standing_staff_id="staff_id"),
            on="touchpoint_id",
            how="left",
        )
        again = level(work=stands, capacity=capacity)
        assert again.placed.equals(once.placed), f"book {seed}"


FRIDAY = MONDAY + timedelta(days=4)
WEEK = [288] * 5 + [0, 0]


def contacts(*rows: dict[str, Any]) -> pl.DataFrame:
    """Frame ``WORK``: hour-long calls of S-1 for Monday, but for what is said."""
    ordinary = {
        "staff_id": "S-1",
        "service": "call",
        "minutes": 60,
        "priority": 1,
        "earliest": MONDAY,
        "latest": MONDAY,
        "rank": 3,
        "hold": 0,
    }
    return pl.DataFrame([{**ordinary, **row} for row in rows], schema=WORK)


def days_of(levelled: Levelled) -> dict[str, tuple[str, date]]:
    rows = levelled.placed.select("touchpoint_id", "staff_id", "day").iter_rows()
    return {touchpoint_id: (staff_id, day) for touchpoint_id, staff_id, day in rows}


def test_a_greeting_that_stands_yields_to_a_guaranteed_review() -> None:
    work = contacts(
        {"touchpoint_id": "greeting", "rank": 5, "day": MONDAY},
        {"touchpoint_id": "review", "rank": 2},
    )
    assert kept_of(level(work=work, capacity=room("S-1", MONDAY, [60]))) == ["review"]


def test_a_promise_goes_to_a_colleague_before_it_breaks_and_a_greeting_does_not() -> None:
    both = pl.concat([room("S-1", MONDAY, [60]), room("S-2", MONDAY, [60])])
    work = contacts(
        {"touchpoint_id": "a", "rank": 2, "others": ["S-2"]},
        {"touchpoint_id": "b", "rank": 3, "others": ["S-2"]},
        {"touchpoint_id": "c", "rank": 5},
    )
    levelled = level(work=work, capacity=both)
    assert days_of(levelled) == {"a": ("S-1", MONDAY), "b": ("S-2", MONDAY)}


def test_what_was_told_stays_though_a_duty_has_no_room_and_the_duty_is_shown() -> None:
    work = contacts(
        {"touchpoint_id": "told", "rank": 5, "hold": 2, "day": MONDAY},
        {"touchpoint_id": "duty", "rank": 0, "others": ["S-2"]},
    )
    share = pl.concat([room("S-1", MONDAY, [60]), room("S-2", MONDAY, [30])])
    whole = pl.concat([room("S-1", MONDAY, [100]), room("S-2", MONDAY, [100])])
    levelled = level(work=work, capacity=share, whole=whole)
    assert days_of(levelled) == {"told": ("S-1", MONDAY), "duty": ("S-2", MONDAY)}
    assert levelled.over_share == ["duty"]


def test_a_duty_whose_window_has_no_working_day_comes_on_the_first_one_after() -> None:
    saturday = MONDAY + timedelta(days=5)
    work = contacts({"touchpoint_id": "duty", "rank": 0, "earliest": saturday, "latest": saturday})
    levelled = level(work=work, capacity=room("S-1", MONDAY, WEEK * 2))
    assert days_of(levelled) == {"duty": ("S-1", MONDAY + timedelta(days=7))}


def test_what_begins_soon_moves_for_a_promise_and_never_for_the_load() -> None:
    standing = [
        {
            "touchpoint_id": f"soon-{n}",
            "latest": FRIDAY + timedelta(days=7),
            "day": MONDAY,
            "rank": 5,
            "hold": 1,
        }
        for n in range(4)
    ]
    capacity = room("S-1", MONDAY, WEEK * 2)
    alone = level(work=contacts(*standing), capacity=capacity)
    assert {day for _, day in days_of(alone).values()} == {MONDAY}
    duty = contacts({"touchpoint_id": "duty", "rank": 0, "minutes": 90})
    moved = level(work=pl.concat([contacts(*standing), duty]), capacity=capacity)
    assert days_of(moved)["duty"] == ("S-1", MONDAY)
    assert len(kept_of(moved)) == 5


def test_exact_questions_of_one_planning_have_one_bound() -> None:
    contact = Contact(minutes=10, spots=[(0, 0), (0, 1)], stands=None)
    room_left, effort = {(0, 0): 10, (0, 1): 10}, Effort(left=0.01)
    found, _ = arrangement([contact, contact], room_left, effort=effort)
    assert (found is not None, effort.left <= 0) == (True, True)
    assert arrangement([contact], room_left, effort=effort) == (None, False)
