"""Events: what happened to customers, each once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, tuple_
from sqlmodel import col

from services.classifier.store.tables import EventTable
from services.classifier.store.work_marks import MARKED_AGAIN
from shared.contracts.vocabulary import CustomerId
from shared.db.database import DirectTransaction, Transaction


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
    """Store events and return the ids of those that are new; set-based, as a batch arrives."""
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


async def outranked_events(
    transaction: Transaction,
    events: Sequence[tuple[UUID, CustomerId, str, datetime]],
    *,
    event_type: str,
    key: str,
) -> set[UUID]:
    """Which of these events (id, customer, value of ``key``, instant) tell of something of which
    a newer event of their type tells already; set-based, as a batch arrives."""
    found = await transaction.execute(
        """
        SELECT asked.event_id
          FROM unnest(CAST(:ids AS uuid[]), CAST(:customers AS text[]), CAST(:keys AS text[]),
                      CAST(:instants AS timestamptz[])) AS asked (event_id, customer_id, key, at)
         WHERE EXISTS (SELECT FROM event
                        WHERE event.agency_id = :agency AND event.type = :type
                          AND event.customer_id = asked.customer_id AND event.at > asked.at
                          AND event.data ->> CAST(:name AS text) = asked.key)
        """,
        {
            "ids": [each[0] for each in events],
            "customers": [each[1] for each in events],
            "keys": [each[2] for each in events],
            "instants": [each[3] for each in events],
            "type": event_type,
            "name": key,
        },
    )
    return set(found.scalars())


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What became of events that only count."""

    of_unknown_customers: frozenset[UUID]
    new: frozenset[UUID]


_COUNT = f"""
    WITH offered AS MATERIALIZED (
        SELECT * FROM unnest($2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[],
                             $7::timestamptz[], $8::text[])
                   AS new (source, webhook_id, event_id, customer_id, type, at, data)
    ), known AS MATERIALIZED (
        SELECT customer_id, unit_id FROM customer
         WHERE agency_id = $1 AND customer_id = ANY($5::text[])
         ORDER BY customer_id FOR KEY SHARE
    ), stored AS (
        INSERT INTO event
               (agency_id, source, webhook_id, event_id, customer_id, type, at, data)
        SELECT $1, source, webhook_id, event_id, customer_id, type, at, data::jsonb
          FROM offered JOIN known USING (customer_id)
         ORDER BY source, webhook_id
        ON CONFLICT DO NOTHING RETURNING event_id, customer_id
    ), marked AS (
        INSERT INTO work_mark (agency_id, unit_id, marks)
        SELECT $1, unit_id, 1
          FROM (SELECT DISTINCT unit_id FROM stored JOIN known USING (customer_id)) AS unit
         ORDER BY unit_id
        {MARKED_AGAIN}
    )
    SELECT offered.event_id, known.customer_id IS NOT NULL AS known,
           stored.event_id IS NOT NULL AS new
      FROM offered LEFT JOIN known USING (customer_id) LEFT JOIN stored USING (event_id)
"""


async def count_events(transaction: DirectTransaction, events: Sequence[NewEvent]) -> Counted:
    """Store events that change only their count, and mark the units whose facts count them.

    SQL text does in one statement what :func:`insert_events`, ``known_customers`` and
    ``mark_units`` do one after the other, because most events are of this kind and the whole batch
    waits for each round trip.
    """
    if not events:
        return Counted(of_unknown_customers=frozenset(), new=frozenset())
    ordered = sorted(events, key=lambda event: (event.source, event.webhook_id))
    driver = await transaction.driver()
    rows = await driver.fetch(
        _COUNT,
        transaction.agency,
        *([getattr(event, name) for event in ordered] for name in NewEvent.__dataclass_fields__),
    )
    new = frozenset(row["event_id"] for row in rows if row["new"])
    if new:
        transaction.ring("reclassify")
    return Counted(
        of_unknown_customers=frozenset(row["event_id"] for row in rows if not row["known"]),
        new=new,
    )


async def told_otherwise(
    transaction: DirectTransaction, events: Sequence[NewEvent]
) -> frozenset[UUID]:
    """Those of these events that came before with another type, time or data.

    SQL text because the database compares JSON by its meaning, not by its spelling.
    """
    if not events:
        return frozenset()
    driver = await transaction.driver()
    rows = await driver.fetch(
        """
        SELECT event.event_id
          FROM unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[])
                 AS sent (source, webhook_id, type, at, data)
          JOIN event USING (source, webhook_id)
         WHERE event.agency_id = $1
           AND (event.type, event.at, event.data) IS DISTINCT FROM
               (sent.type, sent.at, sent.data::jsonb)
        """,
        transaction.agency,
        *(
            [getattr(event, name) for event in events]
            for name in ("source", "webhook_id", "type", "at", "data")
        ),
    )
    return frozenset(row["event_id"] for row in rows)


async def delete_events(transaction: Transaction, keys: Sequence[tuple[str, str]]) -> None:
    """Delete events of this transaction (source, webhook id) that turned out not to be allowed."""
    if not keys:
        return
    await transaction.execute(
        delete(EventTable).where(
            col(EventTable.agency_id) == transaction.agency,
            tuple_(col(EventTable.source), col(EventTable.webhook_id)).in_(list(keys)),
        )
    )
