"""Dispatches: due messages leased and handed to the notifier, and what became of them.

Statements that change touchpoints are SQL text because they are set-based and end in the change
outbox.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, text, update
from sqlmodel import col, select

from services.scheduler.domain.dispatches import MESSAGE_CHANNELS
from services.scheduler.domain.subjects import Subject, subject_of
from services.scheduler.store.agencies import agencies_of
from services.scheduler.store.change_outbox import PUBLISH_CHANGES, TOUCHPOINTS_INTO_OUTBOX
from services.scheduler.store.touchpoint_tables import DispatchCancellationTable, TouchpointTable
from shared.contracts.plans import TouchpointState
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Transaction
from shared.db.leases import RELEASED, LeasedTable
from shared.db.sweep_database import SweepDatabase

DUE = LeasedTable("touchpoint", key="touchpoint_id", seconds=60)


MESSAGE = f"(channel IN {MESSAGE_CHANNELS} AND minutes = 0)"
"""Selects touchpoints that the notifier sends."""


def is_message(touchpoint: TouchpointTable) -> bool:
    """The same of one row."""
    return touchpoint.channel in MESSAGE_CHANNELS and touchpoint.minutes == 0


HANDED = f"({MESSAGE} AND state IN ('handed_over', 'sent', 'failed'))"


@dataclass(frozen=True, slots=True, kw_only=True)
class DueMessage:
    """A touchpoint to be handed over to the notifier."""

    touchpoint_id: UUID
    customer_id: str
    service: str
    purpose: str
    channel: str
    staff_id: str | None
    because: str
    subject: Subject | None
    due: date
    left_on: date


@dataclass(frozen=True, slots=True)
class ClaimedMessages:
    """Due messages leased to one worker."""

    token: UUID
    messages: Sequence[DueMessage]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedMessage:
    """What the notifier says of a dispatch; ``state`` is the touchpoint's."""

    touchpoint_id: UUID
    state: TouchpointState
    reason: str | None


async def claim_messages(transaction: Transaction, *, limit: int) -> ClaimedMessages:
    """Lease due messages."""
    claimed = await DUE.claim(
        transaction,
        where=f"state = 'due' AND {MESSAGE}",
        order_by="touchpoint_id",
        limit=limit,
        returning="touchpoint_id, customer_id, service, purpose, channel, staff_id, because, "
        "subject, due, left_on",
    )
    return ClaimedMessages(claimed.token, [_due(row) for row in claimed.rows])


def _due(row: Any) -> DueMessage:
    return DueMessage(**{**row._mapping, "subject": subject_of(row.subject)})


async def answered(transaction: Transaction, token: UUID, answers: Sequence[EndedMessage]) -> None:
    """Enter what the notifier answered for claimed messages.

    A touchpoint cancelled while it was being handed over is with the notifier now, and is cancelled
    there as well: what became of it the notifier alone knows. It may have left, and would be
    ordered once more if the cause of the cancellation is lifted later.
    """
    held = await transaction.exec(
        select(TouchpointTable.touchpoint_id)
        .where(
            TouchpointTable.agency_id == transaction.agency,
            TouchpointTable.lease_token == token,
            TouchpointTable.state == "due",
        )
        .with_for_update()
    )
    ours = set(held)
    await apply_messages(transaction, [each for each in answers if each.touchpoint_id in ours])
    others = [
        each.touchpoint_id
        for each in answers
        if each.touchpoint_id not in ours and each.state != "failed"
    ]
    if others:
        for statement in (_CANCELLED_MEANWHILE, _WITH_THE_NOTIFIER):
            await transaction.execute(statement, {"ids": others})
        transaction.ring("cancel_dispatches")
        transaction.ring(PUBLISH_CHANGES)


async def release(transaction: Transaction, token: UUID, *, reason: str) -> None:
    """Give claimed messages back, with the reason why they wait."""
    await DUE.release(
        transaction, token, steps="reason = :reason", where="state = 'due'",
        values={"reason": reason},
    )  # fmt: skip


async def messages_waiting(transaction: Transaction) -> int:
    """Due messages not handed over yet, whoever holds them."""
    found = await transaction.exec(
        select(func.count()).where(
            TouchpointTable.agency_id == transaction.agency,
            TouchpointTable.state == "due",
            text(MESSAGE),
        )
    )
    return found.one()


async def agencies_with_due_messages(sweep: SweepDatabase) -> Sequence[AgencyId]:
    """Agencies with a due message that waits and that nobody works on."""
    return await DUE.agencies_with_free_rows(sweep, where=f"state = 'due' AND {MESSAGE}")


async def agencies_with_cancellations(sweep: SweepDatabase) -> Sequence[AgencyId]:
    """Agencies with dispatches that the notifier must still be asked to cancel."""
    return await agencies_of(sweep, "SELECT DISTINCT agency_id FROM dispatch_cancellation")


