"""Capacity: twelve months of promised care against the hours, and what is wrong with who does
what."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import polars as pl

from services.scheduler.domain.capacity import plannable_minutes
from services.scheduler.domain.carers import Carer
from services.scheduler.domain.certificates import Overload
from services.scheduler.domain.costs import cost_of, hourly_costs
from services.scheduler.domain.forecast import Forecast, forecast, last_day_of
from services.scheduler.domain.levelling import NOBODY
from services.scheduler.domain.simulations import SAMPLE, Creeping
from services.scheduler.domain.staffing_faults import USUAL, Staffing, staffing_faults
from services.scheduler.domain.starting_catalogues import starting_catalogue
from services.scheduler.store import agencies, carers, catalogues, forecasts, pins, staff, tasks
from services.scheduler.store.agencies import KnownAgency
from services.scheduler.store.forecasts import Held
from services.scheduler.usecases import mendings
from services.scheduler.usecases.agencies import DEFAULT_MODEL, ensure_agency, ruling_catalogue
from services.scheduler.usecases.mendings import Mended
from services.scheduler.usecases.overload import Proofs, proven, read_overloaded, told
from services.scheduler.usecases.planning_rules import working_person
from services.scheduler.usecases.simulations import creeping, read_book
from shared.clients.classifier import ClassifierClient
from shared.contracts.capacity import (
    CreepingDay,
    CreepingHours,
    PersonLoad,
    ServiceLoad,
    ServiceToLeave,
    StaffingFault,
    WeekLoad,
)
from shared.contracts.catalogues import Catalogue
from shared.contracts.plans import CapacityReport, DayLoad, MonthLoad, Unplaced
from shared.contracts.staff import Staff
from shared.contracts.vocabulary import AgencyId, StaffId
from shared.db.database import Database, Transaction

FOLLOWED_DAYS = 30
"""So long after a contact what a customer does is taken to follow from it."""
LOOKED_BACK = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What a report is made of."""

    agency: KnownAgency
    first: date
    people: Sequence[Staff]
    ahead: pl.DataFrame
    by_class: Mapping[str, int]
    by_carer: Mapping[StaffId | None, int]
    lines: Sequence[str]
    catalogue: Catalogue
    held: Sequence[Held]
    loads: Mapping[tuple[StaffId, date], int]
    told_unknown: Mapping[StaffId, int]
    broken_pins: Mapping[StaffId | None, int]

    @property
    def unplaced(self) -> int:
        """How many contacts have no day."""
        return self.ahead["day"].null_count()

    @property
    def active(self) -> list[Staff]:
        """Who works here."""
        return [each for each in self.people if each.active]


async def capacity_report(
    *,
    database: Database,
    classifier: ClassifierClient,
    agency: AgencyId,
    now: datetime,
    freeze_working_days: int,
) -> CapacityReport:
    """Compare the care promised for the next twelve months with the hours there are, and prove what
    does not fit."""
    known = await ensure_agency(database=database, classifier=classifier, agency=agency, now=now)
    async with database.transaction(agency) as transaction:
        read = await _read(transaction, known, now)
        book = await read_book(transaction, known, now=now, most=SAMPLE)
        planned = None
        if read.unplaced:
            planned = await read_overloaded(
                transaction, now=now, freeze_working_days=freeze_working_days
            )
    capacity = plannable_minutes(
        people=[working_person(each) for each in read.active],
        calendar=known.calendar,
        first=read.first,
        last=last_day_of(read.first),
    )
    found = await asyncio.to_thread(
        forecast,
        ahead=read.ahead,
        capacity=capacity,
        people=[
            Carer(staff_id=each.staff_id, role=each.role, places=each.capacity)
            for each in read.active
        ],
        customers=read.by_class,
        first=read.first,
    )
    plannable = int(capacity["plannable_minutes"].sum())
    alike = await asyncio.to_thread(creeping, book, plannable=plannable)
    nothing = Proofs(
        overload=Overload(certificates=[], unexplained=read.unplaced),
        mended=Mended(mendings=[], complete=not read.unplaced),
    )
    proofs = nothing if planned is None else await proven(planned)
    return _report(read, found, capacity, alike, proofs)


