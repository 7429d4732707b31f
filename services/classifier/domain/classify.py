"""Classification: facts, policy and calibration in, one segment for every care unit out."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import polars as pl

from services.classifier.domain.facts import (
    DEVELOPMENTS,
    LEVELS,
    SEGMENTS,
    SERVICE_LEVELS,
    require_facts,
)
from services.classifier.domain.models import (
    POTENTIAL_HIGH,
    REVENUE_HIGH,
    RULES,
    chance_columns,
    four_classes,
    segment,
    three_classes,
)
from services.classifier.domain.policy_cache import cached_per_policy
from services.classifier.domain.potential import POTENTIAL, with_potential
from services.classifier.domain.stability import axis_state
from services.classifier.domain.thresholds import Calibration
from shared.contracts.classifications import AxisName
from shared.contracts.policies import Policy

RESULT: Final[dict[str, pl.DataType]] = {
    **POTENTIAL,
    "revenue_level": LEVELS,  # null after an objection, as are the other axis columns
    "revenue_below_since": pl.Date(),
    "revenue_held": pl.Boolean(),
    "revenue_held_until": pl.Date(),
    "revenue_fell": pl.Boolean(),
    "potential_level": LEVELS,
    "potential_below_since": pl.Date(),
    "potential_held": pl.Boolean(),
    "potential_held_until": pl.Date(),
    "potential_fell": pl.Boolean(),
    "chance_since": pl.Date(),  # three classes: since when a small customer has had a chance
    "chance_until": pl.Date(),
    "rule": RULES,  # null after an objection
    "segment": SEGMENTS,
    "overridden": pl.Boolean(),  # the segment is a pinned one
    "pinned_by": pl.String(),  # the override that it is, else null
    "service_level": SERVICE_LEVELS,
    "development": DEVELOPMENTS,
    "changed": pl.Boolean(),  # store a classification and tell the others
    "state_changed": pl.Boolean(),  # save the state columns; true wherever ``changed`` is
}
"""The columns that ``classify`` adds to the facts frame."""

AS_WRITTEN: Final = pl.QueryOptFlags.none()
"""The query has few steps in a good order, so optimising it would take longer than it saves."""


def classify(
    facts: pl.DataFrame,
    *,
    further_members: pl.DataFrame,
    policy: Policy,
    policy_version: int,
    calibration: Calibration,
    as_of: date,
) -> pl.DataFrame:
    """Classify every row of the facts frame, whether one or a million.

    Takes FACTS and FURTHER_MEMBERS and returns the same rows in the same order with the columns of
    RESULT added. Raises FactsIncomplete. The segment follows from facts, previous state, policy
    version, calibration and day alone.
    """
    require_facts(facts)
    measured = with_potential(facts, further_members=further_members, policy=policy, as_of=as_of)
    # One query, because planning each step anew takes longer than answering it for few units.
    decided = measured.lazy()
    for columns in _steps(policy, policy_version, calibration, as_of):
        decided = decided.with_columns(columns)
    return decided.select(*facts.columns, *RESULT).collect(optimizations=AS_WRITTEN)


Step = Sequence[pl.Expr]
"""Columns that are computed side by side, from those of the steps before."""


@cached_per_policy
def _steps(
    policy: Policy, policy_version: int, calibration: Calibration, as_of: date
) -> Sequence[Step]:
    """Axes, the model's rule and segment, the care that follows, and whether any of it is new."""
    thresholds: dict[AxisName, int | None] = {
        "revenue": calibration.revenue_cents,
        "potential": calibration.potential_cents,
    }
    axes = [
        column
        for axis, threshold in thresholds.items()
        for column in axis_state(
            axis,
            threshold=threshold,
            stability=policy.stability,
            policy_version=policy_version,
            as_of=as_of,
        )
    ]
    return [
        axes,
        *_model_steps(policy, as_of),
        _named(_care(policy, calibration)),
        _named({"changed": _changed(policy_version)}),
        _named({"state_changed": pl.col("changed") | _state_differs()}),
    ]


def _named(columns: Mapping[str, pl.Expr]) -> Step:
    return [column.alias(name) for name, column in columns.items()]


