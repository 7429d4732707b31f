"""Taking any alternative gives exactly what it predicted: thousands of them, over random books."""

import random
from datetime import date, timedelta
from typing import Any, get_args

import polars as pl
import pytest

from services.scheduler.domain.alternatives import PEOPLE_AT_MOST, Alternative, alternatives, only
from services.scheduler.domain.levelling import Levelled, level, weekly_loads
from services.scheduler.domain.obstacles import Diary, MovableContact, in_words, why_not
from services.scheduler.domain.pins import contact_of_work, with_fixed
from services.scheduler.domain.schemas import FIXED
from shared.calendar import WorkingCalendar
from shared.contracts.pins import PinBroken, WhyNot
from shared.contracts.staff import Absence, Responsibilities, Staff
from tests.scheduler.domain.builders import MONDAY
from tests.scheduler.domain.test_promises import small_book

BOOKS = 200
PER_BOOK = 8
"""Together 1,600 alternatives are taken, of several thousand that are looked at."""
CALENDAR = WorkingCalendar(state="ST")


def person(staff_id: str, **said: Any) -> Staff:
    return Staff(staff_id=staff_id, role="adviser", name=staff_id, **said)


def diary_of(capacity: pl.DataFrame, placed: pl.DataFrame) -> Diary:
    """The days as they stand, added up anew."""
    taken: dict[tuple[str, date], int] = {}
    for row in placed.iter_rows(named=True):
        place = (row["staff_id"], row["day"])
        taken[place] = taken.get(place, 0) + row["minutes"]
    return Diary(
        people={each: person(each) for each in ("S-1", "S-2")},
        calendar=CALENDAR,
        first_day=MONDAY,
        plannable={(who, day): minutes for who, day, minutes in capacity.iter_rows()},
        taken=taken,
    )


