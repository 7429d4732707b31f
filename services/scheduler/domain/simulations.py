"""Catalogues tried on the book: what falls due by class, person and service, won and lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from services.scheduler.domain.schemas import TOUCHPOINTS

LOOKED_AT: Final = 20_000
"""Customers that one simulation plans; it takes some seconds. More are judged by a part."""
SAMPLE: Final = 2_000
"""Customers that a forecast plans to tell what equal treatment would cost: 0.2 s."""
CREEPING_HOURS: Final = (8, 10, 12, 14)
"""Hours a day; the first is a usual day."""

_KEYS: Final = ("segment", "staff_id", "service")
_COUNTED: Final = {"touchpoints": pl.Int64, "minutes": pl.Int64, "customers": pl.Int64}


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """A catalogue beside the present one; every count is of the part that was looked at.

    ``months``: month, touchpoints, touchpoints_before. ``loads``: segment, staff_id, service and
    touchpoints and minutes, each with ``_before``. ``changes``: service, segment, change and
    customers, touchpoints and minutes, each with ``_before``.
    """

    months: pl.DataFrame
    loads: pl.DataFrame
    changes: pl.DataFrame


def simulated(*, after: pl.DataFrame, before: pl.DataFrame, classes: pl.DataFrame) -> Simulated:
    """Compare two frames ``TOUCHPOINTS``; ``classes`` (customer_id, segment) are the customers'."""
    new, old = (_lawful(frame, classes) for frame in (after, before))
    return Simulated(
        months=_beside(new, old, ("month",)).sort("month"),
        loads=_beside(new, old, _KEYS).sort(_KEYS, nulls_last=True),
        changes=_changes(new, old),
    )


def _lawful(touchpoints: pl.DataFrame, classes: pl.DataFrame) -> pl.DataFrame:
    """What the law lets happen, with class and month."""
    return (
        touchpoints.select(list(TOUCHPOINTS))
        .filter(pl.col("state") == "planned")
        .join(classes.select("customer_id", "segment"), on="customer_id", how="left")
        .with_columns(month=pl.col("due").clip(pl.col("earliest").min()).dt.month_start())
    )


def _counted(frame: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    return frame.group_by(keys).agg(
        touchpoints=pl.len().cast(pl.Int64),
        minutes=pl.col("minutes").sum(),
        customers=pl.col("customer_id").n_unique().cast(pl.Int64),
    )


def _beside(new: pl.DataFrame, old: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    """Counts of both by these keys; what one does not have is 0 there."""
    before = _counted(old, keys).rename({name: f"{name}_before" for name in _COUNTED})
    joined = _counted(new, keys).join(before, on=keys, how="full", coalesce=True, nulls_equal=True)
    counts = [*_COUNTED, *(f"{name}_before" for name in _COUNTED)]
    return joined.with_columns(pl.col(counts).fill_null(0))


def _changes(new: pl.DataFrame, old: pl.DataFrame) -> pl.DataFrame:
    keys = ("service", "segment")
    ways = [
        frame.group_by(keys).agg(pl.col("channel").unique().sort().alias(name))
        for frame, name in ((new, "ways"), (old, "ways_before"))
    ]
    both = _beside(new, old, keys)
    for way in ways:
        both = both.join(way, on=keys, how="left", nulls_equal=True)
    change = (
        pl.when(pl.col("touchpoints_before") == 0)
        .then(pl.lit("won"))
        .when(pl.col("touchpoints") == 0)
        .then(pl.lit("lost"))
        .when(pl.col("touchpoints") > pl.col("touchpoints_before"))
        .then(pl.lit("more"))
        .when(pl.col("touchpoints") < pl.col("touchpoints_before"))
        .then(pl.lit("fewer"))
        .when(pl.col("minutes") > pl.col("minutes_before"))
        .then(pl.lit("longer"))
        .when(pl.col("minutes") < pl.col("minutes_before"))
        .then(pl.lit("shorter"))
        .when(pl.col("ways") != pl.col("ways_before"))
        .then(pl.lit("other_channel"))
    )
    return (
        both.with_columns(change=change)
        .filter(pl.col("change").is_not_null())
        .drop("ways", "ways_before")
        .sort(keys)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Creeping:
    """Hours a day that the present book needs, and the book sizes that days of some hours carry:
    (hours, customers if all are alike, customers by the catalogue)."""

    needed_alike: float
    needed_by_catalogue: float
    days: list[tuple[int, int, int]]


def creeping_hours(
    *, alike: int, by_catalogue: int, plannable: int, customers: int, looked_at: int
) -> Creeping | None:
    """What equal treatment costs; None without customers, work or hours.

    ``alike`` and ``by_catalogue`` are the minutes of twelve months for the ``looked_at`` customers,
    ``plannable`` the staff's minutes of the same months at a usual day.
    """
    if not (alike and by_catalogue and plannable and customers and looked_at):
        return None
    usual = CREEPING_HOURS[0]
    each = {"alike": alike / looked_at, "catalogue": by_catalogue / looked_at}

    def needed(of: str) -> float:
        return usual * each[of] * customers / plannable

    def carried(hours: int, of: str) -> int:
        return int(plannable * hours / usual / each[of])

    return Creeping(
        needed_alike=needed("alike"),
        needed_by_catalogue=needed("catalogue"),
        days=[
            (hours, carried(hours, "alike"), carried(hours, "catalogue"))
            for hours in CREEPING_HOURS
        ],
    )


def minutes_by_person(touchpoints: pl.DataFrame) -> Mapping[str, int]:
    """The personal minutes of each person; those of nobody are left out."""
    summed = (
        touchpoints.filter(pl.col("state") == "planned")
        .drop_nulls("staff_id")
        .group_by("staff_id")
        .agg(pl.col("minutes").sum())
    )
    return dict(summed.iter_rows())
