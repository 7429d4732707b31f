"""What customers allow: consents with their history, and objections.

Writes are SQL text because each is one statement for a whole batch of records.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import text
from sqlmodel import col, select

from services.classifier.store.bulk import BulkTable
from services.classifier.store.tables import ConsentTable, ObjectionTable
from shared.contracts.bounds import STORED
from shared.contracts.customers import (
    Consent,
    ConsentChannel,
    ConsentPurpose,
    ConsentState,
    DoubleOptIn,
    Objections,
)
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction

_CONSENTS = BulkTable(table=ConsentTable, stamp="recorded_at")
_OBJECTIONS = BulkTable(table=ObjectionTable)


OVERRULED = """
    (consent.state = 'granted' AND EXISTS (
        SELECT FROM consent AS later
         WHERE later.agency_id = consent.agency_id AND later.customer_id = consent.customer_id
           AND later.purpose = consent.purpose AND later.channel = consent.channel
           AND later.state <> 'granted' AND later.recorded_at > consent.recorded_at))
"""
"""Whether a consent counts no longer, whatever its ``at``: a refusal or withdrawal was recorded
after it. Of the others the latest ``at`` is the last word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecord:
    """A customer's consent or refusal for one purpose and channel."""

    customer_id: CustomerId
    purpose: ConsentPurpose
    channel: ConsentChannel
    consent: Consent


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionRecord:
    """A customer's objections, each since an instant."""

    customer_id: CustomerId
    objections: Objections


@dataclass(frozen=True, slots=True, kw_only=True)
class LastWord:
    """What counts now for one purpose and channel."""

    customer_id: CustomerId
    purpose: ConsentPurpose
    channel: ConsentChannel
    state: ConsentState


async def record_consents(
    transaction: Transaction, records: Sequence[ConsentRecord]
) -> list[LastWord]:
    """Store consents and return the last word on each purpose and channel that is different now.

    A consent that is older than the last one is kept as proof and changes nothing.
    """
    written = await _CONSENTS.upsert(
        transaction,
        [
            {
                "customer_id": record.customer_id,
                "purpose": record.purpose,
                "channel": record.channel,
                "at": record.consent.at,
                "state": record.consent.state,
                "basis": record.consent.basis,
                "wording": record.consent.wording,
                "source": record.consent.source,
                "double_opt_in": record.consent.double_opt_in.model_dump_json()
                if record.consent.double_opt_in
                else None,
            }
            for record in records
        ],
    )
    keys = sorted({key[:3] for key in written.written})
    return await _last_words(transaction, keys)


async def _last_words(transaction: Transaction, keys: Sequence[tuple[str, ...]]) -> list[LastWord]:
    if not keys:
        return []
    found = await transaction.execute(
        f"""
        SELECT DISTINCT ON (customer_id, purpose, channel) customer_id, purpose, channel, state
          FROM consent
          JOIN unnest(CAST(:customers AS text[]), CAST(:purposes AS text[]),
                      CAST(:channels AS text[])) AS wanted (customer_id, purpose, channel)
               USING (customer_id, purpose, channel)
         WHERE agency_id = :agency
         ORDER BY customer_id, purpose, channel, {OVERRULED}, at DESC
        """,
        {
            "customers": [key[0] for key in keys],
            "purposes": [key[1] for key in keys],
            "channels": [key[2] for key in keys],
        },
    )
    return [LastWord(**row._mapping) for row in found]


async def replace_objections(
    transaction: Transaction, records: Sequence[ObjectionRecord]
) -> set[CustomerId]:
    """Enter objections as stated and return the customers whose objections are different now."""
    upserted = await _OBJECTIONS.upsert(
        transaction,
        [
            {
                "customer_id": record.customer_id,
                "advertising": record.objections.advertising,
                "profiling": record.objections.profiling,
            }
            for record in records
        ],
    )
    return {key[0] for key in upserted.written}


async def add_objections(
    transaction: Transaction, records: Sequence[ObjectionRecord]
) -> set[CustomerId]:
    """Enter further objections; one that was entered before keeps its instant."""
    if not records:
        return set()
    found = await transaction.execute(
        """
        INSERT INTO objection AS old (agency_id, customer_id, advertising, profiling)
        SELECT :agency, new.* FROM unnest(CAST(:ids AS text[]), CAST(:advertising AS timestamptz[]),
                                          CAST(:profiling AS timestamptz[])) AS new
        ON CONFLICT (agency_id, customer_id) DO UPDATE
           SET advertising = coalesce(old.advertising, excluded.advertising),
               profiling = coalesce(old.profiling, excluded.profiling)
         WHERE (old.advertising IS NULL AND excluded.advertising IS NOT NULL)
            OR (old.profiling IS NULL AND excluded.profiling IS NOT NULL)
        RETURNING customer_id
        """,
        {
            "ids": [record.customer_id for record in records],
            "advertising": [record.objections.advertising for record in records],
            "profiling": [record.objections.profiling for record in records],
        },
    )
    return set(found.scalars())


async def objections_of(
    transaction: Transaction, customer_ids: Collection[CustomerId]
) -> dict[CustomerId, Objections]:
    """The objections of those of these customers who ever stated any."""
    found = await transaction.exec(
        select(ObjectionTable)
        .where(
            ObjectionTable.agency_id == transaction.agency,
            col(ObjectionTable.customer_id).in_(customer_ids),
        )
        .order_by(col(ObjectionTable.customer_id))
    )
    return {
        row.customer_id: Objections(advertising=row.advertising, profiling=row.profiling)
        for row in found
    }


async def consents_of(transaction: Transaction, customer_id: CustomerId) -> list[ConsentRecord]:
    """All consents of a customer, the latest of each purpose and channel first."""
    found = await transaction.exec(
        select(ConsentTable)
        .where(
            ConsentTable.agency_id == transaction.agency, ConsentTable.customer_id == customer_id
        )
        .order_by(
            col(ConsentTable.purpose),
            col(ConsentTable.channel),
            text(OVERRULED),
            col(ConsentTable.at).desc(),
        )
    )
    return [_consent_record(row) for row in found]


def _consent_record(row: ConsentTable) -> ConsentRecord:
    consent: dict[str, Any] = {name: getattr(row, name) for name in Consent.model_fields}
    if row.double_opt_in is not None:
        consent["double_opt_in"] = DoubleOptIn.model_validate_json(
            json.dumps(row.double_opt_in), context=STORED
        )
    return ConsentRecord(
        customer_id=row.customer_id,
        purpose=cast(ConsentPurpose, row.purpose),
        channel=cast(ConsentChannel, row.channel),
        consent=Consent.model_validate(consent, context=STORED),
    )
