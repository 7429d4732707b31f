"""The plan: counts, a list, a comparison with the hours there are, and the ledger of what was
due."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from services.scheduler.api.access import Cursor, HeavyRead, HeldHere, Operator, Reader
from services.scheduler.api.cursors import id_after, position_after
from services.scheduler.domain.touchpoint_lists import ListPosition, TouchpointFilter
from services.scheduler.usecases import capacity, touchpoints
from shared.contracts.plans import CapacityReport, Touchpoint, TouchpointState
from shared.contracts.scheduling import LedgerPage, PlanSummary, TouchpointPage
from shared.contracts.vocabulary import CustomerId, StaffId, WorkDay
from shared.web.conditions import Conditions, read
from shared.web.cursors import next_cursor

router = APIRouter(tags=["plan"])

Limit = Annotated[int, Query(ge=1, le=1000)]


@router.get("/plan", summary="The plan counted")
async def get_plan(resources: HeldHere, caller: Reader) -> PlanSummary:
    """The plan's versions, the counts ahead by month, service, channel and person, and what found
    no day."""
    return await touchpoints.plan_overview(database=resources.database, agency=caller.agency)


@router.get("/touchpoints", summary="Planned and past contacts")
async def list_touchpoints(
    resources: HeldHere,
    caller: Reader,
    customer_id: Annotated[CustomerId | None, Query()] = None,
    staff_id: Annotated[StaffId | None, Query()] = None,
    service: Annotated[str | None, Query(max_length=40)] = None,
    state: Annotated[TouchpointState | None, Query()] = None,
    first_day: Annotated[
        WorkDay | None, Query(alias="from", description="this day or later")
    ] = None,
    last_day: Annotated[
        WorkDay | None, Query(alias="to", description="this day or earlier")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> TouchpointPage:
    """Touchpoints by day; those for which no day has room come last."""
    found = await touchpoints.list_touchpoints(
        database=resources.database,
        agency=caller.agency,
        asked=TouchpointFilter(
            customer_id=customer_id,
            staff_id=staff_id,
            service=service,
            state=state,
            first_day=first_day,
            last_day=last_day,
            after=position_after(cursor),
            limit=limit + 1,
        ),
    )
    return TouchpointPage(
        items=found[:limit], next_cursor=next_cursor(found, limit, ListPosition.of)
    )


@router.get("/touchpoints/{touchpoint_id}", summary="One contact", response_model=Touchpoint)
async def get_touchpoint(
    resources: HeldHere,
    caller: Reader,
    touchpoint_id: Annotated[UUID, Path(description="the id that the list and the feed tell")],
    condition: Conditions,
) -> Response:
    """Where a planned or past contact stands, with its window, what raised it, and the day that
    somebody fixed."""
    found = await touchpoints.read_touchpoint(
        database=resources.database, agency=caller.agency, touchpoint_id=touchpoint_id
    )
    return read(found, condition)


@router.get("/capacity", summary="Does the promise fit into the hours?")
async def get_capacity(resources: HeldHere, caller: Reader, _turn: HeavyRead) -> CapacityReport:
    """Hours promised, placed and available in twelve months for each person, month, week, day and
    service; what is wrong with places, hours and areas; at which book size the promise breaks; what
    equal treatment would cost; and services that little follows from."""
    return await capacity.capacity_report(
        database=resources.database,
        classifier=resources.calls.classifier,
        agency=caller.agency,
        now=resources.clock.now(),
        freeze_working_days=resources.freeze_working_days,
    )


@router.get("/operations/ledger", tags=["operations"], summary="Where every due contact is")
async def get_ledger(
    resources: HeldHere,
    caller: Operator,
    date: Annotated[WorkDay, Query(description="everything due up to this day")],
    cursor: Cursor = None,
    limit: Limit = 500,
) -> LedgerPage:
    """Each due touchpoint once, ended or waiting, with its reason and since when."""
    found = await touchpoints.ledger(
        database=resources.database,
        agency=caller.agency,
        day=date,
        after=id_after(cursor),
        limit=limit + 1,
    )
    return LedgerPage(
        items=found[:limit],
        next_cursor=next_cursor(found, limit, lambda last: last.touchpoint_id),
    )
