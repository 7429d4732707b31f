"""Who is behind with their work, and by how much."""

from datetime import timedelta
from typing import Final

SINKS_FROM: Final = 2.0
"""Working days. Two days are caught up within a week beside new work; more grows."""

DAYS_AVERAGED: Final = timedelta(days=27)
"""Four weeks from today tell the usual day; a single week may be one of holidays."""


def days_behind(*, overdue_minutes: int, plannable_per_day: int) -> float:
    """Working days that the overdue minutes take, to a tenth; who has no hours counts an hour."""
    return round(overdue_minutes / max(plannable_per_day, 60), 1)
