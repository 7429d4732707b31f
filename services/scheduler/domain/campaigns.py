"""The days of campaigns: the catalogue's day of the month, or the day a campaign was moved to."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from services.scheduler.domain.touchpoint_ids import month_later
from shared.calendar import WorkingCalendar
from shared.contracts.catalogues import Cell, Service

CAMPAIGN_MOVES_MONTHS: Final = 6
"""A campaign may be moved by so many months at most."""


def campaign_days(
    service: Service,
    cell: Cell,
    calendar: WorkingCalendar,
    first: date,
    until: date,
    moved: Mapping[tuple[str, date], date] | None = None,
) -> Iterator[tuple[date, date]]:
    """The campaigns from ``first`` (included) to ``until`` (excluded), as month and day.

    A month is given by its first day. A moved campaign may be held in another month than its own.
    """
    elsewhere = moved or {}
    month = month_later(first.replace(day=1), -CAMPAIGN_MOVES_MONTHS)
    while month < month_later(until, CAMPAIGN_MOVES_MONTHS):
        if month.month in cell.months:
            wanted = service.campaign_day
            ahead = (wanted.weekday - month.isoweekday()) % 7 + 7 * (wanted.ordinal - 1)
            usual = calendar.working_day_from(month + timedelta(days=ahead))
            day = elsewhere.get((service.key, month), usual)
            if first <= day < until:
                yield month, day
        month = month_later(month, 1)
