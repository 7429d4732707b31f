"""Age and mandate, as every service reads them."""

from datetime import date

import pytest

from shared.law import MandateState, is_minor, mandate_state

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("birth_date", "minor"),
    [
        (None, False),
        (date(2008, 3, 1), False),
        (date(2008, 3, 2), True),
        (date(2008, 2, 29), False),
    ],
)
def test_full_age_begins_on_the_eighteenth_birthday(birth_date: date | None, minor: bool) -> None:
    assert is_minor(birth_date, TODAY) is minor


def test_somebody_born_on_a_leap_day_is_a_minor_until_the_first_of_march() -> None:
    assert is_minor(date(2008, 2, 29), date(2026, 2, 28))


@pytest.mark.parametrize(
    ("contract", "power_of_attorney", "ended_on", "state"),
    [
        (None, None, None, "held"),
        (True, None, None, "held"),
        (False, None, None, "pending"),
        (False, False, None, "pending"),
        (False, True, None, "held"),
        (True, True, TODAY, "held"),
        (True, True, date(2026, 2, 28), "ended"),
        (False, None, date(2026, 2, 28), "ended"),
    ],
)
def test_a_mandate_is_pending_only_if_it_is_known_to_lack(
    contract: bool | None,
    power_of_attorney: bool | None,
    ended_on: date | None,
    state: MandateState,
) -> None:
    found = mandate_state(
        contract=contract, power_of_attorney=power_of_attorney, ended_on=ended_on, on=TODAY
    )
    assert found == state
