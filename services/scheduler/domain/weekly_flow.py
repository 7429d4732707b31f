"""Which week does how much: one person's items of one length, spread by min-cost flow.

Items of equal length that may go to the same weeks form a group. The flow sends each group's count
to its weeks; the cost of one more item in a week rises with the week's load, so the cheapest flow
is the most level one. A convex cost is a row of arcs of rising price (OR-tools).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

COST_SCALE: Final = 10_000
"""Prices are integers: a ten-thousandth of a week's capacity is the smallest step."""
ABOVE_ZERO: Final = 100
"""Keeps every price positive, however much a week wishes."""
LEFT_OVER: Final = 1_000 * COST_SCALE
"""Price of finding no week: more than any load, so only what cannot fit is left over."""
STEP_MINUTES: Final = 20
"""Short items are priced in steps of about so many minutes: finer brings arcs, not evenness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weeks:
    """One person's weeks: plannable minutes, minutes taken, how many items of the length still
    fit, and how many minutes of it each week should get at about the same price.

    Without a wish the flow stalls: a slope over the year is small within one window, smaller than
    an item, and long items must know of the short ones to come.
    """

    plannable: Ints
    taken: Ints
    slots: Ints
    wished: Ints


def spread_over_weeks(*, first: Ints, last: Ints, count: Ints, minutes: int, weeks: Weeks) -> Ints:
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
    # Loaded when first needed: only who plans pays for the solver's memory.
    from ortools.graph.python import min_cost_flow

    flow = min_cost_flow.SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(tail, head, room, price)
    flow.set_nodes_supplies(np.append(np.arange(groups), sink), np.append(count, -int(count.sum())))
    status = flow.solve()
    if status != flow.OPTIMAL:  # every group has its arc to the sink: a solution always exists
        raise ArithmeticError(f"min-cost flow ended as {status}")
    spread = np.zeros((groups, total_weeks), dtype=np.int64)
    arcs = len(from_group)
    spread[from_group, to_week] = np.asarray(flow.flows(np.arange(arcs)), dtype=np.int64)
    return spread


def _ranges(first: Ints, widths: Ints) -> Ints:
    """first, first + 1, … for each group, one after another."""
    starts = np.repeat(first - (np.cumsum(widths) - widths), widths)
    return starts + np.arange(int(widths.sum()))


def _steps(minutes: int, weeks: Weeks) -> tuple[Ints, Ints, Ints]:
    """The rising prices: for each step its week, how many items, and the price of each."""
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
    """The most level weekly loads there could be, if contacts could be cut into minutes.

    Load is minutes by plannable minutes of the week. The densest interval of weeks (the work that
    must happen inside, by what these weeks can take) is as high as its density whoever plans it;
    it is taken out with its work, and the next densest follows (Yao, Demers, Shenker 1995). The
    highest level is the optimum of the linear relaxation; above 1 the work does not fit.
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
    """Take weeks out: what could begin there begins after them, what could end there before."""
    size = len(inside)
    keep = np.ones(size, dtype=bool)
    keep[weeks] = False
    position = np.cumsum(keep)
    begin = position - keep  # of the week itself, or of the next one kept
    end = position - 1  # of the week itself, or of the last one kept before it
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
    """Minutes of ``ours`` per week in a plan that reaches ``levels``: earliest deadline first.

    Where some of ours and some of the others have one deadline, both get their part.
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
    """Whole items of the length per week, in minutes, so that the running total is right.

    Rounded week by week, the halves would pile up at one end of the year.
    """
    counts = np.diff(np.rint(np.cumsum(share) / minutes), prepend=0)
    return counts.astype(np.int64) * minutes
