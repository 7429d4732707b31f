"""The plan as it is read: summary, touchpoints, capacity, and the ledger of what was due."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.scheduler.domain.touchpoint_lists import TouchpointFilter
from services.scheduler.store import carers, planning, touchpoints
from services.scheduler.store.carers import CarerLoad
from services.scheduler.store.planning import PlanState
from services.scheduler.store.touchpoints import PlannedGroup
from shared.contracts import scheduling
from shared.contracts.plans import Touchpoint
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
