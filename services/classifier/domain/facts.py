"""The facts that a classification sees: one row per care unit, summed by the database.

``FACTS`` is the frame that the store delivers and ``classify`` reads; ``FURTHER_MEMBERS`` carries
the life situation of the second, third … member of the few units that have more than one, because a
need is raised only if *one* member meets all its conditions. Every sum is over all members.
"""

from datetime import date
from typing import Final

import polars as pl

from services.classifier.domain.errors import FactsIncomplete

SEGMENTS: Final = pl.Enum(["A", "B", "O", "C"])
LEVELS: Final = pl.Enum(["high", "low"])
SERVICE_LEVELS: Final = pl.Enum(["high", "standard"])
DEVELOPMENTS: Final = pl.Enum(["active", "none"])
HOUSEHOLDS: Final = pl.Enum(["single", "couple", "family", "single_parent"])
HOMES: Final = pl.Enum(["owns", "rents"])
EMPLOYMENTS: Final = pl.Enum(
    ["employed", "self_employed", "civil_servant", "student", "retired", "unemployed", "other"]
)
PETS: Final = ("dog", "cat", "horse", "other")
"""Bits of the column ``pets``: dog 1, cat 2, horse 4, every other code 8."""

LIFE: Final[dict[str, pl.DataType]] = {
    "birth_date": pl.Date(),  # of a living person
    "household": HOUSEHOLDS,  # the word "unknown" arrives as null
    "children": pl.Int32(),
    "home": HOMES,
    "employment": EMPLOYMENTS,
    "vehicles": pl.Int32(),
    "pets": pl.Int32(),  # set of PETS; 0 is known to have none, null is unknown
    "industry": pl.String(),
    "employees": pl.Int32(),
    "income_band": pl.String(),
}
"""The life situation of one member; null is unknown and meets no condition."""

_MONEY_AND_EFFORT: Final[dict[str, pl.DataType]] = {
    "revenue_cents": pl.Int64(),  # earned in (as_of - 12 months, as_of], rounded half up
    "revenue_estimated": pl.Boolean(),  # some day of some contract had no booking
    "effort_minutes": pl.Int64(),  # all interactions of the window
    "effort_cents": pl.Int64(),  # all of them, priced
    "counted_effort_cents": pl.Int64(),  # without claim, complaint, legal_duty, data_right
}
_LINES_HELD: Final[dict[str, pl.DataType]] = {
    "contracts": pl.Int32(),  # active, held here
    "covered_lines": pl.Int64(),  # set of lines (BIT_OF_LINE) of active contracts, foreign too
    "own_lines": pl.Int64(),  # the same without foreign contracts
    "old_lines": pl.Int64(),  # own lines (TERMS_THAT_AGE) with only contracts of old terms
    "incomplete_lines": pl.Int64(),  # own lines with only contracts without natural hazards
}
_COUNTS: Final[dict[str, pl.DataType]] = {
    "referrals": pl.Int32(),
    "referral_value_cents": pl.Int64(),  # revenue of those recommended, same window
    "linked_revenue_cents": pl.Int64(),  # highest revenue of a unit linked by company_group, or 0
    "late_payments": pl.Int32(),
    "price_disputes": pl.Int32(),
    "complaints": pl.Int32(),
    "announced_not_delivered": pl.Int32(),
    "idle_contacts": pl.Int32(),
    "won_on": pl.Date(),  # last day on which a contact won or they delivered business, or null
}
_MARKS: Final[dict[str, pl.DataType]] = {
    "company": pl.Boolean(),  # some member is a company
    "deceased": pl.Boolean(),  # nobody of them lives
    "favourite": pl.Boolean(),  # flags in force on as_of, of any member
    "useful": pl.Boolean(),
    "promising": pl.Boolean(),
    "conduct": pl.Boolean(),
    "objects": pl.Boolean(),  # some member objected to profiling
    "override_segment": SEGMENTS,  # in force on as_of, else null
    "override_until": pl.Date(),  # last day on which it holds
    "override_author": pl.String(),
    "override_id": pl.String(),  # which of all that were ever set
}
PREVIOUS: Final[dict[str, pl.DataType]] = {
    "was_segment": SEGMENTS,  # null: never classified; then all of these are null
    "was_service_level": SERVICE_LEVELS,
    "was_development": DEVELOPMENTS,
    "was_policy_version": pl.Int32(),
    "was_gap_needs": pl.Int64(),
    "was_revenue_level": LEVELS,  # null if nothing was scored (objection)
    "was_revenue_below_since": pl.Date(),
    "was_potential_level": LEVELS,
    "was_potential_below_since": pl.Date(),
    "was_chance_since": pl.Date(),
    "was_pinned_by": pl.String(),  # the override that the segment was, or null
}
"""The last result of the unit: the columns of the same name in ``classify``'s answer."""

FACTS: Final[dict[str, pl.DataType]] = {
    "unit_id": pl.String(),
    **_MONEY_AND_EFFORT,
    **_LINES_HELD,
    **_COUNTS,
    **_MARKS,
    **LIFE,
    **PREVIOUS,
}
"""Column and type of the facts frame. Money in cents (EUR), days in the agency's time zone.

Null is allowed only in columns in which it means unknown or none: ``LIFE``, ``PREVIOUS``,
``won_on`` and the override columns. The life columns are those of the unit's first living member,
or of the first if nobody lives.
"""

FURTHER_MEMBERS: Final[dict[str, pl.DataType]] = {"unit_id": pl.String(), **LIFE}
"""One row for each member of a unit after the first; all life columns of the dead are null."""

_OVERRIDE: Final = ("override_segment", "override_until", "override_author", "override_id")
NULLABLE: Final = frozenset({*LIFE, *PREVIOUS, "won_on", *_OVERRIDE})


def require_facts(facts: pl.DataFrame) -> None:
    """Raise FactsIncomplete unless the frame has each column of FACTS, typed and filled."""
    schema = facts.schema
    for column, dtype in FACTS.items():
        if schema.get(column) != dtype:
            raise FactsIncomplete(column=column, wanted=str(dtype), found=str(schema.get(column)))
    for values in facts.iter_columns():
        if values.name in FACTS and values.name not in NULLABLE and values.has_nulls():
            wanted = f"{values.dtype} without null"
            raise FactsIncomplete(column=values.name, wanted=wanted, found="null")


def no_further_members() -> pl.DataFrame:
    """The empty frame of FURTHER_MEMBERS: every unit has one member."""
    return pl.DataFrame(schema=FURTHER_MEMBERS)


def age_in_years(as_of: date) -> pl.Expr:
    """Full years since ``birth_date`` on ``as_of``; people born on 29 February age on 1 March."""
    born = pl.col("birth_date")
    day_of_year = born.dt.month().cast(pl.Int32) * 100 + born.dt.day().cast(pl.Int32)
    later_in_year = day_of_year > as_of.month * 100 + as_of.day
    return pl.lit(as_of.year, dtype=pl.Int32) - born.dt.year() - later_in_year.cast(pl.Int32)


def is_unknown_life() -> pl.Expr:
    """Whether nothing of the life situation is known (the income band alone tells nothing)."""
    known = [name for name in LIFE if name != "income_band"]
    return pl.all_horizontal(*(pl.col(name).is_null() for name in known))
