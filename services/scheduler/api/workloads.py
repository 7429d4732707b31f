"""Who has which customers, and who has too much work."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.scheduler.api.access import Cursor, HeldHere, OfStaff, Reader
from services.scheduler.usecases import task_lists
from shared.contracts.tasks import CarersCustomerPage, WorkloadPage
from shared.web.cursors import cursor_after, next_cursor

router = APIRouter(tags=["staff"])


@router.get("/workloads", summary="Who sinks, and by how much")
async def list_workloads(resources: HeldHere, caller: Reader) -> WorkloadPage:
    """The open and the overdue work of everybody, who is furthest behind first, and what lapsed or
    went to the owner in the meantime. Work that nobody has is a fault and is shown as such."""
    return await task_lists.workloads(
        database=resources.database,
        classifier=resources.calls.classifier,
        agency=caller.agency,
        now=resources.clock.now(),
    )


@router.get("/staff/{staff_id}/customers", summary="A carer's customers")
async def list_carers_customers(
    resources: HeldHere,
    caller: Reader,
    staff_id: OfStaff,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> CarersCustomerPage:
    """The active customers whom this person cares for, by id."""
    found = await task_lists.carers_customers_of(
        database=resources.database,
        agency=caller.agency,
        staff_id=staff_id,
        after=cursor_after(cursor),
        limit=limit + 1,
    )
    return CarersCustomerPage(
        items=found[:limit],
        next_cursor=next_cursor(found, limit, lambda last: last.customer_id),
    )
