"""The overview of the portfolio: one narrow row per care unit, and the sums over them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from services.classifier.domain.facts import SEGMENTS
from services.classifier.domain.models import CLASSES, effort_exceeds_limit
from services.classifier.domain.months import add_months
from services.classifier.domain.potential import with_potential
from services.classifier.domain.sentences import euros_de, euros_en
from shared.contracts.book import ClassFigures, Moves, MovesOfMonth
from shared.contracts.classifications import Segment
from shared.contracts.policies import Model, Policy

UNIT_FIGURES: Final[dict[str, pl.DataType]] = {
    "unit_id": pl.String(),
    "segment": SEGMENTS,  # null: not classified yet
    "customers": pl.Int32(),
    "company": pl.Boolean(),
    "deceased": pl.Boolean(),
    "objects": pl.Boolean(),  # some member objected to profiling
    "esteemed": pl.Boolean(),  # a favourite, useful, or has recommended somebody
    "revenue_cents": pl.Int64(),
    "effort_cents": pl.Int64(),
    "counted_effort_cents": pl.Int64(),  # without claims, complaints, legal duties, data rights
    "effort_minutes": pl.Int64(),
    "too_costly": pl.Boolean(),  # counted effort / revenue lies above the policy's limit
    "potential_cents": pl.Int64(),
    "contracts": pl.Int32(),
    "covered_lines": pl.Int64(),
    "own_lines": pl.Int64(),
    "incomplete_lines": pl.Int64(),
}
"""What the overview needs of a unit, a fifth of its facts. Money in cents, twelve months;
``company``, ``own_lines`` and so on as in FACTS."""

MONTHS_SHOWN: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedUnits:
    """How many units went from one class to another in a calendar month (its first day)."""

    month: date
    from_segment: Segment
    to_segment: Segment
    units: int


def unit_figures(
    facts: pl.DataFrame, *, further_members: pl.DataFrame, policy: Policy, as_of: date
) -> pl.DataFrame:
    """UNIT_FIGURES of the units of a facts frame, with their stored class."""
    measured = with_potential(facts, further_members=further_members, policy=policy, as_of=as_of)
    others = further_members.group_by("unit_id").len("others")
    return measured.join(others, on="unit_id", how="left").select(
        "unit_id",
        pl.col("was_segment").alias("segment"),
        (pl.col("others").fill_null(0) + 1).cast(pl.Int32).alias("customers"),
        "company",
        "deceased",
        "objects",
        (pl.col("favourite") | pl.col("useful") | (pl.col("referrals") > 0)).alias("esteemed"),
        "revenue_cents",
        "effort_cents",
        "counted_effort_cents",
        "effort_minutes",
        effort_exceeds_limit(policy).alias("too_costly"),
        "potential_cents",
        "contracts",
        "covered_lines",
        "own_lines",
        "incomplete_lines",
    )


def class_figures(units: pl.DataFrame, *, model: Model) -> list[ClassFigures]:
    """The classes of the model in their order, then those left from an older model."""
    sums = units.group_by("segment").agg(
        pl.len().alias("units"),
        pl.col(
            "customers", "revenue_cents", "effort_cents", "potential_cents", "effort_minutes"
        ).sum(),
    )
    by_segment = {row["segment"]: row for row in sums.iter_rows(named=True)}
    left_over = [letter for letter in SEGMENTS.categories if letter in by_segment]
    classes = [*CLASSES[model], *(each for each in left_over if each not in CLASSES[model])]
    everyone = int(units["customers"].sum())
    return [_class(letter, by_segment.get(letter, {}), everyone) for letter in classes]


def _class(segment: str, sums: dict[str, int], everyone: int) -> ClassFigures:
    revenue, effort = sums.get("revenue_cents", 0), sums.get("effort_cents", 0)
    minutes, customers = sums.get("effort_minutes", 0), sums.get("customers", 0)
    margin = revenue - effort
    de = en = None
    if margin < 0:
        de = (
            f"Klasse {segment} trägt ihre Betreuung nicht: Sie kostete in zwölf Monaten"
            f" {euros_de(effort)} und brachte {euros_de(revenue)}."
        )
        en = (
            f"Class {segment} does not pay for its care: in twelve months it cost"
            f" {euros_en(effort)} and brought {euros_en(revenue)}."
        )
    return ClassFigures.model_validate(
        {
            "segment": segment,
            "units": sums.get("units", 0),
            "customers": customers,
            "share_of_customers": share(customers, everyone),
            "revenue_cents": revenue,
            "effort_cents": effort,
            "margin_cents": margin,
            "potential_cents": sums.get("potential_cents", 0),
            "effort_minutes": minutes,
            "hours": round(minutes / 60, 1),
            "pays_for_its_care": margin >= 0,
            "note_de": de,
            "note_en": en,
        }
    )


def share(part: int, whole: int) -> float:
    """A part of the whole, four decimals; 0 of nothing."""
    return round(part / whole, 4) if whole else 0.0


def first_month_shown(as_of: date) -> date:
    """The first day of the first of the twelve calendar months that end with ``as_of``'s."""
    return add_months(as_of.replace(day=1), 1 - MONTHS_SHOWN)


def moves_by_month(moved: Iterable[MovedUnits], *, as_of: date) -> list[MovesOfMonth]:
    """The last twelve calendar months, the oldest first; a month without moves is empty."""
    by_month: dict[date, list[Moves]] = {}
    for each in moved:
        by_month.setdefault(each.month, []).append(
            Moves(from_segment=each.from_segment, to_segment=each.to_segment, units=each.units)
        )
    first = first_month_shown(as_of)
    months = [add_months(first, number) for number in range(MONTHS_SHOWN)]
    return [MovesOfMonth(month=f"{month:%Y-%m}", moves=by_month.get(month, [])) for month in months]
