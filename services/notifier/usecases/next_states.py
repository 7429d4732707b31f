"""The next state of a message that does not leave: it ends or it waits, with a reason."""

from dataclasses import replace
from datetime import datetime

from services.notifier.domain.delivery import POISON_TRIES, RETRY_PAUSES, SENTENCES, WAIT
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


def poisoned(message: ClaimedMessage, error: Exception, *, now: datetime) -> NextState:
    """Return the next try of a message that cannot be prepared, or its end after a few tries.

    The kind of the error is told, not its words, which may hold personal data.
    """
    reason = "preparation_failed"
    detail = f"{SENTENCES[reason]} ({type(error).__name__})"
    if message.failures + 1 >= POISON_TRIES:
        return replace(ended(message, "failed", reason, detail), counts=True)
    due_at = now + RETRY_PAUSES[message.failures]
    return replace(ended(message, "accepted", reason, detail), due_at=due_at, counts=True)
