"""What customers allow: consents with their history, objections, and ways that are dead."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.classifier.store.bulk import BulkTable
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

_CONSENTS = BulkTable(
    table="consent",
    keys=("customer_id", "purpose", "channel", "at"),
    columns={
        **dict.fromkeys(("customer_id", "purpose", "channel"), "text"),
        "at": "timestamptz",
        **dict.fromkeys(("state", "basis", "wording", "source"), "text"),
        "double_opt_in": "jsonb",
    },
)
_OBJECTIONS = BulkTable(
    table="objection",
    keys=("customer_id",),
    columns={
        "customer_id": "text",
        "advertising": "timestamptz",
        "profiling": "timestamptz",
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecord:
    """A customer's word on one purpose and channel."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressBlock:
    """A channel that no longer reaches the customer."""

    customer_id: CustomerId
    channel: str
    reason: str
    at: datetime


async def record_consents(
    transaction: Transaction, records: Sequence[ConsentRecord]
) -> list[LastWord]:
    """Keep what was said; gives the last words on what is different now. A word that is older
    than the one known is kept as proof and changes nothing."""
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
        """
        SELECT DISTINCT ON (customer_id, purpose, channel) customer_id, purpose, channel, state
          FROM consent
          JOIN unnest(CAST(:customers AS text[]), CAST(:purposes AS text[]),
                      CAST(:channels AS text[])) AS wanted (customer_id, purpose, channel)
               USING (customer_id, purpose, channel)
         WHERE agency_id = :agency
         ORDER BY customer_id, purpose, channel, at DESC
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
    """Enter objections as stated; gives the customers whose objections are different now."""
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
    """Enter further objections; one that stands already keeps its instant."""
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
    found = await transaction.execute(
        """
        SELECT customer_id, advertising, profiling FROM objection
         WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS text[]))
         ORDER BY customer_id
        """,
        {"ids": list(customer_ids)},
    )
    return {
        row.customer_id: Objections(advertising=row.advertising, profiling=row.profiling)
        for row in found
    }


async def consents_of(transaction: Transaction, customer_id: CustomerId) -> list[ConsentRecord]:
    """Everything a customer said about consent, the latest word of each purpose first."""
    found = await transaction.execute(
        """
        SELECT purpose, channel, state, basis, at, wording, source,
               double_opt_in::text AS double_opt_in
          FROM consent WHERE agency_id = :agency AND customer_id = :customer_id
         ORDER BY purpose, channel, at DESC
        """,
        {"customer_id": customer_id},
    )
    return [
        ConsentRecord(
            customer_id=customer_id,
            purpose=row.purpose,
            channel=row.channel,
            consent=Consent(
                state=row.state,
                basis=row.basis,
                at=row.at,
                wording=row.wording,
                source=row.source,
                double_opt_in=_double_opt_in(row.double_opt_in),
            ),
        )
        for row in found
    ]


def _double_opt_in(stored: str | None) -> DoubleOptIn | None:
    return None if stored is None else DoubleOptIn.model_validate_json(stored)


async def block_addresses(transaction: Transaction, blocks: Sequence[AddressBlock]) -> None:
    """Enter ways that are dead; the first reason stays."""
    if not blocks:
        return
    await transaction.execute(
        """
        INSERT INTO address_block (agency_id, customer_id, channel, reason, at)
        SELECT :agency, new.* FROM unnest(CAST(:ids AS text[]), CAST(:channels AS text[]),
                                          CAST(:reasons AS text[]), CAST(:ats AS timestamptz[]))
                                   AS new
        ON CONFLICT DO NOTHING
        """,
        {
            "ids": [block.customer_id for block in blocks],
            "channels": [block.channel for block in blocks],
            "reasons": [block.reason for block in blocks],
            "ats": [block.at for block in blocks],
        },
    )
