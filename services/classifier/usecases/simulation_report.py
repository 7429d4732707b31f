"""What a simulation answers: the domain's frames as the model that crosses the border."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from services.classifier.domain.models import CLASSES
from services.classifier.domain.simulation import AXES, FIGURES, Simulated, Trial
from services.classifier.store.policies import PolicyInForce
from shared.contracts.classifications import AxisName, Reason
from shared.contracts.policies import Model
from shared.contracts.simulations import (
    Border,
    ClassFigures,
    Move,
    Mover,
    Neighbour,
    Simulation,
    TriedCalibration,
)
from shared.contracts.vocabulary import CustomerId

Members = Mapping[CustomerId, Sequence[CustomerId]]
Row = dict[str, Any]
"""One row of a frame of the domain; its schema types the values."""


def report(
    found: Simulated,
    *,
    trial: Trial,
    ruling: PolicyInForce,
    movers: pl.DataFrame,
    members: Members,
) -> Simulation:
    """The simulation as it is answered; ``movers`` are the shown ones, explained."""
    moving = found.moves.filter(pl.col("was_segment").ne_missing(pl.col("segment")))
    return Simulation(
        policy_version=trial.version,
        model=trial.policy.model,
        policy_version_now=ruling.version,
        as_of=trial.as_of,
        calibration=TriedCalibration(
            revenue_cents=trial.calibration.revenue_cents,
            potential_cents=trial.calibration.potential_cents,
        ),
        units=int(found.moves["units"].sum()),
        customers=int(found.moves["customers"].sum()),
        units_moving=int(moving["units"].sum()),
        now=_figures(found.moves, by="was_segment", moment="now", model=ruling.policy.model),
        then=_figures(found.moves, by="segment", moment="then", model=trial.policy.model),
        moves=[_move(row) for row in found.moves.iter_rows(named=True)],
        borders=[_border(axis, found.near, trial, members) for axis in AXES],
        movers=[_mover(row, members) for row in movers.iter_rows(named=True)],
    )


def _figures(moves: pl.DataFrame, *, by: str, moment: str, model: Model) -> list[ClassFigures]:
    """Every class of the model, whether anybody is in it or not, and whatever else occurs."""
    sums = ("units", "customers", "effort_minutes", *(f"{name}_{moment}" for name in FIGURES))
    summed = moves.group_by(by).agg(pl.col(sums).sum()).sort(by, nulls_last=True)
    rows = {row[by]: row for row in summed.iter_rows(named=True)}
    order = dict.fromkeys((*CLASSES[model], *rows))
    return [_class(segment, rows.get(segment, dict.fromkeys(sums, 0)), moment) for segment in order]


def _class(segment: Any, row: Row, moment: str) -> ClassFigures:
    revenue, effort = row[f"revenue_cents_{moment}"], row[f"effort_cents_{moment}"]
    return ClassFigures(
        segment=segment,
        units=row["units"],
        customers=row["customers"],
        revenue_cents=revenue,
        effort_minutes=row["effort_minutes"],
        effort_cents=effort,
        margin_cents=revenue - effort,
        potential_cents=row[f"potential_cents_{moment}"],
    )


def _move(row: Row) -> Move:
    return Move(
        segment_now=row["was_segment"],
        segment_then=row["segment"],
        units=row["units"],
        customers=row["customers"],
        revenue_cents=row["revenue_cents_then"],
        effort_minutes=row["effort_minutes"],
        effort_cents=row["effort_cents_then"],
        potential_cents=row["potential_cents_then"],
    )


def _border(axis: AxisName, near: pl.DataFrame, trial: Trial, members: Members) -> Border:
    borders = {
        "revenue": trial.calibration.revenue_cents,
        "potential": trial.calibration.potential_cents,
    }
    beside = near.filter(pl.col("axis") == axis)
    return Border(
        axis=axis,
        threshold_cents=borders[axis],
        above=[_neighbour(r, members) for r in beside.filter("high").iter_rows(named=True)],
        below=[
            _neighbour(r, members) for r in beside.filter(~pl.col("high")).iter_rows(named=True)
        ],
    )


def _neighbour(row: Row, members: Members) -> Neighbour:
    return Neighbour(
        care_unit=list(members[row["unit_id"]]),
        value_cents=row["value_cents"],
        distance_cents=row["distance_cents"],
        segment_now=row["was_segment"],
        segment_then=row["segment"],
    )


def _mover(row: Row, members: Members) -> Mover:
    """Who objected to profiling is shown without figures, as everywhere."""
    scored = not row["objects"]
    return Mover(
        care_unit=list(members[row["unit_id"]]),
        segment_now=row["was_segment"],
        segment_then=row["segment"],
        revenue_cents=row["revenue_cents"] if scored else None,
        potential_cents=row["potential_cents"] if scored else None,
        effort_minutes=row["effort_minutes"],
        reasons=[Reason.model_validate(reason) for reason in json.loads(row["reasons"])],
    )
