"""The quarterly book review (Bestandsanalyse): who moved, who pays, who is fallow, what changed."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

import polars as pl

from services.classifier.domain.facts import SEGMENTS
from services.classifier.domain.models import CLASSES
from services.classifier.domain.months import add_months
from shared.contracts.book import (
    BookReview,
    CareCost,
    ClassChange,
    ClassFigures,
    Fallow,
    FallowUnit,
    Mover,
    Movers,
    SinceLastReview,
    UnitFigures,
)
from shared.contracts.classifications import Segment
from shared.contracts.policies import Model
from shared.contracts.vocabulary import CustomerId

NAMED_AT_MOST: Final = 200
COSTLIEST_SHOWN: Final = 20
FALLOW_MONTHS: Final = 12
TWENTY_PERCENT: Final = 20

Members = Mapping[CustomerId, list[CustomerId]]
"""The customers of a unit, by the unit's id."""


class QuarterNotBegun(Exception):
    """the quarter has not begun yet"""

    def __init__(self, quarter: str, today: date) -> None:
        super().__init__(f"{quarter} has not begun on {today}")


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterDays:
    """A quarter as far as it has come; complete once its last day is over."""

    quarter: str
    begins: date
    as_of: date
    complete: bool

    @classmethod
    def on(cls, quarter: str, today: date) -> "QuarterDays":
        """The quarter (``2026-Q3``) as seen from a day; raises QuarterNotBegun."""
        year, number = (int(part) for part in re.split("-Q", quarter))
        begins = date(year, 3 * number - 2, 1)
        ends = add_months(begins, 3) - timedelta(days=1)
        if begins > today:
            raise QuarterNotBegun(quarter, today)
        return cls(quarter=quarter, begins=begins, as_of=min(ends, today), complete=ends < today)


def movers(
    moved: Iterable[Mover],
    *,
    model: Model,
    direction: Literal["up", "down"],
    unnamed: Set[CustomerId] = frozenset(),
) -> Movers:
    """The units that rose (or fell) in the order of the classes, the longest way first.

    A class that the model does not know stands below all others. ``unnamed`` units are counted and
    not shown, because they objected to profiling (GDPR art. 21).
    """
    rank = {segment: place for place, segment in enumerate(CLASSES[model])}

    def steps(mover: Mover) -> int:
        below = len(rank)
        return rank.get(mover.from_segment, below) - rank.get(mover.to_segment, below)

    wanted = [mover for mover in moved if (steps(mover) > 0) == (direction == "up")]
    wanted = [mover for mover in wanted if steps(mover)]
    wanted.sort(key=lambda mover: (-abs(steps(mover)), mover.unit_id))
    named = [mover for mover in wanted if mover.unit_id not in unnamed]
    return Movers(count=len(wanted), items=named[:NAMED_AT_MOST])


def care_cost(units: pl.DataFrame) -> CareCost:
    """Who pays for their care among classified UNIT_FIGURES; ``customer_ids`` are filled later.

    Customers who objected to profiling are in the sums and never named with figures (GDPR art. 21).
    """
    margin = pl.col("revenue_cents") - pl.col("effort_cents")
    known = units.filter(pl.col("segment").is_not_null()).with_columns(margin_cents=margin)
    short = known.filter(pl.col("margin_cents") < 0).sort("margin_cents", "unit_id")
    columns = ("unit_id", "segment", "revenue_cents", "effort_cents", "margin_cents")
    named = short.filter(~pl.col("objects"))
    return CareCost(
        paying_units=known.height - short.height,
        not_paying_units=short.height,
        shortfall_cents=-int(short["margin_cents"].sum()),
        costliest=[
            UnitFigures.model_validate({**row, "customer_ids": []})
            for row in named.head(COSTLIEST_SHOWN).select(columns).iter_rows(named=True)
        ],
    )


def chances(units: pl.DataFrame) -> pl.DataFrame:
    """The O units of UNIT_FIGURES: who may lie fallow."""
    return units.filter(pl.col("segment") == pl.lit("O", dtype=SEGMENTS))