async def apply_messages(transaction: Transaction, ends: Sequence[EndedMessage]) -> int:
    """Move handed-over touchpoints to the states of their messages; returns how many moved."""
    moved = await transaction.execute(
        _APPLY_MESSAGES,
        {
            "ids": [end.touchpoint_id for end in ends],
            "states": [end.state for end in ends],
            "reasons": [end.reason for end in ends],
        },
    )
    if moved.rowcount:
        transaction.ring(PUBLISH_CHANGES)
    return moved.rowcount


async def begin_cancellations(transaction: Transaction, *, limit: int) -> dict[UUID, str]:
    """Dispatches that the notifier is to cancel and why, noted as those it may have been asked
    for: once this is committed, nobody may count on a message going on its way."""
    asked = DispatchCancellationTable
    first = (
        select(asked.touchpoint_id)
        .where(asked.agency_id == transaction.agency)
        .order_by(col(asked.asked_at), col(asked.touchpoint_id))
        .limit(limit)
        .with_for_update()
        .cte("first")
    )
    begun = await transaction.execute(
        update(asked)
        .where(
            col(asked.agency_id) == transaction.agency,
            col(asked.touchpoint_id) == first.c.touchpoint_id,
        )
        .values(begun_at=func.now())
        .returning(col(asked.touchpoint_id), col(asked.reason))
    )
    return {row.touchpoint_id: row.reason for row in begun}


async def cancellation_answered(
    transaction: Transaction, touchpoint_id: UUID, *, cancelled: bool
) -> None:
    """Take a cancellation off the list; if it came too late, the message's end arrives by the
    feed."""
    taken_off = await transaction.execute(
        delete(DispatchCancellationTable)
        .where(
            col(DispatchCancellationTable.agency_id) == transaction.agency,
            col(DispatchCancellationTable.touchpoint_id) == touchpoint_id,
        )
        .returning(col(DispatchCancellationTable.reason))
    )
    found = taken_off.scalar_one_or_none()
    if cancelled and found is not None:
        ended = EndedMessage(touchpoint_id=touchpoint_id, state="cancelled", reason=found)
        await apply_messages(transaction, [ended])


# Ends may arrive twice, so only open touchpoints move. A message that was sent can fail afterwards
# (a bounce), and one that failed can be sent again by hand. Why a cancellation was asked for is
# known here alone, and its end may come by the feed before the answer.
_APPLY_MESSAGES = f"""
    WITH changed AS (
        UPDATE touchpoint
           SET state = new.state, since = now(), {RELEASED},
               reason = coalesce((SELECT asked.reason FROM dispatch_cancellation AS asked
                                   WHERE asked.agency_id = :agency AND asked.touchpoint_id = new.id
                                     AND new.state = 'cancelled'),
                                 new.reason, CASE WHEN new.state IN ('sent', 'handed_over')
                                                  THEN NULL ELSE touchpoint.reason END),
               ended_on = CASE WHEN new.state <> 'handed_over' THEN touchpoint.left_on END
          FROM unnest(CAST(:ids AS uuid[]), CAST(:states AS varchar[]), CAST(:reasons AS varchar[]))
               AS new (id, state, reason)
         WHERE touchpoint.agency_id = :agency AND touchpoint.touchpoint_id = new.id
           AND (touchpoint.state IN ('due', 'handed_over')
                OR (touchpoint.state = 'sent' AND new.state = 'failed')
                OR (touchpoint.state = 'failed' AND new.state IN ('handed_over', 'sent')))
           AND touchpoint.state <> new.state AND touchpoint.left_on IS NOT NULL
        RETURNING touchpoint.touchpoint_id
    ) {TOUCHPOINTS_INTO_OUTBOX}
"""


_CANCELLED_MEANWHILE = """
    INSERT INTO dispatch_cancellation (agency_id, touchpoint_id, reason)
    SELECT agency_id, touchpoint_id, coalesce(reason, 'cancelled') FROM touchpoint
     WHERE agency_id = :agency AND touchpoint_id = ANY(CAST(:ids AS uuid[]))
       AND state = 'cancelled'
    ON CONFLICT DO NOTHING
"""
_WITH_THE_NOTIFIER = f"""
    WITH changed AS (
        UPDATE touchpoint
           SET state = 'handed_over', reason = NULL, since = now(), ended_on = NULL
         WHERE agency_id = :agency AND touchpoint_id = ANY(CAST(:ids AS uuid[]))
           AND state = 'cancelled' AND left_on IS NOT NULL
           AND reason NOT IN ('death_lifted', 'mandate_held')
        RETURNING touchpoint_id
    ) {TOUCHPOINTS_INTO_OUTBOX}
"""
