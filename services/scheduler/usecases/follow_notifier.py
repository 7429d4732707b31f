"""What the scheduler learns from the notifier: what became of the messages it ordered."""

from collections.abc import Sequence
from uuid import UUID

import structlog

from services.scheduler.clients import NotifierClient
from services.scheduler.domain.dispatches import STATE_OF_MESSAGE, reason_of_message
from services.scheduler.store import dispatches
from services.scheduler.store.dispatches import EndedMessage
from shared.contracts.changes import Change, read
from shared.contracts.changes.notifier import (
    LetterAccepted,
    LetterEnded,
    MessageAccepted,
    MessageEnded,
)
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction

log = structlog.get_logger(__name__)


async def apply_notifier_changes(transaction: Transaction, changes: Sequence[Change]) -> None:
    """Move touchpoints to the states of their messages; the last change of a page counts."""
    ends: dict[UUID, EndedMessage] = {}
    for change in changes:
        match read(change, MessageAccepted, LetterAccepted, MessageEnded, LetterEnded):
            case MessageAccepted() | LetterAccepted() as accepted:
                ended = ended_message(accepted.dispatch_id, "accepted", None)
            case MessageEnded() | LetterEnded() as end:
                ended = ended_message(end.dispatch_id, end.state, end.reason)
            case _:
                continue
        if ended is None:
            log.info("message of nobody's touchpoint", subject=change.subject)
        else:
            ends[ended.touchpoint_id] = ended
    if ends:
        await dispatches.apply_messages(transaction, list(ends.values()))


def ended_message(dispatch_id: str, state: str, reason: str | None) -> EndedMessage | None:
    """The touchpoint's state for a message's; None if no plan ordered the message."""
    try:
        touchpoint_id = UUID(dispatch_id)
    except ValueError:
        return None
    return EndedMessage(
        touchpoint_id=touchpoint_id,
        state=STATE_OF_MESSAGE[state],
        reason=reason_of_message(state, reason),
    )


async def rebuild_messages(
    *, database: Database, notifier: NotifierClient, agency: AgencyId
) -> None:
    """List the present state of all messages, after a restore on the other side."""
    cursor: str | None = None
    while True:
        page = await notifier.messages(agency, cursor=cursor)
        ends = [ended_message(each.dispatch_id, each.state, each.reason) for each in page.items]
        async with database.transaction(agency) as transaction:
            await dispatches.apply_messages(transaction, [each for each in ends if each])
        cursor = page.next_cursor
        if cursor is None:
            return
