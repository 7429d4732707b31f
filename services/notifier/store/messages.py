"""Messages as their orderers see them: accepted once, listed, cancelled, sent again."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Update, and_, case, delete, tuple_, update
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from services.notifier.domain.delivery import FAILED_BY_US, WAITS_FOR_US
from services.notifier.domain.messages import (
    CANCEL,
    RENDER,
    SEND_AGAIN,
    SHOWN_IN_A_RUN,
    WAITING,
    MessageStep,
)
from services.notifier.store.message_tables import MessageTable
from services.notifier.store.print_run_tables import IS_LETTER_OF_MESSAGE, LetterTable
from services.notifier.store.states import state_in
from shared.contracts.dispatches import DispatchItem, MessageState, MessageView
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction
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
    transaction: Transaction,
    orders: Sequence[Ordered],
    *,
    ordered_by: str | None,
    now: datetime,
) -> set[UUID]:
    """Store orders in the order of their ids, each dispatch once; returns the ids that are new.
    ``ordered_by`` is None for what the scheduler planned.

    SQL text because one set-based statement stores a thousand.
    """
    items = [order.item for order in orders]
    found = await transaction.execute(
        f"""
        INSERT INTO message (agency_id, message_id, dispatch_id, customer_id, channel, purpose,
                             template, data, priority, ordered_by, state, attempts, not_before,
                             due_at, accepted_at)
        SELECT :agency, message_id, dispatch_id, customer_id, channel, purpose, template,
               data::jsonb, priority, :ordered_by, '{WAITING}', 0, not_before,
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
            "ordered_by": ordered_by,
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


_SHOWN_STATE = case(
    (
        and_(col(MessageTable.state) == WAITING, col(LetterTable.run_id).is_not(None)),
        SHOWN_IN_A_RUN,
    ),
    else_=col(MessageTable.state),
).label("state")


async def messages_of(
    transaction: Transaction, message_ids: Sequence[UUID]
) -> dict[UUID, KnownMessage]:
    """The present states of these messages."""
    rows = await transaction.execute(
        select_columns(col(MessageTable.message_id), col(MessageTable.dispatch_id), _SHOWN_STATE)
        .join_from(MessageTable, LetterTable, IS_LETTER_OF_MESSAGE, isouter=True)
        .where(
            col(MessageTable.agency_id) == transaction.agency,
            col(MessageTable.message_id).in_(message_ids),
        )
    )
    return {row.message_id: KnownMessage(**row._mapping) for row in rows}


async def orders_of(
    transaction: Transaction, message_ids: Sequence[UUID]
) -> dict[UUID, dict[str, Any]]:
    """What these messages were ordered with; no data where they were erased."""
    rows = await transaction.exec(
        select(MessageTable).where(
            MessageTable.agency_id == transaction.agency,
            col(MessageTable.message_id).in_(message_ids),
        )
    )
    return {row.message_id: {name: getattr(row, name) for name in ORDER} for row in rows}


ORDER = (
    "dispatch_id", "customer_id", "channel", "purpose", "template", "data", "priority",
    "not_before",
)  # fmt: skip
"""Columns that an order fills, by the names of its fields."""


def _views(transaction: Transaction) -> Select[Any]:
    """The columns of :class:`MessageView` of all messages."""
    return (
        select_columns(
            col(MessageTable.message_id),
            col(MessageTable.dispatch_id),
            col(MessageTable.customer_id),
            col(MessageTable.channel),
            col(MessageTable.purpose),
            col(MessageTable.template),
            col(MessageTable.priority),
            col(MessageTable.ordered_by),
            _SHOWN_STATE,
            col(MessageTable.reason),
            col(MessageTable.detail),
            col(MessageTable.attempts),
            col(MessageTable.not_before),
            col(MessageTable.accepted_at),
            col(MessageTable.ended_at),
            col(LetterTable.run_id).label("run"),
            col(MessageTable.answer),
            col(MessageTable.answered_at),
            col(MessageTable.proposed_on),
            col(MessageTable.proposed_part),
        )
        .join_from(MessageTable, LetterTable, IS_LETTER_OF_MESSAGE, isouter=True)
        .where(col(MessageTable.agency_id) == transaction.agency)
    )


async def message_ids_of(transaction: Transaction, customer_id: CustomerId) -> Sequence[UUID]:
    """The ids of all messages to a customer."""
    found = await transaction.exec(
        select(MessageTable.message_id).where(
            MessageTable.agency_id == transaction.agency, MessageTable.customer_id == customer_id
        )
    )
    return found.all()


async def message(
    transaction: Transaction, message_id: UUID, *, locked: bool = False
) -> MessageView | None:
    """One message; if it is locked, nobody else changes it until the transaction ends."""
    return await _one(transaction, col(MessageTable.message_id) == message_id, locked=locked)


