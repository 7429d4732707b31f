"""Touchpoints as others see them: listed, cancelled, ended by the notifier, told to the feed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from uuid import UUID

from shared.contracts.plans import Touchpoint, TouchpointState
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction
from shared.db.leases import RELEASED


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which touchpoints to list; ``after`` is (day, id) of the last one seen."""

    customer_id: CustomerId | None = None
    staff_id: str | None = None
    service: str | None = None
    state: TouchpointState | None = None
    first_day: date | None = None
    last_day: date | None = None
    after: tuple[date, UUID] | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedMessage:
    """What the notifier says of a dispatch; ``state`` is the touchpoint's."""

    touchpoint_id: UUID
    state: TouchpointState
    reason: str | None


NO_DAY = date(9999, 12, 31)
"""Stands for "no day has room" in the order of a list."""


async def list_touchpoints(transaction: Transaction, wanted: Wanted) -> list[Touchpoint]:
    """By day, those without one last."""
    asked: dict[str, Any] = {
        "customer_id = :customer_id": wanted.customer_id,
        "staff_id = :staff_id": wanted.staff_id,
        "service = :service": wanted.service,
        "state = :state": wanted.state,
        "day >= :first_day": wanted.first_day,
        "day <= :last_day": wanted.last_day,
    }
    texts = [text for text, value in asked.items() if value is not None]
    parameters = {text.rsplit(":", 1)[1]: asked[text] for text in texts}
    parameters |= {"limit": wanted.limit, "no_day": NO_DAY}
    if wanted.after is not None:
        texts.append("(coalesce(day, :no_day), touchpoint_id) > (:after_day, :after_id)")
        parameters |= {"after_day": wanted.after[0], "after_id": wanted.after[1]}
    where = " AND ".join(["agency_id = :agency", *texts])
    rows = await transaction.execute(
        f"""
        SELECT * FROM touchpoint WHERE {where}
         ORDER BY coalesce(day, :no_day), touchpoint_id LIMIT :limit
        """,
        parameters,
    )
    return [shown(row) for row in rows]


def shown(row: Any) -> Touchpoint:
    """A row as the contract has it."""
    return Touchpoint(
        touchpoint_id=str(row.touchpoint_id),
        customer_id=row.customer_id,
        service=row.service,
        channel=row.channel,
        purpose=row.purpose,
        staff_id=row.staff_id,
        day=row.day,
        earliest=row.earliest,
        latest=row.latest,
        minutes=row.minutes,
        state=row.state,
        reason=row.reason,
        because=row.because,
        detail=row.detail,
    )


async def cancel_open(
    transaction: Transaction, customer_ids: Sequence[CustomerId], *, reason: str
) -> None:
    """Cancel at once what is open for these customers, tasks included.

    What the notifier has already is cancelled there: it is put on the list of those to ask for.
    """
    parameters = {"ids": list(customer_ids), "reason": reason}
    for statement in (_CANCEL_TASKS, _CANCEL_WAITING, _ASK_NOTIFIER):
        await transaction.execute(statement, parameters)
    transaction.ring("tell")
    transaction.ring("cancel_dispatches")


