"""The day of posting and what posting costs on it: weekends, holidays and the season."""

from datetime import date, timedelta
from itertools import product

import pytest

from services.notifier.domain.posting_days import expected_posting, posting_day
from services.notifier.domain.print_runs import (
    NoRateKnown,
    Product,
    expected_postage,
    postage,
)

HANDED_OVER: list[tuple[str, str | None, str, str]] = [
    ("2026-11-23", "ST", "2026-11-26", "a Monday: three days on is Thursday"),
    ("2026-11-25", "ST", "2026-11-30", "Saturday waits for Monday"),
    ("2026-11-26", "ST", "2026-11-30", "Sunday waits for Monday"),
    ("2026-11-27", "ST", "2026-11-30", "Monday itself"),
    ("2026-12-22", "ST", "2026-12-28", "Christmas Day is a Friday, then comes the weekend"),
    ("2026-12-29", "ST", "2027-01-04", "New Year's Day is a Friday"),
    ("2027-01-03", "ST", "2027-01-07", "Epiphany, a holiday of Saxony-Anhalt"),
    ("2027-01-03", "BY", "2027-01-07", "and of Bavaria"),
    ("2027-01-03", "BE", "2027-01-06", "but not of Berlin"),
    ("2027-01-03", None, "2027-01-06", "nor of all Germany"),
    ("2026-03-31", "ST", "2026-04-07", "Good Friday, the weekend, Easter Monday"),
    ("2026-04-28", "ST", "2026-05-04", "1 May is a Friday"),
    ("2026-05-11", "ST", "2026-05-15", "Ascension Day is a Thursday"),
    ("2026-10-28", "ST", "2026-11-02", "Reformation Day is a Saturday all the same"),
    ("2026-10-29", "NW", "2026-11-02", "All Saints is a Sunday all the same"),
    ("2026-11-15", "SN", "2026-11-19", "the Day of Repentance, in Saxony alone"),
    ("2026-11-15", "ST", "2026-11-18", "a Wednesday like any other elsewhere"),
    ("2027-10-29", "NW", "2027-11-02", "All Saints is a Monday"),
    ("2027-10-29", "BE", "2027-11-01", "and a working day in Berlin"),
]


@pytest.mark.parametrize(
    ("handed_over", "state", "posted"),
    [(*row[:3],) for row in HANDED_OVER],
    ids=[f"{day} {state}: {why}" for day, state, _, why in HANDED_OVER],
)
def test_letters_are_posted_on_a_working_day_of_the_federal_state(
    handed_over: str, state: str | None, posted: str
) -> None:
    day = expected_posting(date.fromisoformat(handed_over), state=state)
    assert day.isoformat() == posted


@pytest.mark.parametrize("state", [None, "BW", "BY", "HE", "SN", "ST"])
def test_no_day_of_two_years_is_posted_on_a_sunday_or_before_it_was_handed_over(
    state: str | None,
) -> None:
    first = date(2026, 1, 1)
    days = [posting_day(first + timedelta(days=number), state=state) for number in range(730)]
    assert {each.weekday() for each in days} == {0, 1, 2, 3, 4}
    assert days == sorted(days)
    assert max(
        (day - first - timedelta(days=number)).days for number, day in enumerate(days)
    ) <= 4, "Easter is the longest pause"  # fmt: skip


IN_SEASON = (9, 10, 11, 12)
BEFORE_SEASON: dict[Product, dict[int, int]] = {
    "standard": {20: 95, 21: 110, 50: 110, 51: 180, 500: 180, 501: 290, 1000: 290},
    "dialogpost": {20: 38, 21: 42, 50: 42},
    "dialogpost_easy": {20: 56, 21: 60, 50: 60},
}
"""Net cents by weight in grams, as the list of 2026 has them without the season's surcharge."""


@pytest.mark.parametrize("product_", BEFORE_SEASON)
def test_each_product_costs_what_the_list_says_in_every_month(product_: Product) -> None:
    for month, (grams, cents) in product(range(1, 13), BEFORE_SEASON[product_].items()):
        for day in (date(2026, month, 1), date(2026, month, 28)):
            cost = expected_postage(product_, domestic=True, grams=grams, day=day)
            surcharge = 1 if product_ != "standard" and month in IN_SEASON else 0
            assert cost is not None, (day, grams)
            assert cost.net_cents == cents + surcharge, (day, grams)
            assert cost.vat_percent == (0 if product_ == "standard" else 19)


def test_the_day_of_posting_decides_about_the_season_and_not_the_day_of_the_hand_over() -> None:
    for handed_over, net in (("2026-08-27", 38), ("2026-08-28", 38), ("2026-08-29", 39)):
        day = expected_posting(date.fromisoformat(handed_over), state="ST")
        cost = expected_postage("dialogpost", domestic=True, grams=10, day=day)
        assert cost is not None
        assert cost.net_cents == net, day


@pytest.mark.parametrize(
    ("product_", "grams", "day"),
    [
        ("dialogpost", 51, date(2026, 6, 1)),
        ("standard", 1001, date(2026, 6, 1)),
        ("standard", 10, date(2027, 1, 4)),
        ("dialogpost", 10, date(2025, 12, 31)),
    ],
)
def test_what_no_list_prices_has_no_price(product_: Product, grams: int, day: date) -> None:
    with pytest.raises(NoRateKnown):
        postage(product=product_, domestic=True, grams=grams, day=day)
    assert expected_postage(product_, domestic=True, grams=grams, day=day) is None
