"""Events: what happened to customers, each once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.vocabulary import CustomerId
from shared.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event to keep; ``data`` is encoded JSON. Source and webhook id are its natural key."""

    source: str
    webhook_id: str
    event_id: UUID
    customer_id: CustomerId
    type: str
    at: datetime
    data: str


async def insert_events(transaction: Transaction, events: Sequence[NewEvent]) -> set[UUID]:
    """Keep events; gives the ids of those that had not come before."""
    if not events:
        return set()
    ordered = sorted(events, key=lambda event: (event.source, event.webhook_id))
    found = await transaction.execute(
        """
        INSERT INTO event (agency_id, source, webhook_id, event_id, customer_id, type, at, data)
        SELECT :agency, source, webhook_id, event_id, customer_id, type, at, data::jsonb
          FROM unnest(CAST(:source AS text[]), CAST(:webhook_id AS text[]),
                      CAST(:event_id AS uuid[]), CAST(:customer_id AS text[]),
                      CAST(:type AS text[]), CAST(:at AS timestamptz[]), CAST(:data AS text[]))
               AS new (source, webhook_id, event_id, customer_id, type, at, data)
        ON CONFLICT DO NOTHING
        RETURNING event_id
        """,
        {
            name: [getattr(event, name) for event in ordered]
            for name in NewEvent.__dataclass_fields__
        },
    )
    return set(found.scalars())


async def delete_events(transaction: Transaction, keys: Sequence[tuple[str, str]]) -> None:
    """Forget events of this transaction (source, webhook id) that turned out not to be allowed."""
    if not keys:
        return
    await transaction.execute(
        """
        DELETE FROM event
         USING unnest(CAST(:sources AS text[]), CAST(:webhook_ids AS text[]))
               AS gone (source, webhook_id)
         WHERE event.agency_id = :agency AND event.source = gone.source
           AND event.webhook_id = gone.webhook_id
        """,
        {"sources": [key[0] for key in keys], "webhook_ids": [key[1] for key in keys]},
    )
