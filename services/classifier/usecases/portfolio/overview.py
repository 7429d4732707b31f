"""The portfolio and the profile of a class, computed on reading."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import polars as pl

from services.classifier.domain.benchmarks import contracts_per_customer, coverage
from services.classifier.domain.concentration import UnitLink, concentration
from services.classifier.domain.portfolio import (
    MovedUnits,
    class_figures,
    first_month_shown,
    moves_by_month,
)
from services.classifier.domain.profile import profile
from services.classifier.domain.scatter import scatter
from services.classifier.store.portfolio import company_links, moved_units
from services.classifier.store.profiles import profile_counts
from services.classifier.usecases.portfolio.figures import BookDay, book_day, book_figures
from shared.contracts.book import Portfolio, Profile
from shared.contracts.classifications import Segment
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database


async def read_portfolio(*, database: Database, agency: AgencyId, now: datetime) -> Portfolio:
    """The whole book as of the agency's day: the stored classes, the figures of that day."""
    async with database.transaction(agency) as transaction:
        day = await book_day(transaction, now=now)
        links = await company_links(transaction)
        moved = await moved_units(transaction, first=first_month_shown(day.as_of), last=day.as_of)
    units = await book_figures(database=database, agency=agency, day=day)
    return await asyncio.to_thread(_portfolio, units, links, moved, day)


def _portfolio(
    units: pl.DataFrame, links: Sequence[UnitLink], moved: Sequence[MovedUnits], day: BookDay
) -> Portfolio:
    classified = units.filter(pl.col("segment").is_not_null())
    model = day.ruling.policy.model
    return Portfolio(
        as_of=day.as_of,
        policy_version=day.ruling.version,
        model=model,
        units=units.height,
        customers=int(units["customers"].sum()),
        unclassified_units=units.height - classified.height,
        classes=class_figures(classified, model=model),
        concentration=concentration(units, links),
        contracts_per_customer=contracts_per_customer(units),
        coverage=coverage(units),
        scatter=scatter(units, calibration=day.ruling.calibration),
        moves=moves_by_month(moved, as_of=day.as_of),
    )


async def read_profile(
    *, database: Database, agency: AgencyId, segment: Segment, now: datetime
) -> Profile:
    """What the customers of a class have in common, as of the agency's day."""
    async with database.transaction(agency) as transaction:
        day = await book_day(transaction, now=now)
        counts = await profile_counts(transaction, as_of=day.as_of)
    return profile(counts.carried, customers=counts.customers, segment=segment, as_of=day.as_of)
