"""Messages: their states, and sending one again if a person decides so."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, status

from services.notifier.api.access import (
    AfterCursor,
    HeldHere,
    PageSize,
    Reader,
    Writer,
)
from services.notifier.store.messages import MessageFilter
from services.notifier.usecases import messages
from shared.contracts.dispatches import MessagePage, MessageState, MessageView
from shared.contracts.vocabulary import CustomerId
from shared.web.cursors import CursorNotValid, after_instant, instant_cursor
from shared.web.repetitions import Repeatable

router = APIRouter(tags=["messages"])

OfMessage = Annotated[UUID, Path(description="the message's id")]


@router.get("/messages", summary="Messages and where they stand")
async def list_messages(
    resources: HeldHere,
    caller: Reader,
    state: Annotated[MessageState | None, Query(description="only in this state")] = None,
    customer_id: Annotated[CustomerId | None, Query(description="only to this customer")] = None,
    run: Annotated[
        str | None,
        Query(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$", description="only of this run"),
    ] = None,
    cursor: AfterCursor = None,
    limit: PageSize = 500,
) -> MessagePage:
    """Messages in the order of their acceptance."""
    after = after_instant(cursor)
    try:
        position = (after[0], UUID(after[1])) if after else None
    except ValueError:
        raise CursorNotValid(CursorNotValid.__doc__) from None
    found = await messages.list_messages(
        database=resources.database,
        agency=caller.agency,
        matching=MessageFilter(state=state, customer_id=customer_id, run=run),
        after=position,
        limit=limit,
    )
    more = (
        instant_cursor(found[-1].accepted_at, found[-1].message_id) if len(found) == limit else None
    )
    return MessagePage(items=list(found), next_cursor=more)


@router.get("/messages/{message_id}", summary="One message")
async def get_message(resources: HeldHere, caller: Reader, message_id: OfMessage) -> MessageView:
    """The state of one message and its reason."""
    return await messages.read_message(
        database=resources.database, agency=caller.agency, message_id=message_id
    )


@router.post(
    "/messages/{message_id}/resend",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Send a message again",
)
async def resend_message(
    resources: HeldHere, caller: Writer, message_id: OfMessage, repeatable: Repeatable
) -> MessageView:
    """Send a message that ended as `unknown` or `failed` once more.

    An unknown message may have arrived, and its reader could get it twice; therefore only a person
    decides.
    """
    return await messages.resend(
        database=resources.database,
        agency=caller.agency,
        request=repeatable,
        message_id=message_id,
        now=resources.clock.now(),
    )
