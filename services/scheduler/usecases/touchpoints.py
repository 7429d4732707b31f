"""The plan as it is read: summary, touchpoints, capacity, and the ledger of what was due."""

import asyncio
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import polars as pl

from services.scheduler.domain.capacity import Forecast, forecast, plannable_minutes
from services.scheduler.domain.intervals import HORIZON_MONTHS
from services.scheduler.domain.levelling import NOBODY, Levelled
from services.scheduler.domain.schemas import PLACED, UNPLACED
from services.scheduler.domain.touchpoint_ids import month_later
from services.scheduler.domain.touchpoint_lists import TouchpointFilter
from services.scheduler.store import carers, planning, staff, tasks, touchpoints
from services.scheduler.store.carers import CarerLoad
from services.scheduler.store.planning import PlanState
from services.scheduler.store.touchpoints import PlannedGroup
from services.scheduler.usecases.agencies import ensure_agency
from services.scheduler.usecases.planning import working_person
from shared.clients.classifier import ClassifierClient
from shared.contracts import scheduling
from shared.contracts.plans import CapacityReport, DayLoad, MonthLoad, Touchpoint, Unplaced
from shared.contracts.scheduling import LedgerEntry, PlanSummary
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database


class TouchpointNotFound(Exception):
    """there is no such touchpoint"""


async def read_touchpoint(
    *, database: Database, agency: AgencyId, touchpoint_id: UUID
) -> Touchpoint:
    """One touchpoint. Raises TouchpointNotFound."""
    async with database.transaction(agency) as transaction:
        found = await touchpoints.touchpoint(transaction, touchpoint_id)
    if found is None:
        raise TouchpointNotFound(f"there is no touchpoint {touchpoint_id}")
    return found


async def plan_overview(*, database: Database, agency: AgencyId) -> PlanSummary:
    """Return the versions, and the touchpoints ahead by month, service, channel, person and
    state."""
    async with database.transaction(agency) as transaction:
        state = await planning.plan_state(transaction)
        planned = await touchpoints.planned_groups(transaction)
        loads = await carers.carer_loads(transaction)
    return _summary(state, planned, loads)


def _summary(
    state: PlanState | None, planned: Sequence[PlannedGroup], loads: Sequence[CarerLoad]
) -> PlanSummary:
    groups = [
        scheduling.PlannedGroup.model_validate(
            {
                "month": group.month,
                "service": group.service,
                "channel": group.channel,
                "staff_id": group.staff_id,
                "state": group.state,
                "reason": group.reason,
                "touchpoints": group.touchpoints,
                "hours": group.minutes / 60,
            }
        )
        for group in planned
    ]
    without_day = [group for group in groups if group.state == "planned" and group.month is None]
    with_day = [group for group in groups if group.state == "planned" and group.month is not None]
    return PlanSummary(
        version=state.version if state else 0,
        as_of=state.as_of if state else None,
        catalogue_version=state.catalogue_version if state else None,
        planned_at=state.planned_at if state else None,
        touchpoints=sum(group.touchpoints for group in with_day),
        suppressed=sum(group.touchpoints for group in groups if group.state == "suppressed"),
        unplaced=sum(group.touchpoints for group in without_day),
        unplaced_hours=sum(group.hours for group in without_day),
        carers=[
            scheduling.CarerShare(
                staff_id=load.staff_id, units=load.units, customers=load.customers
            )
            for load in loads
        ],
        groups=groups,
    )


async def list_touchpoints(
    *, database: Database, agency: AgencyId, asked: TouchpointFilter
) -> list[Touchpoint]:
    """Touchpoints by day."""
    async with database.transaction(agency) as transaction:
        return await touchpoints.list_touchpoints(transaction, asked)


async def ledger(
    *, database: Database, agency: AgencyId, day: date, after: UUID | None, limit: int
) -> list[LedgerEntry]:
    """Every touchpoint that was due up to a day, each once."""
    async with database.transaction(agency) as transaction:
        return await touchpoints.due_until(transaction, day, after=after, limit=limit)


async def capacity_report(
    *, database: Database, classifier: ClassifierClient, agency: AgencyId, now: datetime
) -> CapacityReport:
    """Compare the care promised for the next twelve months with the hours there are."""
    known = await ensure_agency(database=database, classifier=classifier, agency=agency, now=now)
    first = known.day_at(now)
    async with database.transaction(agency) as transaction:
        people = [each for each in await staff.list_staff(transaction) if each.active]
        personal = await planning.personal_work(transaction, first)
        customers = sum(load.customers for load in await carers.carer_loads(transaction))
        loads = await tasks.promised_minutes(transaction, first, month_later(first, HORIZON_MONTHS))
    last = month_later(first, HORIZON_MONTHS)
    capacity = plannable_minutes(
        people=[working_person(each) for each in people],
        calendar=known.calendar,
        first=first,
        last=last,
    )
    levelled = Levelled(
        placed=personal.filter(pl.col("day").is_not_null()).select(list(PLACED)),
        unplaced=personal.filter(pl.col("day").is_null()).select(list(UNPLACED)),
    )
    found = await asyncio.to_thread(
        forecast, levelled=levelled, capacity=capacity, customers=customers
    )
    return _report(found, capacity, loads, first, last, customers)


def _report(
    found: Forecast,
    capacity: pl.DataFrame,
    loads: Sequence[tuple[str, date, int]],
    first: date,
    last: date,
    customers: int,
) -> CapacityReport:
    placed = {(staff_id, day): minutes for staff_id, day, minutes in loads}
    return CapacityReport(
        as_of=first,
        first_day=first,
        last_day=last,
        fits=found.fits,
        customers=customers,
        breaking_book_size=found.breaking_book_size,
        breaks_first=found.breaks_first,
        months=[
            MonthLoad(
                staff_id=row["staff_id"],
                month=row["month"],
                demanded_hours=row["demanded_minutes"] / 60,
                placed_hours=row["placed_minutes"] / 60,
                plannable_hours=row["plannable_minutes"] / 60,
            )
            for row in found.months.iter_rows(named=True)
        ],
        days=[
            DayLoad(
                staff_id=row["staff_id"],
                day=row["day"],
                placed_minutes=placed.get((row["staff_id"], row["day"]), 0),
                plannable_minutes=row["plannable_minutes"],
            )
            for row in capacity.iter_rows(named=True)
        ],
        unplaced=[
            Unplaced(
                staff_id=row["staff_id"],
                service=row["service"],
                reason=row["reason"] or NOBODY,
                touchpoints=row["touchpoints"],
                hours=row["minutes"] / 60,
            )
            for row in found.unplaced.iter_rows(named=True)
        ],
    )
