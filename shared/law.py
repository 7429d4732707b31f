"""What the law says of a customer's age and mandate, for every service that asks."""

from datetime import date
from typing import Final, Literal

FULL_AGE_YEARS: Final = 18
"""§ 2 BGB."""

MandateState = Literal["held", "pending", "ended"]


def is_minor(birth_date: date | None, on: date) -> bool:
    """Whether somebody is under full age on a day; an unknown birth date is no reason.

    Somebody born on 29 February comes of age on 1 March (§ 187 (2), § 188 (2) BGB).
    """
    if birth_date is None:
        return False
    birthday_to_come = (on.month, on.day) < (birth_date.month, birth_date.day)
    return on.year - birth_date.year - birthday_to_come < FULL_AGE_YEARS


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
