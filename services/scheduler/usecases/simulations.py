"""Catalogues tried on the book, and what equal treatment would cost. Nothing is changed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import polars as pl

from services.scheduler.domain.capacity import plannable_minutes
from services.scheduler.domain.carers import SEGMENT_RANK
from services.scheduler.domain.costs import cost_of, hourly_costs
from services.scheduler.domain.forecast import last_day_of
from services.scheduler.domain.simulations import (
    LOOKED_AT,
    Creeping,
    Simulated,
    creeping_hours,
    minutes_by_person,
    simulated,
)
from services.scheduler.domain.touchpoints import planned_touchpoints
from services.scheduler.store import campaigns, catalogues, planning, staff
from services.scheduler.store.agencies import KnownAgency
from services.scheduler.store.planning import BookFrames
from services.scheduler.usecases.agencies import ensure_agency, ruling_catalogue
from services.scheduler.usecases.catalogues import CatalogueVersionNotFound
from services.scheduler.usecases.planning_rules import staff_of_roles, working_person
from shared.clients.classifier import ClassifierClient
from shared.contracts.capacity import (
    CatalogueSimulation,
    SimulatedChange,
    SimulatedLoad,
    SimulatedMonth,
    SimulatedPerson,
)
from shared.contracts.catalogues import Catalogue, StoredCatalogue, Who
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction

ALIKE: Final = min(SEGMENT_RANK, key=lambda segment: SEGMENT_RANK[segment])
"""The class whose care everybody would get who is treated alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBook:
    """The book as planning reads it, or a part of it, and what a catalogue needs beside it.

    ``customers`` counts those of the whole book.
    """

    agency: KnownAgency
    as_of: date
    ruling: StoredCatalogue
    book: BookFrames
    customers: int
    staff_of: Mapping[Who, str]
    moved_campaigns: Mapping[tuple[str, date], date]

    def due_by(self, catalogue: Catalogue, customers: pl.DataFrame) -> pl.DataFrame:
        """Frame ``TOUCHPOINTS``: what a catalogue promises these customers in twelve months."""
        return planned_touchpoints(
            agency=self.agency.agency_id,
            customers=customers,
            history=self.book.history,
            gaps=self.book.gaps,
            occasions=self.book.occasions,
            catalogue=catalogue,
            calendar=self.agency.calendar,
            as_of=self.as_of,
            staff_of=self.staff_of,
            moved_campaigns=self.moved_campaigns,
        )


