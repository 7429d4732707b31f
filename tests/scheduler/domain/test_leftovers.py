"""How unfinished work is spread over the coming days, lapses, or goes to the owner."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain.leftovers import (
    LAPSED_FULL,
    LAPSED_LATE,
    LEFTOVER_SHARE,
    Carried,
    DayRoom,
    Leftover,
    carried_over,
    escalates_on,
    last_sensible_day,
)

TODAY = date(2026, 11, 23)
YESTERDAY = TODAY - timedelta(days=1)
PLANNABLE = 288


def left(task_id: str = "T-1", **fields: Any) -> Leftover:
    usual = {
        "task_id": task_id, "staff_id": "S-1", "minutes": 15, "importance": 20,
        "due_on": YESTERDAY, "last_day": None, "escalates_on": None, "escalated": False,
    }  # fmt: skip
    return Leftover(**{**usual, **fields})


def days(count: int = 20, **taken: Any) -> dict[date, DayRoom]:
    return {
        TODAY + timedelta(days=offset): DayRoom(plannable=PLANNABLE, **taken)
        for offset in range(count)
    }


def decided(*leftovers: Leftover, owner: str | None = "S-9", **room: Any) -> list[Carried]:
    people = {"S-1": days(**room), "S-9": days(**room)}
    return carried_over(leftovers, room=people, today=TODAY, owner=owner)


def test_leftovers_take_half_of_each_day_and_the_rest_stays_for_new_work() -> None:
    found = decided(*(left(f"T-{number:02}") for number in range(40)))
    by_day: dict[date, int] = {}
    for each in found:
        by_day[each.day] = by_day.get(each.day, 0) + 15
    assert len(by_day) == 5
    assert max(by_day.values()) <= LEFTOVER_SHARE * PLANNABLE


def test_the_most_important_comes_first_and_then_the_oldest() -> None:
    older = YESTERDAY - timedelta(days=3)
    found = decided(
        *(left(f"T-{number:02}", importance=10) for number in range(20)),
        left("duty", importance=30),
        left("old", importance=10, due_on=older),
    )
    assert [each.task_id for each in found[:2]] == ["duty", "old"]
    assert {each.day for each in found[:2]} == {TODAY}


def test_a_leftover_yields_to_planned_work_that_is_as_important() -> None:
    people = {"S-1": days()}
    people["S-1"][TODAY].planned[20] = PLANNABLE
    duty, promise = left("duty", importance=30), left("promise", importance=20)
    found = carried_over([promise, duty], room=people, today=TODAY, owner=None)
    assert [(each.task_id, (each.day - TODAY).days) for each in found] == [
        ("duty", 0),
        ("promise", 1),
    ]


def test_who_waits_for_an_answer_is_not_put_off() -> None:
    (found,) = decided(left(importance=50), tasks=PLANNABLE)
    assert (found.step, found.day) == ("carried_over", TODAY)


def test_advertising_lapses_after_its_last_sensible_day_or_without_room_before() -> None:
    late, full = (
        decided(left(last_day=YESTERDAY)),
        decided(left(last_day=TODAY + timedelta(days=3)), tasks=PLANNABLE),
    )
    assert [(each.step, each.reason) for each in (*late, *full)] == [
        ("lapsed", LAPSED_LATE),
        ("lapsed", LAPSED_FULL),
    ]


def test_what_is_owed_goes_to_the_owner_once() -> None:
    (found,) = decided(left(escalates_on=TODAY))
    assert (found.step, found.staff_id, found.importance) == ("escalated", "S-9", 60)
    (again,) = decided(left(escalates_on=TODAY, escalated=True))
    assert (again.step, again.staff_id) == ("carried_over", "S-1")
    (nobody,) = decided(left(escalates_on=TODAY), owner=None)
    assert (nobody.step, nobody.staff_id) == ("carried_over", "S-1"), "there is no owner"


def test_what_is_owed_finds_a_day_even_if_none_has_room() -> None:
    (found,) = decided(left(minutes=130, importance=30), tasks=PLANNABLE)
    assert found.step == "carried_over"


@pytest.mark.parametrize(
    ("service", "purpose", "days"),
    [
        ("birthday", "advertising", 7),
        ("anniversary", "advertising", 14),
        ("referral_thanks", "advertising", 30),
        ("how_are_you", "advertising", 60),
        ("yearly_review", "service", None),
        ("callback", None, None),
    ],
)
def test_each_kind_has_its_last_sensible_day_or_its_day_for_the_owner(
    service: str, purpose: Any, days: int | None
) -> None:
    last = last_sensible_day(service=service, purpose=purpose, due=TODAY, due_on=YESTERDAY)
    assert last == (None if days is None else TODAY + timedelta(days=days))
    escalates = escalates_on(purpose=purpose, due_on=YESTERDAY)
    assert (escalates is None) == (last is not None)


@given(
    st.lists(
        st.builds(
            left,
            task_id=st.uuids().map(str),
            minutes=st.integers(1, 240),
            importance=st.sampled_from([0, 10, 20, 30, 50, 80]),
            last_day=st.none() | st.dates(YESTERDAY, TODAY + timedelta(days=80)),
            escalates_on=st.none() | st.dates(YESTERDAY, TODAY + timedelta(days=20)),
        ),
        max_size=60,
        unique_by=lambda each: each.task_id,
    )
)
def test_every_leftover_has_one_end_or_one_desk_and_never_a_day_after_its_last(
    leftovers: list[Leftover],
) -> None:
    found = decided(*leftovers)
    assert sorted(each.task_id for each in found) == sorted(each.task_id for each in leftovers)
    last = {each.task_id: each.last_day for each in leftovers}
    for each in found:
        assert each.day >= TODAY
        named = last[each.task_id]
        if each.step == "carried_over" and named is not None:
            assert each.day <= named
        assert (each.step == "lapsed") == (each.reason is not None)
