"""What is known of recipients here: last copies, withdrawals, dead addresses."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.notifier.domain.colleagues import Colleague
from shared.contracts.agencies import Agency
from shared.contracts.contacts import Contact
from shared.contracts.customers import ConsentPurpose
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A consent for e-mail that a customer withdrew by a link of ours."""

    customer_id: CustomerId
    purpose: ConsentPurpose
    at: datetime


def address_digest(agency: str, address: str) -> bytes:
    """What remembers an address without keeping it."""
    return hashlib.sha256(f"{agency}\0{address.casefold()}".encode()).digest()


async def copy_contacts(transaction: Transaction, contacts: Sequence[Contact]) -> None:
    """Keep contacts as they are now, writing only what differs."""
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
    rows = await transaction.execute(
        """
        SELECT contact::text FROM contact_copy
         WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS text[]))
        """,
        {"ids": list(customer_ids)},
    )
    return [Contact.model_validate_json(text) for text in rows.scalars()]


async def copy_agency(transaction: Transaction, agency: Agency, staff: Sequence[Colleague]) -> None:
    """Keep the agency's settings and people as they are now."""
    await transaction.execute(
        """
        INSERT INTO agency_copy (agency_id, agency, staff)
        VALUES (:agency, CAST(:settings AS jsonb), CAST(:staff AS jsonb))
        ON CONFLICT (agency_id) DO UPDATE
           SET agency = excluded.agency, staff = excluded.staff, fetched_at = now()
        """,
        {
            "settings": agency.model_dump_json(),
            "staff": json.dumps([person.model_dump(mode="json") for person in staff]),
        },
    )


async def copied_agency(transaction: Transaction) -> tuple[Agency, list[Colleague]] | None:
    """The agency's settings and people as last known; None where they never were."""
    row = (
        await transaction.execute(
            """
            SELECT agency::text AS agency, staff::text AS staff FROM agency_copy
             WHERE agency_id = :agency
            """
        )
    ).one_or_none()
    if row is None:
        return None
    people = [Colleague.model_validate(person) for person in json.loads(row.staff)]
    return Agency.model_validate_json(row.agency), people


async def withdraw(
    transaction: Transaction,
    *,
    customer_id: CustomerId,
    purpose: ConsentPurpose,
    at: datetime,
    message_id: UUID | None,
) -> None:
    """Remember that a customer wants no more of this by e-mail, and since when."""
    await transaction.execute(
        """
        INSERT INTO suppression (agency_id, customer_id, purpose, channel, at, message_id)
        VALUES (:agency, :customer_id, :purpose, 'email', :at, :message_id)
        ON CONFLICT (agency_id, customer_id, purpose, channel) DO UPDATE
           SET at = greatest(suppression.at, excluded.at), message_id = excluded.message_id
        """,
        {"customer_id": customer_id, "purpose": purpose, "at": at, "message_id": message_id},
    )


async def withdrawals(
    transaction: Transaction, customer_ids: Sequence[CustomerId]
) -> list[Withdrawal]:
    """What these customers withdrew by our links."""
    rows = await transaction.execute(
        """
        SELECT customer_id, purpose, at FROM suppression
         WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS text[]))
           AND channel = 'email'
        """,
        {"ids": list(customer_ids)},
    )
    return [Withdrawal(**row._mapping) for row in rows]


async def block_addresses(
    transaction: Transaction, addresses: Sequence[str], *, at: datetime
) -> None:
    """Remember addresses that do not exist, as digests."""
    await transaction.execute(
        """
        INSERT INTO dead_address (agency_id, digest, at)
        SELECT :agency, digest, :at FROM unnest(CAST(:digests AS bytea[])) AS digest
        ON CONFLICT DO NOTHING
        """,
        {"digests": sorted(address_digest(transaction.agency, a) for a in addresses), "at": at},
    )


async def dead_addresses(transaction: Transaction, addresses: Sequence[str]) -> dict[str, datetime]:
    """Which of these addresses are known not to exist, and since when."""
    digests = {address_digest(transaction.agency, address): address for address in addresses}
    rows = await transaction.execute(
        """
        SELECT digest, at FROM dead_address
         WHERE agency_id = :agency AND digest = ANY(CAST(:digests AS bytea[]))
        """,
        {"digests": list(digests)},
    )
    return {digests[bytes(row.digest)]: row.at for row in rows}


async def forget_customer(transaction: Transaction, customer_id: CustomerId) -> None:
    """Erase what is personal of a customer (GDPR art. 17).

    What was sent when, and that they wanted no more of it, stays under the broker's id: it proves
    that the law was kept. Digests of dead addresses are nobody's.
    """
    await transaction.execute(
        "DELETE FROM contact_copy WHERE agency_id = :agency AND customer_id = :customer_id",
        {"customer_id": customer_id},
    )
    await transaction.execute(
        """
        UPDATE message SET data = '{}', subject = NULL, response = NULL
         WHERE agency_id = :agency AND customer_id = :customer_id
        """,
        {"customer_id": customer_id},
    )
