"""Simulation: what a policy would make of a book, slice by slice.

Of each slice only sums and the few units that are shown are kept, and results can be added up
(``together``), so a book of any size is simulated in the memory of one slice. The class is that of
``classify`` under the tried version: a version that does not rule yet applies no band and no hold
time, exactly as after its activation.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from services.classifier.domain.classify import RESULT, classify
from services.classifier.domain.facts import FACTS, FURTHER_MEMBERS, SEGMENTS
from services.classifier.domain.potential import with_potential
from services.classifier.domain.thresholds import Calibration
from shared.contracts.classifications import AxisName
from shared.contracts.policies import Policy

NEAREST: Final = 10
"""Units shown on either side of a border."""
MOVERS_OF_A_MOVE: Final = 20
MOVERS: Final = 100
"""Movers shown: enough to see whom a policy moves, few enough to read."""

AXES: Final[tuple[AxisName, ...]] = ("revenue", "potential")
FIGURES: Final = ("revenue_cents", "effort_cents", "potential_cents")
"""What depends on the policy, and is therefore measured twice: as now and as tried."""

MOVES: Final[dict[str, pl.DataType]] = {
    "was_segment": SEGMENTS,  # the stored class; null: none yet
    "segment": SEGMENTS,  # the class under the tried version
    "units": pl.Int64(),
    "customers": pl.Int64(),
    "effort_minutes": pl.Int64(),
    **{f"{name}_now": pl.Int64() for name in FIGURES},
    **{f"{name}_then": pl.Int64() for name in FIGURES},
}
"""One row for each pair of classes that occurs; sums over its units."""
NEAR: Final[dict[str, pl.DataType]] = {
    "axis": pl.String(),
    "high": pl.Boolean(),  # the value reaches the threshold
    "unit_id": pl.String(),
    "value_cents": pl.Int64(),
    "distance_cents": pl.Int64(),  # value − threshold
    "was_segment": SEGMENTS,
    "segment": SEGMENTS,
}
MEASURED: Final[dict[str, pl.DataType]] = {
    "unit_id": pl.String(),
    **{f"{name}_now": pl.Int64() for name in FIGURES},
}
_MOVE: Final = ["was_segment", "segment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A policy version as it would rule: with its calibration, on a day."""

    policy: Policy
    version: int
    calibration: Calibration
    as_of: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What a policy makes of a part of the book: MOVES, NEAR, and the movers to be explained.

    ``movers`` are rows of ``classify``'s answer, ``further_members`` their other members.
    """

    moves: pl.DataFrame
    near: pl.DataFrame
    movers: pl.DataFrame
    further_members: pl.DataFrame

    @classmethod
    def nothing(cls) -> "Simulated":
        """An empty book."""
        return cls(
            moves=pl.DataFrame(schema=MOVES),
            near=pl.DataFrame(schema=NEAR),
            movers=pl.DataFrame(schema=FACTS | RESULT),
            further_members=pl.DataFrame(schema=FURTHER_MEMBERS),
        )


def alike_facts(one: Policy, other: Policy) -> bool:
    """Whether two policies read the same facts: periods, prices of care, and age of terms."""
    return (one.earning_months, one.effort, one.terms_old_after_years) == (
        other.earning_months,
        other.effort,
        other.terms_old_after_years,
    )


def measured(
    facts: pl.DataFrame, *, further_members: pl.DataFrame, policy: Policy, as_of: date
) -> pl.DataFrame:
    """MEASURED: revenue, effort and potential by the policy that rules now."""
    found = with_potential(facts, further_members=further_members, policy=policy, as_of=as_of)
    return found.select("unit_id", **{f"{name}_now": pl.col(name) for name in FIGURES})


def simulate(
    facts: pl.DataFrame, *, further_members: pl.DataFrame, now: pl.DataFrame, trial: Trial
) -> Simulated:
    """Try a policy on a slice of the book.

    ``facts`` and ``further_members`` are read as the tried policy prices them, ``now`` is MEASURED
    of the same units.
    """
    classified = classify(
        facts,
        further_members=further_members,
        policy=trial.policy,
        policy_version=trial.version,
        calibration=trial.calibration,
        as_of=trial.as_of,
    )
    moving = pl.col("was_segment").ne_missing(pl.col("segment"))
    movers = _largest(classified.filter(moving).select(*FACTS, *RESULT))
    return Simulated(
        moves=_moves(classified, further_members, now),
        near=_nearest([_beside(axis, classified, trial.calibration) for axis in AXES]),
        movers=movers,
        further_members=_of(movers, further_members),
    )


def together(parts: Iterable[Simulated]) -> Simulated:
    """The results of all slices as one, which does not depend on how the book was cut."""
    found = [Simulated.nothing(), *parts]
    movers = _largest(pl.concat([part.movers for part in found]))
    sums = [name for name in MOVES if name not in _MOVE]
    return Simulated(
        moves=pl.concat([part.moves for part in found])
        .group_by(_MOVE)
        .agg(pl.col(sums).sum())
        .sort(_MOVE, nulls_last=True)
        .select(*MOVES),
        near=_nearest([part.near for part in found]),
        movers=movers,
        further_members=_of(movers, pl.concat([part.further_members for part in found])),
    )


def shown_movers(movers: pl.DataFrame) -> pl.DataFrame:
    """At most MOVERS of them, in turns from every move, so that none hides another."""
    places = _ranking(movers).with_columns(rank=pl.int_range(pl.len()).over(_MOVE))
    chosen = places.sort("rank", maintain_order=True).head(MOVERS)
    wanted = chosen.sort(*_MOVE, "rank", nulls_last=True)
    return movers.select(pl.all().gather(wanted["place"]))


def _moves(
    classified: pl.DataFrame, further_members: pl.DataFrame, now: pl.DataFrame
) -> pl.DataFrame:
    others = further_members.group_by("unit_id").agg(others=pl.len().cast(pl.Int64))
    sums = [name for name in MOVES if name not in (*_MOVE, "units")]
    return (
        classified.select("unit_id", *_MOVE, "effort_minutes", *FIGURES)
        .rename({name: f"{name}_then" for name in FIGURES})
        .join(now, on="unit_id", how="left", validate="1:1")
        .join(others, on="unit_id", how="left")
        .with_columns(customers=1 + pl.col("others").fill_null(0))
        .group_by(_MOVE)
        .agg(pl.len().cast(pl.Int64).alias("units"), pl.col(sums).sum())
        .select(*MOVES)
    )


def _beside(axis: AxisName, classified: pl.DataFrame, calibration: Calibration) -> pl.DataFrame:
    """Every scored unit with its distance to the border of one axis."""
    borders = {"revenue": calibration.revenue_cents, "potential": calibration.potential_cents}
    border = borders[axis]
    if border is None:
        return pl.DataFrame(schema=NEAR)
    value = pl.col(f"{axis}_cents")
    return (
        classified.filter(~pl.col("objects"))
        .select(
            "unit_id",
            "was_segment",
            "segment",
            axis=pl.lit(axis),
            high=value >= border,
            value_cents=value,
            distance_cents=value - border,
        )
        .select(*NEAR)
    )


def _nearest(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The units nearest to each border on either side; at equal distance the smaller id."""
    beside = pl.concat(parts)
    return pl.concat(
        beside.filter(pl.col("axis") == axis, pl.col("high") == high)
        .sort(pl.col("distance_cents").abs(), "unit_id")
        .head(NEAREST)
        for axis in AXES
        for high in (True, False)
    )


def _ranking(movers: pl.DataFrame) -> pl.DataFrame:
    """Place in ``movers`` and move of each: the highest revenue first, then the smaller id.

    Units that objected to profiling come last, because they must not be ranked by what they bring.
    """
    ranked = pl.when(~pl.col("objects")).then("revenue_cents")
    return (
        movers.select("unit_id", *_MOVE, ranked=ranked, place=pl.int_range(pl.len()))
        .sort("ranked", "unit_id", descending=[True, False], nulls_last=True)
        .select("place", *_MOVE)
    )


def _largest(movers: pl.DataFrame) -> pl.DataFrame:
    """The first of each move, as many as are shown of one."""
    first = _ranking(movers).group_by(_MOVE, maintain_order=True).head(MOVERS_OF_A_MOVE)
    return movers.select(pl.all().gather(first["place"]))


def _of(movers: pl.DataFrame, further_members: pl.DataFrame) -> pl.DataFrame:
    return further_members.join(movers.select("unit_id"), on="unit_id", how="semi")
