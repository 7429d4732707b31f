"""Thresholds: an amount, the top share of units, or the Pareto share, calibrated over a book."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
    """The amounts that "high" means, in cents; None if nobody is high.

    Stored with the activated version, so that one unit's class follows from its facts alone.
    """

    revenue_cents: int | None
    potential_cents: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BookValues:
    """The values (cents) that relative thresholds rank, one for each unit that is scored.

    Empty for an axis whose threshold is an amount, because that one needs no values.
    """

    revenue_cents: pl.Series
    potential_cents: pl.Series

    @classmethod
    def nothing(cls) -> "BookValues":
        """The values of no unit."""
        return cls(revenue_cents=_values([]), potential_cents=_values([]))

    @classmethod
    def of_lists(cls, revenue: Sequence[int], potential: Sequence[int]) -> "BookValues":
        """The values as the store keeps them."""
        return cls(revenue_cents=_values(revenue), potential_cents=_values(potential))

    @classmethod
    def together(cls, parts: Sequence["BookValues"]) -> "BookValues":
        """The values of all parts of a book."""
        return cls(
            revenue_cents=pl.concat([_values([]), *(part.revenue_cents for part in parts)]),
            potential_cents=pl.concat([_values([]), *(part.potential_cents for part in parts)]),
        )


def _values(cents: Sequence[int]) -> pl.Series:
    return pl.Series("cents", cents, dtype=pl.Int64)


def is_relative(policy: Policy) -> bool:
    """Whether the thresholds depend on the book, so that calibration has to read all of it."""
    axes = (policy.revenue, policy.potential)
    return any(not isinstance(axis.threshold, AmountThreshold) for axis in axes)


def calibrate(
    facts: pl.DataFrame, *, further_members: pl.DataFrame, policy: Policy, as_of: date
) -> Calibration:
    """Turn the policy's thresholds into amounts over the whole book of an agency as of a day.

    Units that objected to profiling are left out. Fixed amounts need no facts.
    """
    values = book_values(facts, further_members=further_members, policy=policy, as_of=as_of)
    return calibration_of(values, policy=policy)


def book_values(
    facts: pl.DataFrame, *, further_members: pl.DataFrame, policy: Policy, as_of: date
) -> BookValues:
    """The values that a part of the book adds to calibration, so that parts can be read one by one.

    The values of a million units are two columns of 8 MB; their facts would be a gigabyte.
    """
    scored = facts.filter(~pl.col("objects"))
    values = BookValues.nothing()
    if not isinstance(policy.revenue.threshold, AmountThreshold):
        values = replace(values, revenue_cents=scored["revenue_cents"])
    if not isinstance(policy.potential.threshold, AmountThreshold):
        scored = with_potential(scored, further_members=further_members, policy=policy, as_of=as_of)
        values = replace(values, potential_cents=scored["potential_cents"])
    return values


def calibration_of(values: BookValues, *, policy: Policy) -> Calibration:
    """The amounts that follow from the values of the whole book."""
    return Calibration(
        revenue_cents=threshold_amount(policy.revenue.threshold, values.revenue_cents),
        potential_cents=threshold_amount(policy.potential.threshold, values.potential_cents),
    )


def threshold_amount(threshold: Threshold, values: pl.Series) -> int | None:
    """The amount (cents) from which a value is high; None if no value is positive.

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
