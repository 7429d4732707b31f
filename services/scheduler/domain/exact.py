"""Exact answers to small questions of placement, by constraint programming (OR-tools CP-SAT).

Placing contacts of different lengths on days is bin packing, so no flow answers it in all cases.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from services.scheduler.domain.person_schedule import Ints

EFFORT: Final = 0.5
"""The solver's own units of work for one question, so that every machine comes to the same
answer."""
FEW_EFFORT: Final = 0.4
"""The same for the fewest moves: a year of one person; the last few moves less take ten times."""
TOTAL_EFFORT: Final = 5.0
"""The same units for all questions of one planning together."""
LEAST_EFFORT: Final = 0.02
"""What each question counts at least, because building it takes time as well."""
FINE: Final = 10_000
"""Loads are compared in ten-thousandths."""


@dataclass(slots=True)
class Effort:
    """What one planning may still spend on exact answers, in the solver's own units of work."""

    left: float = TOTAL_EFFORT


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A contact that must stand on one of these spots; ``stands`` is where it does now."""

    minutes: int
    spots: Sequence[tuple[int, int]]
    stands: tuple[int, int] | None


def arrangement(
    contacts: Sequence[Contact], room: Mapping[tuple[int, int], int], *, effort: Effort
) -> tuple[list[tuple[int, int]] | None, bool]:
    """A spot for each contact within ``room`` (minutes), with as few moves as can be.

    None if there is none; the flag says whether that is proven, or the effort allowed was spent.
    """
    if effort.left <= 0:
        return None, False
    model, chosen, on = _model(contacts)
    for spot, used in on.items():
        model.add(sum(used) <= max(0, room[spot]))
    model.maximize(sum(_staying(contacts, chosen)))
    solver, proven = _solved(model, effort)
    return (None if solver is None else _spots(solver, chosen)), proven


def lowest_peak(
    contacts: Sequence[Contact],
    room: Mapping[tuple[int, int], int],
    *,
    booked: Ints,
    weekly: Ints,
    effort: Effort,
) -> list[tuple[int, int]] | None:
    """As ``arrangement``, with the highest weekly load as low as can be and then few moves.

    ``booked`` are the minutes in each week that stay, ``weekly`` what each could take.
    None also if the effort allowed was spent.
    """
    if effort.left <= 0:
        return None
    model, chosen, on = _model(contacts)
    for spot, used in on.items():
        model.add(sum(used) <= max(0, room[spot]))
    by_week: dict[int, list[Any]] = {}
    for (_, day), used in on.items():
        by_week.setdefault(day // 7, []).extend(used)
    peak = model.new_int_var(0, FINE * 10, "peak")
    for week, used in by_week.items():
        if weekly[week] > 0:
            model.add(FINE * (sum(used) + int(booked[week])) <= peak * int(weekly[week]))
    model.minimize(peak * (len(contacts) + 1) - sum(_staying(contacts, chosen)))
    solver, _ = _solved(model, effort)
    return None if solver is None else _spots(solver, chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """So many contacts of one length that may go to the same weeks and stand in ``week``; moving
    one of them costs ``price``."""

    count: int
    minutes: int
    weeks: Sequence[int]
    week: int
    price: int


def fewest_moves(
    groups: Sequence[Alike], *, room: Ints, effort: Effort
) -> list[dict[int, int]] | None:
    """How many of each group go to which week, so that no week gets more than ``room`` (minutes by
    week) and moving costs as little as can be.

    None if there is no such way, or none was found within the effort allowed. Alike contacts are
    counted, not named: a year of one person is some hundred groups.
    """
    if effort.left <= 0:
        return None
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    goes: list[dict[int, Any]] = []
    taken: dict[int, list[Any]] = {}
    for each in groups:
        here = {week: model.new_int_var(0, each.count, "") for week in each.weeks}
        model.add(sum(here.values()) == each.count)
        for week, number in here.items():
            taken.setdefault(week, []).append(number * each.minutes)
            model.add_hint(number, each.count if week == each.week else 0)
        goes.append(here)
    for week, used in taken.items():
        model.add(sum(used) <= int(room[week]))
    model.minimize(
        sum(
            number * each.price
            for each, here in zip(groups, goes, strict=True)
            for week, number in here.items()
            if week != each.week
        )
    )
    solver, _ = _solved(model, effort, FEW_EFFORT)
    if solver is None:
        return None
    return [{week: solver.value(number) for week, number in here.items()} for here in goes]


def _model(contacts: Sequence[Contact]) -> tuple[Any, list[dict[Any, Any]], dict[Any, list[Any]]]:
    # Imported here, because only a process that plans should pay for the solver's memory.
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    chosen: list[dict[Any, Any]] = []
    on: dict[Any, list[Any]] = {}
    for nth, each in enumerate(contacts):
        choice = {spot: model.new_bool_var(f"{nth} {spot}") for spot in each.spots}
        model.add_exactly_one(choice.values())
        for spot, variable in choice.items():
            on.setdefault(spot, []).append(variable * each.minutes)
            model.add_hint(variable, spot == each.stands)
        chosen.append(choice)
    return model, chosen, on


def _staying(contacts: Sequence[Contact], chosen: list[dict[Any, Any]]) -> list[Any]:
    return [
        choice[each.stands]
        for each, choice in zip(contacts, chosen, strict=True)
        if each.stands in choice
    ]


def _solved(model: Any, effort: Effort, at_most: float = EFFORT) -> tuple[Any, bool]:
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = min(at_most, effort.left)
    found = solver.solve(model)
    effort.left -= max(LEAST_EFFORT, solver.response_proto.deterministic_time)
    there = found in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    return (solver if there else None), found == cp_model.INFEASIBLE


def _spots(solver: Any, chosen: list[dict[Any, Any]]) -> list[Any]:
    return [
        next(spot for spot, variable in choice.items() if solver.boolean_value(variable))
        for choice in chosen
    ]
