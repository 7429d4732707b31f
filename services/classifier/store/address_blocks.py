"""Addresses of customers that do not exist; a block belongs to the address, not to the customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.classifier.store.tables import AddressBlockTable
from shared.contracts.contacts import BlockReason, address_digest
from shared.contracts.customers import ConsentChannel
from shared.contracts.vocabulary import AgencyId, CustomerId
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressBlock:
    """An address of a customer that does not exist, as the digest of the address."""

    customer_id: CustomerId
    channel: ConsentChannel
    digest: bytes
    reason: BlockReason
    at: datetime


def is_current(agency: AgencyId, block: Any, email: str | None) -> bool:
    """Return whether a row of a block concerns the customer's present address."""
    return bool(email) and block.digest == address_digest(agency, email or "")


async def block_addresses(transaction: Transaction, blocks: Sequence[AddressBlock]) -> None:
    """Enter addresses that do not exist; of one channel the latest counts."""
    for block in blocks:
        row = insert(AddressBlockTable).values(
            agency_id=transaction.agency,
            customer_id=block.customer_id,
            channel=block.channel,
            digest=block.digest,
            reason=block.reason,
            at=block.at,
        )
        await transaction.execute(
            row.on_conflict_do_update(
                index_elements=["agency_id", "customer_id", "channel"],
                set_={
                    "digest": row.excluded.digest,
                    "reason": row.excluded.reason,
                    "at": row.excluded.at,
                },
                where=col(AddressBlockTable.digest) != row.excluded.digest,
            )
        )


async def list_address_blocks(
    transaction: Transaction, *, after: tuple[datetime, CustomerId] | None, limit: int
) -> Sequence[Any]:
    """Blocks with the customer's present e-mail address, the newest first.

    SQL text because the page begins after a pair of keys in different orders.
    """
    asked = "AND (block.at < :at OR (block.at = :at AND block.customer_id > :customer))"
    rows = await transaction.execute(
        f"""
        SELECT block.customer_id, block.channel, block.digest, block.reason, block.at,
               customer.email
          FROM address_block AS block JOIN customer USING (agency_id, customer_id)
         WHERE agency_id = :agency {asked if after else ""}
         ORDER BY block.at DESC, block.customer_id, block.channel LIMIT :limit
        """,
        {"limit": limit, **({"at": after[0], "customer": after[1]} if after else {})},
    )
    return rows.all()


async def block_of(
    transaction: Transaction, customer_id: CustomerId, channel: ConsentChannel
) -> AddressBlockTable | None:
    """The block of a customer's channel."""
    rows = await transaction.exec(
        select(AddressBlockTable).where(
            AddressBlockTable.agency_id == transaction.agency,
            AddressBlockTable.customer_id == customer_id,
            AddressBlockTable.channel == channel,
        )
    )
    return rows.one_or_none()


async def free_address(transaction: Transaction, digest: bytes) -> None:
    """Lift the blocks of an address, whoever has it."""
    await transaction.execute(
        delete(AddressBlockTable).where(
            col(AddressBlockTable.agency_id) == transaction.agency,
            col(AddressBlockTable.digest) == digest,
        )
    )
