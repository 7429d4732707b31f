"""Publishes the changes of messages: ids, states and reasons, but no names or addresses."""

from collections.abc import Sequence
from datetime import datetime

from services.notifier.store.emails import ClaimedMessage, EndedMessage, NextState
from shared.contracts.changes.notifier import (
    AddressBlocked,
    ConsentWithdrawn,
    LetterAccepted,
    LetterEnded,
    MessageAccepted,
    MessageEnded,
)
from shared.contracts.contacts import address_digest
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


def publish_accepted(transaction: Transaction, *, message_id: str, item: DispatchItem) -> None:
    """Publish that a message was ordered."""
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


def publish_accepted_again(transaction: Transaction, message: MessageView) -> None:
    """Publish that a message is to be sent again."""
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


def publish_next_states(
    transaction: Transaction,
    decided: Sequence[NextState],
    *,
    channel: DispatchChannel = "email",
    run: str | None = None,
) -> None:
    """Publish the messages that ended; those that will be retried are no change for others."""
    for each in decided:
        if each.state in FINAL_STATES:
            publish_ended(
                transaction,
                channel,
                message_id=str(each.message_id),
                dispatch_id=each.dispatch_id,
                customer_id=each.customer_id,
                state=each.state,
                reason=each.reason,
                run=run,
            )


def publish_ended_together(
    transaction: Transaction,
    messages: Sequence[EndedMessage],
    *,
    state: MessageState,
    reason: str | None,
    channel: DispatchChannel = "email",
    run: str | None = None,
) -> None:
    """Publish messages that ended together, because of a kill or with their print run."""
    for each in messages:
        publish_ended(
            transaction,
            channel,
            message_id=str(each.message_id),
            dispatch_id=each.dispatch_id,
            customer_id=each.customer_id,
            state=state,
            reason=reason,
            run=run,
        )


def publish_ended(
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
    """Publish that one message ended."""
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


def publish_blocked_addresses(
    transaction: Transaction, bounced: Sequence[tuple[ClaimedMessage, str]], *, at: datetime
) -> None:
    """Publish that the addresses of these messages do not exist."""
    for message, address in bounced:
        transaction.publish(
            AddressBlocked(
                customer_id=message.customer_id,
                channel="email",
                reason="bounced",
                address_digest=address_digest(transaction.agency, address).hex(),
                message_id=str(message.message_id),
                at=at,
            )
        )


def publish_withdrawal(
    transaction: Transaction,
    *,
    customer_id: CustomerId,
    purpose: ConsentPurpose,
    message_id: str | None,
    at: datetime,
) -> None:
    """Publish that a customer withdrew the consent to e-mails of this purpose."""
    transaction.publish(
        ConsentWithdrawn(
            customer_id=customer_id,
            purpose=purpose,
            channel="email",
            message_id=message_id,
            at=at,
        )
    )
