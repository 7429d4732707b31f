"""Changes of carers: what is proposed, applied and taken back, and introductions that wait."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query

from services.scheduler.api.access import Cursor, HeldHere, Reader, Writer
from services.scheduler.usecases import carers
from shared.contracts.carers import (
    CarerApplication,
    CarerApplicationRequest,
    CarerChange,
    CarerChangePage,
    CarerPin,
    CarerUndoing,
    DecidedIntroductions,
    HeldIntroduction,
    HeldIntroductionPage,
    IntroductionDecision,
    PinnedCarer,
)
from shared.contracts.vocabulary import CustomerId
from shared.web.cursors import cursor_after, next_cursor
from shared.web.repetitions import Repeatable

router = APIRouter(tags=["carers"])

Limit = Annotated[int, Query(ge=1, le=1000, description="how many items a page holds")]
OfCustomer = Annotated[CustomerId, Path(description="the broker system's id")]


@router.get("/carers/changes", summary="Changes of carers that wait for a decision")
async def list_carer_changes(
    resources: HeldHere, caller: Reader, cursor: Cursor = None, limit: Limit = 100
) -> CarerChangePage:
    """Households whose rank, pin or carer's leaving calls for another carer. Nothing happens until
    somebody applies it; only the work of a carer who left is done by the other one already. A
    proposal goes away by itself when its reason does."""
    found = await carers.list_changes(
        database=resources.database,
        agency=caller.agency,
        after=cursor_after(cursor),
        limit=limit + 1,
    )
    return CarerChangePage(
        items=[
            CarerChange.model_validate(
                {
                    "care_unit": each.unit_id,
                    "customers": each.customers,
                    "from": each.from_staff_id,
                    "to": each.to_staff_id,
                    "because": each.because,
                    "since": each.since,
                }
            )
            for each in found[:limit]
        ],
        next_cursor=next_cursor(found, limit, lambda last: last.unit_id),
    )


@router.post("/carers/changes/application", summary="Apply proposed changes of carers")
async def apply_carer_changes(
    resources: HeldHere, caller: Writer, asked: CarerApplicationRequest, _repeatable: Repeatable
) -> CarerApplication:
    """Give these households, or all, the proposed carer. The new carers introduce themselves with
    the next day that is run; until then `DELETE /v1/carers/applications/{application_id}` takes
    everything back. Introductions above the share of the book that one day may bring wait at
    `GET /v1/carers/introductions`."""
    return await carers.apply_changes(
        database=resources.database,
        agency=caller.agency,
        units=asked.units,
        dry_run=asked.dry_run,
        by=caller.subject,
        share=resources.introductions_share,
        now=resources.clock.now(),
    )


@router.delete("/carers/applications/{application_id}", summary="Take an application back")
async def undo_carer_application(
    resources: HeldHere,
    caller: Writer,
    application_id: Annotated[UUID, Path(description="the application's id, from its answer")],
) -> CarerUndoing:
    """Give the households their earlier carer back, without a word to anybody. Those whose
    customers were told of the new carer stay, and are named. Safe to repeat."""
    return await carers.undo_application(
        database=resources.database,
        agency=caller.agency,
        application_id=application_id,
        share=resources.introductions_share,
        now=resources.clock.now(),
    )


@router.get("/carers/introductions", summary="Introductions that wait for a decision")
async def list_held_introductions(
    resources: HeldHere, caller: Reader, cursor: Cursor = None, limit: Limit = 100
) -> HeldIntroductionPage:
    """Customers who have a new carer and were not told, because one day would have brought too many
    introductions."""
    found = await carers.list_held(
        database=resources.database,
        agency=caller.agency,
        after=cursor_after(cursor),
        limit=limit + 1,
    )
    return HeldIntroductionPage(
        items=[
            HeldIntroduction(
                customer_id=each.customer_id,
                staff_id=each.staff_id,
                previous_staff_id=each.previous_staff_id,
                since=each.since,
            )
            for each in found[:limit]
        ],
        next_cursor=next_cursor(found, limit, lambda last: last.customer_id),
    )


@router.post("/carers/introductions/release", summary="Let introductions leave")
async def release_introductions(
    resources: HeldHere, caller: Writer, decided: IntroductionDecision, _repeatable: Repeatable
) -> DecidedIntroductions:
    """The introductions of these customers, or all, leave with the next day that is run. To spread
    them, release some each day."""
    return await carers.release_introductions(
        database=resources.database,
        agency=caller.agency,
        chosen=decided.customers,
        now=resources.clock.now(),
    )


@router.post("/carers/introductions/drop", summary="Let introductions lapse")
async def drop_introductions(
    resources: HeldHere, caller: Writer, decided: IntroductionDecision, _repeatable: Repeatable
) -> DecidedIntroductions:
    """The customers keep their new carer, who tells them by other means, or not at all."""
    return await carers.drop_introductions(
        database=resources.database, agency=caller.agency, chosen=decided.customers
    )


@router.put("/customers/{customer_id}/carer", summary="Pin a carer")
async def pin_carer(
    resources: HeldHere, caller: Writer, customer_id: OfCustomer, pin: CarerPin
) -> PinnedCarer:
    """Somebody cares for the customer's household from now on, whatever its rank. It is applied at
    once, and the new carer is introduced. Safe to repeat."""
    return await carers.pin_carer(
        database=resources.database,
        agency=caller.agency,
        customer_id=customer_id,
        staff_id=pin.staff_id,
        share=resources.introductions_share,
        now=resources.clock.now(),
    )


@router.delete("/customers/{customer_id}/carer", summary="Lift a pin")
async def unpin_carer(resources: HeldHere, caller: Writer, customer_id: OfCustomer) -> PinnedCarer:
    """The carer stays; if the rank belongs to somebody else, that is proposed. Safe to repeat."""
    return await carers.unpin_carer(
        database=resources.database, agency=caller.agency, customer_id=customer_id
    )
