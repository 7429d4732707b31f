"""Revenue and effort, worked by hand: what is earned in 2025-11-21 … 2026-11-20 (365 days)."""

from typing import Any, Final

from tests.classifier.domain.case_steps import (
    Case,
    Step,
    booked,
    contact,
    contract,
    customer,
    day,
    out,
)
from tests.classifier.domain.worked_policies import FOUR, NOTHING, OWNS

QUIET: Final = customer(**NOTHING)
HIGH: Final = "revenue.high potential.low"
LOW: Final = "revenue.low potential.low"


def strong(revenue: float, **more: Any) -> Step:
    return out("B", "high/none", HIGH, revenue=revenue, **more)


def weak(revenue: float, **more: Any) -> Step:
    return out("C", "standard/none", LOW, revenue=revenue, **more)


def _case(name: str, *steps: Step) -> Case:
    return Case(name=name, policy=FOUR, steps=steps)


BOOKINGS: Final = [
    # A renewal booked 2025-11-21 is earned 2025-11-21 … 2026-11-20: all 365 days are inside.
    _case("a year's renewal inside the window counts whole, and 300 € are the threshold itself",
          QUIET, booked(300), strong(300)),
    _case("a cent below the threshold is low", QUIET, booked(299.99), weak(299.99)),
    # Booked a day earlier: 364 of its 365 days are inside, 365 € × 364/365.
    _case("the first day before the window is left out",
          QUIET, booked(365, "2025-11-20"), strong(364)),
    # Booked on the last day: one of 365 days.
    _case("a renewal of the day itself has earned one day",
          QUIET, booked(365, "2026-11-20"), weak(1)),
    _case("what is booked tomorrow has earned nothing yet",
          QUIET, booked(365_000, "2026-11-21"), weak(0)),
    # Sixty months from 2025-03-01 to 2030-02-28: 5 × 365 + 1 (29 February 2028) = 1826 days, of
    # which the window holds 365. 600 € × 365/1826 = 119.934 €.
    _case("an initial commission is earned over its five years of liability",
          QUIET, booked(600, "2025-03-01", "initial"), weak(119.93)),
    # Again 1826 days; from 2026-10-01 to 2026-11-20 are 31 + 20 = 51. 500 € × 51/1826 = 13.965 €.
    _case("an increase is earned over five years from its own day",
          QUIET, booked(500, "2026-10-01", "increase"), weak(13.96)),
    # 2020-11-20 + 60 months ends with 2025-11-19, before the window.
    _case("an initial commission of six years ago is earned and gone",
          QUIET, booked(9000, "2020-11-20", "initial"), weak(0)),
    # 1826 € from 2025-11-21: 365 €. Clawback -913 € from 2026-08-12, days inside:
    # 20 + 30 + 31 + 20 = 101, -913 € × 101/1826 = -50.50 €.
    _case("a clawback takes its days off what was earned",
          QUIET, booked(1826, "2025-11-21", "initial"), booked(-913, "2026-08-12", "clawback"),
          strong(314.50)),
    # Ten days of 1826: -1826 € × 10/1826.
    _case("nothing but a clawback is a negative revenue, and never high",
          QUIET, booked(-1826, "2026-11-11", "clawback"), weak(-10)),
    # Any other kind is earned over twelve months: ten days of 365.
    _case("another kind of booking is earned over a year",
          QUIET, booked(365, "2026-11-11", "other"), weak(10)),
    # No contract, so 12 months: 2026-07-01 … 2026-11-20 are 31 + 31 + 30 + 31 + 20 = 143 days of
    # 365. 73 € × 143/365 = 28.60 €.
    _case("a renewal of unknown instalments is earned over a year",
          QUIET, booked(73, "2026-07-01"), weak(28.60)),
    # One rounding for the sum: 1 € and 0.83 € of one day are 1.83/365 € = 0.501 cents: 1 cent.
    _case("fractions of a cent are added before they are rounded",
          QUIET, booked(1, "2026-11-20"), booked(0.83, "2026-11-20"), weak(0.01)),
    # 60 months from 29 February 2024 end before 28 February 2029: 1461 + 365 = 1826 days.
    _case("a booking of 29 February is earned to 27 February five years on",
          QUIET, booked(1826, "2024-02-29", "initial"), strong(365)),
    # The window of 29 February 2028 begins on 1 March 2027: all 366 days of the renewal. A day
    # later it begins on 2 March 2027: 365 of 366.
    _case("the window of a leap day holds 366 days",
          day("2028-02-29"), QUIET, booked(366, "2027-03-01"), strong(366),
          day("2028-03-01"), strong(365)),
]  # fmt: skip

