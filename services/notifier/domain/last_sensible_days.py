"""Until which day a message makes sense: nobody is congratulated weeks later, or invited yesterday.

An order carries its last sensible day. Where it does not, the day follows from what the order
tells: the day of a birthday, the begin of an event.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from shared.contracts.templates import LAST_SENSIBLE_AFTER

ORDERED: Final = "last_sensible_day"
"""The name under which an order's data keeps its last sensible day."""


def last_sensible_day(template: str, data: Mapping[str, Any], zone: ZoneInfo) -> date | None:
    """Return the last day on which the message makes sense, in the agency's zone; None: always."""
    days = [
        date.fromisoformat(str(data[ORDERED])) if data.get(ORDERED) else None,
        _after_its_occasion(template, data),
        datetime.fromisoformat(str(data["starts_at"])).astimezone(zone).date()
        if data.get("starts_at")
        else None,
    ]
    return min((day for day in days if day is not None), default=None)


def is_too_late(template: str, data: Mapping[str, Any], *, now: datetime, zone: ZoneInfo) -> bool:
    """Tell whether the message would be late now; data that cannot be read is not.

    Nobody is invited to what has begun, even on the same day.
    """
    try:
        last = last_sensible_day(template, data, zone)
        begun = (
            bool(data.get("starts_at")) and datetime.fromisoformat(str(data["starts_at"])) <= now
        )
    except (ValueError, TypeError, AttributeError, OverflowError):
        return False
    return begun or (last is not None and now.astimezone(zone).date() > last)


def _after_its_occasion(template: str, data: Mapping[str, Any]) -> date | None:
    days = LAST_SENSIBLE_AFTER.get(template)
    if days is None or not data.get("due"):
        return None
    return date.fromisoformat(str(data["due"])) + timedelta(days=days)
