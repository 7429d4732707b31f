"""Potential: the needs that a life situation raises, those of them that are gaps, and their worth.

A set of needs is a 64-bit mask whose bit is the need's place in the policy, so it can be read only
together with the policy version that made it. The policy's tables (``need_tables``) answer for one
unit and for a million alike.
"""

from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from services.classifier.domain.facts import LIFE, age_in_years, is_unknown_life
from services.classifier.domain.money import exact, round_half_up
from services.classifier.domain.need_tables import (
    ActiveNeed,
    Masks,
    active_needs,
    conditions_of,
    field_tables,
    gap_tables,
)
from services.classifier.domain.needs import BUSINESS_COVERAGE, PRIVATE_COVERAGE
from services.classifier.domain.policy_cache import cached_per_policy
from shared.contracts.lines import cover_mask
from shared.contracts.policies import Policy

__all__ = ["ActiveNeed", "active_needs", "conditions_of", "with_life_needs", "with_potential"]

POTENTIAL: Final[dict[str, pl.DataType]] = {
    "potential_cents": pl.Int64(),
    "potential_assumed": pl.Boolean(),
    "gap_needs": pl.Int64(),  # set of the policy's needs that are gaps
    "life_needs": pl.Int64(),  # set of the needs that the first member's life situation raises
}
NOT_HERE: Final = -1
"""The row for members whose unit is not in the frame, because units that objected were taken out
and their members were not."""
Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LifeNeeds:
    """For each row's life situation: the needs it raises, and whether nothing of it is known."""

    needs: Masks
    unknown: Truths


def read_life_situations(members: pl.DataFrame, *, policy: Policy, as_of: date) -> LifeNeeds:
    """Read rows with the columns LIFE.

    One query turns all fields into codes, because for few rows planning a query takes longer than
    running it.
    """
    tables = field_tables(policy)
    codes = (
        members.lazy()
        .with_columns(age=age_in_years(as_of))
        .select(**{field: table.code for field, table in tables.items()}, unknown=is_unknown_life())
        .collect()
    )
    everything = reduce(or_, (need.bit for need in active_needs(policy)), 0)
    needs = np.full(members.height, everything, dtype=np.int64)
    for field, table in tables.items():
        needs &= table.of(codes[field].to_numpy())
    return LifeNeeds(needs, codes["unknown"].to_numpy())


def with_life_needs(members: pl.DataFrame, *, policy: Policy, as_of: date) -> pl.DataFrame:
    """Add ``life_needs`` to rows of members (or units, standing for their first member)."""
    read = read_life_situations(members, policy=policy, as_of=as_of)
    return members.with_columns(pl.Series("life_needs", read.needs))


def with_potential(
    facts: pl.DataFrame, *, further_members: pl.DataFrame, policy: Policy, as_of: date
) -> pl.DataFrame:
    """Add the columns POTENTIAL; units that objected to profiling get no potential."""
    first, unit = _lives_of_units(facts, further_members, policy=policy, as_of=as_of)
    scored = ~facts["objects"].to_numpy()
    gap_needs = np.where(scored, _gaps(facts, unit.needs, policy), 0)
    assumed = unit.unknown & scored
    potential = gap_tables(policy).worth.of(gap_needs)
    if assumed.any():
        potential = potential + np.where(assumed, _assumed(facts, policy), 0)
    return facts.with_columns(
        pl.Series("potential_cents", potential),
        pl.Series("potential_assumed", assumed),
        pl.Series("gap_needs", gap_needs),
        pl.Series("life_needs", first.needs),
    )


def _lives_of_units(
    units: pl.DataFrame, further: pl.DataFrame, *, policy: Policy, as_of: date
) -> tuple[LifeNeeds, LifeNeeds]:
    """The life of each unit's first member, and that of all its members together."""
    if further.is_empty():
        read = read_life_situations(units, policy=policy, as_of=as_of)
        return read, read
    everybody = pl.concat([units.select(*LIFE), further.select(*LIFE)])
    read = read_life_situations(everybody, policy=policy, as_of=as_of)
    first = LifeNeeds(read.needs[: units.height], read.unknown[: units.height])
    needs, unknown = first.needs.copy(), first.unknown.copy()
    row_of = {unit_id: row for row, unit_id in enumerate(units["unit_id"])}
    rows = np.array([row_of.get(unit_id, NOT_HERE) for unit_id in further["unit_id"]])
    here = rows != NOT_HERE
    np.bitwise_or.at(needs, rows[here], read.needs[units.height :][here])
    np.logical_and.at(unknown, rows[here], read.unknown[units.height :][here])
    return first, LifeNeeds(needs, unknown)


def _gaps(facts: pl.DataFrame, unit_needs: Masks, policy: Policy) -> Masks:
    """The needs that are gaps: raised, open, and the first of their line and kind."""
    tables = gap_tables(policy)
    is_open = (
        (tables.missing & ~tables.covered.of(facts["covered_lines"].to_numpy()))
        | tables.old.of(facts["old_lines"].to_numpy())
        | tables.incomplete.of(facts["incomplete_lines"].to_numpy())
    )
    found = unit_needs & is_open
    for bit, earlier in tables.earlier:
        found = np.where(unit_needs & earlier, found & ~bit, found)
    return found


@cached_per_policy
def _expected_by_line(policy: Policy) -> dict[str, int]:
    """The commission expected of each line, by the first need that misses it."""
    expected: dict[str, int] = {}
    for need in active_needs(policy):
        if need.kind == "missing":
            expected.setdefault(need.line, need.expected_cents)
    return expected


def _assumed(facts: pl.DataFrame, policy: Policy) -> Masks:
    """The worth of what a customer whose life is unknown lacks on average, in cents.

    The trade's coverage rate, the share of households (companies) that hold the line, takes the
    place of a known need's closing probability.
    """
    covered = facts["covered_lines"].to_numpy()
    private = _lacking(covered, policy, PRIVATE_COVERAGE)
    business = _lacking(covered, policy, BUSINESS_COVERAGE)
    found: Masks = np.where(facts["company"].to_numpy(), business, private)
    return found


def _lacking(covered: Masks, policy: Policy, coverage: dict[str, float]) -> Masks:
    expected = _expected_by_line(policy)
    found = np.zeros(len(covered), dtype=np.int64)
    for line, rate in coverage.items():
        value = round_half_up(expected.get(line, 0) * exact(rate))
        found += np.where(covered & cover_mask(line), 0, value)
    return found
