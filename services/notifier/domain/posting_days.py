"""The day on which a print shop posts: a working day, because nobody collects on Sundays."""

from datetime import date, timedelta
from typing import Final

import holidays

SATURDAY: Final = 5


def posting_day(day: date) -> date:
    """Return the day itself, or the next that is neither a weekend nor a holiday in all Germany."""
    off = holidays.country_holidays("DE", years=(day.year, day.year + 1))
    while day.weekday() >= SATURDAY or day in off:
        day += timedelta(days=1)
    return day
