"""What the classifier learns from the other services: contacts made, wills, dead addresses."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict

from services.classifier.store import consents, customers
from services.classifier.store.consents import AddressBlock, ConsentRecord
from services.classifier.store.events import NewEvent, insert_events
from services.classifier.usecases.customer_writes import (
    Touched,
    settle,
    write_consents,
    write_interactions,
)
from services.classifier.usecases.events import event_id_of
from shared.contracts.changes import Change
from shared.contracts.contacts import BlockReason
from shared.contracts.customers import (
    Consent,
    ConsentChannel,
    ConsentPurpose,
    Interaction,
    InteractionChannel,
    StaffRole,
)
from shared.contracts.plans import DevelopmentResult
from shared.contracts.vocabulary import CustomerId, Instant, StaffId
from shared.db.database import Transaction


class _Told(BaseModel):
    """A payload of which we read a part: other services may add fields."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class TouchpointEnded(_Told):
    """``touchpoint.ended`` (subject: the touchpoint), as far as it matters to facts.

    With ``minutes`` and ``role`` a contact was made that cost somebody's time.
    """

    customer_id: CustomerId
    state: str
    channel: str | None = None
    role: StaffRole | None = None
    staff_id: StaffId | None = None
    minutes: int | None = None
    result: DevelopmentResult | None = None
    ended_at: Instant | None = None


class ConsentWithdrawn(_Told):
    """``consent.withdrawn`` of the notifier (subject: the customer)."""

    customer_id: CustomerId | None = None
    purpose: ConsentPurpose
    channel: ConsentChannel = "email"
    at: Instant | None = None


class AddressBlocked(_Told):
    """``address.blocked`` of the notifier (subject: the customer)."""

    customer_id: CustomerId | None = None
    channel: ConsentChannel = "email"
    reason: BlockReason
    at: Instant | None = None


_CHANNELS: dict[str, InteractionChannel] = {
    "visit": "visit", "office": "office", "video": "video", "phone": "phone",
    "email": "email", "letter": "letter", "card": "letter", "chat": "chat",
}  # fmt: skip
"""How the plan's channels are called among contacts."""


async def apply_scheduler_changes(transaction: Transaction, changes: Sequence[Change]) -> None:
    """Enter contacts made and what came of them."""
    ended = [
        (change, TouchpointEnded.model_validate(change.payload))
        for change in changes
        if change.kind == "touchpoint.ended"
    ]
    known = await customers.known_customers(
        transaction, sorted({told.customer_id for _, told in ended})
    )
    # Who was erased meanwhile leaves nothing behind.
    living = [(change, told) for change, told in ended if told.customer_id in known]
    touched = Touched()
    met = [
        interaction
        for change, told in living
        if (interaction := _interaction(change, told)) is not None
    ]
    if met:
        await write_interactions(transaction, met, touched=touched)
    won = [_result(transaction.agency, change, told) for change, told in living if told.result]
    new = await insert_events(transaction, won)
    touched.customers |= {event.customer_id for event in won if event.event_id in new}
    await settle(transaction, touched)


def _interaction(change: Change, told: TouchpointEnded) -> Interaction | None:
    channel = _CHANNELS.get(told.channel or "")
    if told.state != "done" or not told.minutes or told.role is None or channel is None:
        return None
    return Interaction(
        interaction_id=f"touchpoint:{change.subject}",
        customer_id=told.customer_id,
        at=told.ended_at or change.at,
        direction="out",
        channel=channel,
        role=told.role,
        staff_id=told.staff_id,
        minutes=told.minutes,
        topic="advice",
    )


def _result(agency: str, change: Change, told: TouchpointEnded) -> NewEvent:
    # A touchpoint may be told more than once; what came of it counts once.
    key = f"{change.subject}:{told.result}"
    return NewEvent(
        source="scheduler",
        webhook_id=key,
        event_id=event_id_of(agency, "scheduler", key),
        customer_id=told.customer_id,
        type="touchpoint.result",
        at=told.ended_at or change.at,
        data=json.dumps({"touchpoint_id": change.subject, "result": told.result}),
    )


async def apply_notifier_changes(transaction: Transaction, changes: Sequence[Change]) -> None:
    """Enter consents withdrawn and addresses found dead; on an unknown customer nothing."""
    withdrawn = [
        (change, ConsentWithdrawn.model_validate(change.payload))
        for change in changes
        if change.kind == "consent.withdrawn"
    ]
    blocked = [
        (change, AddressBlocked.model_validate(change.payload))
        for change in changes
        if change.kind == "address.blocked"
    ]
    await write_consents(transaction, [_withdrawal(change, told) for change, told in withdrawn])
    blocks = [
        AddressBlock(
            customer_id=told.customer_id or change.subject,
            channel=told.channel,
            reason=told.reason,
            at=told.at or change.at,
        )
        for change, told in blocked
    ]
    known = await customers.known_customers(
        transaction, sorted({block.customer_id for block in blocks})
    )
    await consents.block_addresses(
        transaction, [block for block in blocks if block.customer_id in known]
    )


def _withdrawal(change: Change, told: ConsentWithdrawn) -> ConsentRecord:
    at: datetime = told.at or change.at
    return ConsentRecord(
        customer_id=told.customer_id or change.subject,
        purpose=told.purpose,
        channel=told.channel,
        consent=Consent(state="withdrawn", at=at.astimezone(UTC), source="unsubscribe"),
    )