async def message_of_dispatch(
    transaction: Transaction, dispatch_id: str, *, locked: bool = False
) -> MessageView | None:
    """The message of a dispatch."""
    return await _one(transaction, col(MessageTable.dispatch_id) == dispatch_id, locked=locked)


async def _one(
    transaction: Transaction, which: ColumnElement[bool], *, locked: bool
) -> MessageView | None:
    if locked:
        # A statement of its own: the view must see the print run that a letter joined while we
        # waited for the lock.
        await transaction.exec(
            select(MessageTable.message_id)
            .where(MessageTable.agency_id == transaction.agency, which)
            .with_for_update()
        )
    row = (await transaction.execute(_views(transaction).where(which))).one_or_none()
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
    asked = {
        _SHOWN_STATE.element: matching.state,
        col(MessageTable.customer_id): matching.customer_id,
        col(LetterTable.run_id): matching.run,
    }
    place = (col(MessageTable.accepted_at), col(MessageTable.message_id))
    page = _views(transaction).order_by(*place).limit(limit)
    page = page.where(*(each == value for each, value in asked.items() if value is not None))
    if after is not None:
        page = page.where(tuple_(*place) > after)
    return [_view(row) for row in await transaction.execute(page)]


async def cancel(
    transaction: Transaction, message_id: UUID, *, reason: str, detail: str, now: datetime
) -> bool:
    """End a message that nobody transmits yet; false if it is too late."""
    ended = await transaction.execute(
        _step(transaction, message_id, CANCEL).values(
            reason=reason, detail=detail, ended_at=now, lease_token=None, leased_until=None
        )
    )
    return bool(ended.rowcount)


async def accept_again(transaction: Transaction, message_id: UUID, *, now: datetime) -> bool:
    """Let a message that ended as unknown or failed leave once more, on a person's word.

    Its content and its attempts are kept; a letter will join another print run.
    """
    accepted = await transaction.execute(
        _step(transaction, message_id, SEND_AGAIN).values(
            reason=None,
            detail=None,
            attempts=0,
            failures=0,
            ended_at=None,
            transmitting_at=None,
            due_at=now,
        )
    )
    if accepted.rowcount:
        await transaction.execute(
            delete(LetterTable).where(
                col(LetterTable.agency_id) == transaction.agency,
                col(LetterTable.message_id) == message_id,
            )
        )
    return bool(accepted.rowcount)


def _step(transaction: Transaction, message_id: UUID, step: MessageStep) -> Update:
    """The step of one message to the one state it leads to; no row if it may not begin."""
    (state,) = step.after
    return (
        update(MessageTable)
        .where(
            col(MessageTable.agency_id) == transaction.agency,
            col(MessageTable.message_id) == message_id,
            col(MessageTable.state).in_(step.before),
        )
        .values(state=state)
    )


async def waiting_by_reason(transaction: Transaction, *, now: datetime) -> list[Waiting]:
    """Messages and letters that wait for something of ours, those that failed by our fault in a
    week, and those that nobody works on.

    ``not_picked_up`` has been due for a while, ``stuck`` was begun by a worker that went away.
    Letters in a run that waits have the run's reason. SQL text because one set-based statement
    counts them by reason.
    """
    rows = await transaction.execute(
        f"""
        SELECT reason, sum(count)::integer AS count, min(since) AS since FROM (
            SELECT reason, count(*) AS count, min(accepted_at) AS since FROM message
             WHERE agency_id = :agency AND channel <> 'webhook'
               AND (({state_in(WAITING)} AND reason = ANY(CAST(:waiting AS text[])))
                 OR (reason = ANY(CAST(:failed AS text[]))
                     AND ended_at > CAST(:now AS timestamptz) - interval '7 days'))
             GROUP BY reason
            UNION ALL
            SELECT 'not_picked_up', count(*), min(due_at) FROM message
             WHERE agency_id = :agency AND channel = 'email' AND {state_in(WAITING)}
               AND reason IS NULL AND due_at < CAST(:now AS timestamptz) - {_LONG}
            UNION ALL
            SELECT 'stuck', count(*), min(claimed_at) FROM message
             WHERE agency_id = :agency AND lease_token IS NOT NULL
               AND leased_until < now() - {_LONG}
            UNION ALL
            SELECT coalesce(reason, 'not_picked_up'), letters, joined_at FROM print_run
             WHERE agency_id = :agency AND {state_in(*RENDER.before)} AND letters > 0
               AND (reason IS NOT NULL OR joined_at < now() - {_LONG})
        ) AS found WHERE count > 0
         GROUP BY reason ORDER BY since, reason
        """,
        {
            "waiting": sorted(WAITS_FOR_US | FAILED_BY_US),
            "failed": sorted(FAILED_BY_US),
            "now": now,
        },
    )
    return [Waiting(**row._mapping) for row in rows]


_LONG = "interval '15 minutes'"
"""So long something that is due may wait for a worker before somebody should look."""


def _view(row: Any) -> MessageView:
    return MessageView(**{**row._mapping, "message_id": str(row.message_id)})
