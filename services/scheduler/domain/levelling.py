"""Gives personal touchpoints their day, evenly over weeks and days and never beyond capacity.

Each person is levelled alone, because the carer is fixed before. What has an allowed day keeps it.
The rest is placed in steps: by priority, tight windows first, long items before short ones, because
short ones fit into what long ones leave. ``weekly_flow`` spreads a step over the weeks, then each
item goes to the emptiest day of its week. What finds no day in its window is returned as unplaced.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from services.scheduler.domain.person_schedule import Horizon, Ints, Items, PersonSchedule
from services.scheduler.domain.placement import attempt, steps_in_order
from services.scheduler.domain.schemas import CAPACITY, PLACED, UNPLACED, WORK, checked
from services.scheduler.domain.weekly_flow import relaxed_levels

FLAT_ENOUGH: Final = 1.02
"""A peak of so many times the best possible one is good enough, because nobody notices the
difference and looking further doubles the time."""
IDLE: Final = 0.1
"""If the fullest week has no higher load, one call is the peak and there is nothing to level."""

NO_ROOM: Final = "no_room_in_window"
NO_WORKING_DAY: Final = "no_working_day_in_window"
NOBODY: Final = "nobody_responsible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Levelled:
    """Frames ``PLACED`` and ``UNPLACED``; each item of the work is in one of them."""

    placed: pl.DataFrame
    unplaced: pl.DataFrame


def level(*, work: pl.DataFrame, capacity: pl.DataFrame) -> Levelled:
    """Give each item of ``WORK`` a day within its window and ``CAPACITY``.

    No person and day gets more minutes than plannable. Deterministic; levelling the result again
    moves nothing. Raises ``FrameMismatch``.
    """
    rows = checked(work, WORK, "work").sort("touchpoint_id")
    room = checked(capacity, CAPACITY, "capacity").filter(pl.col("plannable_minutes") > 0)
    horizon = Horizon.of(room)
    kept = _kept(rows, room)
    rest = rows.join(kept, on="touchpoint_id", how="anti")
    plannable = horizon.minutes_by_person(room)
    taken = horizon.minutes_by_person(kept.rename({"minutes": "plannable_minutes"}))
    given = [pl.DataFrame(schema={"touchpoint_id": pl.String, "day": pl.Date, "reason": pl.String})]
    for (staff_id,), mine in rest.partition_by("staff_id", as_dict=True).items():
        if staff_id is None:
            given.append(_all_unplaced(mine, NOBODY))
        elif staff_id not in plannable:
            given.append(_all_unplaced(mine, NO_WORKING_DAY))
        else:
            free = plannable[staff_id]
            schedule = PersonSchedule(free, free - taken.get(staff_id, np.zeros_like(free)))
            given.append(_levelled_person(mine, schedule, horizon))
    found = rest.drop("day").join(pl.concat(given), on="touchpoint_id", how="left")
    new = found.filter(pl.col("day").is_not_null())
    placed = pl.concat([kept.select(list(PLACED)), new.select(list(PLACED))])
    unplaced = found.filter(pl.col("day").is_null()).select(list(UNPLACED))
    return Levelled(placed=placed.sort("touchpoint_id"), unplaced=unplaced.sort("touchpoint_id"))


def _kept(rows: pl.DataFrame, room: pl.DataFrame) -> pl.DataFrame:
    """Items whose present day lies in their window and has room for them, the important first."""
    has_day = rows.filter(pl.col("day").is_between("earliest", "latest")).join(
        room, on=["staff_id", "day"], how="inner"
    )
    so_far = pl.col("minutes").cum_sum().over(["staff_id", "day"])
    return (
        has_day.sort("priority", "touchpoint_id")
        .filter(so_far <= pl.col("plannable_minutes"))
        .select(list(WORK))
    )


def _all_unplaced(mine: pl.DataFrame, reason: str) -> pl.DataFrame:
    return mine.select("touchpoint_id", day=pl.lit(None, dtype=pl.Date), reason=pl.lit(reason))


def _levelled_person(
    mine: pl.DataFrame, schedule: PersonSchedule, horizon: Horizon
) -> pl.DataFrame:
    """``touchpoint_id`` with ``day`` or ``reason`` for each of one person's items."""
    first, last = open_window(mine, schedule, horizon)
    minutes = mine["minutes"].to_numpy()
    priority = mine["priority"].to_numpy()
    possible = first <= last
    items = Items(minutes=minutes, first=first, last=last)
    rows = np.flatnonzero(possible)
    steps = steps_in_order(items, priority, rows)
    flat = max(FLAT_ENOUGH * schedule.lowest_peak(items, rows), IDLE)
    best = attempt(items, priority, steps, schedule.copy(), by_share=True, flat=flat)
    if best.peak > flat or any(best.missed):
        other = attempt(items, priority, steps, schedule.copy(), by_share=False, flat=flat)
        best = min(best, other, key=lambda way: (way.missed, way.peak))
    days = best.days
    found = pl.Series(np.datetime64(horizon.monday, "D") + days.astype("timedelta64[D]"))
    reasons = np.where(possible, NO_ROOM, NO_WORKING_DAY).astype(object)
    has_day = pl.Series(days >= 0)
    return mine.select("touchpoint_id").with_columns(
        day=pl.when(has_day).then(found.cast(pl.Date)),
        reason=pl.when(~has_day).then(pl.Series(reasons, dtype=pl.String)),
    )


