"""Bookings of statements that found no contract."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from services.classifier.api.access import AfterCursor, HeldHere, Reader, Writer
from services.classifier.usecases import unassigned_commissions
from shared.contracts.customers import Commission
from shared.contracts.unassigned_commissions import (
    CommissionAssignment,
    UnassignedCommission,
    UnassignedCommissions,
)
from shared.contracts.vocabulary import ExternalId
from shared.web.cursors import cursor_after, cursor_of
from shared.web.repetitions import Repeatable

router = APIRouter(tags=["contracts"])


@router.get("/commissions/unassigned", summary="List bookings that found no contract")
async def list_unassigned(
    resources: HeldHere,
    caller: Reader,
    cursor: AfterCursor = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 500,
) -> UnassignedCommissions:
    """Bookings without a contract. Bookings without a contract. They count for nobody until their
    contract arrives or somebody assigns them."""
    found = await unassigned_commissions.list_unassigned(
        database=resources.database,
        agency=caller.agency,
        after=cursor_after(cursor) or "",
        limit=limit,
    )
    return UnassignedCommissions(
        items=[
            UnassignedCommission.model_validate(
                {name: getattr(each, name) for name in UnassignedCommission.model_fields}
            )
            for each in found
        ],
        next_cursor=cursor_of(found[-1].commission_id) if len(found) == limit else None,
    )


@router.post("/commissions/{commission_id}/assignment", summary="Assign a booking by hand")
async def assign_commission(
    resources: HeldHere,
    caller: Writer,
    commission_id: Annotated[ExternalId, Path()],
    assignment: CommissionAssignment,
    _repeatable: Repeatable,
) -> Commission:
    """Let the booking count for this customer from now on; another assignment corrects this one.

    A booking that another list has told in other words is dropped; the answer is the known one.
    """
    return await unassigned_commissions.assign_commission(
        database=resources.database,
        agency=caller.agency,
        commission_id=commission_id,
        customer_id=assignment.customer_id,
        contract_id=assignment.contract_id,
    )