_MONTHS: Final = ["2025-11", "2025-12", *(f"2026-{month:02}" for month in range(1, 12))]

INSTALMENTS: Final = [
    # November 2025: 10 of 30 days, 10 €. Eleven whole months, 330 €. November 2026: 20 of 30 days.
    _case("twelve instalments a year are earned over a month each",
          QUIET, contract("V", "motor", yearly=12),
          *(booked(30, f"{month}-01", of="V") for month in _MONTHS), strong(360)),
    # February to April: all of it, 90 €. November to January: 92 days, 20 inside, 20 €.
    _case("four instalments a year are earned over a quarter each",
          QUIET, contract("V", "motor", yearly=4), booked(90, "2026-02-01", of="V"),
          booked(92, "2026-11-01", of="V"), weak(110)),
    # 2025-10-01 … 2026-03-31 are 182 days; from 21 November 10 + 31 + 31 + 28 + 31 = 131.
    _case("two instalments a year are earned over half a year each",
          QUIET, contract("V", "motor", yearly=2), booked(182, "2025-10-01", of="V"), weak(131)),
]  # fmt: skip

ESTIMATES: Final = [
    # Household: 20 % of 500 €.
    _case("a contract without any booking counts its premium at the usual rate, and says so",
          QUIET, contract("V", "household", 500), weak(100, revenue_estimated=True, contracts=1,
                                                       lines=["household"])),
    # Legal: 20 % of 4 × 50 €.
    _case("the estimate takes a year's premium",
          QUIET, contract("V", "legal", 50, yearly=4), weak(40, revenue_estimated=True)),
    # The booking is the truth for its days, however small.
    _case("a booking for the whole window ends the estimate",
          QUIET, contract("V", "household", 500), booked(12, of="V"),
          weak(12, revenue_estimated=False)),
    _case("a booking to come does not end the estimate yet",
          QUIET, contract("V", "household", 500), booked(12, "2026-11-21", of="V"),
          weak(100, revenue_estimated=True)),
    # An old booking: whether the contract still pays is a question to the insurer.
    _case("a contract booked long ago is not estimated",
          QUIET, contract("V", "household", 500), booked(90, "2019-01-01", of="V"),
          weak(0, revenue_estimated=False)),
    _case("a contract held elsewhere earns nothing, estimated or booked",
          QUIET, contract("V", "household", 5000, foreign=True),
          contract("W", "motor", 5000, foreign=True), booked(365, of="W"),
          weak(0, revenue_estimated=False, contracts=0, lines=[])),
    _case("a single premium and an applied contract are no yearly premium",
          QUIET, contract("V", "pension", 9000, yearly=0),
          contract("W", "household", 900, status="applied"), weak(0, revenue_estimated=False)),
    _case("a health contract's commission is money like any other",
          QUIET, contract("V", "health_supplement"), booked(300, of="V"),
          strong(300, contracts=1, lines=[])),
]  # fmt: skip

