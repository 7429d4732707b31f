"""When a commission is earned: exact days, exact fractions, one rounding."""

from datetime import date
from fractions import Fraction

import pytest

from services.classifier.domain.money import (
    Booking,
    Window,
    earned_cents,
    effort_ratio,
    revenue_cents,
    round_half_up,
)
from services.classifier.domain.months import add_months
from shared.contracts.policies import EarningMonths

MONTHS = EarningMonths()
YEAR = Window.ending(date(2026, 11, 21))


def booking(kind: str, day: str, cents: int, instalments: int | None = None) -> Booking:
    return Booking(
        kind=kind,  # type: ignore[arg-type]  # the table below spells the kinds as text
        booked_on=date.fromisoformat(day),
        amount_cents=cents,
        instalments_per_year=instalments,
    )


@pytest.mark.parametrize(
    ("kind", "day", "cents", "instalments", "earned"),
    [
        # period 2025-11-22 … 2026-11-21, the whole of it inside the window
        ("renewal", "2025-11-22", 36500, 1, Fraction(36500)),
        # booked on the last day of the window: one day of 365
        ("renewal", "2026-11-21", 36500, 1, Fraction(100)),
        # booked a day too late
        ("renewal", "2026-11-22", 36500, 1, Fraction(0)),
        # the period ended with 2025-11-21, the day before the window
        ("renewal", "2024-11-22", 36500, 1, Fraction(0)),
        # unknown instalments last a year, as do single premiums; 2026-01-01 … 2026-11-21: 325 days
        ("renewal", "2026-01-01", 36500, None, Fraction(32500)),
        ("renewal", "2026-01-01", 36500, 0, Fraction(32500)),
        # a quarter of 91 days (November to January: 92), 21 of them inside
        ("renewal", "2026-11-01", 9200, 4, Fraction(2100)),
        # a month that starts on 31 January ends before 28 February: 28 days
        ("renewal", "2026-01-31", 2800, 12, Fraction(2800)),
        # five instalments do not divide a year: whole months, 12 // 5 = 2
        ("renewal", "2026-02-01", 5900, 5, Fraction(5900)),
        # sixty months from 2024-11-22: 1826 days, 365 of them inside
        ("initial", "2024-11-22", 182600, None, Fraction(36500)),
        ("increase", "2024-11-22", 182600, None, Fraction(36500)),
        ("clawback", "2024-11-22", -182600, None, Fraction(-36500)),
        ("other", "2026-11-21", 36500, 4, Fraction(100)),
    ],
)
def test_a_booking_counts_with_its_days_inside_the_window(
    kind: str, day: str, cents: int, instalments: int | None, earned: Fraction
) -> None:
    assert earned_cents(booking(kind, day, cents, instalments), YEAR, months=MONTHS) == earned


def test_the_window_of_a_leap_day_begins_after_28_february() -> None:
    window = Window.ending(date(2028, 2, 29))
    assert window.after == date(2027, 2, 28)
    whole = booking("renewal", "2027-03-01", 36600, 1)
    assert earned_cents(whole, window, months=MONTHS) == 36600


def test_a_period_over_a_leap_day_has_366_days() -> None:
    window = Window.ending(date(2028, 3, 1))
    half = booking("renewal", "2027-09-01", 36600, 1)
    assert earned_cents(half, window, months=MONTHS) == Fraction(36600 * 183, 366)


def test_only_the_sum_is_rounded() -> None:
    # 2026-11-21 alone is inside: 100/365 and 82.5/365 of a cent would each round away
    bookings = [booking("renewal", "2026-11-21", 100, 1), booking("renewal", "2026-11-21", 83, 1)]
    assert revenue_cents(bookings[:1], YEAR, months=MONTHS) == 0
    assert revenue_cents(bookings, YEAR, months=MONTHS) == 1


@pytest.mark.parametrize(
    ("amount", "cents"),
    [
        (Fraction(1, 2), 1), (Fraction(-1, 2), 0), (Fraction(-3, 2), -1), (Fraction(3, 2), 2),
        (Fraction(49, 100), 0), (Fraction(-51, 100), -1), (Fraction(7), 7),
    ],
)  # fmt: skip
def test_a_half_goes_up(amount: Fraction, cents: int) -> None:
    assert round_half_up(amount) == cents


@pytest.mark.parametrize(
    ("day", "months", "found"),
    [
        ("2026-01-31", 1, "2026-02-28"), ("2028-01-31", 1, "2028-02-29"),
        ("2026-12-15", 1, "2027-01-15"), ("2026-01-15", -1, "2025-12-15"),
        ("2028-02-29", 12, "2029-02-28"), ("2026-03-31", -12, "2025-03-31"),
    ],
)  # fmt: skip
def test_months_clamp_to_their_end(day: str, months: int, found: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(found)


def test_an_effort_ratio_is_zero_without_effort_and_infinite_without_revenue() -> None:
    assert effort_ratio(0, -5) == 0
    assert effort_ratio(1, 0) is None
    assert effort_ratio(21400, 84210) == 0.254
