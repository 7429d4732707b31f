"""The figures of every care unit as of a day: read in slices, kept as a few narrow columns."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

import polars as pl

from services.classifier.domain.portfolio import unit_figures
from services.classifier.store.agencies import agency_day
from services.classifier.store.facts import Loaded, Scope, TheseUnits, facts_of
from services.classifier.store.policies import PolicyInForce
from services.classifier.usecases.policies import policy_in_force
from services.classifier.usecases.slices import READ_AT_ONCE, book_slices
from shared.contracts.policies import Policy
from shared.contracts.vocabulary import AgencyId, CustomerId
from shared.db.database import Database, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class BookDay:
    """The day a book is looked at, where that is, and the rules of that day."""

    as_of: date
    zone: ZoneInfo
    ruling: PolicyInForce


async def book_day(transaction: Transaction, *, now: datetime, on: date | None = None) -> BookDay:
    """The agency's day (or the day asked for) with the policy that rules on it."""
    where = await agency_day(transaction)
    as_of = on or where.today(now)
    return BookDay(as_of=as_of, zone=where.zone, ruling=await policy_in_force(transaction, as_of))


async def book_figures(*, database: Database, agency: AgencyId, day: BookDay) -> pl.DataFrame:
    """UNIT_FIGURES of the whole book at one instant, in the order of the units' ids."""
    async with (
        database.snapshot(agency, readers=READ_AT_ONCE) as snapshot,
        book_slices(snapshot.transaction, partial(figures_of, day=day)) as slices,
    ):
        parts = [part async for part in slices]
    return pl.concat(parts).sort("unit_id")


async def figures_of_unit(
    transaction: Transaction, unit_id: CustomerId, day: BookDay
) -> pl.DataFrame:
    """UNIT_FIGURES of one unit: one row, or none where nobody in it is active."""
    return await figures_of(transaction, TheseUnits([unit_id]), day)


async def figures_of(transaction: Transaction, scope: Scope, day: BookDay) -> pl.DataFrame:
    """UNIT_FIGURES of a part of the book."""
    loaded = await facts_of(
        transaction, scope, policy=day.ruling.policy, as_of=day.as_of, zone=day.zone
    )
    return await asyncio.to_thread(_narrowed, loaded, day.ruling.policy, day.as_of)


def _narrowed(loaded: Loaded, policy: Policy, as_of: date) -> pl.DataFrame:
    return unit_figures(
        loaded.facts, further_members=loaded.further_members, policy=policy, as_of=as_of
    )