def _model_steps(policy: Policy, as_of: date) -> Sequence[Step]:
    """The model's rule and segment. A pinned class wins; units that objected are C and never
    scored."""
    pinned = pl.col("override_segment").is_not_null()
    if policy.model == "revenue_potential":
        no_chance = pl.lit(None, dtype=pl.Date)
        steps = [{"chance_since": no_chance, "chance_until": no_chance, **four_classes()}]
    else:
        columns = three_classes(policy, as_of)
        steps = [
            chance_columns(policy, as_of),
            {"rule": columns["rule"]},
            {"model_segment": columns["model_segment"]},
        ]
        # The three-class model has no O: an override to O is ignored until it expires.
        pinned &= pl.col("override_segment").ne_missing(segment("O"))
    scored = ~pl.col("objects")
    ruled = {
        "overridden": pinned,
        "pinned_by": pl.when(pinned).then("override_id"),
        "rule": pl.when(scored).then("rule"),
        "segment": pl.when(pinned)
        .then("override_segment")
        .when(scored)
        .then("model_segment")
        .otherwise(segment("C")),
    }
    return [_named(step) for step in (*steps, ruled)]


def _care(policy: Policy, calibration: Calibration) -> dict[str, pl.Expr]:
    """Which service level is earned, and which development is worth it.

    A pinned class brings its own care. In four classes the standard follows the revenue axis; in
    three it follows the class, because the counts take it away. Referrals worth more than the
    revenue threshold and linked companies that reach it raise the standard; in three classes not
    against bad conduct, which is a rule of theirs alone.
    """
    pinned, scored = pl.col("overridden"), ~pl.col("objects")
    letter = pl.col("segment")
    raised = pl.lit(value=False)
    if calibration.revenue_cents is not None:
        border = calibration.revenue_cents
        raised = (pl.col("referral_value_cents") > border) | (
            pl.col("linked_revenue_cents") >= border
        )
    if policy.model == "revenue_potential":
        pinned_high = letter.is_in(["A", "B"])
        earned, lifted = REVENUE_HIGH, POTENTIAL_HIGH
    else:
        pinned_high = letter == segment("A")
        earned = letter == segment("A")
        raised &= ~pl.col("conduct")
        lifted = POTENTIAL_HIGH & (letter != segment("C"))
    pinned_active = letter.is_in(["A", "O"])
    high = pl.when(pinned).then(pinned_high).otherwise(scored & (earned | raised))
    active = pl.when(pinned).then(pinned_active).otherwise(scored & lifted)
    return {
        "service_level": _either(high, "high", "standard", SERVICE_LEVELS),
        "development": _either(active, "active", "none", DEVELOPMENTS),
    }


def _either(condition: pl.Expr, yes: str, no: str, dtype: pl.Enum) -> pl.Expr:
    return pl.when(condition).then(pl.lit(yes, dtype=dtype)).otherwise(pl.lit(no, dtype=dtype))


def _differs(column: str, previous: str) -> pl.Expr:
    return pl.col(column).ne_missing(pl.col(previous))


def _changed(policy_version: int) -> pl.Expr:
    """Whether segment, care, level of an axis, gaps, pin or policy version are not as they were."""
    same_version = pl.col("was_policy_version").eq_missing(pl.lit(policy_version, dtype=pl.Int32))
    return ~same_version | pl.any_horizontal(
        _differs("segment", "was_segment"),
        _differs("service_level", "was_service_level"),
        _differs("development", "was_development"),
        _differs("gap_needs", "was_gap_needs"),
        _differs("revenue_level", "was_revenue_level"),
        _differs("potential_level", "was_potential_level"),
        # Another pin on the same class is another answer to "why?".
        _differs("pinned_by", "was_pinned_by"),
    )


def _state_differs() -> pl.Expr:
    """Whether stability has something new to remember although nothing else changed."""
    return pl.any_horizontal(
        _differs("revenue_below_since", "was_revenue_below_since"),
        _differs("potential_below_since", "was_potential_below_since"),
        _differs("chance_since", "was_chance_since"),
    )