def fallow(units: pl.DataFrame, last_contact: Mapping[CustomerId, date], *, as_of: date) -> Fallow:
    """The O units without any contact for twelve months; ``customer_ids`` are filled later."""
    before = add_months(as_of, -FALLOW_MONTHS)
    rows = chances(units).sort("potential_cents", "unit_id", descending=[True, False])
    lying = [
        (row["unit_id"], row["potential_cents"])
        for row in rows.select("unit_id", "potential_cents").iter_rows(named=True)
        if last_contact.get(row["unit_id"], date.min) <= before
    ]
    return Fallow(
        count=len(lying),
        potential_cents=sum(potential for _, potential in lying),
        items=[
            FallowUnit(
                unit_id=unit_id,
                customer_ids=[],
                last_contact=last_contact.get(unit_id),
                potential_cents=potential,
            )
            for unit_id, potential in lying[:NAMED_AT_MOST]
        ],
    )


def since_last(now: BookReview, last: BookReview) -> SinceLastReview:
    """What is different from the review before."""
    figures, before = _total(now.classes), _total(last.classes)
    contracts = (now.contracts_per_customer.value, last.contracts_per_customer.value)
    return SinceLastReview(
        quarter=last.quarter,
        as_of=last.as_of,
        units=now.units - last.units,
        customers=now.customers - last.customers,
        revenue_cents=figures["revenue_cents"] - before["revenue_cents"],
        margin_cents=figures["margin_cents"] - before["margin_cents"],
        potential_cents=figures["potential_cents"] - before["potential_cents"],
        contracts_per_customer=_difference(*contracts),
        top_twenty_percent_share=round(_top_share(now) - _top_share(last), 4),
        classes=_class_changes(now.classes, last.classes),
    )


def _difference(now: float | None, before: float | None) -> float | None:
    return None if now is None or before is None else round(now - before, 2)


def _total(classes: Sequence[ClassFigures]) -> dict[str, int]:
    names = ("revenue_cents", "margin_cents", "potential_cents")
    return {name: sum(getattr(each, name) for each in classes) for name in names}


def _top_share(review: BookReview) -> float:
    return next(
        top.share_of_revenue for top in review.concentration.units if top.percent == TWENTY_PERCENT
    )


def _class_changes(
    now: Sequence[ClassFigures], before: Sequence[ClassFigures]
) -> list[ClassChange]:
    """Each class of either review; one that is missing counts as empty."""
    names = ("units", "customers", "revenue_cents", "margin_cents")
    present = {figures.segment: figures for figures in now}
    earlier = {figures.segment: figures for figures in before}
    segments: list[Segment] = [each for each in SEGMENTS.categories if each in present | earlier]
    return [
        ClassChange.model_validate(
            {
                "segment": segment,
                **{
                    name: getattr(present.get(segment), name, 0)
                    - getattr(earlier.get(segment), name, 0)
                    for name in names
                },
            }
        )
        for segment in segments
    ]


def mentioned(review: BookReview) -> list[CustomerId]:
    """Every customer whose id stands in a review, in their order."""
    units: list[Mover | UnitFigures | FallowUnit] = [
        *review.up.items,
        *review.down.items,
        *review.care.costliest,
        *review.fallow.items,
    ]
    named = {each for unit in units for each in (unit.unit_id, *unit.customer_ids)}
    for pillar in review.concentration.largest:
        named |= set(pillar.unit_ids)
    return sorted(named)


def without_customer(review: BookReview, customer_id: CustomerId) -> BookReview:
    """A review that no longer names an erased customer, nor the household they belonged to.

    The numbers stay, because they tell nothing about a person.
    """

    def tells(unit: Mover | UnitFigures | FallowUnit) -> bool:
        return customer_id in (unit.unit_id, *unit.customer_ids)

    def others(movers: Movers) -> Movers:
        return Movers(count=movers.count, items=[each for each in movers.items if not tells(each)])

    care, lying, whole = review.care, review.fallow, review.concentration
    costliest = [each for each in care.costliest if not tells(each)]
    fallow_units = [each for each in lying.items if not tells(each)]
    largest = [each for each in whole.largest if customer_id not in each.unit_ids]
    return review.model_copy(
        update={
            "up": others(review.up),
            "down": others(review.down),
            "care": care.model_copy(update={"costliest": costliest}),
            "fallow": lying.model_copy(update={"items": fallow_units}),
            "concentration": whole.model_copy(update={"largest": largest}),
        }
    )
