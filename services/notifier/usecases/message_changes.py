"""Publishes what became of messages: ids, states and reasons, never who or where."""

from collections.abc import Sequence
from datetime import datetime

from services.notifier.store.emails import ClaimedMessage, EndedMessage, Settlement
from shared.contracts.changes.notifier import (
    AddressBlocked,
    ConsentWithdrawn,
    LetterAccepted,
    LetterEnded,
    MessageAccepted,
    MessageEnded,
)
from shared.contracts.customers import ConsentPurpose
from shared.contracts.dispatches import (
    FINAL_STATES,
    DispatchChannel,
    DispatchItem,
    MessageState,
    MessageView,
)
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


def announce_accepted(transaction: Transaction, *, message_id: str, item: DispatchItem) -> None:
    """A message was ordered."""
    model = LetterAccepted if item.channel == "letter" else MessageAccepted
    transaction.publish(
        model(
            message_id=message_id,
            dispatch_id=item.dispatch_id,
            customer_id=item.customer_id,
            channel=item.channel,
            purpose=item.purpose,
            template=item.template,
        )
    )


def announce_accepted_again(transaction: Transaction, message: MessageView) -> None:
    """A message is to leave once more."""
    model = LetterAccepted if message.channel == "letter" else MessageAccepted
    transaction.publish(
        model(
            message_id=message.message_id,
            dispatch_id=message.dispatch_id,
            customer_id=message.customer_id,
            channel=message.channel,
            purpose=message.purpose,
            template=message.template,
            again=True,
        )
    )


def announce_ended(
    transaction: Transaction,
    settled: Sequence[Settlement],
    *,
    channel: DispatchChannel = "email",
    run: str | None = None,
) -> None:
    """Messages reached a state that they keep; those that are tried again are no news."""
    for each in settled:
        if each.state in FINAL_STATES:
            announce_one(
                transaction,
                channel,
                message_id=str(each.message_id),
                dispatch_id=each.dispatch_id,
                customer_id=each.customer_id,
                state=each.state,
                reason=each.reason,
                run=run,
            )


def announce_lost(
    transaction: Transaction,
    messages: Sequence[EndedMessage],
    *,
    state: MessageState,
    reason: str | None,
    channel: DispatchChannel = "email",
    run: str | None = None,
) -> None:
    """Messages that were ended together, by a kill or with their print run."""
    for each in messages:
        announce_one(
            transaction,
            channel,
            message_id=str(each.message_id),
            dispatch_id=each.dispatch_id,
            customer_id=each.customer_id,
            state=state,
            reason=reason,
            run=run,
        )


def announce_one(
    transaction: Transaction,
    channel: DispatchChannel,
    *,
    message_id: str,
    dispatch_id: str,
    customer_id: CustomerId,
    state: MessageState,
    reason: str | None,
    run: str | None,
) -> None:
    """One message ended."""
    model = LetterEnded if channel == "letter" else MessageEnded
    transaction.publish(
        model(
            message_id=message_id,
            dispatch_id=dispatch_id,
            customer_id=customer_id,
            channel=channel,
            state=state,
            reason=reason,
            run=run,
        )
    )


def announce_blocked(
    transaction: Transaction, messages: Sequence[ClaimedMessage], *, at: datetime
) -> None:
    """Addresses do not exist any more."""
    for message in messages:
        transaction.publish(
            AddressBlocked(
                customer_id=message.customer_id,
                channel="email",
                reason="bounced",
                message_id=str(message.message_id),
                at=at,
            )
        )


def announce_withdrawn(
    transaction: Transaction,
    *,
    customer_id: CustomerId,
    purpose: ConsentPurpose,
    message_id: str | None,
    at: datetime,
) -> None:
    """A customer wants no more messages of this purpose by e-mail."""
    transaction.publish(
        ConsentWithdrawn(
            customer_id=customer_id,
            purpose=purpose,
            channel="email",
            message_id=message_id,
            at=at,
        )
    )