async def staff_faults(*, database: Database, agency: AgencyId) -> list[StaffingFault]:
    """What is wrong with who does what, hours left aside."""
    async with database.transaction(agency) as transaction:
        loads = await carers.carer_loads(transaction)
        ruling = await catalogues.catalogue_in_force(transaction)
        known = await agencies.known_agency(transaction)
        staffing = Staffing(
            people=await staff.list_staff(transaction),
            customers={each.staff_id: each.customers for each in loads},
            lines=await forecasts.lines_spoken_of(transaction),
            catalogue=starting_catalogue(DEFAULT_MODEL) if ruling is None else ruling.catalogue,
            beyond_minutes={},
            calendar=USUAL if known is None else known.calendar,
            told_unknown=await carers.told_carers_unknown(transaction),
            broken_pins=await pins.broken_by_person(transaction),
        )
    return staffing_faults(staffing)


async def _read(transaction: Transaction, known: KnownAgency, now: datetime) -> _Read:
    first = known.day_at(now)
    loads = await tasks.promised_minutes(transaction, first, last_day_of(first))
    return _Read(
        agency=known,
        first=first,
        people=await staff.list_staff(transaction),
        ahead=await forecasts.work_ahead(transaction),
        by_class=await forecasts.customers_by_class(transaction),
        by_carer={each.staff_id: each.customers for each in await carers.carer_loads(transaction)},
        lines=await forecasts.lines_spoken_of(transaction),
        catalogue=(await ruling_catalogue(transaction, now=now)).catalogue,
        held=await forecasts.held_since(
            transaction, first - LOOKED_BACK, followed_days=FOLLOWED_DAYS
        ),
        loads={(staff_id, day): minutes for staff_id, day, minutes in loads},
        told_unknown=await carers.told_carers_unknown(transaction),
        broken_pins=await pins.broken_by_person(transaction),
    )


def _report(
    read: _Read,
    found: Forecast,
    capacity: pl.DataFrame,
    alike: Creeping | None,
    proofs: Proofs,
) -> CapacityReport:
    beyond = {
        row["staff_id"]: max(0, row["demanded_minutes"] - row["plannable_minutes"])
        for row in found.people.iter_rows(named=True)
    }
    costs = hourly_costs(read.people)
    return CapacityReport(
        as_of=read.first,
        first_day=read.first,
        last_day=last_day_of(read.first),
        moving_in=read.agency.moving_in,
        fits=found.fits,
        customers=sum(read.by_carer.values()),
        breaking_book_size=found.breaking_book_size,
        breaks_first=found.breaks_first,
        people=_people(read, found, beyond),
        faults=_faults(read, beyond),
        months=_months(found),
        weeks=_weeks(found),
        days=_days(read, capacity),
        services=_services(found, costs),
        unplaced=_unplaced(found),
        certificates=[told(each) for each in proofs.overload.certificates],
        uncertified=proofs.overload.unexplained,
        mendings=[mendings.told(each) for each in proofs.mended.mendings],
        mendings_complete=proofs.mended.complete,
        creeping_hours=_creeping(alike),
        to_leave=_to_leave(read.held, found, costs),
    )


def _faults(read: _Read, beyond: Mapping[str, int]) -> list[StaffingFault]:
    return staffing_faults(
        Staffing(
            people=read.people,
            customers=read.by_carer,
            lines=read.lines,
            catalogue=read.catalogue,
            beyond_minutes=beyond,
            calendar=read.agency.calendar,
            told_unknown=read.told_unknown,
            broken_pins=read.broken_pins,
        )
    )


def _months(found: Forecast) -> list[MonthLoad]:
    return [
        MonthLoad(
            staff_id=row["staff_id"],
            month=row["month"],
            demanded_hours=row["demanded_minutes"] / 60,
            placed_hours=row["placed_minutes"] / 60,
            plannable_hours=row["plannable_minutes"] / 60,
        )
        for row in found.months.iter_rows(named=True)
    ]


def _days(read: _Read, capacity: pl.DataFrame) -> list[DayLoad]:
    return [
        DayLoad(
            staff_id=row["staff_id"],
            day=row["day"],
            placed_minutes=read.loads.get((row["staff_id"], row["day"]), 0),
            plannable_minutes=row["plannable_minutes"],
        )
        for row in capacity.iter_rows(named=True)
    ]


