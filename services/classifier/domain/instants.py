"""Nothing that is told lies ahead: what claims to have happened later than now is refused."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from pydantic import BaseModel

from shared.contracts.customers import Commission, Contract, Customer
from shared.contracts.events import ContractCancelled
from shared.instants import InstantAhead, is_ahead, latest_instant

LAST_ZONE: Final = timedelta(hours=14)
"""So far ahead of UTC a day begins first: a day that has begun nowhere lies ahead everywhere."""
DUE_AHEAD: Final = timedelta(days=31)
"""Statements name the day on which a commission is due, which may be that of the next month."""
TOLD_DAYS: Final = ("customer_since", "mandate.since", "cancelled_on")
"""Days of records that tell what has happened, as `fields_of` names them. When a contract begins
or ends, or a mandate ends, may lie ahead; births and deaths have refusals of their own."""


def latest_day(now: datetime, *, slack: timedelta = timedelta(0)) -> date:
    """The latest day that has begun somewhere, or begins within ``slack``."""
    return (now.astimezone(UTC) + LAST_ZONE + slack).date()


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
    latest |= {f"{within}/{name}": day for name, day in _days_ahead(value, now)}
    if latest:
        raise InstantAhead(latest)


def _days_ahead(value: BaseModel, now: datetime) -> Iterator[tuple[str, date]]:
    """The plain days of something that happened, with the latest they may be. When a cover or
    mandate ends may lie ahead."""
    told: dict[str, date | None] = {}
    if isinstance(value, ContractCancelled | Contract):
        told["cancelled_on"] = value.cancelled_on
    if isinstance(value, Customer):
        told["customer_since"] = value.customer_since
        told["mandate/since"] = value.mandate.since
    yield from (
        (name, latest_day(now)) for name, day in told.items() if day and is_day_ahead(day, now)
    )
    if isinstance(value, Commission) and is_day_ahead(value.booked_on, now, slack=DUE_AHEAD):
        yield "booked_on", latest_day(now, slack=DUE_AHEAD)


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
        for name, field in value:
            if isinstance(field, datetime | BaseModel | list):
                yield from _instants(field, f"{pointer}/{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _instants(item, f"{pointer}/{number}")
