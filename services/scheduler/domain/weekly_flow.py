"""Spreads one person's items of one length over the weeks by min-cost flow.

Items of equal length that may go to the same weeks form a group. The flow sends each group's count
to its weeks. One more item in a week costs more the fuller the week is, so the cheapest flow is the
most level one. OR-tools knows linear prices alone: a convex cost is a row of arcs of rising price.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

COST_SCALE: Final = 10_000
"""Prices are integers, so a ten-thousandth of a week's capacity is the smallest step."""
ABOVE_ZERO: Final = 100
"""Added to every load, so that each price stays positive however much a week is to get."""
LEFT_OVER: Final = 1_000 * COST_SCALE
"""The price of placing an item nowhere: more than any load, so only what cannot fit is left."""
STEP_MINUTES: Final = 20
"""Short items share a price in steps of about so many minutes, because finer steps add arcs
without making the weeks more even."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyCapacity:
    """One person's weeks, for items of one length.

    ``plannable`` and ``taken`` are minutes, ``slots`` says how many items still fit, ``wished`` how
    many minutes each week should get before its price rises above that of the others. Without it
    the flow does not level the year: within one window the slope is smaller than an item, and long
    items would not leave room for the short ones that are placed later.
    """

    plannable: Ints
    taken: Ints
    slots: Ints
    wished: Ints


def spread_over_weeks(
    *, first: Ints, last: Ints, count: Ints, minutes: int, weeks: WeeklyCapacity
) -> Ints:
    """How many of each group go to each week: shape (groups, weeks).

    ``first`` and ``last`` week (included) and ``count`` per group; all items last ``minutes``.
    Rows may sum to less than ``count``: the rest fits nowhere. Deterministic.
    """
    groups, total_weeks = len(count), len(weeks.plannable)
    if groups == 0 or not weeks.slots.any():
        return np.zeros((groups, total_weeks), dtype=np.int64)
    sink = groups + total_weeks
    widths = last - first + 1
    from_group = np.repeat(np.arange(groups), widths)
    to_week = _ranges(first, widths)
    week_of_step, step_size, step_price = _steps(minutes, weeks)
    tail = np.concatenate([from_group, np.arange(groups), week_of_step + groups])
    head = np.concatenate(
        [to_week + groups, np.full(groups, sink), np.full(len(week_of_step), sink)]
    )
    room = np.concatenate([count[from_group], count, step_size])
    price = np.concatenate(
        [np.zeros(len(from_group), dtype=np.int64), np.full(groups, LEFT_OVER), step_price]
    )
    # Imported here, because only a process that plans should pay for the solver's memory.
    from ortools.graph.python import min_cost_flow

    flow = min_cost_flow.SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(tail, head, room, price)
    flow.set_nodes_supplies(np.append(np.arange(groups), sink), np.append(count, -int(count.sum())))
    status = flow.solve()
    if status != flow.OPTIMAL:  # impossible, because every group has its arc to the sink
        raise ArithmeticError(f"min-cost flow ended as {status}")
    spread = np.zeros((groups, total_weeks), dtype=np.int64)
    arcs = len(from_group)
    spread[from_group, to_week] = np.asarray(flow.flows(np.arange(arcs)), dtype=np.int64)
    return spread


def _ranges(first: Ints, widths: Ints) -> Ints:
    """Returns first, first + 1, … of each group, one group after another."""
    starts = np.repeat(first - (np.cumsum(widths) - widths), widths)
    return starts + np.arange(int(widths.sum()))


def _steps(minutes: int, weeks: WeeklyCapacity) -> tuple[Ints, Ints, Ints]:
    """The rising prices: for each step its week, its number of items, and the price of one."""
    at_once = max(1, STEP_MINUTES // minutes)
    steps = -(-weeks.slots // at_once)
    week = np.repeat(np.arange(len(steps)), steps)
    nth = _ranges(np.zeros_like(steps), steps)
    size = np.minimum(at_once, weeks.slots[week] - nth * at_once)
    middle = (nth * at_once + size / 2) * minutes
    load = (weeks.taken[week] + middle - weeks.wished[week]) / weeks.plannable[week]
    price = np.rint(COST_SCALE * (ABOVE_ZERO + load))
    return week, size, price.astype(np.int64)


def relaxed_levels(*, first: Ints, last: Ints, minutes: Ints, plannable: Ints) -> Floats:
    """The most level weekly loads that a plan could reach if contacts could be cut into minutes.

    A load is minutes divided by the week's plannable minutes. The density of an interval of weeks
    is the work that must be done inside it, divided by what its weeks can take. No plan is lower
    than the densest interval; it is removed with its work, and the next densest follows (Yao,
    Demers, Shenker 1995). The highest level is the optimum of the linear relaxation. Above 1 the
    work does not fit.
    """
    weeks = len(plannable)
    inside = np.zeros((weeks, weeks), dtype=np.float64)
    np.add.at(inside, (first, last), minutes)
    levels = np.zeros(weeks)
    left = np.flatnonzero(plannable > 0)
    inside = _without(inside, np.flatnonzero(plannable <= 0))
    while len(left) and inside.any():
        within = np.cumsum(np.cumsum(inside[::-1], axis=0)[::-1], axis=1)
        ahead = np.concatenate([[0], np.cumsum(plannable[left])])
        room = ahead[None, 1:] - ahead[:-1, None]
        density = np.where(room > 0, within / np.where(room > 0, room, 1), 0.0)
        begin, end = np.unravel_index(int(np.argmax(density)), density.shape)
        levels[left[begin : end + 1]] = density[begin, end]
        inside[begin : end + 1, begin : end + 1] = 0
        inside = _without(inside, np.arange(begin, end + 1))
        left = np.delete(left, slice(int(begin), int(end) + 1))
    return levels


def _without(inside: Floats, weeks: Ints) -> Floats:
    """Remove weeks: work that could begin there begins after them, work that could end there
    ends before them."""
    size = len(inside)
    keep = np.ones(size, dtype=bool)
    keep[weeks] = False
    position = np.cumsum(keep)
    begin = position - keep  # position of the week, or of the next one kept
    end = position - 1  # position of the week, or of the last one kept before it
    rows, columns = np.nonzero(inside)
    moved = np.zeros((size + 1, size + 1))
    fits = begin[rows] <= end[columns]
    np.add.at(
        moved,
        (begin[rows[fits]], end[columns[fits]]),
        inside[rows[fits], columns[fits]],
    )
    left = int(keep.sum())
    return moved[:left, :left]


def relaxed_share(
    *, first: Ints, last: Ints, minutes: Ints, ours: Flags, levels: Floats, plannable: Ints
) -> Floats:
    """Minutes of ``ours`` per week in a plan that reaches ``levels`` by earliest deadline first.

    If ours and others have the same deadline, both get their part.
    """
    weeks = len(plannable)
    arriving = np.zeros((2, weeks, weeks))
    np.add.at(arriving, (ours.astype(np.int64), first, last), minutes)
    waiting = np.zeros((2, weeks))
    share = np.zeros(weeks)
    for week in range(weeks):
        waiting += arriving[:, week]
        both = waiting.sum(axis=0)
        ahead = np.cumsum(both) - both
        taken = np.clip(levels[week] * plannable[week] - ahead, 0.0, both)
        taken[: week + 1] = both[: week + 1]
        part = np.divide(taken, both, out=np.zeros(weeks), where=both > 0)
        share[week] = float((waiting[1] * part).sum())
        waiting *= 1 - part
    return share


def rounded_by_total(share: Floats, minutes: int) -> Ints:
    """Minutes of whole items per week, rounded so that the running total stays right.

    If each week were rounded by itself, the halves would pile up at one end of the year.
    """
    counts = np.diff(np.rint(np.cumsum(share) / minutes), prepend=0)
    return counts.astype(np.int64) * minutes
