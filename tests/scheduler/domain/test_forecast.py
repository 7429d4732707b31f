"""Twelve months of work against the same months' hours, and the size at which a promise breaks."""

from datetime import date, timedelta

import polars as pl

from services.scheduler.domain.carers import Carer
from services.scheduler.domain.forecast import Forecast, forecast, last_day_of
from services.scheduler.domain.schemas import AHEAD, CAPACITY
from tests.scheduler.domain.builders import MONDAY

OWNER = Carer(staff_id="S-1", role="owner", places=10)
ADVISER = Carer(staff_id="S-2", role="adviser", places=20)
OFFICE = Carer(staff_id="S-3", role="back_office", places=None)
LAST = last_day_of(MONDAY)


def contact(
    staff_id: str | None,
    minutes: int,
    *,
    segment: str = "A",
    due: date = MONDAY,
    placed: bool = True,
    carer: str | None = "",
) -> tuple[object, ...]:
    cared = staff_id if carer == "" else carer
    day, reason = (due, None) if placed else (None, "no_room_in_window")
    return (staff_id, cared, segment, "call", minutes, due, day, reason)


def hours(*rows: tuple[str, int]) -> pl.DataFrame:
    return pl.DataFrame(
        [(staff_id, MONDAY, minutes) for staff_id, minutes in rows], schema=CAPACITY, orient="row"
    )


def told(
    *rows: tuple[object, ...],
    room: pl.DataFrame,
    people: tuple[Carer, ...] = (OWNER, ADVISER, OFFICE),
    customers: dict[str, int],
) -> Forecast:
    ahead = pl.DataFrame(list(rows), schema=AHEAD, orient="row")
    return forecast(ahead=ahead, capacity=room, people=people, customers=customers, first=MONDAY)


def test_twelve_months_end_on_the_day_before_they_began() -> None:
    assert date(2027, 11, 22) == LAST


def test_months_hold_the_demand_of_the_year_and_the_hours_of_the_same_days() -> None:
    room = pl.DataFrame(
        [("S-1", MONDAY, 100), ("S-1", LAST, 50), ("S-1", LAST + timedelta(days=1), 999)],
        schema=CAPACITY, orient="row",
    )  # fmt: skip
    found = told(
        contact("S-1", 30, due=MONDAY - timedelta(days=40)),
        contact("S-1", 20, due=LAST),
        room=room,
        customers={"A": 1},
    )
    assert found.months.rows() == [
        ("S-1", date(2026, 11, 1), 30, 0, 100),
        ("S-1", date(2027, 11, 1), 20, 20, 50),
    ]
    assert found.people.rows() == [("S-1", 50, 150)]


def test_what_has_no_day_is_told_by_person_service_and_reason() -> None:
    found = told(
        contact("S-1", 100),
        contact("S-1", 100, placed=False),
        contact(None, 40, placed=False),
        room=hours(("S-1", 500)),
        customers={"A": 2},
    )
    assert not found.fits
    assert found.unplaced.rows() == [
        ("S-1", "call", "no_room_in_window", 1, 100),
        (None, "call", "no_room_in_window", 1, 40),
    ]


def test_weeks_and_services_add_up_to_what_is_placed() -> None:
    found = told(
        contact("S-1", 30),
        contact("S-1", 20, due=MONDAY + timedelta(days=8)),
        room=hours(("S-1", 500)),
        customers={"A": 2},
    )
    assert found.weeks["placed_minutes"].to_list() == [30, 20]
    assert found.week_services.rows() == [
        ("S-1", MONDAY, "call", 30),
        ("S-1", MONDAY + timedelta(days=7), "call", 20),
    ]
    assert found.services.rows() == [("call", "S-1", 2, 50)]


def test_an_overloaded_person_breaks_first_at_their_own_share_of_the_book() -> None:
    found = told(
        *(contact("S-1", 100) for _ in range(3)),
        contact("S-2", 100),
        room=hours(("S-1", 200), ("S-2", 110)),
        customers={"A": 30},
    )
    assert (found.breaking_book_size, found.breaks_first) == (20, "S-1")


def test_growth_reaches_whoever_takes_the_rest_and_not_the_owner_whose_places_are_full() -> None:
    # The owner is nearly full by hours, and by places wholly: customers who are added do not come
    # to them. The office has more room, but takes them all.
    found = told(
        *(contact("S-1", 10) for _ in range(10)),
        *(contact("S-3", 10, segment="C") for _ in range(10)),
        room=hours(("S-1", 101), ("S-2", 0), ("S-3", 300)),
        people=(OWNER, OFFICE),
        customers={"A": 10, "C": 10},
    )
    # A book of 40 has 20 A and 20 C, of which the owner keeps 10: 300 minutes for the office.
    assert (found.breaking_book_size, found.breaks_first) == (40, "S-3")


def test_where_the_promise_breaks_and_whose_it_is_agrees_with_a_sum_by_hand() -> None:
    # 40 customers: 10 A of the owner (30 minutes each), 20 B of the adviser (20), 10 C (5).
    # Of n customers n/4 are A, n/2 B, n/4 C. The owner keeps 10 A: 300 minutes, for ever.
    # The adviser's 20 places take A first: 30 (n/4 - 10) + 20 (30 - n/4) = 2.5 n + 300 <= 500 up
    # to 80. The office has the rest: 20 (3n/4 - 30) + 5 n/4 = 16.25 n - 600 <= 300 up to 55.
    found = told(
        *(contact("S-1", 30) for _ in range(10)),
        *(contact("S-2", 20, segment="B") for _ in range(20)),
        *(contact("S-3", 5, segment="C") for _ in range(10)),
        room=hours(("S-1", 300), ("S-2", 500), ("S-3", 300)),
        customers={"A": 10, "B": 20, "C": 10},
    )
    assert (found.breaking_book_size, found.breaks_first) == (55, "S-3")


def test_work_for_customers_of_others_grows_with_the_book() -> None:
    found = told(
        *(contact("S-1", 1) for _ in range(10)),
        contact("S-1", 50, carer="S-3"),
        room=hours(("S-1", 120), ("S-3", 10_000)),
        people=(OWNER, OFFICE),
        customers={"A": 10},
    )
    assert (found.breaking_book_size, found.breaks_first) == (22, "S-1")


def test_an_empty_plan_breaks_nowhere() -> None:
    found = told(room=hours(("S-1", 100)), customers={"A": 5})
    assert (found.fits, found.breaking_book_size, found.breaks_first) == (True, None, None)
