"""The two models as columns: which segment, which care is earned, which care lifts potential.

Both read ``revenue_level`` and ``potential_level`` (stability applied) and put every scored unit
into exactly one segment.
"""

from datetime import date
from typing import Final

import polars as pl

from services.classifier.domain.facts import SEGMENTS
from services.classifier.domain.money import exact
from shared.contracts.classifications import Segment
from shared.contracts.policies import Model, Policy

CLASSES: Final[dict[Model, tuple[Segment, ...]]] = {
    "revenue_potential": ("A", "B", "O", "C"),
    "revenue_effort": ("A", "B", "C"),
}
"""The classes of a model, the highest first."""

RULES: Final = pl.Enum(
    [
        "favourite",
        "conduct",
        "late_payments",
        "price_disputes",
        "idle_contacts",
        "effort_ratio",
        "announced_not_delivered",
        "revenue.high",
        "potential.high",
        "potential.low",
        "hold_time",
        "matrix",
    ]
)
"""The rule that decided: ``matrix`` for both axes together, ``hold_time`` for a chance that ended.

The others are those of ``Reason.rule`` in ``shared/contracts/classifications.py``.
"""

REVENUE_HIGH: Final = pl.col("revenue_level").eq_missing(pl.lit("high"))
POTENTIAL_HIGH: Final = pl.col("potential_level").eq_missing(pl.lit("high")) | pl.col("promising")


def segment(letter: str) -> pl.Expr:
    """One segment as a column value."""
    return pl.lit(letter, dtype=SEGMENTS)


def _rule(name: str) -> pl.Expr:
    return pl.lit(name, dtype=RULES)


def effort_exceeds_limit(policy: Policy) -> pl.Expr:
    """Whether effort / revenue lies above the limit, in exact integers.

    Effort without revenue is an infinite ratio; without effort the ratio is 0.
    """
    limit = exact(policy.effort.ratio_limit)
    effort, revenue = pl.col("counted_effort_cents"), pl.col("revenue_cents")
    paid = pl.max_horizontal(revenue, pl.lit(0, dtype=pl.Int64))
    return (effort > 0) & (effort * limit.denominator > paid * limit.numerator)


def four_classes() -> dict[str, pl.Expr]:
    """``revenue_potential``: A, B, O, C follow from the two axes; effort never changes them."""
    high_revenue = pl.when(POTENTIAL_HIGH).then(segment("A")).otherwise(segment("B"))
    low_revenue = pl.when(POTENTIAL_HIGH).then(segment("O")).otherwise(segment("C"))
    return {
        "model_segment": pl.when(REVENUE_HIGH).then(high_revenue).otherwise(low_revenue),
        "rule": _rule("matrix"),
    }


def chance_columns(policy: Policy, as_of: date) -> dict[str, pl.Expr]:
    """``revenue_effort``: since when a small customer has had a chance, and until when it runs.

    The chance starts with the first day on which revenue is low and potential high, and again with
    each contract that development brought.
    """
    has_chance = ~REVENUE_HIGH & POTENTIAL_HIGH & ~pl.col("objects")
    since = pl.col("was_chance_since").fill_null(as_of)
    renewed = pl.max_horizontal(since, pl.col("won_on"))
    until = renewed.dt.offset_by(f"{policy.chance_months}mo")
    return {
        "chance_since": pl.when(has_chance).then(since),
        "chance_until": pl.when(has_chance).then(until),
    }


def three_classes(policy: Policy, as_of: date) -> dict[str, pl.Expr]:
    """``revenue_effort``: the rule that decides, the first that applies, and its segment."""
    counts = policy.counts
    idle = pl.col("idle_contacts") >= counts.idle_contacts
    too_costly = effort_exceeds_limit(policy) & ~pl.col("useful") & (pl.col("referrals") == 0)
    rule = (
        pl.when("favourite")
        .then(_rule("favourite"))
        .when("conduct")
        .then(_rule("conduct"))
        .when(REVENUE_HIGH & (pl.col("late_payments") >= counts.late_payments))
        .then(_rule("late_payments"))
        .when(REVENUE_HIGH & (pl.col("price_disputes") >= counts.price_disputes))
        .then(_rule("price_disputes"))
        .when(REVENUE_HIGH & idle)
        .then(_rule("idle_contacts"))
        .when(REVENUE_HIGH & too_costly)
        .then(_rule("effort_ratio"))
        .when(REVENUE_HIGH)
        .then(_rule("revenue.high"))
        .when(pl.col("announced_not_delivered") >= counts.announced_not_delivered)
        .then(_rule("announced_not_delivered"))
        .when(idle)
        .then(_rule("idle_contacts"))
        .when(POTENTIAL_HIGH & (pl.col("chance_until") > as_of))
        .then(_rule("potential.high"))
        .when(POTENTIAL_HIGH)
        .then(_rule("hold_time"))
        .otherwise(_rule("potential.low"))
    )
    is_a = pl.col("rule").is_in(["favourite", "revenue.high"])
    is_b = (REVENUE_HIGH & (pl.col("rule") != _rule("conduct"))) | (
        pl.col("rule") == _rule("potential.high")
    )
    letter = pl.when(is_a).then(segment("A")).when(is_b).then(segment("B"))
    return {"rule": rule, "model_segment": letter.otherwise(segment("C"))}
