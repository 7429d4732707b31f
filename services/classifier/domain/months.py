"""Month arithmetic on days."""

from datetime import date

from dateutil.relativedelta import relativedelta


def add_months(day: date, months: int) -> date:
    """The same day of another month, clamped to that month's end (31 January + 1 = 28 February)."""
    return day + relativedelta(months=months)
