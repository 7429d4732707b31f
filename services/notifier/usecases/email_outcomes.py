"""What an answer of the mail server means for its message."""

from dataclasses import replace
from datetime import datetime

from services.notifier.channels.email import (
    Outcome,
    PermanentFailure,
    Sent,
    TransientFailure,
    UnknownOutcome,
)
from services.notifier.domain.delivery import (
    SENDER_REFUSED_PAUSE,
    SENTENCES,
    pause_before_retry,
)
from services.notifier.store.delivery_attempts import Attempt
from services.notifier.store.emails import Settlement
from services.notifier.usecases.email_preparation import ReadyEmail
from services.notifier.usecases.settlements import ended

LONGEST_RESPONSE = 500


def settlement_of(ready: ReadyEmail, outcome: Outcome, *, now: datetime) -> Settlement:
    """Return the message's next state, with the attempt."""
    message = ready.message
    match outcome:
        case Sent():
            reason = "last_contact_copy" if ready.copied else None
            return Settlement(
                message_id=message.message_id,
                dispatch_id=message.dispatch_id,
                customer_id=message.customer_id,
                state="sent",
                reason=reason,
                detail=SENTENCES[reason] if reason else None,
                attempt=Attempt(outcome="taken", response=outcome.response[:LONGEST_RESPONSE]),
            )
        case PermanentFailure(culprit="sender"):
            attempt = Attempt(outcome="refused", response=_words(outcome))
            return _again(ready, "sender_refused", attempt, now)
        case PermanentFailure(culprit=culprit):
            attempt = Attempt(outcome="refused", response=_words(outcome))
            return replace(ended(message, "failed", f"{culprit}_refused"), attempt=attempt)
        case TransientFailure():
            attempt = Attempt(outcome="deferred", response=_words(outcome))
            return _again(ready, "try_again", attempt, now)
        case UnknownOutcome():
            attempt = Attempt(outcome="no_answer", response=outcome.text[:LONGEST_RESPONSE])
            return replace(ended(message, "unknown", "no_answer"), attempt=attempt)


def blocks_address(outcome: Outcome) -> bool:
    """Return whether the address does not exist and must not be written to again."""
    return isinstance(outcome, PermanentFailure) and outcome.culprit == "recipient"


def _again(ready: ReadyEmail, reason: str, attempt: Attempt, now: datetime) -> Settlement:
    attempts = ready.message.attempts + 1
    pause = pause_before_retry(attempts)
    if pause is None:
        last = reason if reason == "sender_refused" else "not_deliverable"
        return replace(ended(ready.message, "failed", last), attempt=attempt)
    if reason == "sender_refused":
        pause = max(pause, SENDER_REFUSED_PAUSE)
    return replace(ended(ready.message, "accepted", reason), due_at=now + pause, attempt=attempt)


def _words(outcome: PermanentFailure | TransientFailure) -> str:
    code = f"{outcome.code} " if outcome.code else ""
    return f"{code}{outcome.text}"[:LONGEST_RESPONSE]
