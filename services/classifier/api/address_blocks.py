"""Addresses that are not written to any more, and the way back."""

from datetime import datetime

from fastapi import APIRouter

from services.classifier.api.access import (
    AfterCursor,
    HeldHere,
    OfCustomer,
    PageSize,
    Reader,
    Writer,
)
from services.classifier.usecases import address_blocks
from shared.contracts.contacts import AddressBlockLift, AddressBlockPage
from shared.contracts.customers import ConsentChannel
from shared.contracts.vocabulary import CustomerId
from shared.web.cursors import CursorNotValid, cursor_after, cursor_of

router = APIRouter(tags=["consents"])


@router.get("/address-blocks", summary="Addresses that do not exist")
async def list_address_blocks(
    resources: HeldHere, caller: Reader, cursor: AfterCursor = None, limit: PageSize = 500
) -> AddressBlockPage:
    """The newest first. A mail server said surely that they do not exist; nothing is sent there.

    Another address of the same customer is free at once.
    """
    found = await address_blocks.list_address_blocks(
        database=resources.database, agency=caller.agency, after=_after(cursor), limit=limit
    )
    last = found[-1] if len(found) == limit else None
    return AddressBlockPage(
        items=list(found),
        next_cursor=cursor_of(f"{last.at.isoformat()}|{last.customer_id}") if last else None,
    )


@router.delete(
    "/customers/{customer_id}/address-blocks/{channel}",
    summary="Write to an address again",
    status_code=204,
)
async def lift_address_block(
    resources: HeldHere,
    caller: Writer,
    customer_id: OfCustomer,
    channel: ConsentChannel,
    lift: AddressBlockLift,
) -> None:
    """Lift the block of the customer's address, with the reason, for whoever has that address."""
    await address_blocks.lift_address_block(
        database=resources.database,
        agency=caller.agency,
        customer_id=customer_id,
        channel=channel,
        reason=lift.reason,
        by=caller.subject,
        now=resources.clock.now(),
    )


def _after(cursor: str | None) -> tuple[datetime, CustomerId] | None:
    text = cursor_after(cursor)
    if not text:
        return None
    at, _, customer_id = text.partition("|")
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        raise CursorNotValid(CursorNotValid.__doc__) from None
    if instant.tzinfo is None or not 2000 <= instant.year <= 2200:
        raise CursorNotValid(CursorNotValid.__doc__)
    return instant, customer_id