async def apply_messages(transaction: Transaction, ends: Sequence[EndedMessage]) -> int:
    """Move handed-over touchpoints to what became of their messages; gives how many moved."""
    moved = await transaction.execute(
        _APPLY_MESSAGES,
        {
            "ids": [end.touchpoint_id for end in ends],
            "states": [end.state for end in ends],
            "reasons": [end.reason for end in ends],
        },
    )
    if moved.rowcount:
        transaction.ring("tell")
    return moved.rowcount


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A touchpoint as the feed tells it."""

    touchpoint_id: str
    state: str
    payload: dict[str, Any]


async def touchpoints_to_tell(transaction: Transaction, ids: Sequence[str]) -> list[Told]:
    """The present state of these touchpoints: ids, codes and numbers alone."""
    rows = await transaction.execute(
        """
        SELECT touchpoint.*, task.result, task.minutes_spent, task.ended_at,
               task.state AS task_state, task.staff_id AS done_by, staff.role
          FROM touchpoint
          LEFT JOIN task ON task.agency_id = touchpoint.agency_id
                        AND task.task_id = touchpoint.touchpoint_id
          LEFT JOIN staff ON staff.agency_id = touchpoint.agency_id
                         AND staff.staff_id = coalesce(task.staff_id, touchpoint.staff_id)
         WHERE touchpoint.agency_id = :agency
           AND touchpoint.touchpoint_id = ANY(CAST(:ids AS uuid[]))
         ORDER BY touchpoint.touchpoint_id
        """,
        {"ids": [UUID(each) for each in ids]},
    )
    return [_told(row) for row in rows]


def _told(row: Any) -> Told:
    payload = {
        "customer_id": row.customer_id,
        "service": row.service,
        "channel": row.channel,
        "purpose": row.purpose,
        "staff_id": row.done_by or row.staff_id,
        "role": row.role,
        "day": row.day,
        "minutes": row.minutes_spent if row.task_state == "done" else row.minutes,
        "ended_at": row.ended_at.isoformat() if row.ended_at else None,
        "state": row.state,
        # What a person wrote as a reason is free text: it stays here.
        "reason": None if row.state == "discarded" else row.reason,
        "because": row.because,
        "ended_on": row.ended_on,
    }
    if row.service == "development":
        payload |= {"line": row.detail, "result": row.result}
    return Told(touchpoint_id=str(row.touchpoint_id), state=row.state, payload=payload)


@dataclass(frozen=True, slots=True, kw_only=True)
class CarerTold:
    """Who cares for a customer now."""

    customer_id: CustomerId
    unit_id: str
    staff_id: str | None


async def carers_to_tell(transaction: Transaction, units: Sequence[str]) -> list[CarerTold]:
    """The present carer of each customer of these units."""
    rows = await transaction.execute(
        """
        SELECT customer_id, unit_id, carer.staff_id
          FROM customer JOIN carer USING (agency_id, unit_id)
         WHERE agency_id = :agency AND unit_id = ANY(CAST(:units AS varchar[]))
         ORDER BY customer_id
        """,
        {"units": list(units)},
    )
    return [CarerTold(**row._mapping) for row in rows]


async def asked_cancellations(transaction: Transaction, *, limit: int) -> list[tuple[UUID, str]]:
    """Dispatches that the notifier is to cancel, with the reason."""
    rows = await transaction.execute(
        """
        SELECT touchpoint_id, reason FROM dispatch_cancellation
         WHERE agency_id = :agency ORDER BY asked_at, touchpoint_id LIMIT :limit
        """,
        {"limit": limit},
    )
    return [cast(tuple[UUID, str], tuple(row)) for row in rows]


async def cancellation_answered(
    transaction: Transaction, touchpoint_id: UUID, *, cancelled: bool
) -> None:
    """Take a cancellation off the list; where it came too late the message's end will be told."""
    reason = await transaction.execute(
        """
        DELETE FROM dispatch_cancellation
         WHERE agency_id = :agency AND touchpoint_id = :id RETURNING reason
        """,
        {"id": touchpoint_id},
    )
    found = reason.scalar_one_or_none()
    if cancelled and found is not None:
        ended = EndedMessage(touchpoint_id=touchpoint_id, state="cancelled", reason=found)
        await apply_messages(transaction, [ended])


_NEWS = """
    INSERT INTO news (agency_id, kind, subject)
    SELECT CAST(:agency AS varchar), 'touchpoint', touchpoint_id::varchar FROM moved
    ON CONFLICT (agency_id, kind, subject) DO UPDATE SET subject = excluded.subject
"""
_CANCEL_TASKS = """
    UPDATE task SET state = 'discarded', reason = :reason, ended_at = now()
     WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS varchar[])) AND state = 'open'
       AND touchpoint_id IS NOT NULL
       AND service <> ALL (CAST('{condolence,winding_up}' AS varchar[]))
"""
_CANCEL_WAITING = f"""
    WITH moved AS (
        UPDATE touchpoint SET state = 'cancelled', reason = :reason, since = now(),
                              ended_on = current_date, {RELEASED}
         WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS varchar[]))
           AND (state IN ('planned', 'due') OR (state = 'suppressed' AND left_on IS NULL))
           AND service <> ALL (CAST('{{condolence,winding_up}}' AS varchar[]))
        RETURNING touchpoint_id
    ) {_NEWS}
"""
_ASK_NOTIFIER = """
    INSERT INTO dispatch_cancellation (agency_id, touchpoint_id, reason)
    SELECT agency_id, touchpoint_id, CAST(:reason AS varchar) FROM touchpoint
     WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS varchar[]))
       AND state = 'handed_over' AND service <> 'winding_up'
    ON CONFLICT DO NOTHING
"""
# Ends come more than once: only what is open moves. A message that was sent can fail afterwards
# (a bounce), and one that failed can be sent again by hand.
_APPLY_MESSAGES = f"""
    WITH moved AS (
        UPDATE touchpoint
           SET state = new.state, since = now(), {RELEASED},
               reason = coalesce(new.reason, CASE WHEN new.state IN ('sent', 'handed_over')
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
    ) {_NEWS}
"""
