"""Addresses that are not written to any more, and the way back."""

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
from shared.web.cursors import after_instant, instant_cursor

router = APIRouter(tags=["consents"])


@router.get("/address-blocks", summary="Addresses that do not exist")
async def list_address_blocks(
    resources: HeldHere, caller: Reader, cursor: AfterCursor = None, limit: PageSize = 500
) -> AddressBlockPage:
    """Blocked addresses, the newest first. A mail server said with certainty that they do not
    exist, so nothing is sent there.

    Another address of the same customer is free at once.
    """
    found = await address_blocks.list_address_blocks(
        database=resources.database, agency=caller.agency, after=after_instant(cursor), limit=limit
    )
    last = found[-1] if len(found) == limit else None
    return AddressBlockPage(
        items=list(found),
        next_cursor=instant_cursor(last.at, last.customer_id) if last else None,
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
