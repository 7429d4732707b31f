"""The latest day that may be told of: what begins first anywhere, and what is due soon."""

from datetime import UTC, date, datetime, timedelta
from typing import Final

LAST_ZONE: Final = timedelta(hours=14)
"""So far ahead of UTC a day begins first: a day that has begun nowhere lies ahead everywhere."""
DUE_AHEAD: Final = timedelta(days=31)
"""Statements name the day on which a commission is due, which may be that of the next month."""


def latest_day(now: datetime, *, slack: timedelta = timedelta(0)) -> date:
    """The latest day that has begun somewhere, or begins within ``slack``."""
    return (now.astimezone(UTC) + LAST_ZONE + slack).date()