UNCOVERED: Final = [
    # 2026-10-26 … 2026-11-20 are 26 days: 350 € × 26/365 = 24.93 €, and the 339 days before it by
    # the premium, 20 % of 1750 €: 325.07 €.
    _case("the first booking leaves the days before it estimated: 350 € stay 350 €",
          QUIET, contract("V", "building", 1750), strong(350, revenue_estimated=True),
          booked(350, "2026-10-26", of="V"), strong(350, revenue_estimated=True)),
    # 73 € × 26/365 = 5.20 € and 100 € × 339/365 = 92.877 €.
    _case("the first booking is the truth from its own day on, however small",
          QUIET, contract("V", "household", 500), booked(73, "2026-10-26", of="V"),
          weak(98.08, revenue_estimated=True)),
    # September, October and 20 of 30 days in November: 26.667 €. Before: 284 days of 120 € a year.
    _case("monthly payments that begin in September leave the months before estimated",
          QUIET, contract("V", "household", 50, yearly=12),
          *(booked(10, f"2026-{month}-01", of="V") for month in ("09", "10", "11")),
          weak(120.04, revenue_estimated=True)),
    # May to July: 5 €. Before: 161 days of 20 € a year. After: 90 days, to 29 October.
    _case("a quarter's statement may be ninety days late, and no more",
          QUIET, contract("V", "household", 25, yearly=4), booked(5, "2026-05-01", of="V"),
          weak(18.75, revenue_estimated=True)),
    # Covered to 2026-01-09: 50 days of 365; 90 more to 2026-04-09: 140 × 100/365 = 38.356 €.
    _case("a year's payment that failed to come again is estimated for ninety days",
          QUIET, contract("V", "household", 500), booked(100, "2025-01-10", of="V"),
          weak(38.36, revenue_estimated=True)),
    # Earned to 2025-08-23, waited for to 2025-11-21: the first day of the window.
    _case("the ninetieth day is estimated",
          QUIET, contract("V", "household", 500), booked(100, "2024-08-24", of="V"),
          weak(0.27, revenue_estimated=True)),
    _case("the ninety-first is not",
          QUIET, contract("V", "household", 500), booked(100, "2024-08-23", of="V"),
          weak(0, revenue_estimated=False)),
    # 314 days by the first, 41 by the premium, 10 by the second.
    _case("between two payments of drifting days nothing is lost",
          QUIET, contract("V", "household", 500), booked(100, "2025-10-01", of="V"),
          booked(100, "2026-11-11", of="V"), weak(100, revenue_estimated=True)),
    # 20 days of 365, as by the booking itself.
    _case("a contract begun this month has earned since it began, estimated or booked",
          QUIET, contract("V", "building", 1750, start="2026-11-01"),
          weak(19.18, revenue_estimated=True),
          booked(350, "2026-11-01", of="V"), weak(19.18, revenue_estimated=False)),
    _case("a contract that begins next year has earned nothing yet",
          QUIET, contract("V", "building", 1750, start="2027-01-01"),
          weak(0, revenue_estimated=False)),
    _case("commission for a whole portfolio covers no contract",
          QUIET, contract("V", "household", 500), booked(365, "2026-11-20"),
          weak(101, revenue_estimated=True)),
    # 12 € for the one; 20 % of 500 € for the other; 24.93 € and 325.07 € for the third.
    _case("each of several contracts is covered by its own bookings alone",
          QUIET, contract("V", "household", 500), contract("W", "legal", 500),
          contract("X", "building", 1750), booked(12, of="V"), booked(350, "2026-10-26", of="X"),
          strong(462, revenue_estimated=True)),
    _case("two of one household with a contract of the same number",
          QUIET, customer("K-2", household="K-1", **NOTHING), contract("V", "household", 500),
          contract("V", "household", 500, who="K-2"), booked(12, of="V"),
          weak(112, revenue_estimated=True)),
    # 265 days of 1826; before: 100 days of 100 € a year.
    _case("an initial commission covers its five years",
          QUIET, contract("V", "household", 500), booked(1826, "2026-03-01", "initial", of="V"),
          weak(292.40, revenue_estimated=True)),
    # Initial and renewal cover the same days once: 26 € + 24.93 € + 325.07 €.
    _case("bookings whose periods overlap cover a day once",
          QUIET, contract("V", "building", 1750), booked(350, "2026-10-26", of="V"),
          booked(1826, "2026-10-26", "initial", of="V"), strong(376, revenue_estimated=True)),
    # 339 × 350/365: the insurer has spoken of the other 26.
    _case("a booking reversed on its day leaves its own days empty",
          QUIET, contract("V", "building", 1750), booked(350, "2026-10-26", of="V"),
          booked(-350, "2026-10-26", of="V"), strong(325.07, revenue_estimated=True)),
    _case("a cancelled contract keeps what was booked and loses what was estimated",
          QUIET, contract("V", "building", 1750), booked(350, "2026-10-26", of="V"),
          contract("V", "building", 1750, status="cancelled"), weak(24.93)),
    _case("the year of a leap day counts whole",
          day("2028-02-29"), QUIET, contract("V", "household", 500),
          weak(100, revenue_estimated=True),
          booked(100, "2028-02-01", of="V"), weak(100, revenue_estimated=True)),
]  # fmt: skip

