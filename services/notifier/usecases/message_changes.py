"""What the feed tells of messages: ids, states and reasons, never who or where."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.notifier.store.emails import ClaimedMessage, EndedMessage, Settlement
from shared.contracts.customers import ConsentPurpose
from shared.contracts.dispatches import FINAL_STATES, DispatchChannel, DispatchItem, MessageState
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


def announce_accepted(transaction: Transaction, *, message_id: str, item: DispatchItem) -> None:
    """A message was ordered, or is to leave once more."""
    _announce(
        transaction,
        item.channel,
        "accepted",
        message_id=message_id,
        dispatch_id=item.dispatch_id,
        customer_id=item.customer_id,
        purpose=item.purpose,
        template=item.template,
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


def announce_one(transaction: Transaction, channel: DispatchChannel, **told: Any) -> None:
    """One message ended."""
    _announce(transaction, channel, "ended", **told)


def announce_blocked(
    transaction: Transaction, messages: Sequence[ClaimedMessage], *, at: datetime
) -> None:
    """Addresses do not exist any more."""
    for message in messages:
        transaction.publish(
            kind="address.blocked",
            subject=message.customer_id,
            payload={
                "customer_id": message.customer_id,
                "channel": "email",
                "reason": "bounced",
                "message_id": str(message.message_id),
                "at": at.isoformat(),
            },
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
        kind="consent.withdrawn",
        subject=customer_id,
        payload={
            "customer_id": customer_id,
            "purpose": purpose,
            "channel": "email",
            "message_id": message_id,
            "at": at.isoformat(),
        },
    )


def _announce(transaction: Transaction, channel: DispatchChannel, what: str, **told: Any) -> None:
    kind = "letter" if channel == "letter" else "message"
    transaction.publish(
        kind=f"{kind}.{what}", subject=told["message_id"], payload={**told, "channel": channel}
    )
