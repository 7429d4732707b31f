"""Messages as their orderers see them: accepted once, listed, cancelled, sent again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.notifier.domain.delivery import FAILED_BY_US, WAITS_FOR_US
from services.notifier.domain.messages import CANCEL, SEND_AGAIN, SHOWN_IN_A_RUN, WAITING
from services.notifier.store.states import leads_on, may_begin, state_in
from shared.contracts.dispatches import DispatchItem, MessageState, MessageView
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction
from shared.db.leases import RELEASED
from shared.resources import Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """An order with the id its message has."""

    message_id: UUID
    item: DispatchItem


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMessage:
    """The present state of a dispatch's message."""

    message_id: UUID
    dispatch_id: str
    state: MessageState


async def accept(
    transaction: Transaction, orders: Sequence[Ordered], *, now: datetime
) -> set[UUID]:
    """Store orders in the order of their ids, each dispatch once; returns the ids that are new."""
    items = [order.item for order in orders]
    found = await transaction.execute(
        f"""
        INSERT INTO message (agency_id, message_id, dispatch_id, customer_id, channel, purpose,
                             template, data, priority, state, attempts, not_before, due_at,
                             accepted_at)
        SELECT :agency, message_id, dispatch_id, customer_id, channel, purpose, template,
               data::jsonb, priority, '{WAITING}', 0, not_before,
               greatest(coalesce(not_before, :now), :now), :now
          FROM unnest(CAST(:ids AS uuid[]), CAST(:dispatches AS text[]),
                      CAST(:customers AS text[]), CAST(:channels AS text[]),
                      CAST(:purposes AS text[]), CAST(:templates AS text[]),
                      CAST(:data AS text[]), CAST(:priorities AS text[]),
                      CAST(:not_before AS timestamptz[]))
               AS new (message_id, dispatch_id, customer_id, channel, purpose, template, data,
                       priority, not_before)
        ON CONFLICT DO NOTHING RETURNING message_id
        """,
        {
            "now": now,
            "ids": [order.message_id for order in orders],
            "dispatches": [item.dispatch_id for item in items],
            "customers": [item.customer_id for item in items],
            "channels": [item.channel for item in items],
            "purposes": [item.purpose for item in items],
            "templates": [item.template for item in items],
            "data": [json.dumps(item.data) for item in items],
            "priorities": [item.priority for item in items],
            "not_before": [item.not_before for item in items],
        },
    )
    return set(found.scalars())


_SHOWN_STATE = f"""
    CASE WHEN {state_in(WAITING)} AND letter.run_id IS NOT NULL THEN '{SHOWN_IN_A_RUN}'
         ELSE state END
"""


async def messages_of(
    transaction: Transaction, message_ids: Sequence[UUID]
) -> dict[UUID, KnownMessage]:
    """The present states of these messages."""
    rows = await transaction.execute(
        f"""
        SELECT message_id, dispatch_id, {_SHOWN_STATE} AS state
          FROM message LEFT JOIN letter USING (agency_id, message_id)
         WHERE agency_id = :agency AND message_id = ANY(CAST(:ids AS uuid[]))
        """,
        {"ids": list(message_ids)},
    )
    return {row.message_id: KnownMessage(**row._mapping) for row in rows}


_VIEW = f"""
    SELECT message_id::text AS message_id, dispatch_id, customer_id, channel, purpose, template,
           priority, {_SHOWN_STATE} AS state, reason, detail, attempts, not_before, accepted_at,
           ended_at, run_id AS run
      FROM message LEFT JOIN letter USING (agency_id, message_id) WHERE agency_id = :agency
"""


async def message(
    transaction: Transaction, message_id: UUID, *, locked: bool = False
) -> MessageView | None:
    """One message; if it is locked, nobody else changes it until the transaction ends."""
    return await _one(transaction, "message_id = :key", message_id, locked=locked)


async def message_of_dispatch(
    transaction: Transaction, dispatch_id: str, *, locked: bool = False
) -> MessageView | None:
    """The message of a dispatch."""
    return await _one(transaction, "dispatch_id = :key", dispatch_id, locked=locked)