CORRECTIONS: Final = [
    _case("a backdated booking counts from the moment it is known",
          QUIET, weak(0), booked(300), strong(300)),
    _case("a booking corrected under its id counts once, as corrected",
          QUIET, booked(300, as_id="B"), strong(300), booked(100, as_id="B"), weak(100)),
    _case("a booking reversed by its negative leaves nothing",
          QUIET, booked(300, as_id="B"), strong(300), booked(-300, as_id="R"), weak(0)),
    # Renewal and reversal on different days: 300 € whole; -300 € from 2026-05-25, 180 days inside.
    # 7 + 30 + 31 + 31 + 30 + 31 + 20 = 180, -300 € × 180/365 = -147.945 €.
    _case("a renewal reversed in May is taken off day by day",
          QUIET, booked(300), booked(-300, "2026-05-25"), weak(152.05)),
    _case("a booking moved to another customer leaves the first",
          QUIET, customer("K-2", **NOTHING), booked(300, as_id="B"), strong(300),
          booked(300, who="K-2", as_id="B"), weak(0),
          out("B", "high/none", HIGH, who="K-2", revenue=300)),
]  # fmt: skip

EFFORT: Final = [
    # Owner 45 min × 120 €/h = 90 €, adviser 10 min × 70 €/h = 11.667 €, back office 20 min × 45 €/h
    # = 15 €, 30 km × 0.42 € = 12.60 €, gift 5 €: 134.267 €. Margin 365 € - 134.27 €; 134.27/365.
    _case("effort is minutes by role, kilometres and gifts, and never moves the four classes",
          QUIET, booked(365), contact(45, "owner", kilometres=30, gift_cents=500), contact(10),
          contact(20, "back_office"),
          strong(365, effort=134.27, effort_minutes=75, margin=230.73, effort_ratio=0.368)),
    # 3 h of claims at 120 €/h cost 360 € and count nothing in the ratio.
    _case("a claim costs money and never counts against anyone",
          QUIET, booked(300), contact(180, "owner", topic="claim"),
          strong(300, effort=360, margin=-60, effort_ratio=0)),
    _case("effort against no revenue is infinite, no effort is none",
          QUIET, weak(0, effort_ratio=0), contact(6), weak(0, effort=7, effort_ratio=None)),
    # In Berlin's summer time the window of 2026-06-01 begins 2025-06-02, 00:00 (+02:00).
    _case("contacts leave the window at midnight of the agency's day",
          day("2026-06-01"), QUIET, contact(6, at="2025-06-01T23:59:59+02:00"),
          contact(12, at="2025-06-02T00:00:00+02:00"), weak(0, effort=14, effort_minutes=12)),
    _case("a potential does not make up for a cost",
          customer(**OWNS), contact(600, "owner"),
          out("O", "standard/active", "revenue.low potential.high", margin=-1200, potential=150)),
]  # fmt: skip

CASES: Final = [*BOOKINGS, *INSTALMENTS, *ESTIMATES, *UNCOVERED, *CORRECTIONS, *EFFORT]
