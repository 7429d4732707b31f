"""What the classifier learns from the other feeds: contacts, withdrawn consents, dead addresses."""

import json
from collections.abc import Sequence
from datetime import UTC

from services.classifier.store import address_blocks, customers
from services.classifier.store.address_blocks import AddressBlock
from services.classifier.store.consents import ConsentRecord
from services.classifier.store.events import NewEvent, insert_events
from services.classifier.store.merges import merged_into
from services.classifier.usecases.customer_refusals import of_customer
from services.classifier.usecases.customer_writes import (
    WriteEffects,
    mark_and_publish,
    write_consents,
    write_interactions,
)
from services.classifier.usecases.events import event_id_of
from shared.contracts.changes import Change, read
from shared.contracts.changes.notifier import AddressBlocked, ConsentWithdrawn
from shared.contracts.changes.scheduler import TouchpointEnded
from shared.contracts.customers import Consent, Interaction, InteractionChannel
from shared.db.database import Transaction

_CHANNELS: dict[str, InteractionChannel] = {
    "visit": "visit", "office": "office", "video": "video", "phone": "phone",
    "email": "email", "letter": "letter", "card": "letter", "chat": "chat",
}  # fmt: skip
"""The channel of a contact for each channel of the plan."""


async def apply_scheduler_changes(transaction: Transaction, changes: Sequence[Change]) -> None:
    """Enter contacts made and what came of them."""
    ended = [
        (change, told) for change in changes if (told := read(change, TouchpointEnded)) is not None
    ]
    now = await merged_into(transaction, {told.customer_id for _, told in ended})
    ended = [
        (
            change,
            told.model_copy(update={"customer_id": now.get(told.customer_id, told.customer_id)}),
        )
        for change, told in ended
    ]
    known = await customers.known_customers(
        transaction, sorted({told.customer_id for _, told in ended})
    )
    # A customer who was erased meanwhile leaves no trace.
    of_known = [(change, told) for change, told in ended if told.customer_id in known]
    effects = WriteEffects()
    met = [
        interaction
        for change, told in of_known
        if (interaction := _interaction(change, told)) is not None
    ]
    if met:
        await write_interactions(transaction, met, effects=effects)
    won = [_result(transaction.agency, change, told) for change, told in of_known if told.result]
    new = await insert_events(transaction, won)
    effects.customers |= {event.customer_id for event in won if event.event_id in new}
    await mark_and_publish(transaction, effects)


def _interaction(change: Change, told: TouchpointEnded) -> Interaction | None:
    """The contact that was made; None if nobody spent time on the touchpoint."""
    channel = _CHANNELS.get(told.channel)
    if told.state != "done" or not told.minutes or told.role is None or channel is None:
        return None
    return Interaction(
        interaction_id=f"touchpoint:{told.touchpoint_id}",
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
    # A touchpoint may be published more than once; what came of it counts once.
    key = f"{told.touchpoint_id}:{told.result}"
    return NewEvent(
        source="scheduler",
        webhook_id=key,
        event_id=event_id_of(agency, "scheduler", key),
        customer_id=told.customer_id,
        type="touchpoint.result",
        at=told.ended_at or change.at,
        data=json.dumps({"touchpoint_id": told.touchpoint_id, "result": told.result}),
    )


async def apply_notifier_changes(transaction: Transaction, changes: Sequence[Change]) -> None:
    """Enter withdrawn consents and dead addresses; nothing is done for an unknown customer."""
    withdrawals: list[ConsentRecord] = []
    blocks: list[AddressBlock] = []
    for change in changes:
        match read(change, ConsentWithdrawn, AddressBlocked):
            case ConsentWithdrawn() as withdrawn:
                withdrawals.append(_withdrawal(withdrawn))
            case AddressBlocked(address_digest=None):
                pass  # of an older version, by a looser rule: the notifier asks the server again
            case AddressBlocked(address_digest=str(digest)) as blocked:
                blocks.append(
                    AddressBlock(
                        customer_id=blocked.customer_id,
                        channel=blocked.channel,
                        digest=bytes.fromhex(digest),
                        reason=blocked.reason,
                        at=blocked.at,
                    )
                )
    await write_consents(transaction, withdrawals)
    now = await merged_into(transaction, {block.customer_id for block in blocks})
    blocks = [of_customer(block, now.get(block.customer_id)) for block in blocks]
    known = await customers.known_customers(
        transaction, sorted({block.customer_id for block in blocks})
    )
    await address_blocks.block_addresses(
        transaction, [block for block in blocks if block.customer_id in known]
    )


def _withdrawal(told: ConsentWithdrawn) -> ConsentRecord:
    return ConsentRecord(
        customer_id=told.customer_id,
        purpose=told.purpose,
        channel=told.channel,
        consent=Consent(state="withdrawn", at=told.at.astimezone(UTC), source="unsubscribe"),
    )
