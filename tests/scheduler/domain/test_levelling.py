"""Every personal contact gets a day of its window, or is told to have none."""

from datetime import date, timedelta

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduler.domain.levelling import level, relaxed_optima, weekly_loads
from services.scheduler.domain.schemas import WORK
from services.scheduler.domain.windows import WINDOWS_KEPT, Windows
from services.scheduler.domain.wishes import Wish
from tests.scheduler.domain.builders import MONDAY, as_work, room, work

FRIDAY = MONDAY + timedelta(days=4)
WEEK = [288] * 5 + [0, 0]


def test_five_calls_of_a_week_fall_on_five_days() -> None:
    calls = work(*((f"t-{n}", "S-1", 60, 1, MONDAY, FRIDAY) for n in range(5)))
    placed = level(work=calls, capacity=room("S-1", MONDAY, WEEK)).placed
    assert placed["day"].n_unique() == 5


def test_what_does_not_fit_is_told_and_the_important_fits_first() -> None:
    calls = work(
        *((f"t-c{n}", "S-1", 100, 3, MONDAY, MONDAY) for n in range(3)),
        *((f"t-a{n}", "S-1", 100, 1, MONDAY, MONDAY) for n in range(2)),
    )
    levelled = level(work=calls, capacity=room("S-1", MONDAY, WEEK))
    assert levelled.placed["touchpoint_id"].to_list() == ["t-a0", "t-a1"]
    assert levelled.unplaced["reason"].to_list() == ["no_room_in_window"] * 3


def test_a_weekend_alone_is_no_window_and_nobody_is_no_carer() -> None:
    saturday = MONDAY + timedelta(days=5)
    calls = work(
        ("t-1", "S-1", 15, 1, saturday, saturday + timedelta(days=1)),
        ("t-2", None, 15, 1, MONDAY, FRIDAY),
        ("t-3", "S-gone", 15, 1, MONDAY, FRIDAY),
        ("t-4", "S-1", 15, 1, date(2030, 1, 1), date(2030, 2, 1)),
    )
    levelled = level(work=calls, capacity=room("S-1", MONDAY, WEEK))
    assert levelled.unplaced.select("touchpoint_id", "reason").rows() == [
        ("t-1", "no_working_day_in_window"),
        ("t-2", "nobody_responsible"),
        ("t-3", "no_working_day_in_window"),
        ("t-4", "no_working_day_in_window"),
    ]


def test_a_day_that_was_given_stays_while_it_is_allowed() -> None:
    thursday = MONDAY + timedelta(days=3)
    standing = work(("t-1", "S-1", 60, 1, MONDAY, FRIDAY)).with_columns(day=pl.lit(thursday))
    kept = level(work=standing, capacity=room("S-1", MONDAY, WEEK)).placed
    assert kept["day"].to_list() == [thursday]
    away = room("S-1", MONDAY, [288, 288, 288, 0, 288])
    moved = level(work=standing, capacity=away).placed
    assert moved["day"].to_list() != [thursday]


