"""What the law says of a customer's age and mandate, for every service that asks."""

from datetime import MAXYEAR, date
from typing import Final, Literal

FULL_AGE_YEARS: Final = 18
"""§ 2 BGB."""

MandateState = Literal["held", "pending", "ended"]


def comes_of_age_on(birth_date: date) -> date:
    """The first day of full age.

    Somebody born on 29 February comes of age on 1 March (§ 187 (2), § 188 (2) BGB), because no year
    that lies eighteen years after a leap year is one.
    """
    year = min(birth_date.year + FULL_AGE_YEARS, MAXYEAR)
    if (birth_date.month, birth_date.day) == (2, 29):
        return date(year, 3, 1)
    return birth_date.replace(year=year)


def is_minor(birth_date: date | None, on: date) -> bool:
    """Whether somebody is under full age on a day; an unknown birth date is no reason."""
    return birth_date is not None and on < comes_of_age_on(birth_date)


def mandate_state(
    *, contract: bool | None, power_of_attorney: bool | None, ended_on: date | None, on: date
) -> MandateState:
    """The state of a broker's mandate on a day; its last day still counts.

    Pending only if the contract is explicitly False and there is no power of attorney, because
    an unknown mandate counts as held.
    """
    if ended_on is not None and ended_on < on:
        return "ended"
    if contract is False and not power_of_attorney:
        return "pending"
    return "held"
