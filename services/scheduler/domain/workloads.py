"""Who is behind with their work, and by how much."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

SINKS_FROM: Final = 2.0
"""Working days. Two days are caught up within a week beside new work; more grows."""

DAYS_AVERAGED: Final = timedelta(days=27)
"""Four weeks from today tell the usual day; a single week may be one of holidays."""


def days_behind(*, overdue_minutes: int, plannable_per_day: int) -> float:
    """Working days that the overdue minutes take, to a tenth; who has no hours counts an hour."""
    return round(overdue_minutes / max(plannable_per_day, 60), 1)


def caught_up_on(
    *, overdue_minutes: int, last_given: date | None, plannable: Iterable[tuple[date, int]]
) -> date | None:
    """The day on which the overdue work can be done; None if there is none.

    ``last_given`` is the last day that overdue tasks lie on. Answers are not spread, so that day
    may hold more than fits; the minutes then reach into the days that follow (``plannable``: days
    in order, with their minutes). Beyond these days it is the last of them.
    """
    if last_given is None:
        return None
    left, reached = overdue_minutes, last_given
    for day, minutes in plannable:
        if left <= 0:
            break
        left -= minutes
        reached = max(reached, day)
    return reached
