"""Thresholds: an amount, the top share of units, or the Pareto share, calibrated over a book."""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil

import polars as pl

from services.classifier.domain.money import exact
from services.classifier.domain.potential import with_potential
from shared.contracts.policies import (
    AmountThreshold,
    ParetoThreshold,
    Policy,
    Threshold,
    TopShareThreshold,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The amounts that "high" means, in cents; None where nobody is high.

    Stored with the activated version, so that one unit's class follows from its facts alone.
    """

    revenue_cents: int | None
    potential_cents: int | None


def is_relative(policy: Policy) -> bool:
    """Whether the thresholds depend on the book, so that calibration has to read all of it."""
    axes = (policy.revenue, policy.potential)
    return any(not isinstance(axis.threshold, AmountThreshold) for axis in axes)


def calibrate(
    facts: pl.DataFrame, *, further_members: pl.DataFrame, policy: Policy, as_of: date
) -> Calibration:
    """Turn the policy's thresholds into amounts over the whole book of an agency as of a day.

    Who objected to profiling is not part of the book. Fixed amounts need no facts.
    """
    scored = facts.filter(~pl.col("objects"))
    potential = pl.Series("potential_cents", [], dtype=pl.Int64)
    if not isinstance(policy.potential.threshold, AmountThreshold):
        scored = with_potential(scored, further_members=further_members, policy=policy, as_of=as_of)
        potential = scored["potential_cents"]
    return Calibration(
        revenue_cents=threshold_amount(policy.revenue.threshold, scored["revenue_cents"]),
        potential_cents=threshold_amount(policy.potential.threshold, potential),
    )


def threshold_amount(threshold: Threshold, values: pl.Series) -> int | None:
    """The amount (cents) from which a value is high; None where no value is positive.

    The amount is the value of the last unit that belongs to the share, so ties at the border are
    all high and a value of zero or less never is.
    """
    if isinstance(threshold, AmountThreshold):
        return threshold.cents
    positive = values.filter(values > 0).sort(descending=True)
    if positive.is_empty():
        return None
    if isinstance(threshold, TopShareThreshold):
        place = ceil(exact(threshold.share) * len(values))
        return int(positive[min(place, len(positive)) - 1])
    return _pareto_amount(threshold, positive)


def _pareto_amount(threshold: ParetoThreshold, falling: pl.Series) -> int:
    wanted: Fraction = exact(threshold.share) * int(falling.sum())
    reached = falling.cum_sum().search_sorted(ceil(wanted), side="left")
    return int(falling[int(reached)])
