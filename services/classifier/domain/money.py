"""Revenue arithmetic: the specification that the store's SQL is tested against.

A booking is earned evenly over a period that starts on its booking day. Fractions stay exact until
the sum over the care unit, which is rounded half up: ``floor(x + 1/2)``, so a half goes towards
plus infinity for negatives too (-0.5 becomes 0, -1.5 becomes -1). Postgres' ``round(numeric)``
goes away from zero instead; say ``floor(round(sum, 10) + 0.5)`` there, the inner rounding because
a numeric quotient ends after some 20 digits and may fall a hair short of an exact half.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from services.classifier.domain.months import add_months
from shared.contracts.customers import CommissionKind
from shared.contracts.policies import EarningMonths

WINDOW_MONTHS: Final = 12
LATE_STATEMENT_DAYS: Final = 90
"""So long after the last period's end a statement may be late; beyond it nothing is estimated,
because a contract that is still said to be active may have ended long ago."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """One commission booking, with the instalments a year of its contract (None: unknown)."""

    kind: CommissionKind
    booked_on: date
    amount_cents: int
    instalments_per_year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What an active contract brings a year by its premium (exact cents), and since when it runs.

    ``yearly_cents`` is the yearly premium × the usual rate of the line, or the contract's own.
    """

    yearly_cents: Fraction
    starts_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The days after ``after`` up to and including ``last``."""

    after: date
    last: date

    @classmethod
    def ending(cls, as_of: date) -> "Window":
        """The twelve months that end with ``as_of``: (as_of − 12 months, as_of]."""
        return cls(after=add_months(as_of, -WINDOW_MONTHS), last=as_of)


def period_months(booking: Booking, months: EarningMonths) -> int:
    """Over how many months a booking is earned.

    A renewal lasts 12 / instalments (whole months, at least one); 12 if the instalments are unknown
    or 0 (single premium).
    """
    if booking.kind == "renewal":
        return max(1, 12 // (booking.instalments_per_year or 1))
    return int(getattr(months, booking.kind))


def earned_cents(booking: Booking, window: Window, *, months: EarningMonths) -> Fraction:
    """The exact part of a booking earned inside the window, in cents; negative for a clawback."""
    start = booking.booked_on
    end = add_months(start, period_months(booking, months))
    first_inside = max(start, window.after + timedelta(days=1))
    end_inside = min(end, window.last + timedelta(days=1))
    days_inside = max(0, (end_inside - first_inside).days)
    return Fraction(booking.amount_cents * days_inside, (end - start).days)


def uncovered_days(
    bookings: Sequence[Booking], window: Window, *, months: EarningMonths, starts_on: date | None
) -> int:
    """The days of the window on which a running contract is covered by no booking's period.

    All of them if nothing was ever booked; otherwise none later than LATE_STATEMENT_DAYS after the
    last period's end. A reversal covers the days of what it reverses: the insurer has spoken.
    """
    known = [booking for booking in bookings if booking.booked_on <= window.last]
    periods = [(b.booked_on, add_months(b.booked_on, period_months(b, months))) for b in known]
    first = max(window.after + timedelta(days=1), starts_on or date.min)
    end = window.last + timedelta(days=1)
    if periods:
        end = min(end, max(last for _, last in periods) + timedelta(days=LATE_STATEMENT_DAYS))
    days = (first + timedelta(days=number) for number in range((end - first).days))
    return sum(not any(begin <= day < last for begin, last in periods) for day in days)


def estimated_cents(
    expectation: Expectation,
    bookings: Sequence[Booking],
    window: Window,
    *,
    months: EarningMonths,
) -> Fraction:
    """What the uncovered days of one contract count, in exact cents."""
    days = uncovered_days(bookings, window, months=months, starts_on=expectation.starts_on)
    return expectation.yearly_cents * days / (window.last - window.after).days


def revenue_cents(bookings: Iterable[Booking], window: Window, *, months: EarningMonths) -> int:
    """The revenue of a care unit in whole cents: the exact sum, rounded once, half up."""
    total = sum((earned_cents(b, window, months=months) for b in bookings), Fraction(0))
    return round_half_up(total)


def round_half_up(amount: Fraction) -> int:
    """The nearest whole cent; a half goes up (towards plus infinity)."""
    return (2 * amount.numerator + amount.denominator) // (2 * amount.denominator)


def exact(share: float) -> Fraction:
    """The decimal fraction a share was written as: 0.1 is 1/10, not its binary neighbour."""
    return Fraction(str(share))


def effort_ratio(counted_effort_cents: int, revenue_cents: int) -> float | None:
    """Counted effort / revenue, three decimals; 0 without effort, None (infinite) without revenue.

    For people to read, because rules compare the exact integers.
    """
    if counted_effort_cents == 0:
        return 0.0
    if revenue_cents <= 0:
        return None
    return round(counted_effort_cents / revenue_cents, 3)
