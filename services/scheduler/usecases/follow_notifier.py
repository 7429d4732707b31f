"""Follows the notifier's feed: what became of the messages that were ordered."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog

from services.scheduler.clients import NotifierClient
from services.scheduler.domain.dispatches import STATE_OF_MESSAGE, reason_of_message
from services.scheduler.store import dispatches, lifted_ends, work_marks
from services.scheduler.store.dispatches import EndedMessage
from services.scheduler.usecases.agencies import agency_here
from services.scheduler.usecases.answers import apply_answers
from services.scheduler.usecases.merges import order_doubles_again
from shared.contracts.changes import Change, read
from shared.contracts.changes.notifier import (
    MERGE_UNDONE,
    LetterAccepted,
    LetterEnded,
    MessageAccepted,
    MessageAnswered,
    MessageEnded,
)
from shared.contracts.dispatches import MessageView
from shared.contracts.templates import TEMPLATES
from shared.contracts.vocabulary import AgencyId, CustomerId
from shared.db.database import Database, Transaction

log = structlog.get_logger(__name__)


async def apply_notifier_changes(transaction: Transaction, changes: Sequence[Change]) -> None:
    """Move touchpoints to the states of their messages; the last change of a page counts."""
    ends: dict[UUID, EndedMessage] = {}
    answers: list[MessageAnswered] = []
    undone: dict[CustomerId, datetime] = {}
    kinds = (MessageAccepted, LetterAccepted, MessageEnded, LetterEnded, MessageAnswered)
    for change in changes:
        match read(change, *kinds):
            case MessageAnswered() as answered:
                answers.append(answered)
                continue
            case MessageAccepted() | LetterAccepted() as accepted:
                ended = ended_message(accepted.dispatch_id, "accepted", None)
            case MessageEnded() | LetterEnded() as end:
                ended = ended_message(end.dispatch_id, end.state, end.reason)
                if end.reason == MERGE_UNDONE:
                    undone[end.customer_id] = change.at
            case _:
                continue
        if ended is None:
            log.info("message of nobody's touchpoint", subject=change.subject)
        else:
            ends[ended.touchpoint_id] = ended
    if ends:
        await _enter(transaction, list(ends.values()))
    if undone:
        zone = ZoneInfo((await agency_here(transaction)).time_zone)
        today = max(undone.values()).astimezone(zone).date()
        await order_doubles_again(transaction, list(undone), today=today)
    await apply_answers(transaction, answers)


async def _enter(transaction: Transaction, ends: Sequence[EndedMessage]) -> None:
    """Store what became of messages; who was held back for an end that is unknown here is asked
    about again."""
    await dispatches.apply_messages(transaction, ends)
    await lifted_ends.order_stopped_again(transaction)
    doubted = await lifted_ends.doubted_ends(transaction, [each.touchpoint_id for each in ends])
    await work_marks.mark_customers(transaction, doubted)


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
            await _enter(transaction, [each for each in ends if each])
            await apply_answers(transaction, list(filter(None, map(_answered, page.items))))
        cursor = page.next_cursor
        if cursor is None:
            return


def _answered(message: MessageView) -> MessageAnswered | None:
    """Return the latest answer to a message as it was published.

    What was answered after the restore would be lost otherwise; what is known already finds its
    request by the same instant.
    """
    if message.answer is None or message.answered_at is None:
        return None
    template = TEMPLATES.get(message.template)
    return MessageAnswered(
        message_id=message.message_id,
        dispatch_id=message.dispatch_id,
        customer_id=message.customer_id,
        at=message.answered_at,
        answer=message.answer,
        about=template.answers if template else None,
        proposed_on=message.proposed_on,
        proposed_part=message.proposed_part,
    )
