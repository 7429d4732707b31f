"""Lowers the fullest weeks of one person's plan, by as few moves as it can."""

from collections import deque
from collections.abc import Iterator
from functools import cache
from itertools import chain, islice
from typing import Final

import numpy as np

from services.scheduler.domain.exact import Alike, Effort, fewest_moves
from services.scheduler.domain.person_schedule import Ints, Items, PersonSchedule

PEAK_MOVES: Final = 200
"""How many items per person may leave the fullest week; a year's plan needs about thirty."""

WAYS_TRIED: Final = 5
"""How many ways to lower a peak are tried on days before it stays."""

MOVE_OF_STANDING: Final = 100
"""What it costs to move a contact that stands, where one that is new costs 1."""

CHAINS_TRIED: Final = 5
"""And how many chains of items that make way for each other."""


def lower_peaks(
    items: Items,
    schedule: PersonSchedule,
    days: Ints,
    *,
    down_to: float,
) -> None:
    """Lower the fullest weeks by moves and exchanges, until they are low enough or none helps.

    They are needed because the flow sees one length at a time: the weeks still differ by about one
    item. Weeks before ``schedule.level_from`` stay as they are.
    """
    stuck: list[int] = []
    for _ in range(PEAK_MOVES):
        used = schedule.weeks_for(1).taken
        load = schedule.loads()
        load[stuck] = 0.0
        peak = int(np.argmax(load))
        if load[peak] <= down_to:
            return
        ways = chain(
            _ways_out(peak, used, items, schedule, days),
            islice(_chains_out(peak, used, items, schedule, days), CHAINS_TRIED),
        )
        if not any(_moved(way, items, schedule, days) for way in ways):
            stuck.append(peak)


def lower_by_fewest_moves(
    items: Items, schedule: PersonSchedule, days: Ints, *, down_to: float, effort: Effort
) -> None:
    """Lower all weeks to this load at once, moving as little of what stands as can be.

    Step by step each full week would push its neighbours over, and one visit more would move
    dozens. Weeks are chosen exactly; what then finds no day in its week stays where it was.
    """
    rows_of: dict[tuple[int, int, int, int, bool], list[int]] = {}
    for row in range(len(days)):
        begin = max(int(items.first[row]) // 7, schedule.level_from)
        key = (int(items.minutes[row]), begin, int(items.last[row]) // 7, int(days[row]) // 7)
        rows_of.setdefault((*key, bool(items.stands[row])), []).append(row)
    groups = [
        Alike(
            count=len(rows),
            minutes=minutes,
            weeks=[
                each for each in range(begin, end + 1) if schedule.weekly[each] > 0 or each == week
            ],
            week=week,
            price=MOVE_OF_STANDING if stands else 1,
        )
        for (minutes, begin, end, week, stands), rows in rows_of.items()
    ]
    booked = schedule.weeks_for(1).taken.copy()
    np.subtract.at(booked, days // 7, items.minutes)
    room = np.floor(down_to * schedule.weekly).astype(np.int64) - booked
    found = fewest_moves(groups, room=room, effort=effort)
    plan: list[tuple[int, int]] = []
    for each, rows, goes in zip(groups, rows_of.values(), found or [], strict=found is not None):
        leaving = iter(rows[goes.get(each.week, 0) :])
        for week, number in goes.items():
            if week != each.week:
                plan.extend((next(leaving), week) for _ in range(number))
    plan.sort(key=lambda move: (-int(items.minutes[move[0]]), move))
    if not _moved(plan, items, schedule, days):
        for move in plan:
            _moved([move], items, schedule, days)


def _ways_out(
    peak: int, used: Ints, items: Items, schedule: PersonSchedule, days: Ints
) -> Iterator[list[tuple[int, int]]]:
    """Lists of (item, new week) that leave both weeks below the peak, the flattest first.

    One item leaves the peak. If that alone would only move the peak to the other week, shorter
    items of that week come back in exchange.
    """
    ways: list[tuple[float, list[tuple[int, int]]]] = []
    top = used[peak] / schedule.weekly[peak]
    # Most items of a week have one of few lengths, so the same is asked again and again.
    shorter = cache(lambda week, length: _may_return(peak, week, length, items, days))
    for row in np.flatnonzero(days // 7 == peak).tolist():
        begin = max(int(items.first[row]) // 7, schedule.level_from)
        for week in range(begin, int(items.last[row]) // 7 + 1):
            if week == peak or schedule.weekly[week] == 0:
                continue
            length = int(items.minutes[row])
            out, back = used[peak] - length, 0
            plan = [(row, week)]
            for other in shorter(week, length):
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


def _chains_out(
    peak: int, used: Ints, items: Items, schedule: PersonSchedule, days: Ints
) -> Iterator[list[tuple[int, int]]]:
    """Lists of (item, new week) in which each item makes way for the one before, the fewest first.

    They are needed if the weeks around the peak are as full as it is.
    """
    top = used[peak] / schedule.weekly[peak] - 1e-9
    came: dict[int, tuple[int, int]] = {}
    brings = {peak: 0}
    waiting = deque([peak])
    while waiting:
        week = waiting.popleft()
        here = np.flatnonzero(days // 7 == week)
        for row in here[np.argsort(items.minutes[here], kind="stable")].tolist():
            length = int(items.minutes[row])
            stays = (used[week] + brings[week] - length) / schedule.weekly[week]
            if week != peak and stays >= top:
                continue
            begin = max(int(items.first[row]) // 7, schedule.level_from)
            for new in range(begin, int(items.last[row]) // 7 + 1):
                if new in brings or schedule.weekly[new] == 0:
                    continue
                came[new], brings[new] = (row, week), length
                if (used[new] + length) / schedule.weekly[new] < top:
                    yield _way_back(new, peak, came)
                else:
                    waiting.append(new)


def _way_back(end: int, peak: int, came: dict[int, tuple[int, int]]) -> list[tuple[int, int]]:
    way: list[tuple[int, int]] = []
    while end != peak:
        row, before = came[end]
        way.append((row, end))
        end = before
    return way


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
