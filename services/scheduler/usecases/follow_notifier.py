"""Follows the notifier's feed: what became of the messages that were ordered."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import structlog

from services.scheduler.clients import NotifierClient
from services.scheduler.domain.dispatches import STATE_OF_MESSAGE, reason_of_message
from services.scheduler.store import dispatches
from services.scheduler.store.dispatches import EndedMessage
from services.scheduler.usecases.requests import RequestToOpen, open_requests
from shared.contracts.changes import Change, read
from shared.contracts.changes.notifier import (
    LetterAccepted,
    LetterEnded,
    MessageAccepted,
    MessageAnswer,
    MessageAnswered,
    MessageEnded,
)
from shared.contracts.events import RequestKind
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction

log = structlog.get_logger(__name__)

REQUEST_OF_ANSWER: Final[dict[MessageAnswer, RequestKind | None]] = {
    "call_me": "callback",
    "accept": "callback",  # somebody tells when and where, and keeps the seat
    "other_time": "review",
    "decline": None,
}
"""What an answer asks of the agency."""


async def apply_notifier_changes(transaction: Transaction, changes: Sequence[Change]) -> None:
    """Move touchpoints to the states of their messages; the last change of a page counts."""
    ends: dict[UUID, EndedMessage] = {}
    answers: list[RequestToOpen] = []
    kinds = (MessageAccepted, LetterAccepted, MessageEnded, LetterEnded, MessageAnswered)
    for change in changes:
        match read(change, *kinds):
            case MessageAnswered() as answered:
                answers.extend(_asked_by(answered))
                continue
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
    await open_requests(transaction, answers)


def _asked_by(answered: MessageAnswered) -> list[RequestToOpen]:
    """What somebody wants who answered a message; who declines wants to be left alone."""
    kind = REQUEST_OF_ANSWER[answered.answer]
    if kind is None:
        log.info("message declined", subject=answered.message_id)
        return []
    return [
        RequestToOpen(
            key=f"message:{answered.message_id}:{answered.answer}",
            customer_id=answered.customer_id,
            kind=kind,
            asked_at=answered.at,
        )
    ]


def ended_message(dispatch_id: str, state: str, reason: str | None) -> EndedMessage | None:
    """Return the touchpoint's state for the message's state; None if no plan ordered the
    message."""
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
    """Copy the present state of all messages after the notifier was restored from a backup."""
    cursor: str | None = None
    while True:
        page = await notifier.messages(agency, cursor=cursor)
        ends = [ended_message(each.dispatch_id, each.state, each.reason) for each in page.items]
        async with database.transaction(agency) as transaction:
            await dispatches.apply_messages(transaction, [each for each in ends if each])
        cursor = page.next_cursor
        if cursor is None:
            return
