"""What is known of recipients here: last copies, withdrawals, addresses that do not exist."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.notifier.domain.colleagues import Colleague
from services.notifier.store.contact_tables import (
    AgencyCopyTable,
    ContactCopyTable,
    DeadAddressTable,
    SuppressionTable,
)
from services.notifier.store.personal_data import PERSONAL_DATA
from shared.contracts.agencies import Agency
from shared.contracts.bounds import STORED
from shared.contracts.contacts import Contact, address_digest
from shared.contracts.customers import ConsentPurpose
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A consent for e-mail that a customer withdrew by a link of ours."""

    customer_id: CustomerId
    purpose: ConsentPurpose
    at: datetime


async def copy_contacts(transaction: Transaction, contacts: Sequence[Contact]) -> None:
    """Keep contacts as they are now.

    SQL text because a whole batch is compared in one statement, and only what differs is written.
    """
    await transaction.execute(
        """
        INSERT INTO contact_copy AS old (agency_id, customer_id, contact)
        SELECT :agency, customer_id, contact::jsonb
          FROM unnest(CAST(:ids AS text[]), CAST(:contacts AS text[])) AS new (customer_id, contact)
         ORDER BY customer_id
        ON CONFLICT (agency_id, customer_id) DO UPDATE
           SET contact = excluded.contact, fetched_at = now()
         WHERE old.contact IS DISTINCT FROM excluded.contact
        """,
        {
            "ids": [contact.customer_id for contact in contacts],
            "contacts": [contact.model_dump_json() for contact in contacts],
        },
    )


async def copied_contacts(
    transaction: Transaction, customer_ids: Sequence[CustomerId]
) -> list[Contact]:
    """The last copies of these contacts."""
    contacts = await transaction.exec(
        select(ContactCopyTable.contact).where(
            ContactCopyTable.agency_id == transaction.agency,
            col(ContactCopyTable.customer_id).in_(customer_ids),
        )
    )
    # Strict reading takes days and instants from JSON text alone, and these are values already.
    return [Contact.model_validate(contact, strict=False) for contact in contacts]


async def copy_agency(transaction: Transaction, agency: Agency, staff: Sequence[Colleague]) -> None:
    """Keep the agency's settings and people as they are now."""
    copy = {
        "agency": agency.model_dump(mode="json"),
        "staff": [person.model_dump(mode="json") for person in staff],
    }
    await transaction.execute(
        insert(AgencyCopyTable)
        .values(agency_id=transaction.agency, **copy)
        .on_conflict_do_update(
            index_elements=["agency_id"], set_={**copy, "fetched_at": func.now()}
        )
    )


async def copied_agency(transaction: Transaction) -> tuple[Agency, list[Colleague]] | None:
    """The agency's settings and people as last known; None if they never were."""
    copies = await transaction.exec(
        select(AgencyCopyTable).where(AgencyCopyTable.agency_id == transaction.agency)
    )
    copy = copies.one_or_none()
    if copy is None:
        return None
    people = [Colleague.model_validate(person) for person in copy.staff]
    return Agency.model_validate(copy.agency, strict=False, context=STORED), people


async def withdraw(
    transaction: Transaction,
    *,
    customer_id: CustomerId,
    purpose: ConsentPurpose,
    at: datetime,
    message_id: UUID | None,
    outlived: datetime | None = None,
) -> bool:
    """Remember that a customer wants no more of this by e-mail; return whether that is new.

    A withdrawal stands from its first instant, however often it is repeated. It gives way only if
    it is the ``outlived`` one: that of this instant, after which the customer agreed again.
    """
    withdrawal = insert(SuppressionTable).values(
        agency_id=transaction.agency,
        customer_id=customer_id,
        purpose=purpose,
        channel="email",
        at=at,
        message_id=message_id,
    )
    written = await transaction.execute(
        withdrawal.on_conflict_do_update(
            index_elements=["agency_id", "customer_id", "purpose", "channel"],
            set_={
                "at": func.greatest(SuppressionTable.at, withdrawal.excluded.at),
                "message_id": withdrawal.excluded.message_id,
            },
            where=col(SuppressionTable.at) == outlived,
        ).returning(col(SuppressionTable.purpose))
    )
    return written.one_or_none() is not None


async def withdrawals(
    transaction: Transaction, customer_ids: Sequence[CustomerId]
) -> list[Withdrawal]:
    """What these customers withdrew by our links."""
    rows = await transaction.exec(
        select(SuppressionTable).where(
            SuppressionTable.agency_id == transaction.agency,
            SuppressionTable.channel == "email",
            col(SuppressionTable.customer_id).in_(customer_ids),
        )
    )
    return [
        Withdrawal(
            customer_id=row.customer_id, purpose=cast(ConsentPurpose, row.purpose), at=row.at
        )
        for row in rows
    ]


async def block_addresses(
    transaction: Transaction, addresses: Sequence[str], *, at: datetime
) -> None:
    """Remember addresses that do not exist, as digests; the first time counts."""
    # In one order, because two workers that block the same addresses would deadlock otherwise.
    digests = sorted(address_digest(transaction.agency, address) for address in addresses)
    rows = [{"agency_id": transaction.agency, "digest": digest, "at": at} for digest in digests]
    await transaction.execute(insert(DeadAddressTable).values(rows).on_conflict_do_nothing())


async def dead_addresses(transaction: Transaction, addresses: Sequence[str]) -> dict[str, datetime]:
    """Which of these addresses are known not to exist, and since when."""
    digests = {address_digest(transaction.agency, address): address for address in addresses}
    rows = await transaction.exec(
        select(DeadAddressTable).where(
            DeadAddressTable.agency_id == transaction.agency,
            col(DeadAddressTable.digest).in_(digests),
        )
    )
    return {digests[row.digest]: row.at for row in rows}


async def free_address(transaction: Transaction, digest: bytes) -> None:
    """Forget that an address does not exist, on a person's word."""
    await transaction.execute(
        delete(DeadAddressTable).where(
            col(DeadAddressTable.agency_id) == transaction.agency,
            col(DeadAddressTable.digest) == digest,
        )
    )


async def forget_customer(transaction: Transaction, customer_id: CustomerId) -> None:
    """Erase what is personal of a customer (GDPR art. 17), as `personal_data.py` declares.

    What was sent when, and that they wanted no more of it, stays under the broker's id: it proves
    that the law was kept. Digests of addresses that do not exist belong to nobody.
    """
    await PERSONAL_DATA.erase(transaction, [customer_id])
