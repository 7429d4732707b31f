"""What does not fit comes with a proof that an exact solver and a pocket calculator agree with."""

from datetime import timedelta
from typing import Any

import polars as pl
import pytest

from services.scheduler.domain.certificates import Certificate, Overload, overload
from services.scheduler.domain.levelling import level
from services.scheduler.domain.schemas import COMMITTED
from tests.scheduler.domain.builders import MONDAY, room
from tests.scheduler.domain.test_promises import (
    BOOKS,
    PARTS,
    ExactBook,
    _solve,
    contacts,
    small_book,
)


def proofs_of(work: pl.DataFrame, capacity: pl.DataFrame, **more: Any) -> Overload:
    levelled = level(work=work, capacity=capacity, committed=more.get("committed"))
    return overload(work=work, capacity=capacity, levelled=levelled, **more)


def fit(exact: ExactBook, ids: list[str]) -> bool:
    """Whether these contacts have room at once, by the exact solver."""
    items = [item for item in exact.items if item["touchpoint_id"] in ids]
    if not all(exact.spots(item) for item in items):
        return False
    return _solve(exact.model(items)[0]) is not None


def open_days(exact: ExactBook, ids: list[str]) -> set[tuple[str, Any]]:
    return {
        spot
        for item in exact.items
        if item["touchpoint_id"] in ids
        for spot in exact.spots(item)
        if exact.room[spot] > 0
    }


@pytest.mark.parametrize("part", range(PARTS))
def test_small_books_have_certificates_exactly_for_what_does_not_fit(part: int) -> None:
    for seed in range(part * BOOKS // PARTS, (part + 1) * BOOKS // PARTS):
        work, capacity = small_book(seed)
        levelled = level(work=work, capacity=capacity)
        found = overload(work=work, capacity=capacity, levelled=levelled, most=100)
        assert found.unexplained == 0
        explained = [each for proof in found.certificates for each in proof.unplaced]
        assert sorted(explained) == sorted(levelled.unplaced["touchpoint_id"]), f"book {seed}"
        exact = ExactBook(work, capacity)
        for proof in found.certificates:
            require_sums(proof, work, exact)
            require_minimal(proof, exact)


def require_sums(proof: Certificate, work: pl.DataFrame, exact: ExactBook) -> None:
    ids = list(proof.touchpoints)
    minutes = work.filter(pl.col("touchpoint_id").is_in(ids))["minutes"].sum()
    assert proof.needed_minutes == minutes
    assert proof.there_minutes == sum(each.there_minutes for each in proof.days)
    assert {(each.staff_id, each.day) for each in proof.days} == open_days(exact, ids)
    for each in proof.days:
        assert each.plannable_minutes == exact.room[each.staff_id, each.day]
        assert each.there_minutes <= each.plannable_minutes - each.taken_minutes
    if proof.shown_by == "sum":
        assert proof.needed_minutes > proof.there_minutes
    else:
        assert proof.shown_by == "trial"


def require_minimal(proof: Certificate, exact: ExactBook) -> None:
    ids = list(proof.touchpoints)
    assert proof.minimal
    assert proof.unplaced[0] in ids
    assert not fit(exact, ids)
    for left_out in ids:
        assert fit(exact, [each for each in ids if each != left_out])
    # And so does any one day, if it had no limit.
    for spot in open_days(exact, ids):
        limit, exact.room[spot] = exact.room[spot], 100_000
        assert fit(exact, ids)
        exact.room[spot] = limit


def test_two_half_hours_hold_nothing_of_a_visit_of_an_hour_and_the_sum_says_so() -> None:
    work = contacts({"touchpoint_id": "visit", "latest": MONDAY + timedelta(days=1)})
    (proof,) = proofs_of(work, room("S-1", MONDAY, [30, 30])).certificates
    assert (proof.needed_minutes, proof.there_minutes, proof.shown_by) == (60, 0, "sum")


def test_where_the_minutes_come_out_and_the_lengths_do_not_all_was_tried() -> None:
    # Three long ones need three days; the minutes alone would come out.
    rows = [("a", 70), ("b", 70), ("c", 80), ("d", 10), ("e", 10)]
    work = contacts(
        *({"touchpoint_id": n, "minutes": m, "latest": MONDAY + timedelta(days=1)} for n, m in rows)
    )
    (proof,) = proofs_of(work, room("S-1", MONDAY, [120, 120])).certificates
    assert proof.minimal
    assert proof.needed_minutes > proof.there_minutes or proof.shown_by == "trial"


def test_what_is_taken_already_is_told_beside_what_is_left() -> None:
    committed = pl.DataFrame([("S-1", MONDAY, 50)], schema=COMMITTED, orient="row")
    work = contacts({"touchpoint_id": "a"})
    (proof,) = proofs_of(work, room("S-1", MONDAY, [100]), committed=committed).certificates
    (day,) = proof.days
    assert (day.plannable_minutes, day.taken_minutes, day.there_minutes) == (100, 50, 0)


def test_without_a_working_day_or_anybody_nothing_is_there() -> None:
    saturday = MONDAY + timedelta(days=5)
    work = contacts(
        {"touchpoint_id": "weekend", "earliest": saturday, "latest": saturday},
        {"touchpoint_id": "nobodys", "staff_id": None},
    )
    found = proofs_of(work, room("S-1", MONDAY, [288] * 5 + [0, 0])).certificates
    assert [(each.touchpoints, each.staff, each.there_minutes) for each in found] == [
        (["nobodys"], [], 0),
        (["weekend"], [], 0),
    ]
    assert (found[1].first, found[1].last) == (saturday, saturday)


def test_many_that_want_the_same_days_have_one_certificate_and_more_are_counted() -> None:
    days = [MONDAY + timedelta(days=n) for n in range(5)]
    work = contacts(
        *(
            {"touchpoint_id": f"{day}-{n}", "earliest": day, "latest": day}
            for day in days
            for n in range(4)
        )
    )
    found = proofs_of(work, room("S-1", MONDAY, [120] * 5), most=3)
    assert [len(each.unplaced) for each in found.certificates] == [2, 2, 2]
    assert found.unexplained == 4


def test_a_year_of_too_much_work_is_proven_by_its_minutes() -> None:
    work = contacts(
        *(
            {
                "touchpoint_id": f"t-{n:03}",
                "minutes": 130,
                "earliest": MONDAY + timedelta(days=n),
                "latest": MONDAY + timedelta(days=n + 13),
            }
            for n in range(120)
        ),
        *(
            {
                "touchpoint_id": f"u-{n:03}",
                "minutes": 60,
                "earliest": MONDAY + timedelta(days=n),
                "latest": MONDAY + timedelta(days=n + 27),
            }
            for n in range(120)
        ),
    )
    found = proofs_of(work, room("S-1", MONDAY, [150] * 140))
    assert found.certificates
    for proof in found.certificates:
        assert proof.shown_by == "sum"
        assert proof.needed_minutes > proof.there_minutes
