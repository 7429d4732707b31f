"""Places one person's items on days: step by step by flow, once again if needed, peaks lowered."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from services.scheduler.domain.person_schedule import Ints, Items, PersonSchedule, whole_weeks
from services.scheduler.domain.weekly_flow import spread_over_weeks

TIGHT_DAYS: Final = 13
"""Items with a window of up to so many days can hardly move, so they are placed first."""

PEAK_MOVES: Final = 100
"""How many items per person may leave the fullest week; a year's plan needs about thirty."""

WAYS_TRIED: Final = 5
"""How many ways to lower a peak are tried on days before it stays."""

PRIORITIES: Final = 4
"""Priorities 0 to 3, as in ``schemas.TOUCHPOINTS``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One way to place the items: the day of each (-1 for none), the minutes without a day by
    priority, and the highest weekly load."""

    days: Ints
    missed: tuple[int, ...]
    peak: float


def steps_in_order(items: Items, priority: Ints, rows: Ints) -> list[Ints]:
    """Positions of items with equal priority, tightness and length, in the order of placement."""
    wide = items.last[rows] - items.first[rows] > TIGHT_DAYS
    keys = np.stack([priority[rows].astype(np.int64), wide.astype(np.int64), -items.minutes[rows]])
    order = np.lexsort((rows, *keys[::-1]))
    borders = np.flatnonzero(np.diff(keys[:, order], axis=1).any(axis=0)) + 1
    return [step for step in np.split(rows[order], borders) if len(step)]


def attempt(
    items: Items,
    priority: Ints,
    steps: list[Ints],
    schedule: PersonSchedule,
    *,
    by_share: bool,
    flat: float,
) -> Attempt:
    """Place all steps and lower the peaks; if the result is above ``flat``, place each step again.

    With ``by_share`` long items take their part of the relaxed plan, which keeps the year level and
    is better if there are many short items. Without it each step fills the emptiest weeks, which is
    better if there are few. Which one is better cannot be known beforehand, so callers try both.
    """
    days = np.full(len(items.minutes), -1, dtype=np.int64)
    for nth, rows in enumerate(steps):
        wished = schedule.wishes(items, steps[nth:]) if by_share else None
        _place(rows, items, schedule, days, wished)
    _lower_peaks(items, schedule, days)
    if schedule.highest_load() > flat:
        for rows in steps:
            _place_again(rows, items, schedule, days)
        _lower_peaks(items, schedule, days)
    missing = days < 0
    missed = np.bincount(priority[missing], weights=items.minutes[missing], minlength=PRIORITIES)
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


def _lower_peaks(items: Items, schedule: PersonSchedule, days: Ints) -> None:
    """Lower the fullest week by moves and exchanges, as long as one of them helps.

    They are needed because the flow sees one length at a time: the weeks still differ by about one
    item.
    """
    for _ in range(PEAK_MOVES):
        used = schedule.weeks_for(1).taken
        peak = int(np.argmax(used / np.maximum(schedule.weekly, 1)))
        ways = _ways_out(peak, used, items, schedule, days)
        if not any(_moved(way, items, schedule, days) for way in ways):
            return


def _ways_out(
    peak: int, used: Ints, items: Items, schedule: PersonSchedule, days: Ints
) -> Iterator[list[tuple[int, int]]]:
    """Lists of (item, new week) that leave both weeks below the peak, the flattest first.

    One item leaves the peak. If that alone would only move the peak to the other week, shorter
    items of that week come back in exchange.
    """
    ways: list[tuple[float, list[tuple[int, int]]]] = []
    top = used[peak] / schedule.weekly[peak]
    for row in np.flatnonzero(days // 7 == peak).tolist():
        for week in range(int(items.first[row]) // 7, int(items.last[row]) // 7 + 1):
            if week == peak or schedule.weekly[week] == 0:
                continue
            length = int(items.minutes[row])
            out, back = used[peak] - length, 0
            plan = [(row, week)]
            for other in _may_return(peak, week, length, items, days):
                if (used[week] + length - back) / schedule.weekly[week] < (
                    (out + back) / schedule.weekly[peak]
                ):
                    break
                back += int(items.minutes[other])
                plan.append((other, peak))
            highest = max(
                (used[week] + length - back) / schedule.weekly[week],
                (out + back) / schedule.weekly[peak],
            )
            if highest < top - 1e-9:
                ways.append((float(highest), plan))
    yield from (plan for _, plan in sorted(ways)[:WAYS_TRIED])


def _may_return(peak: int, week: int, length: int, items: Items, days: Ints) -> list[int]:
    """Shorter items of ``week`` that may be moved into the peak's week, the longest first."""
    here = (days // 7 == week) & (items.minutes < length)
    reach = (items.first // 7 <= peak) & (items.last // 7 >= peak)
    rows = np.flatnonzero(here & reach)
    shorter: list[int] = rows[np.argsort(-items.minutes[rows], kind="stable")].tolist()
    return shorter


def _moved(plan: list[tuple[int, int]], items: Items, schedule: PersonSchedule, days: Ints) -> bool:
    """Carry the plan out on days and return True; if one item finds no day, change nothing."""
    free = schedule.free.copy()
    for row, _ in plan:
        schedule.free[days[row]] += int(items.minutes[row])
    given: list[int] = []
    for row, week in plan:
        begin, end = max(int(items.first[row]), week * 7), min(int(items.last[row]), week * 7 + 6)
        day = schedule.take_emptiest(begin, end, int(items.minutes[row]))
        if day is None:
            schedule.free = free
            return False
        given.append(day)
    for (row, _), day in zip(plan, given, strict=True):
        days[row] = day
    return True
