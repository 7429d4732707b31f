"""Whether the promised care fits into the hours of the staff, and at which book size it breaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

import polars as pl

from services.scheduler.domain.levelling import Levelled
from services.scheduler.domain.schemas import CAPACITY, PLACED, UNPLACED, checked
from shared.calendar import WorkingCalendar

PLANNABLE_SHARE: Final = 0.60
"""The share of a day that may be planned; the rest stays free for unplanned work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingPerson:
    """Hours and absences of one person. Absences are (first, last) days, both included."""

    staff_id: str
    weekly_hours: float
    absences: Sequence[tuple[date, date]] = field(default=())

    def is_away(self, day: date) -> bool:
        """Whether the person is absent on the day."""
        return any(first <= day <= last for first, last in self.absences)


def plannable_minutes(
    *,
    people: Sequence[WorkingPerson],
    calendar: WorkingCalendar,
    first: date,
    last: date,
    share: float = PLANNABLE_SHARE,
    fixed: Mapping[tuple[str, date], int] | None = None,
) -> pl.DataFrame:
    """Frame ``CAPACITY`` for working days from ``first`` to ``last``, both included.

    A person's weekly hours are spread over the office hours in proportion and never exceed them,
    so nothing is planned for an evening. ``fixed`` are minutes already promised per person and day.
    Days of absence have 0.
    """
    days = calendar.working_days(first, last)
    usual = calendar.usual_weekly_minutes()
    promised = fixed or {}
    rows = [
        (person.staff_id, day, _plannable(person, day, calendar, usual, share, promised))
        for person in people
        for day in days
    ]
    return pl.DataFrame(rows, schema=CAPACITY, orient="row")


def _plannable(
    person: WorkingPerson,
    day: date,
    calendar: WorkingCalendar,
    usual: int,
    share: float,
    fixed: Mapping[tuple[str, date], int],
) -> int:
    if person.is_away(day):
        return 0
    part = min(1.0, person.weekly_hours * 60 / usual)
    # Rounded first, because 480 minutes × 0.6 would be cut down to 287.
    minutes = int(round(calendar.working_minutes(day) * part * share, 6))
    return max(0, minutes - fixed.get((person.staff_id, day), 0))


def last_day_needed(work: pl.DataFrame, as_of: date) -> date:
    """The last day of any window of ``WORK``; capacity must be known until then."""
    latest = work["latest"].max()
    return latest if isinstance(latest, date) else as_of + timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Where the hours go.

    ``months``: staff_id, month (its first day), demanded_minutes, placed_minutes,
    plannable_minutes; demand without a day counts in the month its window begins.
    ``unplaced``: staff_id, service, reason, touchpoints, minutes.
    ``breaking_book_size``: how many customers of this mix fit into the hours of the person who runs
    out of them first (``breaks_first``); None if nothing is due.
    """

    months: pl.DataFrame
    unplaced: pl.DataFrame
    fits: bool
    breaking_book_size: int | None
    breaks_first: str | None


def forecast(*, levelled: Levelled, capacity: pl.DataFrame, customers: int) -> Forecast:
    """Hours per person and month, what does not fit, and at which book size the promise breaks.

    ``customers`` is the number of active customers behind the levelled work.
    """
    placed = checked(levelled.placed, PLACED, "placed")
    unplaced = checked(levelled.unplaced, UNPLACED, "unplaced")
    room = checked(capacity, CAPACITY, "capacity")
    totals = unplaced.group_by("staff_id", "service", "reason").agg(
        touchpoints=pl.len(), minutes=pl.col("minutes").sum()
    )
    size, first_to_break = _breaking_point(placed, unplaced, room, customers)
    return Forecast(
        months=_by_month(placed, unplaced, room),
        unplaced=totals.sort("minutes", "staff_id", "service", descending=[True, False, False]),
        fits=unplaced.is_empty(),
        breaking_book_size=size,
        breaks_first=first_to_break,
    )


def _by_month(placed: pl.DataFrame, unplaced: pl.DataFrame, room: pl.DataFrame) -> pl.DataFrame:
    def minutes(frame: pl.DataFrame, day: str, column: str, name: str) -> pl.DataFrame:
        month = pl.col(day).dt.month_start().alias("month")
        return frame.group_by("staff_id", month).agg(pl.col(column).sum().alias(name))

    keys = ["staff_id", "month"]
    joined = (
        minutes(room, "day", "plannable_minutes", "plannable_minutes")
        .join(
            minutes(placed, "day", "minutes", "placed_minutes"),
            on=keys,
            how="full",
            coalesce=True,
        )
        .join(
            minutes(unplaced, "earliest", "minutes", "_unplaced_minutes"),
            on=keys,
            how="full",
            coalesce=True,
        )
        .with_columns(pl.col(pl.Int64).fill_null(0))
    )
    return (
        joined.filter(pl.col("staff_id").is_not_null())
        .with_columns(demanded_minutes=pl.col("placed_minutes") + pl.col("_unplaced_minutes"))
        .select(*keys, "demanded_minutes", "placed_minutes", "plannable_minutes")
        .sort(keys)
    )


def _breaking_point(
    placed: pl.DataFrame, unplaced: pl.DataFrame, room: pl.DataFrame, customers: int
) -> tuple[int | None, str | None]:
    """Scale the book until one person's year is full, with the carers' shares unchanged."""
    demand = pl.concat([frame.select("staff_id", "minutes") for frame in (placed, unplaced)])
    by_person = (
        demand.drop_nulls("staff_id")
        .group_by("staff_id")
        .agg(pl.col("minutes").sum())
        .join(
            room.group_by("staff_id").agg(pl.col("plannable_minutes").sum()),
            on="staff_id",
            how="left",
        )
        .with_columns(times=pl.col("plannable_minutes").fill_null(0) / pl.col("minutes"))
        .sort("times", "staff_id")
    )
    if by_person.is_empty():
        return None, None
    tightest = by_person.row(0, named=True)
    return int(customers * tightest["times"]), str(tightest["staff_id"])
