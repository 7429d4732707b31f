"""One person's items put on days: step by step by flow, a second look, and the peaks lowered."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from services.scheduler.domain.desk import Desk, Ints, Items, whole_weeks
from services.scheduler.domain.weeks import spread_over_weeks

TIGHT_DAYS: Final = 13
"""Windows up to so many days can hardly move: they are placed first and the rest flows around."""

PEAK_MOVES: Final = 100
"""At most so many items per person leave the fullest week; a year's plan needs about thirty."""

PRIORITIES: Final = 4
"""Priorities 0 to 3, as ``frames.TOUCHPOINTS`` has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Days by position (-1: none), minutes missed by priority, highest weekly load."""

    days: Ints
    missed: tuple[int, ...]
    peak: float


def steps_in_order(items: Items, priority: Ints, rows: Ints) -> list[Ints]:
    """Positions of equal priority, tightness and length, in the order they are placed."""
    wide = items.last[rows] - items.first[rows] > TIGHT_DAYS
    keys = np.stack([priority[rows].astype(np.int64), wide.astype(np.int64), -items.minutes[rows]])
    order = np.lexsort((rows, *keys[::-1]))
    borders = np.flatnonzero(np.diff(keys[:, order], axis=1).any(axis=0)) + 1
    return [step for step in np.split(rows[order], borders) if len(step)]


def attempt(
    items: Items, priority: Ints, steps: list[Ints], desk: Desk, *, by_share: bool
) -> Attempt:
    """Place all steps, look at each a second time, then lower the peaks.

    ``by_share``: long items take their part of the relaxed plan, which keeps a year without slope
    and is better where short items are many; otherwise each step fills the emptiest weeks, which
    is better where they are few. Nobody can tell beforehand, so both are tried.
    """
    days = np.full(len(items.minutes), -1, dtype=np.int64)
    for nth, rows in enumerate(steps):
        wished = desk.wishes(items, steps[nth:]) if by_share else None
        _place(rows, items, desk, days, wished)
    for rows in steps:
        _place_again(rows, items, desk, days)
    _lower_peaks(items, desk, days)
    missing = days < 0
    missed = np.bincount(priority[missing], weights=items.minutes[missing], minlength=PRIORITIES)
    load = desk.weeks_for(1).taken / np.maximum(desk.weekly, 1)
    return Attempt(days=days, missed=tuple(missed.astype(int).tolist()), peak=float(load.max()))


def _place(rows: Ints, items: Items, desk: Desk, days: Ints, wished: Ints | None = None) -> None:
    """Weeks by flow, then the emptiest day of the week; where it has none, of the window."""
    first, last, minutes = items.first, items.last, int(items.minutes[rows[0]])
    first_week, last_week = whole_weeks(first[rows], last[rows], desk)
    by_weeks = np.lexsort((rows, first[rows], last_week, first_week))
    order = rows[by_weeks]
    weeks = np.stack([first_week[by_weeks], last_week[by_weeks]], axis=1)
    groups, start, count = np.unique(weeks, axis=0, return_index=True, return_counts=True)
    spread = spread_over_weeks(
        first=groups[:, 0],
        last=groups[:, 1],
        count=count,
        minutes=minutes,
        weeks=desk.weeks_for(minutes, wished),
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


def _place_again(rows: Ints, items: Items, desk: Desk, days: Ints) -> None:
    """Spread one length again, now that the load of all others is known.

    Nothing is lost: when one item would not find its place again, all stay where they were.
    """
    before, free = days[rows].copy(), desk.free.copy()
    if (before < 0).any():
        return
    for day in before.tolist():
        desk.free[day] += int(items.minutes[rows[0]])
    _place(rows, items, desk, days)
    if (days[rows] < 0).any():
        days[rows] = before
        desk.free = free


def _lower_peaks(items: Items, desk: Desk, days: Ints) -> None:
    """Move single items out of the fullest week as long as that lowers the highest load.

    The flow sees one length at a time; what remains is the width of one item, and this takes it.
    """
    minutes, first, last = items.minutes, items.first, items.last
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
