"""Addresses that are not written to any more: listed, and lifted by a person."""

import json
from collections.abc import Sequence
from datetime import datetime

from services.classifier.store import address_blocks as store
from services.classifier.store import customers
from services.classifier.store.events import NewEvent, insert_events
from services.classifier.usecases.customer_writes import CustomerNotFound
from services.classifier.usecases.events import event_id_of
from shared.contracts.changes.classifier import AddressUnblocked
from shared.contracts.contacts import AddressBlockView
from shared.contracts.customers import ConsentChannel
from shared.contracts.vocabulary import AgencyId, CustomerId
from shared.db.database import Database


class AddressBlockNotFound(Exception):
    """no address of this channel is blocked"""

    def __init__(self, customer_id: CustomerId, channel: ConsentChannel) -> None:
        super().__init__(f"no {channel} address of {customer_id} is blocked")


async def list_address_blocks(
    *,
    database: Database,
    agency: AgencyId,
    after: tuple[datetime, CustomerId] | None,
    limit: int,
) -> Sequence[AddressBlockView]:
    """Return which addresses are blocked, the newest first."""
    async with database.transaction(agency) as transaction:
        found = await store.list_address_blocks(transaction, after=after, limit=limit)
    return [
        AddressBlockView.model_validate(
            {
                "customer_id": block.customer_id,
                "channel": block.channel,
                "reason": block.reason,
                "at": block.at,
                "current": store.is_current(agency, block, block.email),
            }
        )
        for block in found
    ]


async def lift_address_block(
    *,
    database: Database,
    agency: AgencyId,
    customer_id: CustomerId,
    channel: ConsentChannel,
    reason: str,
    by: str,
    now: datetime,
) -> None:
    """Write to an address again, whoever has it, on a person's word; who and why is kept.

    Raises CustomerNotFound or AddressBlockNotFound.
    """
    async with database.transaction(agency) as transaction:
        if not await customers.known_customers(transaction, [customer_id]):
            raise CustomerNotFound(customer_id)
        block = await store.block_of(transaction, customer_id, channel)
        if block is None:
            raise AddressBlockNotFound(customer_id, channel)
        digest = block.digest
        await store.free_address(transaction, digest)
        lifted = _lifted(agency, customer_id, channel, reason=reason, by=by, now=now)
        await insert_events(transaction, [lifted])
        transaction.publish(
            AddressUnblocked(customer_id=customer_id, channel=channel, address_digest=digest.hex())
        )


def _lifted(
    agency: AgencyId,
    customer_id: CustomerId,
    channel: ConsentChannel,
    *,
    reason: str,
    by: str,
    now: datetime,
) -> NewEvent:
    key = f"{customer_id}:{channel}:{now.isoformat()}"
    return NewEvent(
        source="address-blocks",
        webhook_id=key,
        event_id=event_id_of(agency, "address-blocks", key),
        customer_id=customer_id,
        type="address.unblocked",
        at=now,
        data=json.dumps({"channel": channel, "reason": reason, "by": by}),
    )
