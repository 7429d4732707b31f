"""E-mails on their way: claimed under a lease, transmitted, and what came of each.

Every step names the states and the lease it continues from; if it changes no row, nothing may be
done. Leases run by the database's clock; all other instants are those of the edge clock. Steps are
SQL text because they are set-based, and hot in a mailing to the whole book.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notifier.domain.messages import (
    AFTER_ATTEMPT,
    AFTER_NO_ATTEMPT,
    BEGIN_EMAIL,
    CLAIM,
    FREE_EXPIRED,
    LOSE,
    WAITING,
)
from services.notifier.store.delivery_attempts import Attempt, record_same, recorded
from services.notifier.store.message_contents import CONTENTS, KEPT, Content, columns
from services.notifier.store.states import leads_on, may_begin, state_in
from shared.contracts.dispatches import MessageState
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Transaction
from shared.db.leases import EXPIRED, HELD, RELEASED, LeasedTable
from shared.db.sweep_database import SweepDatabase

EMAIL = "channel = 'email'"


def leased_emails(seconds: float) -> LeasedTable:
    """E-mails under a lease of so many seconds. Letters are never leased, their print run is."""
    return LeasedTable("message", key="message_id", seconds=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedMessage:
    """One message to prepare."""

    message_id: UUID
    dispatch_id: str
    customer_id: str
    purpose: str
    template: str
    data: dict[str, Any]
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NextState:
    """The next state of a message, with its reason. ``accepted`` is tried again at ``due_at``.

    ``attempt`` is None if nothing was handed over. Only what ``counts`` brings the message nearer
    to its last attempt; waiting for something of ours does not.
    """

    message_id: UUID
    dispatch_id: str
    customer_id: str
    state: MessageState
    reason: str | None = None
    detail: str | None = None
    due_at: datetime | None = None
    attempt: Attempt | None = None
    counts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedMessage:
    """A message that ended without anybody at its side."""

    message_id: UUID
    dispatch_id: str
    customer_id: str


async def agencies_with_emails(sweep: SweepDatabase, *, now: datetime) -> Sequence[AgencyId]:
    """Agencies with e-mails that are due, or whose sender went away."""
    rows = await sweep.rows(
        f"""
        SELECT DISTINCT agency_id FROM message
         WHERE {EMAIL} AND (({may_begin(CLAIM)} AND due_at <= :now) OR {EXPIRED})
        """,
        {"now": now},
    )
    return [row.agency_id for row in rows]


async def claim_emails(
    transaction: Transaction, leased: LeasedTable, *, now: datetime, limit: int
) -> tuple[UUID, list[ClaimedMessage]]:
    """Claim e-mails that are due, those that a customer waits for first; returns their token.

    Two questions, each in the order of its index: one for both would sort all that is due for
    every batch, and a newsletter to a hundred thousand has a thousand batches.
    """
    for which in _IN_TURN:
        claimed = await leased.claim(
            transaction,
            where=f"{EMAIL} AND {may_begin(CLAIM)} AND due_at <= :now AND {which}",
            order_by="due_at",
            limit=limit,
            steps=f"{leads_on(CLAIM)}, reason = NULL, detail = NULL, claimed_at = :now",
            returning="message_id, dispatch_id, customer_id, purpose, template,"
            " data::text AS data, failures",
            values={"now": now},
        )
        if claimed.rows:
            break
    return claimed.token, [_claimed(row) for row in claimed.rows]


_IN_TURN = ("priority = 'waiting_customer'", "true")
"""Whose e-mails are claimed first, and then all others."""


def _claimed(row: Any) -> ClaimedMessage:
    """A message from its columns, ``data`` as text."""
    return ClaimedMessage(**{**row._mapping, "data": json.loads(row.data)})


async def begin_transmitting(
    transaction: Transaction, contents: Sequence[Content], *, token: UUID, now: datetime
) -> set[UUID]:
    """Mark messages as being handed over; returns those that still may be."""
    if not contents:
        return set()
    found = await transaction.execute(
        f"""
        WITH said AS (
            UPDATE message
               SET {leads_on(BEGIN_EMAIL)}, transmitting_at = :now, attempts = attempts + 1
              FROM {CONTENTS}
             WHERE agency_id = :agency AND message.message_id = content.message_id
               AND {may_begin(BEGIN_EMAIL)} AND {HELD}
            RETURNING agency_id, content.*
        )
        {KEPT}
        """,
        {"token": token, "now": now, **columns(contents)},
    )
    return set(found.scalars())


async def enter_next_states(
    transaction: Transaction, next_states: Sequence[NextState], *, token: UUID, now: datetime
) -> set[UUID]:
    """Take claimed and transmitting messages to their next state; returns those still held."""
    found = await transaction.execute(
        f"""
        WITH decided AS (
            UPDATE message
               SET state = next.state, reason = next.reason, detail = next.detail,
                   due_at = coalesce(next.due_at, message.due_at),
                   failures = message.failures + next.counts::integer,
                   ended_at = CASE WHEN {state_in(WAITING, column="next.state")} THEN NULL
                                   ELSE CAST(:now AS timestamptz) END,
                   {RELEASED}
              FROM {_NEXT_STATES}
             WHERE agency_id = :agency AND message.message_id = next.message_id AND {HELD}
               AND CASE WHEN next.outcome IS NULL
                        THEN {may_begin(AFTER_NO_ATTEMPT, column="message.state")}
                        ELSE {may_begin(AFTER_ATTEMPT, column="message.state")} END
            RETURNING agency_id, message.message_id, transmitting_at, outcome, response
        ), attempted AS ({recorded("decided")})
        SELECT message_id FROM decided
        """,
        {"token": token, "now": now, **_columns(next_states)},
    )
    return set(found.scalars())


_NEXT_STATES = """
    unnest(CAST(:ids AS uuid[]), CAST(:states AS text[]), CAST(:reasons AS text[]),
           CAST(:details AS text[]), CAST(:due AS timestamptz[]), CAST(:outcomes AS text[]),
           CAST(:responses AS text[]), CAST(:counts AS boolean[]))
        AS next (message_id, state, reason, detail, due_at, outcome, response, counts)
