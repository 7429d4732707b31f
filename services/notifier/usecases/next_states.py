"""The next state of a message that does not leave: it ends or it waits, with a reason."""

from datetime import datetime

from services.notifier.domain.delivery import SENTENCES, WAIT
from services.notifier.store.emails import ClaimedMessage, NextState
from shared.contracts.dispatches import MessageState


def ended(
    message: ClaimedMessage, state: MessageState, reason: str, detail: str | None = None
) -> NextState:
    """Return the end of a message; ``detail`` replaces the usual sentence of the reason."""
    return NextState(
        message_id=message.message_id,
        dispatch_id=message.dispatch_id,
        customer_id=message.customer_id,
        state=state,
        reason=reason,
        detail=detail or SENTENCES[reason],
    )


def waiting(message: ClaimedMessage, reason: str, now: datetime) -> NextState:
    """Return the wait for something of ours, which does not count as a failed attempt."""
    return NextState(
        message_id=message.message_id,
        dispatch_id=message.dispatch_id,
        customer_id=message.customer_id,
        state="accepted",
        reason=reason,
        detail=SENTENCES[reason],
        due_at=now + WAIT,
    )
