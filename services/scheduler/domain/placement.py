"""Places one person's items on days: step by step by flow, once again if needed, peaks lowered."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from services.scheduler.domain.exact import Contact, Effort, lowest_peak
from services.scheduler.domain.peaks import lower_peaks
from services.scheduler.domain.person_schedule import Ints, Items, PersonSchedule, whole_weeks
from services.scheduler.domain.promises import Rank
from services.scheduler.domain.weekly_flow import spread_over_weeks

FLAT_ENOUGH: Final = 1.008
"""A new plan is levelled to so many times the best possible peak: a hundredth is half an hour of a
week, and what it is flatter than ``BEARABLE`` is what later changes may use up without a move."""
IDLE: Final = 0.1
"""If the fullest week has no higher load, one call is the peak and there is nothing to level."""
WORTH_MOVING: Final = 0.005
"""What stands is given up for a new plan only if that lowers the peak by so much of a week."""
EXACT_CHOICES: Final = 2_500
"""Items times the days of their windows, up to which a person is levelled exactly."""
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


def spread(items: Items, values: Ints, rows: Ints, schedule: PersonSchedule) -> Ints:
    """A day for each of these items, -1 for none: the better of two ways."""
    steps = steps_in_order(items, values, rows)
    flat = max(FLAT_ENOUGH * schedule.lowest_peak(items, rows), IDLE)
    best = attempt(items, values, steps, schedule.copy(), by_share=True, flat=flat)
    if best.peak > flat or any(best.missed):
        other = attempt(items, values, steps, schedule.copy(), by_share=False, flat=flat)
        best = min(best, other, key=lambda way: (way.missed, way.peak))
    return best.days


def choices(items: Items) -> int:
    """Items times the days of their windows."""
    return int((items.last - items.first + 1).sum())


def afresh(
    items: Items, values: Ints, empty: PersonSchedule, days: Ints, below: float, effort: Effort
) -> Ints | None:
    """Days for all items with a peak below this one; None if there are none better."""
    rows = np.arange(len(days))
    if choices(items) <= EXACT_CHOICES:
        found = _exactly(items, empty, days, effort)
    else:
        found = spread(items, values, rows, empty)
    if found is None or (found < 0).any():
        return None
    after = empty.copy()
    for day, minutes in zip(found.tolist(), items.minutes.tolist(), strict=True):
        after.free[day] -= minutes
    return found if after.highest_load() < below else None


def _exactly(items: Items, empty: PersonSchedule, days: Ints, effort: Effort) -> Ints | None:
    plannable, free = np.array(empty.plannable), np.array(empty.free)
    contacts = [
        Contact(
            minutes=int(items.minutes[row]),
            spots=[
                (0, day)
                for day in range(int(items.first[row]), int(items.last[row]) + 1)
                if plannable[day] > 0
            ],
            stands=(0, int(days[row])),
        )
        for row in range(len(days))
    ]
    found = lowest_peak(
        contacts,
        {(0, day): int(minutes) for day, minutes in enumerate(free)},
        booked=(plannable - free).reshape(-1, 7).sum(axis=1),
        weekly=empty.weekly,
        effort=effort,
    )
    return None if found is None else np.array([day for _, day in found], dtype=np.int64)
