"""Which day: personal touchpoints spread evenly over weeks and days, never over the room there is.

Each person is levelled alone, since the carer is given. What stands on an allowed day stays there.
The rest is taken by priority, tight windows first, long items before short ones (the short ones
fill what the long ones leave); each such step is spread over the weeks by flow (``weeks``) and
then put on the emptiest day of its week. What no day of its window has room for is returned.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from services.scheduler.domain.frames import CAPACITY, PLACED, UNPLACED, WORK, checked
from services.scheduler.domain.weeks import Weeks, relaxed_optimum, spread_over_weeks

Ints = NDArray[np.int64]

TIGHT_DAYS: Final = 13
"""Windows up to so many days can hardly move: they are placed first and the rest flows around."""

SECOND_LOOKS: Final = 1
"""How often each length is spread again over the load of all others."""

PEAK_MOVES: Final = 100
"""At most so many items per person leave the fullest week; a year's plan needs about thirty."""

NO_ROOM: Final = "no_room_in_window"
NO_WORKING_DAY: Final = "no_working_day_in_window"
NOBODY: Final = "nobody_responsible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Levelled:
    """Frames ``PLACED`` and ``UNPLACED``: together they are all the work, each once."""

    placed: pl.DataFrame
    unplaced: pl.DataFrame


def level(*, work: pl.DataFrame, capacity: pl.DataFrame) -> Levelled:
    """Give each item of ``WORK`` a day within its window and ``CAPACITY``.

    No person and day gets more minutes than plannable. Deterministic; levelling the result again
    moves nothing. Raises ``FrameMismatch``.
    """
    rows = checked(work, WORK, "work").sort("touchpoint_id")
    room = checked(capacity, CAPACITY, "capacity").filter(pl.col("plannable_minutes") > 0)
    horizon = _Horizon.of(room)
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
            desk = _Desk(free, free - taken.get(staff_id, np.zeros_like(free)))
            given.append(_levelled_person(mine, desk, horizon))
    found = rest.drop("day").join(pl.concat(given), on="touchpoint_id", how="left")
    new = found.filter(pl.col("day").is_not_null())
    placed = pl.concat([kept.select(list(PLACED)), new.select(list(PLACED))])
    unplaced = found.filter(pl.col("day").is_null()).select(list(UNPLACED))
    return Levelled(placed=placed.sort("touchpoint_id"), unplaced=unplaced.sort("touchpoint_id"))


def _kept(rows: pl.DataFrame, room: pl.DataFrame) -> pl.DataFrame:
    """What stands on a day of its window that still has room for it, the important first."""
    standing = rows.filter(pl.col("day").is_between("earliest", "latest")).join(
        room, on=["staff_id", "day"], how="inner"
    )
    so_far = pl.col("minutes").cum_sum().over(["staff_id", "day"])
    return (
        standing.sort("priority", "touchpoint_id")
        .filter(so_far <= pl.col("plannable_minutes"))
        .select(list(WORK))
    )


