"""E-mails on their way: claimed under a lease, transmitted, and what came of each.

Every step names the state and the lease it continues from: no row, no action. Leases run by the
database's clock; all other instants are those of the edge clock.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.contracts.dispatches import MessageState
from shared.contracts.vocabulary import AgencyId
from shared.db.database import SweepDatabase, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedMessage:
    """One message to prepare."""

    message_id: UUID
    dispatch_id: str
    customer_id: str
    purpose: str
    template: str
    data: dict[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a message says, kept when it leaves: subject, SHA-256 of the text, what allowed it."""

    message_id: UUID
    subject: str
    digest: bytes
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """The next state of a message, with its reason. ``accepted`` is tried again at ``due_at``."""

    message_id: UUID
    dispatch_id: str
    customer_id: str
    state: MessageState
    reason: str | None = None
    detail: str | None = None
    attempts: int = 0
    due_at: datetime | None = None
    response: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedMessage:
    """A message that ended without anybody at its side."""

    message_id: UUID
    dispatch_id: str
    customer_id: str


async def agencies_with_emails(sweep: SweepDatabase, *, now: datetime) -> Sequence[AgencyId]:
    """Agencies with e-mails that are due, or whose sender went away."""
    rows = await sweep.rows(
        """
        SELECT DISTINCT agency_id FROM message
         WHERE channel = 'email'
           AND ((state = 'accepted' AND due_at <= :now)
                OR (lease_token IS NOT NULL AND leased_until < now()))
        """,
        {"now": now},
    )
    return [row.agency_id for row in rows]


async def claim_emails(
    transaction: Transaction, *, token: UUID, now: datetime, lease_seconds: float, limit: int
) -> list[ClaimedMessage]:
    """Claim e-mails that are due, those that a customer waits for first."""
    rows = await transaction.execute(
        """
        WITH due AS (
            SELECT message_id FROM message
             WHERE agency_id = :agency AND channel = 'email' AND state = 'accepted'
               AND due_at <= :now
             ORDER BY priority = 'waiting_customer' DESC, due_at
             LIMIT :limit FOR UPDATE SKIP LOCKED
        )
        UPDATE message
           SET state = 'claimed', reason = NULL, detail = NULL, claimed_at = :now,
               lease_token = :token, leased_until = now() + make_interval(secs => :lease)
          FROM due
         WHERE agency_id = :agency AND message.message_id = due.message_id
        RETURNING message.message_id, dispatch_id, customer_id, purpose, template,
                  data::text AS data, attempts
        """,
        {"token": token, "now": now, "lease": lease_seconds, "limit": limit},
    )
    return [ClaimedMessage(**{**row._mapping, "data": json.loads(row.data)}) for row in rows]


async def keep_lease(transaction: Transaction, *, token: UUID, lease_seconds: float) -> None:
    """Say that whoever claimed these messages is still at work."""
    await transaction.execute(
        """
        UPDATE message SET leased_until = now() + make_interval(secs => :lease)
         WHERE agency_id = :agency AND lease_token = :token
        """,
        {"token": token, "lease": lease_seconds},
    )


async def begin_transmitting(
    transaction: Transaction, contents: Sequence[Content], *, token: UUID, now: datetime
) -> set[UUID]:
    """Mark messages as being handed over; gives those that still may be."""
    found = await transaction.execute(
        """
        UPDATE message
           SET state = 'transmitting', transmitting_at = :now, attempts = attempts + 1,
               subject = new.subject, digest = new.digest, basis = new.basis
          FROM unnest(CAST(:ids AS uuid[]), CAST(:subjects AS text[]), CAST(:digests AS bytea[]),
                      CAST(:bases AS text[])) AS new (message_id, subject, digest, basis)
         WHERE agency_id = :agency AND message.message_id = new.message_id
           AND state = 'claimed' AND lease_token = :token
        RETURNING message.message_id
        """,
        {
            "token": token,
            "now": now,
            "ids": [content.message_id for content in contents],
            "subjects": [content.subject for content in contents],
            "digests": [content.digest for content in contents],
            "bases": [content.basis for content in contents],
        },
    )
    return set(found.scalars())


async def settle(
    transaction: Transaction,
    settlements: Sequence[Settlement],
    *,
    token: UUID,
    now: datetime,
) -> set[UUID]:
    """Give claimed and transmitting messages their next state; gives those that were still ours."""
    found = await transaction.execute(
        """
        UPDATE message
           SET state = new.state, reason = new.reason, detail = new.detail,
               due_at = coalesce(new.due_at, message.due_at), response = new.response,
               ended_at = CASE WHEN new.state = 'accepted' THEN NULL
                               ELSE CAST(:now AS timestamptz) END,
               lease_token = NULL, leased_until = NULL
          FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:reasons AS text[]),
                      CAST(:details AS text[]), CAST(:due AS timestamptz[]),
                      CAST(:responses AS text[]))
               AS new (message_id, state, reason, detail, due_at, response)
         WHERE agency_id = :agency AND message.message_id = new.message_id
           AND message.state IN ('claimed', 'transmitting') AND lease_token = :token
        RETURNING message.message_id
        """,
        {
            "token": token,
            "now": now,
            "ids": [each.message_id for each in settlements],
            "states": [each.state for each in settlements],
            "reasons": [each.reason for each in settlements],
            "details": [each.detail for each in settlements],
            "due": [each.due_at for each in settlements],
            "responses": [each.response for each in settlements],
        },
    )
    return set(found.scalars())


async def free_expired(transaction: Transaction) -> int:
    """Take back what was claimed by a process that went away before handing anything over."""
    found = await transaction.execute(
        """
        UPDATE message SET state = 'accepted', lease_token = NULL, leased_until = NULL
         WHERE agency_id = :agency AND channel = 'email' AND state = 'claimed'
           AND lease_token IS NOT NULL AND leased_until < now()
        """
    )
    return found.rowcount


async def end_expired(
    transaction: Transaction, *, reason: str, detail: str, now: datetime, limit: int
) -> list[EndedMessage]:
    """End as unknown what a process was handing over when it went away: nobody knows more."""
    rows = await transaction.execute(
        """
        WITH gone AS (
            SELECT message_id FROM message
             WHERE agency_id = :agency AND channel = 'email' AND state = 'transmitting'
               AND lease_token IS NOT NULL AND leased_until < now()
             LIMIT :limit FOR UPDATE SKIP LOCKED
        )
        UPDATE message
           SET state = 'unknown', reason = :reason, detail = :detail, ended_at = :now,
               lease_token = NULL, leased_until = NULL
          FROM gone WHERE agency_id = :agency AND message.message_id = gone.message_id
        RETURNING message.message_id, dispatch_id, customer_id
        """,
        {"reason": reason, "detail": detail, "now": now, "limit": limit},
    )
    return [EndedMessage(**row._mapping) for row in rows]


async def postpone(
    transaction: Transaction,
    *,
    channel: str,
    until: datetime,
    reason: str,
    detail: str,
    now: datetime,
    waiting_customers_too: bool,
) -> int:
    """Let everything that is due wait, and say why; gives the number of messages."""
    found = await transaction.execute(
        """
        UPDATE message SET due_at = :until, reason = :reason, detail = :detail
         WHERE agency_id = :agency AND channel = :channel AND state = 'accepted'
           AND due_at <= :now AND (:all OR priority <> 'waiting_customer')
        """,
        {
            "channel": channel,
            "until": until,
            "reason": reason,
            "detail": detail,
            "now": now,
            "all": waiting_customers_too,
        },
    )
    return found.rowcount