def test_a_year_of_reviews_and_calls_is_as_level_as_can_be() -> None:
    days = 52 * 7
    weekly = room("S-1", MONDAY, WEEK * 56)
    rows = [
        (f"t-{kind}{n:03}", "S-1", minutes, 1, day, day + timedelta(days=window))
        for kind, count, minutes, window in (
            ("r", 300, 130, 60),
            ("h", 300, 10, 60),
            ("b", 400, 15, 7),
        )
        for n in range(count)
        for day in [MONDAY + timedelta(days=n * days // count)]
    ]
    calls = work(*rows)
    levelled = level(work=calls, capacity=weekly)
    assert levelled.unplaced.is_empty()
    highest = weekly_loads(placed=levelled.placed, capacity=weekly)["load"].to_list()
    assert max(highest) <= 1.03 * relaxed_optima(work=calls, capacity=weekly)["S-1"]


def test_the_relaxed_optimum_is_the_densest_interval() -> None:
    next_friday = FRIDAY + timedelta(days=7)
    calls = work(
        ("t-1", "S-1", 288, 1, MONDAY, FRIDAY),
        ("t-2", "S-1", 288, 1, MONDAY, next_friday),
        ("t-3", "S-1", 144, 1, MONDAY, next_friday),
    )
    optimum = relaxed_optima(work=calls, capacity=room("S-1", MONDAY, WEEK * 2))
    assert optimum == {"S-1": 720 / 2880}


ITEMS = st.lists(
    st.tuples(
        st.sampled_from(["S-1", "S-2", None]),
        st.sampled_from([10, 15, 60, 130, 400]),
        st.integers(0, 3),
        st.integers(-10, 40),
        st.integers(0, 60),
        st.one_of(st.none(), st.integers(0, 40)),
    ),
    max_size=80,
)


@settings(deadline=None)
@given(items=ITEMS, free=st.lists(st.sampled_from([0, 100, 288]), min_size=1, max_size=30))
def test_no_day_is_overbooked_nothing_is_lost_and_again_nothing_moves(
    items: list[tuple[str | None, int, int, int, int, int | None]], free: list[int]
) -> None:
    rows = [
        (
            f"t-{n:02}",
            staff,
            "call",
            minutes,
            priority,
            MONDAY + timedelta(days=start),
            MONDAY + timedelta(days=start + width),
            None if day is None else MONDAY + timedelta(days=day),
        )
        for n, (staff, minutes, priority, start, width, day) in enumerate(items)
    ]
    calls = as_work(pl.DataFrame(rows, schema=dict(list(WORK.items())[:8]), orient="row"))
    capacity = pl.concat([room("S-1", MONDAY, free), room("S-2", MONDAY, free[::-1])])
    levelled = level(work=calls, capacity=capacity)
    told = sorted([*levelled.placed["touchpoint_id"], *levelled.unplaced["touchpoint_id"]])
    assert told == calls["touchpoint_id"].to_list()
    inside = levelled.placed.join(calls.drop("day"), on="touchpoint_id")
    assert inside["day"].is_between(inside["earliest"], inside["latest"]).all()
    booked = levelled.placed.group_by("staff_id", "day").agg(pl.col("minutes").sum())
    over = booked.join(capacity, on=["staff_id", "day"], how="left").filter(
        pl.col("minutes") > pl.col("plannable_minutes").fill_null(0)
    )
    assert over.is_empty()
    settled = calls.drop("day").join(
        levelled.placed.select("touchpoint_id", "day"), on="touchpoint_id", how="left"
    )
    again = level(work=settled, capacity=capacity)
    assert again.placed.equals(levelled.placed)
    assert again.unplaced.equals(levelled.unplaced)


def test_windows_remember_a_bounded_number_of_spots_however_many_contacts_ask() -> None:
    windows = Windows(plannable=np.full((4, 364), 288, dtype=np.int64))
    for number in range(20_000):
        first = number % 300
        wish = Wish(
            minutes=60, first=first, last=first + 20 + number % 41, people=tuple(range(4)),
            value=0, order=number, must=False, hold=0, standing=None, stood=False, own=0,
        )  # fmt: skip
        assert windows.allow(wish, (3, first))
        assert len(windows.spots(wish)) == 4 * (wish.last - first + 1)
    assert len(windows._spots_of) <= WINDOWS_KEPT


def test_a_week_that_is_too_full_is_lowered_by_the_fewest_moves() -> None:
    """Eleven weeks of 80 contacts and one of 120: 87 each may be 1.048 times the mean of 83.3."""
    last = MONDAY + timedelta(days=83)
    items = work(*((f"t-{n:04}", "S-1", 10, 1, MONDAY, last) for n in range(1000)))
    weeks = [0] * 120 + [1 + n // 80 for n in range(880)]
    stands = [MONDAY + timedelta(days=7 * week + n % 5) for n, week in enumerate(weeks)]
    before = items.with_columns(day=pl.Series(stands))
    after = level(work=before, capacity=room("S-1", MONDAY, WEEK * 12)).placed
    both = before.select("touchpoint_id", stood="day").join(after, on="touchpoint_id")
    assert both.filter(pl.col("stood") != pl.col("day")).height == 120 - 87
