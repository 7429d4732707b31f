"""Twelve months of work against the hours of the same months, and where the promise breaks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from services.scheduler.domain.carers import ROLE_RANK, SEGMENT_RANK, Carer
from services.scheduler.domain.intervals import HORIZON_MONTHS
from services.scheduler.domain.schemas import AHEAD, CAPACITY, checked
from services.scheduler.domain.touchpoint_ids import month_later

GROWN_AT_MOST: Final = 50
"""Times the present book up to which the breaking size is looked for; no agency plans further."""
SIZES_TRIED: Final = 2_000
"""Book sizes looked at before the first one that breaks is narrowed down."""

ROUNDING: Final = 1e-6
"""Minutes; shares of a book are fractions, and 110.00000000000001 minutes still fit into 110."""

Floats = NDArray[np.float64]
MINUTES: Final = pl.col("minutes").sum()


def last_day_of(first: date) -> date:
    """The last day of the twelve months that begin on a day."""
    return month_later(first, HORIZON_MONTHS) - timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Where the hours go.

    ``months``: staff_id, month (its first day), demanded_minutes, placed_minutes,
    plannable_minutes; demand counts in the month in which it is due, what is overdue in the first.
    ``weeks``: staff_id, week (its Monday), placed_minutes, plannable_minutes. ``week_services``:
    staff_id, week, service, minutes. ``people``: staff_id, demanded_minutes, plannable_minutes.
    ``services``: service, staff_id, touchpoints, minutes. ``unplaced``: staff_id, service, reason,
    touchpoints, minutes. ``breaking_book_size``: how many customers of this mix fit into the hours
    of whoever runs out of them first (``breaks_first``); None if nothing is due, or none does.
    """

    months: pl.DataFrame
    weeks: pl.DataFrame
    week_services: pl.DataFrame
    people: pl.DataFrame
    services: pl.DataFrame
    unplaced: pl.DataFrame
    fits: bool
    breaking_book_size: int | None
    breaks_first: str | None


def forecast(
    *,
    ahead: pl.DataFrame,
    capacity: pl.DataFrame,
    people: Sequence[Carer],
    customers: Mapping[str, int],
    first: date,
) -> Forecast:
    """Hours by person, month, week and service; what does not fit; where the promise breaks.

    ``ahead`` (frame ``AHEAD``) is what falls due in the twelve months from ``first``, and
    ``capacity`` the hours of the same days. ``customers`` are the active ones by class.
    """
    last = last_day_of(first)
    work = checked(ahead, AHEAD, "ahead").with_columns(due=pl.col("due").clip(first, last))
    room = checked(capacity, CAPACITY, "capacity").filter(pl.col("day").is_between(first, last))
    placed = work.filter(pl.col("day").is_between(first, last))
    unplaced = work.filter(pl.col("day").is_null())
    by_person = _by_person(work, room)
    size, breaks_first = breaking_point(
        work=work, room=_minutes_of(room), people=people, customers=customers
    )
    week = pl.col("day").dt.truncate("1w").alias("week")
    return Forecast(
        months=_by_month(work, placed, room),
        weeks=_by_week(placed.with_columns(week), room.with_columns(week)),
        week_services=placed.drop_nulls("staff_id")
        .group_by("staff_id", week, "service")
        .agg(MINUTES)
        .sort("staff_id", "week", "service"),
        people=by_person,
        services=work.group_by("service", "staff_id")
        .agg(touchpoints=pl.len(), minutes=MINUTES)
        .sort("minutes", "service", "staff_id", descending=[True, False, False]),
        unplaced=unplaced.group_by("staff_id", "service", "reason")
        .agg(touchpoints=pl.len(), minutes=MINUTES)
        .sort("minutes", "staff_id", "service", descending=[True, False, False]),
        fits=unplaced.is_empty(),
        breaking_book_size=size,
        breaks_first=breaks_first,
    )


def _minutes_of(room: pl.DataFrame) -> dict[str, int]:
    summed = room.group_by("staff_id").agg(pl.col("plannable_minutes").sum())
    return dict(summed.iter_rows())


def _by_person(work: pl.DataFrame, room: pl.DataFrame) -> pl.DataFrame:
    demanded = work.drop_nulls("staff_id").group_by("staff_id").agg(demanded_minutes=MINUTES)
    plannable = room.group_by("staff_id").agg(pl.col("plannable_minutes").sum())
    return (
        plannable.join(demanded, on="staff_id", how="full", coalesce=True)
        .with_columns(pl.col("demanded_minutes", "plannable_minutes").fill_null(0))
        .select("staff_id", "demanded_minutes", "plannable_minutes")
        .sort("staff_id")
    )


def _by_month(work: pl.DataFrame, placed: pl.DataFrame, room: pl.DataFrame) -> pl.DataFrame:
    def summed(frame: pl.DataFrame, day: str, column: str, name: str) -> pl.DataFrame:
        month = pl.col(day).dt.month_start().alias("month")
        return (
            frame.drop_nulls("staff_id")
            .group_by("staff_id", month)
            .agg(pl.col(column).sum().alias(name))
        )

    keys = ["staff_id", "month"]
    parts = (
        summed(work, "due", "minutes", "demanded_minutes"),
        summed(placed, "day", "minutes", "placed_minutes"),
        summed(room, "day", "plannable_minutes", "plannable_minutes"),
    )
    joined = parts[0]
    for part in parts[1:]:
        joined = joined.join(part, on=keys, how="full", coalesce=True)
    names = ("demanded_minutes", "placed_minutes", "plannable_minutes")
    return joined.with_columns(pl.col(names).fill_null(0)).select(*keys, *names).sort(keys)