def _services(found: Forecast, costs: Mapping[StaffId, int]) -> list[ServiceLoad]:
    return [
        ServiceLoad(
            service=row["service"],
            staff_id=row["staff_id"],
            touchpoints=row["touchpoints"],
            hours=row["minutes"] / 60,
            cost_cents=cost_of(row["minutes"], costs.get(row["staff_id"], 0)),
        )
        for row in found.services.iter_rows(named=True)
    ]


def _unplaced(found: Forecast) -> list[Unplaced]:
    return [
        Unplaced(
            staff_id=row["staff_id"],
            service=row["service"],
            reason=row["reason"] or NOBODY,
            touchpoints=row["touchpoints"],
            hours=row["minutes"] / 60,
        )
        for row in found.unplaced.iter_rows(named=True)
    ]


def _people(read: _Read, found: Forecast, beyond: Mapping[str, int]) -> list[PersonLoad]:
    minutes = {row["staff_id"]: row for row in found.people.iter_rows(named=True)}
    nothing = {"demanded_minutes": 0, "plannable_minutes": 0}
    return [
        PersonLoad(
            staff_id=each.staff_id,
            role=each.role,
            customers=read.by_carer.get(each.staff_id, 0),
            places=each.capacity,
            beyond_places=(
                0
                if each.capacity is None
                else max(0, read.by_carer.get(each.staff_id, 0) - each.capacity)
            ),
            demanded_hours=minutes.get(each.staff_id, nothing)["demanded_minutes"] / 60,
            plannable_hours=minutes.get(each.staff_id, nothing)["plannable_minutes"] / 60,
            beyond_hours=beyond.get(each.staff_id, 0) / 60,
        )
        for each in read.active
    ]


def _weeks(found: Forecast) -> list[WeekLoad]:
    services: dict[tuple[str, date], dict[str, float]] = {}
    for row in found.week_services.iter_rows(named=True):
        hours = services.setdefault((row["staff_id"], row["week"]), {})
        hours[row["service"]] = row["minutes"] / 60
    return [
        WeekLoad(
            staff_id=row["staff_id"],
            week=row["week"],
            placed_hours=row["placed_minutes"] / 60,
            plannable_hours=row["plannable_minutes"] / 60,
            services=services.get((row["staff_id"], row["week"]), {}),
        )
        for row in found.weeks.iter_rows(named=True)
    ]


def _creeping(alike: Creeping | None) -> CreepingHours | None:
    if alike is None:
        return None
    return CreepingHours(
        needed_alike=alike.needed_alike,
        needed_by_catalogue=alike.needed_by_catalogue,
        days=[
            CreepingDay(hours_a_day=hours, customers_alike=equal, customers_by_catalogue=promised)
            for hours, equal, promised in alike.days
        ],
    )


def _to_leave(
    held: Sequence[Held], found: Forecast, costs: Mapping[StaffId, int]
) -> list[ServiceToLeave]:
    """Services that took hours, those with the fewest consequences for their hours first."""
    ahead = [
        (row["service"], row["minutes"], costs.get(row["staff_id"], 0))
        for row in found.services.iter_rows(named=True)
    ]
    listed = []
    for service in sorted({each.service for each in held}):
        parts = [each for each in held if each.service == service]
        coming = [(minutes, cents) for key, minutes, cents in ahead if key == service]
        listed.append(
            ServiceToLeave(
                service=service,
                touchpoints=sum(each.touchpoints for each in parts),
                hours=sum(each.minutes for each in parts) / 60,
                cost_cents=sum(
                    cost_of(each.minutes, costs.get(each.staff_id or "", 0)) for each in parts
                ),
                won=sum(each.won for each in parts),
                asked=sum(each.asked for each in parts),
                referred=sum(each.referred for each in parts),
                planned_hours=sum(minutes for minutes, _ in coming) / 60,
                planned_cost_cents=sum(cost_of(minutes, cents) for minutes, cents in coming),
            )
        )
    took_hours = [each for each in listed if each.hours > 0]
    return sorted(
        took_hours,
        key=lambda each: ((each.won + each.asked + each.referred) / each.hours, -each.hours),
    )
