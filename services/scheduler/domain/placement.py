"""Places one person's items on days: step by step by flow, once again if needed, peaks lowered."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from services.scheduler.domain.peaks import lower_peaks
from services.scheduler.domain.person_schedule import Ints, Items, PersonSchedule, whole_weeks
from services.scheduler.domain.promises import Rank
from services.scheduler.domain.weekly_flow import spread_over_weeks

TIGHT_DAYS: Final = 13
"""Items with a window of up to so many days can hardly move, so they are placed first."""

VALUES: Final = 4 * len(Rank)
"""Values of items: four priorities in each rank."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One way to place the items: the day of each (-1 for none), the minutes without a day of each
    value, and the highest weekly load."""

    days: Ints
    missed: tuple[int, ...]
    peak: float


def steps_in_order(items: Items, value: Ints, rows: Ints) -> list[Ints]:
    """Positions of items with equal value, tightness and length, in the order of placement.

    ``value`` is smaller for what is promised more.
    """
    wide = items.last[rows] - items.first[rows] > TIGHT_DAYS
    keys = np.stack([value[rows], wide.astype(np.int64), -items.minutes[rows]])
    order = np.lexsort((rows, *keys[::-1]))
    borders = np.flatnonzero(np.diff(keys[:, order], axis=1).any(axis=0)) + 1
    return [step for step in np.split(rows[order], borders) if len(step)]


def attempt(
    items: Items,
    value: Ints,
    steps: list[Ints],
    schedule: PersonSchedule,
    *,
    by_share: bool,
    flat: float,
) -> Attempt:
    """Place all steps and lower the peaks; if the result is above ``flat``, place each step again.

    Items in no step get no day. With ``by_share`` long items take their part of the relaxed plan,
    which keeps the year level and is better if there are many short items. Without it each step
    fills the emptiest weeks, which is better if there are few. Which one is better cannot be known
    beforehand, so callers try both.
    """
    days = np.full(len(items.minutes), -1, dtype=np.int64)
    for nth, rows in enumerate(steps):
        wished = schedule.wishes(items, steps[nth:]) if by_share else None
        _place(rows, items, schedule, days, wished)
    lower_peaks(items, schedule, days, down_to=flat)
    if schedule.highest_load() > flat:
        for rows in steps:
            _place_again(rows, items, schedule, days)
        lower_peaks(items, schedule, days, down_to=flat)
    missing = np.concatenate([rows[days[rows] < 0] for rows in steps])
    missed = np.bincount(value[missing], weights=items.minutes[missing], minlength=VALUES)
    missed_minutes = tuple(missed.astype(int).tolist())
    return Attempt(days=days, missed=missed_minutes, peak=schedule.highest_load())


def _place(
    rows: Ints, items: Items, schedule: PersonSchedule, days: Ints, wished: Ints | None = None
) -> None:
    """Choose weeks by flow, then the emptiest day of the week; if it is full, of the window."""
    first, last, minutes = items.first, items.last, int(items.minutes[rows[0]])
    first_week, last_week = whole_weeks(first[rows], last[rows])
    by_weeks = np.lexsort((rows, first[rows], last_week, first_week))
    order = rows[by_weeks]
    weeks = np.stack([first_week[by_weeks], last_week[by_weeks]], axis=1)
    groups, start, count = np.unique(weeks, axis=0, return_index=True, return_counts=True)
    spread = spread_over_weeks(
        first=groups[:, 0],
        last=groups[:, 1],
        count=count,
        minutes=minutes,
        weeks=schedule.weeks_for(minutes, wished),
    )
    leftover: list[int] = []
    for group in range(len(groups)):
        members = iter(order[start[group] : start[group] + count[group]].tolist())
        for week in np.flatnonzero(spread[group]).tolist():
            monday = week * 7
            for _ in range(int(spread[group, week])):
                row = next(members)
                begin, end = max(int(first[row]), monday), min(int(last[row]), monday + 6)
                day = schedule.take_emptiest(begin, end, minutes)
                if day is None:
                    leftover.append(row)
                else:
                    days[row] = day
        leftover.extend(members)
    for row in leftover:
        day = schedule.take_in_emptiest_week(int(first[row]), int(last[row]), minutes)
        days[row] = -1 if day is None else day


def _place_again(rows: Ints, items: Items, schedule: PersonSchedule, days: Ints) -> None:
    """Spread the items of one step again, now that the load of all others is known.

    If one of them would find no place any more, all stay where they were.
    """
    before, free = days[rows].copy(), schedule.free.copy()
    if (before < 0).any():
        return
    for day in before.tolist():
        schedule.free[day] += int(items.minutes[rows[0]])
    _place(rows, items, schedule, days)
    if (days[rows] < 0).any():
        days[rows] = before
        schedule.free = free
