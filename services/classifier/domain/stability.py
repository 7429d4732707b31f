"""Stability: a level, once high, outlives a small or a short fall.

High at once at ``value >= threshold``; low again when ``value < threshold × (1 − band)``, or when
the value was below the threshold on ``hold_days`` days running: the first day below counts as the
first, so a fall on 1 September with 90 days ends on 29 November. A first class, and the first one
under a newly activated policy, has no band. If the policy does not upgrade immediately, a low level
rises only at ``threshold × (1 + band)``.

Only days that are run count: a value that fell on a day that was not run is below from the next day
that is. The scheduler runs missed days in order, so that none is left out.
"""

from dataclasses import dataclass
from datetime import date
from math import ceil

import polars as pl

from services.classifier.domain.facts import LEVELS
from services.classifier.domain.money import exact
from shared.contracts.classifications import AxisName
from shared.contracts.policies import Stability

HIGH = pl.lit("high", dtype=LEVELS)
LOW = pl.lit("low", dtype=LEVELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Borders:
    """The amounts of one axis, in cents: the threshold, and the band around it."""

    threshold: int
    falls_below: int
    rises_at: int

    @classmethod
    def around(cls, threshold: int, stability: Stability) -> "Borders":
        """The band around a threshold, exact to the cent."""
        band = exact(stability.band)
        rises_at = threshold if stability.upgrade_immediately else ceil(threshold * (1 + band))
        return cls(threshold=threshold, falls_below=ceil(threshold * (1 - band)), rises_at=rises_at)


def axis_columns(axis: AxisName) -> tuple[str, str, str, str, str]:
    """Names of the columns an axis adds: level, below_since, held, held_until, fell."""
    return (
        f"{axis}_level",
        f"{axis}_below_since",
        f"{axis}_held",
        f"{axis}_held_until",
        f"{axis}_fell",
    )


def axis_state(
    axis: AxisName,
    *,
    threshold: int | None,
    stability: Stability,
    policy_version: int,
    as_of: date,
) -> list[pl.Expr]:
    """The state of one axis for every unit, from its value and its previous state.

    ``level`` and ``below_since`` are stored. ``held`` says that the level is not the one of the
    value alone, ``held_until`` the day on which a held level falls (null if only the value can end
    it), ``fell`` that the hold time ended on or before this day. A unit that objected has no level.
    """
    level, below_since, held, held_until, fell = axis_columns(axis)
    scored = ~pl.col("objects")
    if threshold is None:
        return [
            pl.when(scored).then(LOW).alias(level),
            pl.lit(None, dtype=pl.Date).alias(below_since),
            pl.lit(value=False).alias(held),
            pl.lit(None, dtype=pl.Date).alias(held_until),
            pl.lit(value=False).alias(fell),
        ]
    borders = Borders.around(threshold, stability)
    value = pl.col(f"{axis}_cents")
    same_policy = pl.col("was_policy_version").eq_missing(pl.lit(policy_version, dtype=pl.Int32))
    was_high = same_policy & pl.col(f"was_{axis}_level").eq_missing(HIGH)
    was_low = same_policy & pl.col(f"was_{axis}_level").eq_missing(LOW)
    reaches = value >= borders.threshold
    since = pl.col(f"was_{axis}_below_since").fill_null(as_of)
    last_hold = since + pl.duration(days=stability.hold_days - 1)
    in_band = scored & was_high & ~reaches & (value >= borders.falls_below)
    kept = in_band & (last_hold > as_of)
    waiting = scored & was_low & reaches & (value < borders.rises_at)
    high = (reaches & ~waiting) | kept
    return [
        pl.when(scored & high).then(HIGH).when(scored).then(LOW).alias(level),
        pl.when(kept).then(since).alias(below_since),
        (kept | waiting).alias(held),
        pl.when(kept).then(last_hold).alias(held_until),
        (in_band & ~kept).alias(fell),
    ]
