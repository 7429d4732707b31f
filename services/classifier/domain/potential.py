"""Potential: which needs a life situation raises, which of them nothing covers, what that is worth.

Needs are evaluated over columns. A set of needs is a 64-bit mask whose bit is the need's place in
the policy, so it can be read only together with the policy version that made it.
"""

from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import and_, or_
from typing import Final

import polars as pl

from services.classifier.domain.facts import PETS, age_in_years, is_unknown_life
from services.classifier.domain.money import exact, round_half_up
from services.classifier.domain.needs import BUSINESS_COVERAGE, PRIVATE_COVERAGE
from services.classifier.domain.once import once_per_policy
from shared.contracts.lines import BY_KEY, cover_mask, mask_of
from shared.contracts.policies import GapKind, Need, Policy, Range

POTENTIAL: Final[dict[str, pl.DataType]] = {
    "potential_cents": pl.Int64(),
    "potential_assumed": pl.Boolean(),
    "gap_needs": pl.Int64(),  # set of the policy's needs that are gaps
    "life_needs": pl.Int64(),  # set of the needs that the first member's life situation raises
}
_NOTHING: Final = pl.lit(0, dtype=pl.Int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveNeed:
    """A need of the policy that is switched on, ready for column arithmetic."""

    place: int
    line: str
    kind: GapKind
    value_cents: int
    expected_cents: int

    @property
    def bit(self) -> int:
        """The need as a set of one."""
        return 1 << self.place


@once_per_policy
def active_needs(policy: Policy) -> tuple[ActiveNeed, ...]:
    """The needs that may become gaps: health lines only where health data is switched on."""
    return tuple(
        ActiveNeed(
            place=place,
            line=need.line,
            kind=need.kind,
            value_cents=round_half_up(need.expected_cents * exact(need.probability)),
            expected_cents=need.expected_cents,
        )
        for place, need in enumerate(policy.needs)
        if policy.health_data or not BY_KEY[need.line].health
    )


def _sum(terms: list[pl.Expr]) -> pl.Expr:
    # One flat sum: a chain of thirty additions takes the engine twice as long to plan.
    return pl.sum_horizontal(_NOTHING, *terms)


def _holds(field: str, condition: Range | list[int] | list[str]) -> pl.Expr:
    column = pl.col(field)
    if isinstance(condition, Range):
        bounds = []
        if condition.min is not None:
            bounds.append(column >= condition.min)
        if condition.max is not None:
            bounds.append(column <= condition.max)
        return reduce(and_, bounds)
    if field == "pets":
        wanted = sum(1 << PETS.index(str(pet)) for pet in condition)
        return (column & wanted) != 0
    return reduce(or_, [column == value for value in condition])


def conditions_of(need: Need) -> dict[str, Range | list[int] | list[str]]:
    """The conditions of a need by life field, in the order of the contract."""
    fields = type(need.when).model_fields
    found = {name: getattr(need.when, name) for name in fields}
    return {name: condition for name, condition in found.items() if condition is not None}


@once_per_policy
def raised_needs(policy: Policy) -> pl.Expr:
    """The set of needs that one row's life situation raises; expects the columns LIFE and age."""
    terms = []
    for need in active_needs(policy):
        conditions = conditions_of(policy.needs[need.place])
        if not conditions:
            terms.append(pl.lit(need.bit, dtype=pl.Int64))
            continue
        met = reduce(and_, [_holds(field, condition) for field, condition in conditions.items()])
        terms.append(met.fill_null(value=False).cast(pl.Int64) * need.bit)
    return _sum(terms)


def with_life_needs(members: pl.DataFrame, *, policy: Policy, as_of: date) -> pl.DataFrame:
    """Add ``life_needs`` to rows of members (or units, standing for their first member)."""
    return (
        members.with_columns(age=age_in_years(as_of))
        .with_columns(life_needs=raised_needs(policy), life_unknown=is_unknown_life())
        .drop("age")
    )


def _with_further_members(
    units: pl.DataFrame, further: pl.DataFrame, *, policy: Policy, as_of: date
) -> pl.DataFrame:
    """Widen ``unit_needs`` and ``life_unknown`` by what the other members of a unit raise."""
    units = units.with_columns(unit_needs=pl.col("life_needs"))
    if further.is_empty():
        return units
    others = (
        with_life_needs(further, policy=policy, as_of=as_of)
        .group_by("unit_id")
        .agg(
            pl.col("life_needs").bitwise_or().alias("_needs"),
            pl.col("life_unknown").all().alias("_unknown"),
        )
    )
    return (
        units.join(others, on="unit_id", how="left", maintain_order="left")
        .with_columns(
            unit_needs=pl.col("unit_needs") | pl.col("_needs").fill_null(0),
            life_unknown=pl.col("life_unknown") & pl.col("_unknown").fill_null(value=True),
        )
        .drop("_needs", "_unknown")
    )


def _open(need: ActiveNeed) -> pl.Expr:
    if need.kind == "missing":
        return (pl.col("covered_lines") & cover_mask(need.line)) == 0
    column = "old_lines" if need.kind == "old" else "incomplete_lines"
    return (pl.col(column) & mask_of(need.line)) != 0


def _gaps(policy: Policy) -> list[tuple[ActiveNeed, pl.Expr]]:
    """Each need with whether it is a gap: raised, open, and the first of its line and kind."""
    gaps = []
    seen: dict[tuple[str, GapKind], int] = {}
    for need in active_needs(policy):
        earlier = seen.get((need.line, need.kind), 0)
        raised = (pl.col("unit_needs") & (need.bit | earlier)) == need.bit
        gaps.append((need, raised & _open(need)))
        seen[need.line, need.kind] = earlier | need.bit
    return gaps


def _assumed(policy: Policy, coverage: dict[str, float]) -> pl.Expr:
    """What a customer of unknown life lacks on average.

    The trade's coverage rate stands where the closing probability stands for a known need: the
    share of households (companies) that need the line and pay somebody for it.
    """
    expected: dict[str, int] = {}
    for need in active_needs(policy):
        if need.kind == "missing":
            expected.setdefault(need.line, need.expected_cents)
    terms = []
    for line, rate in coverage.items():
        value = round_half_up(expected.get(line, 0) * exact(rate))
        is_open = (pl.col("covered_lines") & cover_mask(line)) == 0
        terms.append(is_open.cast(pl.Int64) * value)
    return _sum(terms)


@once_per_policy
def _measured(policy: Policy) -> tuple[pl.Expr, pl.Expr]:
    """The set of gaps, and the potential, of units whose needs are known."""
    gaps = _gaps(policy)
    gap_needs = _sum([is_gap.cast(pl.Int64) * need.bit for need, is_gap in gaps])
    known = _sum(
        [(pl.col("gap_needs") & n.bit != 0).cast(pl.Int64) * n.value_cents for n, _ in gaps]
    )
    assumed = (
        pl.when(~pl.col("potential_assumed"))
        .then(_NOTHING)
        .when("company")
        .then(_assumed(policy, BUSINESS_COVERAGE))
        .otherwise(_assumed(policy, PRIVATE_COVERAGE))
    )
    return gap_needs, known + assumed


def with_potential(
    facts: pl.DataFrame, *, further_members: pl.DataFrame, policy: Policy, as_of: date
) -> pl.DataFrame:
    """Add the columns POTENTIAL; who objected to profiling gets none of it."""
    units = with_life_needs(facts, policy=policy, as_of=as_of)
    units = _with_further_members(units, further_members, policy=policy, as_of=as_of)
    scored = ~pl.col("objects")
    gap_needs, potential = _measured(policy)
    return (
        units.with_columns(
            gap_needs=gap_needs * scored.cast(pl.Int64),
            potential_assumed=pl.col("life_unknown") & scored,
        )
        .with_columns(potential_cents=potential)
        .drop("unit_needs", "life_unknown")
    )