def open_window(
    mine: pl.DataFrame, schedule: PersonSchedule, horizon: Horizon
) -> tuple[Ints, Ints]:
    """First and last open day of each window; first > last if it has no open day."""
    earliest = np.maximum(horizon.index(mine["earliest"]), 0)
    latest = np.minimum(horizon.index(mine["latest"]), horizon.days - 1)
    last = np.where(latest >= 0, schedule.open_until[latest], -1)
    return schedule.open_from[earliest], last


def weekly_loads(*, placed: pl.DataFrame, capacity: pl.DataFrame) -> pl.DataFrame:
    """Per person and week: staff_id, week (its Monday), minutes, plannable_minutes, load."""
    week = pl.col("day").dt.truncate("1w").alias("week")
    room = capacity.group_by("staff_id", week).agg(pl.col("plannable_minutes").sum())
    used = placed.group_by("staff_id", week).agg(pl.col("minutes").sum())
    return (
        room.filter(pl.col("plannable_minutes") > 0)
        .join(used, on=["staff_id", "week"], how="left")
        .with_columns(pl.col("minutes").fill_null(0))
        .with_columns(load=pl.col("minutes") / pl.col("plannable_minutes"))
        .sort("staff_id", "week")
    )


def relaxed_optima(*, work: pl.DataFrame, capacity: pl.DataFrame) -> dict[str, float]:
    """Per person the lowest possible peak: no plan has a smaller highest weekly load.

    Above 1 the person's work does not fit. Work without a person, or without an open day in its
    window, is left out. See ``weekly_flow.relaxed_levels``.
    """
    room = checked(capacity, CAPACITY, "capacity").filter(pl.col("plannable_minutes") > 0)
    horizon = Horizon.of(room)
    plannable = horizon.minutes_by_person(room)
    optima = dict.fromkeys(plannable, 0.0)
    for (staff_id,), mine in (
        checked(work, WORK, "work").partition_by("staff_id", as_dict=True).items()
    ):
        if staff_id not in plannable:
            continue
        schedule = PersonSchedule(plannable[staff_id], plannable[staff_id])
        first, last = open_window(mine, schedule, horizon)
        open_ = first <= last
        levels = relaxed_levels(
            first=first[open_] // 7,
            last=last[open_] // 7,
            minutes=mine["minutes"].to_numpy()[open_],
            plannable=schedule.weekly,
        )
        optima[staff_id] = float(levels.max())
    return optima