def standing(work: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """The work as it was placed."""
    stands = placed.select("touchpoint_id", _who="staff_id", _day="day")
    return (
        work.join(stands, on="touchpoint_id", how="left", maintain_order="left")
        .with_columns(day="_day", standing_staff_id="_who")
        .select(work.columns)
    )


def taken_up(placed: pl.DataFrame, touchpoint_id: str, chosen: Alternative) -> pl.DataFrame:
    """The plan with one contact there, and everything else as it was."""
    this = pl.col("touchpoint_id") == touchpoint_id
    return placed.with_columns(
        staff_id=pl.when(this).then(pl.lit(chosen.staff_id)).otherwise("staff_id"),
        day=pl.when(this).then(pl.lit(chosen.day)).otherwise("day"),
    )


def measured(placed: pl.DataFrame, capacity: pl.DataFrame, staff_id: str, day: date) -> Any:
    """Minutes and share of the day, load of its week, and of the person's fullest week."""
    here = (pl.col("staff_id") == staff_id) & (pl.col("day") == day)
    minutes = int(placed.filter(here)["minutes"].sum())
    plannable = int(capacity.filter(here)["plannable_minutes"].sum())
    weeks = weekly_loads(placed=placed, capacity=capacity).filter(pl.col("staff_id") == staff_id)
    week = weeks.filter(pl.col("week") == day - timedelta(days=day.weekday()))["load"].to_list()
    return (
        minutes,
        minutes / plannable if plannable else None,
        week[0] if week else None,
        weeks["load"].max() or 0.0,
    )


def told(each: Alternative) -> Any:
    return (each.minutes, each.load, each.week, each.peak)


@pytest.mark.parametrize("part", range(10))
def test_taking_any_alternative_gives_exactly_what_it_predicted(part: int) -> None:
    taken = 0
    for seed in range(part * BOOKS // 10, (part + 1) * BOOKS // 10):
        work, capacity = small_book(seed)
        placed = level(work=work, capacity=capacity).placed
        diary, dice = diary_of(capacity, placed), random.Random(seed)
        found = [
            (row["touchpoint_id"], each)
            for row in standing(work, placed).iter_rows(named=True)
            if row["day"] is not None
            for each in alternatives(contact_of_work(row), diary)
        ]
        for touchpoint_id, each in dice.sample(found, min(PER_BOOK, len(found))):
            before = measured(placed, capacity, each.staff_id, each.day)
            assert before == (
                each.minutes_before, before[1], each.week_before, each.peak_before,
            ), f"seed {seed}: {each}"  # fmt: skip
            after = measured(
                taken_up(placed, touchpoint_id, each), capacity, each.staff_id, each.day
            )
            if each.load is not None:  # a day of no capacity counts in no week
                assert after == told(each), f"seed {seed}: {each}"
            if each.why_not is None:
                assert after[0] <= diary.plannable[each.staff_id, each.day], f"seed {seed}: {each}"
            taken += 1
    assert taken >= 100


def kept_there(levelled: Levelled, touchpoint_id: str) -> tuple[str, date]:
    row = levelled.placed.filter(pl.col("touchpoint_id") == touchpoint_id).row(0, named=True)
    return row["staff_id"], row["day"]


@pytest.mark.parametrize("part", range(5))
def test_planning_again_keeps_what_is_fixed_and_loses_no_other_promise(part: int) -> None:
    for seed in range(part * 30, part * 30 + 30):
        work, capacity = small_book(seed)
        placed = level(work=work, capacity=capacity).placed
        now, diary = standing(work, placed), diary_of(capacity, placed)
        for row in now.filter(pl.col("day").is_not_null()).head(3).iter_rows(named=True):
            admissible = [
                each for each in alternatives(contact_of_work(row), diary) if each.why_not is None
            ]
            each = random.Random(seed).choice(admissible)
            fixed = pl.DataFrame(
                [(row["touchpoint_id"], each.day, each.staff_id)], schema=FIXED, orient="row"
            )
            again = level(work=with_fixed(now, fixed), capacity=capacity)
            assert kept_there(again, row["touchpoint_id"]) == (each.staff_id, each.day), seed
            assert set(again.placed["touchpoint_id"]) >= set(placed["touchpoint_id"]), seed
            assert not again.over_share, seed


CONTACT = MovableContact(
    minutes=60,
    earliest=MONDAY,
    latest=MONDAY + timedelta(days=6),
    own="S-1",
    others=("S-2", "S-3"),
    handed_over=True,
    stands=("S-1", MONDAY),
    line="motor",
)


def week_of(**said: Any) -> Diary:
    """A week of three people with two hours a day each; S-3 alone is named for motor."""
    people = {
        "S-1": person("S-1"),
        "S-2": person("S-2"),
        "S-3": person("S-3", responsibilities=Responsibilities(lines=["motor"])),
        "S-4": person("S-4"),
    }
    days = [MONDAY + timedelta(days=n) for n in range(5)]
    usual: dict[str, Any] = {
        "people": people,
        "calendar": CALENDAR,
        "first_day": MONDAY,
        "plannable": {(who, day): 120 for who in people for day in days},
        "taken": {("S-1", MONDAY): 60},
    }
    return Diary(**usual | said)


TUESDAY = MONDAY + timedelta(days=1)
AWAY = Absence(first_day=TUESDAY, last_day=TUESDAY, kind="holiday")
CHRISTMAS = date(2026, 12, 25)


@pytest.mark.parametrize(
    ("reason", "place", "contact", "diary"),
    [
        (None, ("S-1", MONDAY), {}, {}),
        (None, ("S-3", TUESDAY), {}, {}),
        ("outside_window", ("S-1", MONDAY + timedelta(days=7)), {}, {}),
        ("past", ("S-1", MONDAY), {}, {"first_day": TUESDAY}),
        ("closed", ("S-1", MONDAY + timedelta(days=5)), {}, {}),
        ("holiday", ("S-1", CHRISTMAS), {"latest": CHRISTMAS}, {}),
        ("nobody_responsible", ("S-1", TUESDAY), {"own": None}, {}),
        ("person_left", ("S-9", TUESDAY), {}, {}),
        ("person_left", ("S-1", TUESDAY), {}, {"people": {"S-1": person("S-1", active=False)}}),
        ("lives_on_relationship", ("S-2", TUESDAY), {"handed_over": False}, {}),
        ("not_responsible", ("S-4", TUESDAY), {}, {}),
        ("wrong_area", ("S-2", TUESDAY), {}, {}),
        ("absent", ("S-1", TUESDAY), {}, {"people": {"S-1": person("S-1", absences=[AWAY])}}),
        ("no_hours", ("S-1", TUESDAY), {}, {"plannable": {}}),
        ("full", ("S-1", TUESDAY), {}, {"taken": {("S-1", TUESDAY): 61}}),
    ],
)
def test_each_reason_is_told(
    reason: WhyNot | None, place: tuple[str, date], contact: Any, diary: Any
) -> None:
    asked = {name: getattr(CONTACT, name) for name in CONTACT.__slots__} | contact
    assert why_not(MovableContact(**asked), place, week_of(**diary)) == reason


def test_a_contact_does_not_stand_in_its_own_way() -> None:
    full = week_of(taken={("S-1", MONDAY): 120})
    assert only(CONTACT, full, "S-1", MONDAY).why_not is None
    assert only(CONTACT, full, "S-1", MONDAY).minutes == 120


def test_every_word_has_a_sentence_in_both_languages() -> None:
    for reason in {*get_args(WhyNot), *get_args(PinBroken)}:
        words = in_words(reason, "S-1", MONDAY)
        assert words.de.endswith(".")
        assert words.en.endswith(".")
        assert words.de != words.en


def test_a_large_team_is_looked_at_up_to_a_bound() -> None:
    asked = {name: getattr(CONTACT, name) for name in CONTACT.__slots__}
    many = MovableContact(**asked | {"others": [f"S-{n}" for n in range(2, 60)]})
    found = list(alternatives(many, week_of()))
    assert len(found) == 7 * PEOPLE_AT_MOST
