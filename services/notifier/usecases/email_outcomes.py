"""What the answers of the mail server mean for each message, and for the connection that all
use."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.notifier.channels.email import (
    AddressNotCarried,
    Outcome,
    PermanentFailure,
    Sent,
    TransientFailure,
    UnknownOutcome,
)
from services.notifier.domain.delivery import (
    CHANNEL_PAUSES,
    SENTENCES,
    ChannelFault,
    pause_before_retry,
)
from services.notifier.store.delivery_attempts import Attempt
from services.notifier.store.emails import ClaimedMessage, NextState
from services.notifier.usecases.email_preparation import ReadyEmail
from services.notifier.usecases.next_states import ended

LONGEST_RESPONSE = 500
ALIKE = 3
"""If so many different recipients were refused in the same words and none was accepted, the server
refuses us."""


@dataclass(slots=True)
class ChannelProof:
    """What one turn of the job has learned of the mail server, which is whether it takes our mail
    at all."""

    tried: bool = False
    taken: bool = False
    refusals: Counter[str] = field(default_factory=Counter)

    def fault_in(self, outcomes: Sequence[Outcome]) -> ChannelFault | None:
        """Return why every message would fail; None once the server took one in this turn."""
        self.tried = True
        self.taken = self.taken or any(isinstance(each, Sent) for each in outcomes)
        self.refusals.update(
            _alike(each)
            for each in outcomes
            if isinstance(each, PermanentFailure) and each.culprit == "message"
        )
        if self.taken:
            return None
        if any(_refuses_us(each) for each in outcomes) or any(
            count >= ALIKE for count in self.refusals.values()
        ):
            return "sender_refused"
        if any(isinstance(each, TransientFailure) and not each.reached for each in outcomes):
            return "mail_server_away"
        return None


def next_state_of(
    ready: ReadyEmail,
    outcome: Outcome,
    *,
    fault: ChannelFault | None,
    proven: bool,
    now: datetime,
) -> NextState:
    """Return the message's next state, with the attempt.

    If all messages wait for a ``fault``, a refusal of this one is no attempt that counts. A refusal
    without a reason ends the message only if it is ``proven`` that the server takes our mail.
    """
    message = ready.message
    match outcome:
        case Sent():
            return _sent(ready, outcome)
        case PermanentFailure(culprit="recipient"):
            return replace(ended(message, "failed", "recipient_refused"), attempt=_refused(outcome))
        case AddressNotCarried():
            return ended(message, "failed", "address_not_carried")
        case UnknownOutcome():
            attempt = Attempt(outcome="no_answer", response=outcome.text[:LONGEST_RESPONSE])
            return replace(ended(message, "unknown", "no_answer"), attempt=attempt)
        case PermanentFailure() if fault is not None:
            return replace(held_back(message, fault, now=now), attempt=_refused(outcome))
        case TransientFailure(reached=False) if fault is not None:
            return replace(held_back(message, fault, now=now), attempt=_deferred(outcome))
        case PermanentFailure(culprit="message") if proven or not outcome.bare:
            return replace(ended(message, "failed", "message_refused"), attempt=_refused(outcome))
        case PermanentFailure():
            return again(message, "try_again", now=now, attempt=_refused(outcome))
        case TransientFailure():
            return again(message, "try_again", now=now, attempt=_deferred(outcome))


def held_back(message: ClaimedMessage, fault: ChannelFault, *, now: datetime) -> NextState:
    """Return the wait for the end of a fault that every message meets."""
    return replace(ended(message, "accepted", fault), due_at=now + CHANNEL_PAUSES[fault])


def again(
    message: ClaimedMessage,
    reason: str,
    *,
    now: datetime,
    attempt: Attempt | None = None,
    last: str = "not_deliverable",
) -> NextState:
    """Return the next try after a failure that counts, or the end after the last one."""
    pause = pause_before_retry(message.failures + 1)
    if pause is None:
        return replace(ended(message, "failed", last), attempt=attempt, counts=True)
    waits = replace(ended(message, "accepted", reason), due_at=now + pause)
    return replace(waits, attempt=attempt, counts=True)


def blocks_address(outcome: Outcome) -> bool:
    """Return whether the address does not exist and must not be written to again."""
    return isinstance(outcome, PermanentFailure) and outcome.culprit == "recipient"


def _sent(ready: ReadyEmail, outcome: Sent) -> NextState:
    reason = "last_contact_copy" if ready.copied else None
    return NextState(
        message_id=ready.message.message_id,
        dispatch_id=ready.message.dispatch_id,
        customer_id=ready.message.customer_id,
        state="sent",
        reason=reason,
        detail=SENTENCES[reason] if reason else None,
        attempt=Attempt(outcome="taken", response=outcome.response[:LONGEST_RESPONSE]),
    )


def _refuses_us(outcome: Outcome) -> bool:
    return isinstance(outcome, PermanentFailure) and outcome.culprit == "sender"


def _alike(outcome: PermanentFailure) -> str:
    """Return a refusal without what differs between recipients: addresses and numbers."""
    return re.sub(r"\S+@\S+|\d+", "", f"{outcome.code // 100} {outcome.text}")


def _refused(outcome: PermanentFailure) -> Attempt:
    return Attempt(outcome="refused", response=_words(outcome))


def _deferred(outcome: TransientFailure) -> Attempt:
    return Attempt(outcome="deferred", response=_words(outcome))


def _words(outcome: PermanentFailure | TransientFailure) -> str:
    code = f"{outcome.code} " if outcome.code else ""
    return f"{code}{outcome.text}"[:LONGEST_RESPONSE]
