"""Nothing that is told lies ahead: what claims to have happened later than now is refused."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel

from services.classifier.domain.latest_days import DUE_AHEAD, latest_day
from shared.contracts.customers import Commission, Contract, Customer, Interaction
from shared.contracts.events import ContractCancelled
from shared.instants import InstantAhead, is_ahead, latest_instant

TOLD_DAYS: Final = (
    "customer_since", "last_review_on", "last_contact_on", "mandate.since", "cancelled_on",
)  # fmt: skip
"""Days of records that tell what has happened, as `fields_of` names them. When a contract begins
or ends, or a mandate ends, may lie ahead; births and deaths have refusals of their own."""


EARLIEST: Final = date(1950, 1, 1)
"""Bookings and contacts before it have a mistyped year, as in lists."""


_MAY_HOLD_INSTANTS: Final = (datetime, BaseModel, list)


class DayLongAgo(Exception):
    """what is told lies before 1950, so its year is mistyped"""

    def __init__(self, pointer: str) -> None:
        super().__init__(f"{pointer}: {type(self).__doc__}")
        self.pointers = [{"pointer": pointer, "detail": f"must not be before {EARLIEST}"}]


def is_day_ahead(day: date, now: datetime, *, slack: timedelta = timedelta(0)) -> bool:
    """Whether a plain day has not begun anywhere yet, nor within ``slack``."""
    return day > latest_day(now, slack=slack)


def refuse_ahead(value: BaseModel, *, now: datetime, within: str = "") -> None:
    """Raise InstantAhead if any instant in a value lies ahead; ``within`` is where it stands."""
    latest: dict[str, date] = {
        f"{within}{pointer}": latest_instant(now)
        for pointer, at in _instants(value)
        if is_ahead(at, now)
    }
    latest |= {
        f"{within}/{name}": latest_day(now, slack=slack)
        for name, day, slack in _told_days(value)
        if is_day_ahead(day, now, slack=slack)
    }
    if latest:
        raise InstantAhead(latest)


def _told_days(value: BaseModel) -> Iterator[tuple[str, date, timedelta]]:
    """The plain days of something that happened, with how far ahead they may be. When a cover or
    mandate ends may lie ahead."""
    told: dict[str, date | None] = {}
    if isinstance(value, ContractCancelled | Contract):
        told["cancelled_on"] = value.cancelled_on
    if isinstance(value, Customer):
        told["customer_since"] = value.customer_since
        told["last_review_on"] = value.last_review_on
        told["last_contact_on"] = value.last_contact_on
        told["mandate/since"] = value.mandate.since
    yield from ((name, day, timedelta(0)) for name, day in told.items() if day)
    if isinstance(value, Commission):
        yield "booked_on", value.booked_on, DUE_AHEAD


def ahead_of_today(value: BaseModel, *, today: date, within: str) -> InstantAhead | None:
    """Why a value may not be told where the agency's day is ``today``; None if nothing lies ahead.

    A day that has begun further east only has not begun for an agency here: a notice of tomorrow
    would end a cover today.
    """
    latest = {
        f"{within}/{name}": today + slack
        for name, day, slack in _told_days(value)
        if day > today + slack
    }
    return InstantAhead(latest) if latest else None


def long_ago(value: BaseModel, *, within: str = "") -> DayLongAgo | None:
    """Why a booking or contact may not be told: its year is mistyped; None if it may."""
    if isinstance(value, Commission) and value.booked_on < EARLIEST:
        return DayLongAgo(f"{within}/booked_on")
    if isinstance(value, Interaction) and value.at.date() < EARLIEST:
        return DayLongAgo(f"{within}/at")
    return None


def refuse_days_ahead(fields: Mapping[str, object], *, today: date) -> None:
    """Raise InstantAhead if a record's day of something that happened lies after ``today``, the
    day where the agency is; what is not named was checked when it came."""
    days = {name: fields.get(name) for name in TOLD_DAYS}
    latest = {
        f"/{name.replace('.', '/')}": today
        for name, day in days.items()
        if isinstance(day, date) and day > today
    }
    if latest:
        raise InstantAhead(latest)


def _instants(value: Any, pointer: str = "") -> Iterator[tuple[str, datetime]]:
    if isinstance(value, datetime):
        yield pointer, value
    elif isinstance(value, BaseModel):
        for name, field in vars(value).items():
            if isinstance(field, _MAY_HOLD_INSTANTS):
                yield from _instants(field, f"{pointer}/{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _instants(item, f"{pointer}/{number}")
