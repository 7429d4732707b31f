"""Which week does how much: one person's items of one length, spread by min-cost flow.

Items of equal length that may go to the same weeks form a group. The flow sends each group's count
to its weeks; the cost of one more item in a week rises with the week's load, so the cheapest flow
is the most level one. A convex cost is a row of arcs of rising price (OR-tools).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import min_cost_flow

Ints = NDArray[np.int64]

COST_SCALE: Final = 10_000
"""Prices are integers: a ten-thousandth of a week's capacity is the smallest step."""
LEFT_OVER: Final = 1_000 * COST_SCALE
"""Price of finding no week: more than any load, so only what cannot fit is left over."""
STEP_MINUTES: Final = 20
"""Short items are priced in steps of about so many minutes: finer brings arcs, not evenness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weeks:
    """One person's weeks: plannable minutes, minutes taken, and how many items of the length
    still fit."""

    plannable: Ints
    taken: Ints
    slots: Ints


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
    load = (weeks.taken[week] + middle) / weeks.plannable[week]
    price = np.rint(COST_SCALE * load)
    return week, size, price.astype(np.int64)


def relaxed_optimum(*, first: Ints, last: Ints, minutes: Ints, plannable: Ints) -> float:
    """The smallest highest load any plan could have, if contacts could be cut into minutes.

    Load is minutes by plannable minutes of the week. Where every week has room, the optimum of the
    linear relaxation is the densest interval: the work that must happen inside some weeks, by what
    these weeks can take (Yao, Demers, Shenker 1995). Above 1 the work does not fit.
    """
    weeks = len(plannable)
    inside = np.zeros((weeks, weeks), dtype=np.int64)
    np.add.at(inside, (first, last), minutes)
    within = np.cumsum(np.cumsum(inside[::-1], axis=0)[::-1], axis=1)
    ahead = np.concatenate([[0], np.cumsum(plannable)])
    room = ahead[None, 1:] - ahead[:-1, None]
    density = np.where(room > 0, within / np.maximum(room, 1), 0.0)
    return float(density.max(initial=0.0))
