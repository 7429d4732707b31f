"""Classes pinned by staff."""

from datetime import date

from fastapi import APIRouter, status

from services.classifier.api.access import AfterCursor, OfCustomer, PageSize, Reader, Writer
from services.classifier.api.cursors import id_after
from services.classifier.store.classification_tables import OverrideTable
from services.classifier.usecases import overrides
from shared.contracts.overrides import OverrideRequest, PinnedClass, PinnedClassPage
from shared.web.cursors import next_cursor
from shared.web.resources import Held

router = APIRouter(tags=["classification"])


def _shown(stored: OverrideTable, day: date) -> PinnedClass:
    return PinnedClass.model_validate(
        {
            "override_id": stored.override_id,
            "customer_id": stored.customer_id,
            "segment": stored.segment,
            "reason": stored.reason,
            "author": stored.author,
            "set_at": stored.set_at,
            "until": stored.until,
            "ended_at": stored.ended_at,
            "ended_by": stored.ended_by,
            "in_force": stored.holds_on(day),
        }
    )


@router.put("/customers/{customer_id}/override", summary="Pin a customer's class")
async def put_override(
    resources: Held, caller: Writer, customer_id: OfCustomer, override: OverrideRequest
) -> PinnedClass:
    """Pin the class of the customer's care unit until a day, with a reason; it ends by itself.

    It replaces what was pinned for any member before, and stays under a new policy, also of another
    model. Safe to repeat.
    """
    stored = await overrides.set_override(
        database=resources.database,
        agency=caller.agency,
        customer_id=customer_id,
        segment=override.segment,
        reason=override.reason,
        until=override.until,
        author=override.author or caller.subject,
        now=resources.clock.now(),
    )
    return _shown(stored, stored.until)


@router.delete(
    "/customers/{customer_id}/override",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Lift a pinned class",
)
async def delete_override(resources: Held, caller: Writer, customer_id: OfCustomer) -> None:
    """Let the model decide again, before the pin's last day. Safe to repeat."""
    await overrides.end_override(
        database=resources.database,
        agency=caller.agency,
        customer_id=customer_id,
        author=caller.subject,
        now=resources.clock.now(),
    )


@router.get("/customers/{customer_id}/overrides", summary="What was ever pinned, by whom and why?")
async def list_overrides(
    resources: Held,
    caller: Reader,
    customer_id: OfCustomer,
    cursor: AfterCursor = None,
    limit: PageSize = 100,
) -> PinnedClassPage:
    """The pins of all members of the customer's care unit, the latest first."""
    found, day = await overrides.list_overrides(
        database=resources.database,
        agency=caller.agency,
        customer_id=customer_id,
        after=id_after(cursor),
        limit=limit + 1,
        now=resources.clock.now(),
    )
    return PinnedClassPage(
        items=[_shown(stored, day) for stored in found[:limit]],
        next_cursor=next_cursor(found, limit, lambda last: last.override_id),
    )
