"""Concentration: how much of the book hangs on few, by units and by groups linked as companies."""

from collections.abc import Iterable
from math import ceil
from typing import Final

import polars as pl

from services.classifier.domain.care_units import care_units
from services.classifier.domain.portfolio import share
from shared.contracts.book import Concentration, Pillar, TopShare
from shared.contracts.vocabulary import CustomerId

PERCENTS: Final = (1, 4, 10, 20)
"""The shares shown: four in a hundred were a twelfth of the value in the case that taught it."""
LARGEST_SHOWN: Final = 10

UnitLink = tuple[CustomerId, CustomerId]


def concentration(units: pl.DataFrame, links: Iterable[UnitLink]) -> Concentration:
    """Shares of the positive revenue that the largest few bring; households are units already.

    Units with no revenue or a negative one are left out, because losing them costs nothing. Units
    that objected to profiling are in the sums and never named with what they bring (GDPR art. 21).
    """
    earning = units.select(
        "unit_id",
        "customers",
        "effort_cents",
        "objects",
        pl.col("revenue_cents").clip(lower_bound=0).alias("revenue"),
    )
    groups = _grouped(earning, links)
    total = int(earning["revenue"].sum())
    return Concentration(
        units=_top_shares(earning, total),
        groups=_top_shares(groups, total),
        largest=_largest(groups, total),
    )


def _grouped(units: pl.DataFrame, links: Iterable[UnitLink]) -> pl.DataFrame:
    """One row per group, with the ids of its units."""
    known = set(units["unit_id"])
    joined = [(one, other) for one, other in links if one in known and other in known]
    group_of = care_units({unit for link in joined for unit in link}, joined)
    groups = pl.DataFrame(
        {"unit_id": list(group_of), "group": list(group_of.values())},
        schema={"unit_id": pl.String, "group": pl.String},
    )
    return (
        units.join(groups, on="unit_id", how="left")
        .with_columns(pl.col("group").fill_null(pl.col("unit_id")))
        .group_by("group")
        .agg(
            pl.col("revenue", "effort_cents", "customers").sum(),
            pl.col("objects").any(),
            pl.col("unit_id").sort().alias("unit_ids"),
        )
        .rename({"group": "unit_id"})
    )


def _falling(parts: pl.DataFrame) -> pl.DataFrame:
    return parts.sort("revenue", "unit_id", descending=[True, False])


def _top_shares(parts: pl.DataFrame, total: int) -> list[TopShare]:
    falling = _falling(parts)
    shares = []
    for percent in PERCENTS:
        top = falling.head(ceil(percent * falling.height / 100))
        revenue = int(top["revenue"].sum())
        shares.append(
            TopShare(
                percent=percent,
                count=top.height,
                leaving_costs_cents=revenue,
                freed_effort_cents=int(top["effort_cents"].sum()),
                share_of_revenue=share(revenue, total),
            )
        )
    return shares


def _largest(groups: pl.DataFrame, total: int) -> list[Pillar]:
    named = groups.filter((pl.col("revenue") > 0) & ~pl.col("objects"))
    return [
        Pillar(
            unit_ids=row["unit_ids"],
            customers=row["customers"],
            leaving_costs_cents=row["revenue"],
            share_of_revenue=share(row["revenue"], total),
        )
        for row in _falling(named).head(LARGEST_SHOWN).iter_rows(named=True)
    ]