"""


def _columns(next_states: Sequence[NextState]) -> dict[str, list[object]]:
    steps = [AFTER_ATTEMPT if each.attempt else AFTER_NO_ATTEMPT for each in next_states]
    attempts = [each.attempt for each in next_states]
    return {
        "ids": [each.message_id for each in next_states],
        "states": [step.to(each.state) for step, each in zip(steps, next_states, strict=True)],
        "reasons": [each.reason for each in next_states],
        "details": [each.detail for each in next_states],
        "due": [each.due_at for each in next_states],
        "outcomes": [attempt.outcome if attempt else None for attempt in attempts],
        "responses": [attempt.response if attempt else None for attempt in attempts],
        "counts": [each.counts for each in next_states],
    }


async def free_expired(transaction: Transaction, leased: LeasedTable) -> None:
    """Take back what was claimed by a process that went away before handing anything over."""
    await leased.expire(
        transaction,
        where=f"{EMAIL} AND {may_begin(FREE_EXPIRED)}",
        steps=leads_on(FREE_EXPIRED),
    )


async def end_expired(
    transaction: Transaction,
    leased: LeasedTable,
    *,
    reason: str,
    detail: str,
    now: datetime,
    limit: int,
) -> list[EndedMessage]:
    """End as unknown what a process was handing over when it went away.

    Whether it arrived is known to nobody, so it is never sent again by itself.
    """
    rows = await leased.expire(
        transaction,
        where=f"{EMAIL} AND {may_begin(LOSE)}",
        steps=f"{leads_on(LOSE)}, reason = :reason, detail = :detail, ended_at = :now",
        returning="message_id, dispatch_id, customer_id",
        limit=limit,
        values={"reason": reason, "detail": detail, "now": now},
    )
    lost = [EndedMessage(**row._mapping) for row in rows]
    if lost:
        await record_same(
            transaction, [each.message_id for each in lost], outcome="cut_off", now=now
        )
    return lost


async def postpone_emails(
    transaction: Transaction,
    *,
    until: datetime,
    reason: str,
    detail: str,
    now: datetime,
    waiting_customers_too: bool,
) -> None:
    """Let every e-mail that is due wait until then, with the reason."""
    await transaction.execute(
        f"""
        UPDATE message SET due_at = :until, reason = :reason, detail = :detail
         WHERE agency_id = :agency AND {EMAIL} AND {state_in(WAITING)} AND due_at <= :now
           AND (:all OR priority <> 'waiting_customer')
        """,
        {
            "until": until,
            "reason": reason,
            "detail": detail,
            "now": now,
            "all": waiting_customers_too,
        },
    )


async def resume_emails(transaction: Transaction, *, reasons: Sequence[str], now: datetime) -> None:
    """Let e-mails that wait for one of these reasons be due now, because it is gone."""
    await transaction.execute(
        f"""
        UPDATE message SET due_at = :now
         WHERE agency_id = :agency AND {EMAIL} AND {state_in(WAITING)} AND due_at > :now
           AND reason = ANY(CAST(:reasons AS text[]))
        """,
        {"reasons": list(reasons), "now": now},
    )