def _by_week(placed: pl.DataFrame, room: pl.DataFrame) -> pl.DataFrame:
    keys = ["staff_id", "week"]
    used = placed.drop_nulls("staff_id").group_by(keys).agg(placed_minutes=MINUTES)
    names = ("placed_minutes", "plannable_minutes")
    return (
        room.group_by(keys)
        .agg(pl.col("plannable_minutes").sum())
        .join(used, on=keys, how="full", coalesce=True)
        .with_columns(pl.col(names).fill_null(0))
        .select(*keys, *names)
        .sort(keys)
    )


def breaking_point(
    *,
    work: pl.DataFrame,
    room: Mapping[str, int],
    people: Sequence[Carer],
    customers: Mapping[str, int],
) -> tuple[int | None, str | None]:
    """The largest book of this mix that fits into everybody's hours, and who runs out first.

    A smaller book leaves each person the same share. A larger one is ranked anew: the owner's
    places stay as many, and take the best, so that what is added reaches those who have places
    left, and whoever takes the rest. Work that is not the carer's own grows with the book.
    """
    now = sum(customers.values())
    # Who left has no hours to run out of; what they still have goes to somebody else.
    theirs = work.filter(pl.col("staff_id").is_in([each.staff_id for each in people]))
    demanded = dict(theirs.group_by("staff_id").agg(MINUTES).sort("staff_id").iter_rows())
    if not now or not demanded:
        return None, None
    tightest = min(demanded, key=lambda one: (room.get(one, 0) / demanded[one], one))
    if demanded[tightest] > room.get(tightest, 0):
        return int(now * room.get(tightest, 0) / demanded[tightest]), tightest
    ranked = sorted(people, key=lambda each: (ROLE_RANK[each.role], each.staff_id))
    names = [each.staff_id for each in ranked]
    grown = _Growth.of(work, ranked, customers, now)
    free = np.array([room.get(name, 0) for name in names]) + ROUNDING
    sizes = np.unique(np.linspace(now, now * GROWN_AT_MOST, SIZES_TRIED).astype(np.int64))
    over = (grown.minutes(sizes) > free).any(axis=1)
    if not over.any():
        return None, None
    nth = int(np.argmax(over))
    within = np.arange(sizes[max(nth - 1, 0)], sizes[nth] + 1)
    minutes = grown.minutes(within)
    breaking = int(np.argmax((minutes > free).any(axis=1)))
    return int(within[breaking]) - 1, names[int(np.argmax(minutes[breaking] - free))]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Growth:
    """How a person's minutes follow the size of the book. Rows of arrays are people by rank."""

    places: Floats
    shares: Floats  # of each class, in order of rank
    minutes_each: Floats  # a year's minutes of the carer, for one customer of each class
    cared: Floats  # the carers' own minutes of the present book
    others: Floats  # minutes for customers of others
    now: int

    @classmethod
    def of(
        cls, work: pl.DataFrame, ranked: Sequence[Carer], customers: Mapping[str, int], now: int
    ) -> "_Growth":
        own = pl.col("staff_id") == pl.col("carer_id")
        of_class = dict(work.filter(own).group_by("segment").agg(MINUTES).iter_rows())
        classes = sorted(customers, key=lambda each: SEGMENT_RANK.get(each, len(SEGMENT_RANK)))

        def by_person(which: pl.Expr) -> Floats:
            found = dict(work.filter(which).group_by("staff_id").agg(MINUTES).iter_rows())
            return np.array([found.get(each.staff_id, 0) for each in ranked], dtype=np.float64)

        return cls(
            places=np.array([np.inf if each.places is None else each.places for each in ranked]),
            shares=np.array([customers[each] / now for each in classes]),
            minutes_each=np.array(
                [of_class.get(each, 0) / max(1, customers[each]) for each in classes]
            ),
            cared=by_person(own),
            others=by_person(~own.fill_null(value=False)),
            now=now,
        )

    def minutes(self, sizes: NDArray[np.int64]) -> Floats:
        """Minutes of a year for each size (rows) and person (columns)."""
        added = self._ranked_minutes(sizes) - self._ranked_minutes(np.array([self.now]))
        return np.maximum(0, self.cared + added) + np.outer(sizes / self.now, self.others)

    def _ranked_minutes(self, sizes: NDArray[np.int64]) -> Floats:
        """Minutes if the whole book were given by rank: classes and places are two rows of parts
        of the same list, and each person gets where they overlap."""
        ends = np.outer(sizes, np.cumsum(self.shares))
        begins = ends - np.outer(sizes, self.shares)
        until = np.minimum(np.cumsum(self.places), sizes[:, None])
        until[:, -1] = sizes  # the last person takes all who are left
        since = np.concatenate([np.zeros((len(sizes), 1)), until[:, :-1]], axis=1)
        overlap = np.minimum(until[:, :, None], ends[:, None, :]) - np.maximum(
            since[:, :, None], begins[:, None, :]
        )
        return np.asarray(np.maximum(overlap, 0) @ self.minutes_each, dtype=np.float64)
