"""The day on which a print shop posts: a working day, because nobody collects on Sundays."""

from datetime import date, timedelta
from typing import Final

from shared.calendar import WorkingCalendar

SATURDAY: Final = 5
TO_THE_POST: Final = timedelta(days=3)
"""What a print shop needs to print, fold and post."""


def posting_day(day: date, *, state: str | None) -> date:
    """Return the day itself, or the next that is neither a weekend nor a public holiday.

    The holidays are those of the agency's federal state, where its print shop is expected; those
    of all Germany if the state is not known.
    """
    calendar = WorkingCalendar(state=state)
    while day.weekday() >= SATURDAY or calendar.is_holiday(day):
        day += timedelta(days=1)
    return day


def expected_posting(handed_over: date, *, state: str | None) -> date:
    """Return when letters are posted that the print shop gets on a day."""
    return posting_day(handed_over + TO_THE_POST, state=state)