def _all_unplaced(mine: pl.DataFrame, reason: str) -> pl.DataFrame:
    return mine.select("touchpoint_id", day=pl.lit(None, dtype=pl.Date), reason=pl.lit(reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Horizon:
    """Days counted from a Monday on, in whole weeks."""

    monday: date
    days: int

    @classmethod
    def of(cls, room: pl.DataFrame) -> "_Horizon":
        days = room["day"].to_list() or [date(1970, 1, 5)]
        first, last = min(days), max(days)
        monday = first - timedelta(days=first.weekday())
        return cls(monday=monday, days=((last - monday).days // 7 + 1) * 7)

    def index(self, days: pl.Series) -> Ints:
        """Days as numbers, 0 is the Monday; those outside are clipped just outside."""
        numbers = (
            days.to_numpy().astype("datetime64[D]") - np.datetime64(self.monday, "D")
        ).astype(np.int64)
        return np.clip(numbers, -1, self.days)

    def minutes_by_person(self, frame: pl.DataFrame) -> dict[str, Ints]:
        """Sum of ``plannable_minutes`` per person and day, days as positions."""
        sums: dict[str, Ints] = {}
        for (staff_id,), mine in frame.partition_by("staff_id", as_dict=True).items():
            minutes = np.zeros(self.days, dtype=np.int64)
            np.add.at(minutes, self.index(mine["day"]), mine["plannable_minutes"].to_numpy())
            sums[str(staff_id)] = minutes
        return sums


class _Desk:
    """One person's days: what may be planned and what is still free. Changed as days are given."""

    def __init__(self, plannable: Ints, free: Ints) -> None:
        self.plannable: list[int] = plannable.tolist()
        self.free: list[int] = free.tolist()
        self.weekly = plannable.reshape(-1, 7).sum(axis=1)
        open_days = np.flatnonzero(plannable > 0)
        days = np.arange(len(plannable))
        after = np.searchsorted(open_days, days)
        padded = np.append(open_days, len(plannable))
        self.open_from = np.append(padded[after], len(plannable))
        before = np.searchsorted(open_days, days, side="right")
        self.open_until = np.append(-1, open_days)[before]

    def weeks_for(self, minutes: int) -> Weeks:
        """The weeks as they stand, for items of this length."""
        free = np.array(self.free, dtype=np.int64)
        weekly_free = free.reshape(-1, 7).sum(axis=1)
        slots = (np.maximum(free, 0) // minutes).reshape(-1, 7).sum(axis=1)
        return Weeks(
            plannable=self.weekly,
            taken=self.weekly - weekly_free,
            slots=slots,
        )

    def take_in_emptiest_week(self, first: int, last: int, minutes: int) -> int | None:
        """Book a day of the least loaded week that has room for it; None when none has."""
        free = np.array(self.free, dtype=np.int64).reshape(-1, 7).sum(axis=1)
        load = 1 - free / np.maximum(self.weekly, 1)
        weeks = range(first // 7, last // 7 + 1)
        for week in sorted(weeks, key=lambda week: (load[week], week)):
            day = self.take_emptiest(max(first, week * 7), min(last, week * 7 + 6), minutes)
            if day is not None:
                return day
        return None

    def take_emptiest(self, first: int, last: int, minutes: int) -> int | None:
        """Book the least loaded day with room from ``first`` to ``last``; None when none has."""
        best, best_load = None, 2.0
        plannable, free = self.plannable, self.free
        for day in range(first, last + 1):
            if free[day] >= minutes:
                load = 1 - (free[day] - minutes) / plannable[day]
                if load < best_load:
                    best, best_load = day, load
        if best is not None:
            free[best] -= minutes
        return best


def _levelled_person(mine: pl.DataFrame, desk: _Desk, horizon: _Horizon) -> pl.DataFrame:
    """``touchpoint_id``, ``day`` or ``reason`` for one person's items."""
    first, last = _open_window(mine, desk, horizon)
    minutes = mine["minutes"].to_numpy()
    days = np.full(len(minutes), -1, dtype=np.int64)
    possible = first <= last
    steps = pl.DataFrame(
        {
            "row": np.arange(len(minutes)),
            "priority": mine["priority"],
            "wide": last - first > TIGHT_DAYS,
            "minutes": -minutes,
        }
    ).filter(pl.Series(possible))
    keys = ["priority", "wide", "minutes"]
    ordered = steps.sort(*keys, "row").partition_by(keys, maintain_order=True)
    lengths = [step["row"].to_numpy() for step in ordered]
    for rows in lengths:
        _place(rows, int(minutes[rows[0]]), first, last, desk, days)
    for _ in range(SECOND_LOOKS):
        for rows in lengths:
            _place_again(rows, int(minutes[rows[0]]), first, last, desk, days)
    _lower_peaks(minutes, first, last, desk, days)
    found = pl.Series(np.datetime64(horizon.monday, "D") + days.astype("timedelta64[D]"))
    reasons = np.where(possible, NO_ROOM, NO_WORKING_DAY).astype(object)
    has_day = pl.Series(days >= 0)
    return mine.select("touchpoint_id").with_columns(
        day=pl.when(has_day).then(found.cast(pl.Date)),
        reason=pl.when(~has_day).then(pl.Series(reasons, dtype=pl.String)),
    )


def _open_window(mine: pl.DataFrame, desk: _Desk, horizon: _Horizon) -> tuple[Ints, Ints]:
    """First and last open day of each window; first > last where there is none."""
    earliest = np.maximum(horizon.index(mine["earliest"]), 0)
    latest = np.minimum(horizon.index(mine["latest"]), horizon.days - 1)
    last = np.where(latest >= 0, desk.open_until[latest], -1)
    return desk.open_from[earliest], last


def _whole_weeks(first: Ints, last: Ints, desk: _Desk) -> tuple[Ints, Ints]:
    """The weeks a window touches, without half-covered ones at the ends of a long window.

    The flow counts a week's room as a whole: were a month's window allowed the Monday it ends on,
    too many would be sent to that one day.
    """
    first_week, last_week = first // 7, last // 7
    long = last_week - first_week >= 3
    begins_late = desk.open_from[first_week * 7] < first
    ends_early = desk.open_until[last_week * 7 + 6] > last
    return first_week + (long & begins_late), last_week - (long & ends_early)


def _place(rows: Ints, minutes: int, first: Ints, last: Ints, desk: _Desk, days: Ints) -> None:
    """Weeks by flow, then the emptiest day of the week; where it has none, of the window."""
    first_week, last_week = _whole_weeks(first[rows], last[rows], desk)
    by_weeks = np.lexsort((rows, first[rows], last_week, first_week))
    order = rows[by_weeks]
    weeks = np.stack([first_week[by_weeks], last_week[by_weeks]], axis=1)
    groups, start, count = np.unique(weeks, axis=0, return_index=True, return_counts=True)
    spread = spread_over_weeks(
        first=groups[:, 0],
        last=groups[:, 1],
        count=count,
        minutes=minutes,
        weeks=desk.weeks_for(minutes),
    )
    leftover: list[int] = []
    for group in range(len(groups)):
        members = iter(order[start[group] : start[group] + count[group]].tolist())
        for week in np.flatnonzero(spread[group]).tolist():
            monday = week * 7
            for _ in range(int(spread[group, week])):
                row = next(members)
                begin, end = max(int(first[row]), monday), min(int(last[row]), monday + 6)
                day = desk.take_emptiest(begin, end, minutes)
                if day is None:
                    leftover.append(row)
                else:
                    days[row] = day
        leftover.extend(members)
    for row in leftover:
        day = desk.take_in_emptiest_week(int(first[row]), int(last[row]), minutes)
        days[row] = -1 if day is None else day


def _place_again(
    rows: Ints, minutes: int, first: Ints, last: Ints, desk: _Desk, days: Ints
) -> None:
    """Spread one length again, now that the load of all others is known.

    At first long items knew nothing of the short ones to come. Nothing is lost: when one item
    would not find its place again, all stay where they were.
    """
    before, free = days[rows].copy(), desk.free.copy()
    if (before < 0).any():
        return
    for day in before.tolist():
        desk.free[day] += minutes
    _place(rows, minutes, first, last, desk, days)
    if (days[rows] < 0).any():
        days[rows] = before
        desk.free = free


def _lower_peaks(minutes: Ints, first: Ints, last: Ints, desk: _Desk, days: Ints) -> None:
    """Move single items out of the fullest week as long as that lowers the highest load.

    The flow sees one length at a time; what remains is the width of one item, and this takes it.
    """
    weekly = np.maximum(desk.weekly, 1)
    used = desk.weeks_for(1).taken.astype(np.float64)
    for _ in range(PEAK_MOVES):
        load = used / weekly
        peak = int(np.argmax(load))
        rows = np.flatnonzero(days // 7 == peak)
        best: tuple[float, int, int] | None = None
        for row in rows.tolist():
            begin, end = int(first[row]) // 7, int(last[row]) // 7 + 1
            after = load[begin:end] + minutes[row] / weekly[begin:end]
            if begin <= peak < end:
                after[peak - begin] = np.inf
            after[desk.weekly[begin:end] == 0] = np.inf
            week = int(np.argmin(after))
            highest = max(float(after[week]), load[peak] - minutes[row] / weekly[peak])
            if highest < load[peak] - 1e-9 and (best is None or (highest, row) < best[:2]):
                best = (highest, row, begin + week)
        if best is None:
            return
        _, row, week = best
        day = desk.take_emptiest(
            max(int(first[row]), week * 7), min(int(last[row]), week * 7 + 6), int(minutes[row])
        )
        if day is None:
            return
        desk.free[days[row]] += int(minutes[row])
        used[peak] -= minutes[row]
        used[week] += minutes[row]
        days[row] = day


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
    """Per person the smallest highest weekly load that any plan could have (``weeks``).

    Above 1 the person's work does not fit, whoever plans it. Work nobody has, or without an open
    day in its window, is left out.
    """
    room = checked(capacity, CAPACITY, "capacity").filter(pl.col("plannable_minutes") > 0)
    horizon = _Horizon.of(room)
    plannable = horizon.minutes_by_person(room)
    optima = dict.fromkeys(plannable, 0.0)
    for (staff_id,), mine in (
        checked(work, WORK, "work").partition_by("staff_id", as_dict=True).items()
    ):
        if staff_id not in plannable:
            continue
        desk = _Desk(plannable[staff_id], plannable[staff_id])
        first, last = _open_window(mine, desk, horizon)
        open_ = first <= last
        optima[staff_id] = relaxed_optimum(
            first=first[open_] // 7,
            last=last[open_] // 7,
            minutes=mine["minutes"].to_numpy()[open_],
            plannable=desk.weekly,
        )
    return optima