async def read_book(
    transaction: Transaction, known: KnownAgency, *, now: datetime, most: int
) -> ReadBook:
    """Read the book; of one with more customers than ``most`` a part, spread evenly."""
    as_of = known.day_at(now)
    people = [each for each in await staff.list_staff(transaction) if each.active]
    size = await planning.planned_size(transaction)
    units = None
    if size > most:
        units = await planning.every_nth_unit(transaction, nth=-(-size // most))
    return ReadBook(
        agency=known,
        as_of=as_of,
        ruling=await ruling_catalogue(transaction, now=now),
        book=await planning.book_of(transaction, units, as_of=as_of),
        customers=size,
        staff_of=staff_of_roles(people),
        moved_campaigns=await campaigns.moved_campaigns(transaction),
    )


def creeping(read: ReadBook, *, plannable: int) -> Creeping | None:
    """What it would cost to give everybody the highest class's care, judged by a part of the
    book."""
    customers = read.book.customers
    alike = customers.with_columns(segment=pl.lit(ALIKE))
    catalogue = read.ruling.catalogue
    return creeping_hours(
        alike=sum(minutes_by_person(read.due_by(catalogue, alike)).values()),
        by_catalogue=sum(minutes_by_person(read.due_by(catalogue, customers)).values()),
        plannable=plannable,
        customers=read.customers,
        looked_at=customers.height,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """A catalogue beside the present one; ``scale`` is the book over what was looked at."""

    simulated: Simulated
    minutes: Mapping[str, int]
    minutes_before: Mapping[str, int]
    looked_at: int
    scale: float

    def count(self, found: int) -> int:
        """What was counted, for the whole book."""
        return round(found * self.scale)

    def hours(self, minutes: int) -> float:
        """Hours of the whole book."""
        return minutes * self.scale / 60


async def simulate_catalogue(
    *,
    database: Database,
    classifier: ClassifierClient,
    agency: AgencyId,
    version: int,
    now: datetime,
) -> CatalogueSimulation:
    """Try a stored version on the book. Raises CatalogueVersionNotFound."""
    known = await ensure_agency(database=database, classifier=classifier, agency=agency, now=now)
    async with database.transaction(agency) as transaction:
        stored = await catalogues.catalogue_version(transaction, version)
        if stored is None:
            raise CatalogueVersionNotFound(f"there is no version {version} of the catalogue")
        read = await read_book(transaction, known, now=now, most=LOOKED_AT)
        people = [each for each in await staff.list_staff(transaction) if each.active]
    tried = await asyncio.to_thread(_try, read, stored.catalogue)
    capacity = plannable_minutes(
        people=[working_person(each) for each in people],
        calendar=known.calendar,
        first=read.as_of,
        last=last_day_of(read.as_of),
    )
    room = capacity.group_by("staff_id").agg(pl.col("plannable_minutes").sum())
    return _answer(read, version, tried, dict(room.iter_rows()), hourly_costs(people))


def _try(read: ReadBook, catalogue: Catalogue) -> _Tried:
    customers = read.book.customers
    after = read.due_by(catalogue, customers)
    before = read.due_by(read.ruling.catalogue, customers)
    return _Tried(
        simulated=simulated(after=after, before=before, classes=customers),
        minutes=minutes_by_person(after),
        minutes_before=minutes_by_person(before),
        looked_at=customers.height,
        scale=read.customers / max(1, customers.height),
    )


def _answer(
    read: ReadBook,
    version: int,
    tried: _Tried,
    room: Mapping[str, int],
    costs: Mapping[str, int],
) -> CatalogueSimulation:
    loads = [_load(row, tried, costs) for row in tried.simulated.loads.iter_rows(named=True)]
    people = [
        SimulatedPerson(
            staff_id=staff_id,
            demanded_hours=tried.hours(tried.minutes.get(staff_id, 0)),
            demanded_hours_before=tried.hours(tried.minutes_before.get(staff_id, 0)),
            plannable_hours=room.get(staff_id, 0) / 60,
        )
        for staff_id in sorted({*room, *tried.minutes, *tried.minutes_before})
    ]
    return CatalogueSimulation(
        version=version,
        compared_with=read.ruling.version,
        as_of=read.as_of,
        customers=read.customers,
        looked_at=tried.looked_at,
        fits=all(each.demanded_hours <= each.plannable_hours for each in people),
        hours=sum(each.hours for each in loads),
        hours_before=sum(each.hours_before for each in loads),
        cost_cents=sum(each.cost_cents for each in loads),
        cost_cents_before=sum(each.cost_cents_before for each in loads),
        months=[
            SimulatedMonth(
                month=row["month"],
                touchpoints=tried.count(row["touchpoints"]),
                touchpoints_before=tried.count(row["touchpoints_before"]),
            )
            for row in tried.simulated.months.iter_rows(named=True)
        ],
        loads=loads,
        changes=[_change(row, tried) for row in tried.simulated.changes.iter_rows(named=True)],
        people=people,
    )


def _load(row: dict[str, Any], tried: _Tried, costs: Mapping[str, int]) -> SimulatedLoad:
    hourly = costs.get(row["staff_id"] or "", 0)
    return SimulatedLoad(
        segment=row["segment"],
        staff_id=row["staff_id"],
        service=row["service"],
        touchpoints=tried.count(row["touchpoints"]),
        touchpoints_before=tried.count(row["touchpoints_before"]),
        hours=tried.hours(row["minutes"]),
        hours_before=tried.hours(row["minutes_before"]),
        cost_cents=cost_of(row["minutes"] * tried.scale, hourly),
        cost_cents_before=cost_of(row["minutes_before"] * tried.scale, hourly),
    )


def _change(row: dict[str, Any], tried: _Tried) -> SimulatedChange:
    return SimulatedChange(
        service=row["service"],
        segment=row["segment"],
        change=row["change"],
        customers=tried.count(row["customers"]),
        customers_before=tried.count(row["customers_before"]),
        touchpoints=tried.count(row["touchpoints"]),
        touchpoints_before=tried.count(row["touchpoints_before"]),
        hours=tried.hours(row["minutes"]),
        hours_before=tried.hours(row["minutes_before"]),
    )