async def _one(
    transaction: Transaction, which: str, key: UUID | str, *, locked: bool
) -> MessageView | None:
    if locked:
        # A statement of its own: the view must see the print run that a letter joined while we
        # waited for the lock.
        await transaction.execute(
            f"SELECT FROM message WHERE agency_id = :agency AND {which} FOR UPDATE", {"key": key}
        )
    row = (await transaction.execute(f"{_VIEW} AND {which}", {"key": key})).one_or_none()
    return _view(row) if row else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFilter:
    """Which messages to list; None matches any."""

    state: MessageState | None = None
    customer_id: CustomerId | None = None
    run: str | None = None


async def list_messages(
    transaction: Transaction,
    matching: MessageFilter,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[MessageView]:
    """Messages in the order of their acceptance, after one of them."""
    conditions = {
        f"{_SHOWN_STATE} = :state": matching.state,
        "customer_id = :customer_id": matching.customer_id,
        "run_id = :run": matching.run,
        "(accepted_at, message_id) > (:after_at, :after_id)": after,
    }
    asked = "".join(f" AND {text}" for text, value in conditions.items() if value is not None)
    parameters: dict[str, Any] = {
        "state": matching.state,
        "customer_id": matching.customer_id,
        "run": matching.run,
        "after_at": after[0] if after else None,
        "after_id": after[1] if after else None,
        "limit": limit,
    }
    statement = f"{_VIEW}{asked} ORDER BY accepted_at, message_id LIMIT :limit"
    used = {name: value for name, value in parameters.items() if f":{name}" in statement}
    return [_view(row) for row in await transaction.execute(statement, used)]


async def cancel(
    transaction: Transaction, message_id: UUID, *, reason: str, detail: str, now: datetime
) -> bool:
    """End a message that nobody transmits yet; false if it is too late."""
    found = await transaction.execute(
        f"""
        UPDATE message
           SET {leads_on(CANCEL)}, reason = :reason, detail = :detail, ended_at = :now, {RELEASED}
         WHERE agency_id = :agency AND message_id = :message_id AND {may_begin(CANCEL)}
        """,
        {"message_id": message_id, "reason": reason, "detail": detail, "now": now},
    )
    return bool(found.rowcount)


async def accept_again(transaction: Transaction, message_id: UUID, *, now: datetime) -> bool:
    """Let a message that ended as unknown or failed leave once more, on a person's word.

    Its content and its attempts are kept; a letter will join another print run.
    """
    found = await transaction.execute(
        f"""
        UPDATE message
           SET {leads_on(SEND_AGAIN)}, reason = NULL, detail = NULL, attempts = 0, failures = 0,
               ended_at = NULL, transmitting_at = NULL, due_at = :now
         WHERE agency_id = :agency AND message_id = :message_id AND {may_begin(SEND_AGAIN)}
        """,
        {"message_id": message_id, "now": now},
    )
    if found.rowcount:
        await transaction.execute(
            "DELETE FROM letter WHERE agency_id = :agency AND message_id = :message_id",
            {"message_id": message_id},
        )
    return bool(found.rowcount)


async def note_answer(transaction: Transaction, message_id: UUID, *, now: datetime) -> str | None:
    """Record that the customer answered; returns the dispatch the first time, None afterwards."""
    found = await transaction.execute(
        """
        UPDATE message SET answered_at = :now
         WHERE agency_id = :agency AND message_id = :message_id AND answered_at IS NULL
        RETURNING dispatch_id
        """,
        {"message_id": message_id, "now": now},
    )
    dispatch: str | None = found.scalar_one_or_none()
    return dispatch


async def waiting_by_reason(transaction: Transaction, *, now: datetime) -> list[Waiting]:
    """Messages that wait for something of ours, and those that failed by our fault in a week."""
    rows = await transaction.execute(
        f"""
        SELECT reason, count(*) AS count, min(accepted_at) AS since FROM message
         WHERE agency_id = :agency AND channel <> 'webhook'
           AND (({state_in(WAITING)} AND reason = ANY(CAST(:waiting AS text[])))
             OR (reason = ANY(CAST(:failed AS text[]))
                 AND ended_at > CAST(:now AS timestamptz) - interval '7 days'))
         GROUP BY reason ORDER BY since, reason
        """,
        {"waiting": sorted(WAITS_FOR_US), "failed": sorted(FAILED_BY_US), "now": now},
    )
    return [Waiting(**row._mapping) for row in rows]


def _view(row: Any) -> MessageView:
    return MessageView(**row._mapping)
