"""Two records of one customer: merged on a person's word, and the way back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from services.classifier.api.access import HeldHere, OfCustomer, Writer
from services.classifier.usecases import merges
from shared.contracts.merges import Merge, MergeOrder

router = APIRouter(tags=["customers"])

OfMerge = Annotated[UUID, Path(description="the id that the merge was answered with")]


@router.post("/customers/{customer_id}/merge", summary="Merge a customer into another")
async def merge_customer(
    resources: HeldHere, caller: Writer, customer_id: OfCustomer, order: MergeOrder
) -> Merge:
    """The customer's contracts, bookings, contacts, consents, objections, blocks, links and numbers
    are the other's from now on, and what only this record knows fills gaps there; where both
    know something, the other's stays. Whatever is sent later under the old id by events, batches
    and files counts for the other. Safe to repeat."""
    merge_id = await merges.merge_customers(
        database=resources.database,
        clock=resources.clock,
        agency=caller.agency,
        customer_id=customer_id,
        into=order.into,
        reason=order.reason,
        by=caller.subject,
    )
    return Merge(merge_id=merge_id)


@router.delete("/merges/{merge_id}", status_code=204, summary="Undo a merge")
async def undo_merge(resources: HeldHere, caller: Writer, merge_id: OfMerge) -> None:
    """Both records are what they were, each with its own; what was entered or changed since the
    merge stays with the record that stayed, but for events and bookings of a contract that goes
    back: they go with it. Safe to repeat."""
    await merges.undo_merge(
        database=resources.database,
        clock=resources.clock,
        agency=caller.agency,
        merge_id=merge_id,
        by=caller.subject,
    )
