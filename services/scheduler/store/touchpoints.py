"""Touchpoints as others see them: listed, cancelled, and published in the feed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, tuple_
from sqlmodel import col, select

from services.scheduler.domain.occasions import NewOccasion
from services.scheduler.domain.services import SURVIVORS, kind_of
from services.scheduler.domain.subjects import detail_of
from services.scheduler.domain.tasks import OPEN
from services.scheduler.domain.touchpoint_lists import NO_DAY, TouchpointFilter
from services.scheduler.store.change_outbox import PUBLISH_CHANGES, TOUCHPOINTS_INTO_OUTBOX
from services.scheduler.store.customer_tables import OccasionTable
from services.scheduler.store.pins import pins_of
from services.scheduler.store.touchpoint_tables import TouchpointTable
from services.scheduler.store.travel import travel_words
from shared.contracts.changes.scheduler import TouchpointEnded, TouchpointPlanned
from shared.contracts.pins import Pin
from shared.contracts.plans import Touchpoint, TravelWord
from shared.contracts.scheduling import LedgerEntry
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction
from shared.db.leases import RELEASED


async def list_touchpoints(transaction: Transaction, asked: TouchpointFilter) -> list[Touchpoint]:
    """Touchpoints by day, those without one last."""
    day = col(TouchpointTable.day)
    equal = {
        col(TouchpointTable.customer_id): asked.customer_id,
        col(TouchpointTable.staff_id): asked.staff_id,
        col(TouchpointTable.service): asked.service,
        col(TouchpointTable.state): asked.state,
    }
    place = (func.coalesce(day, NO_DAY), col(TouchpointTable.touchpoint_id))
    page = (
        select(TouchpointTable)
        .where(
            TouchpointTable.agency_id == transaction.agency,
            *(column == value for column, value in equal.items() if value is not None),
        )
        .order_by(*place)
        .limit(asked.limit)
    )
    if asked.first_day is not None:
        page = page.where(day >= asked.first_day)
    if asked.last_day is not None:
        page = page.where(day <= asked.last_day)
    if asked.after is not None:
        page = page.where(tuple_(*place) > (asked.after.day, asked.after.touchpoint_id))
    rows = (await transaction.exec(page)).all()
    ids = [row.touchpoint_id for row in rows]
    travel, pins = await travel_words(transaction, ids), await pins_of(transaction, ids)
    return [_shown(row, travel.get(row.touchpoint_id), pins.get(row.touchpoint_id)) for row in rows]


async def touchpoint(transaction: Transaction, touchpoint_id: UUID) -> Touchpoint | None:
    """One touchpoint as the contract has it."""
    row = await touchpoint_row(transaction, touchpoint_id)
    if row is None:
        return None
    travel = await travel_words(transaction, [touchpoint_id])
    pins = await pins_of(transaction, [touchpoint_id])
    return _shown(row, travel.get(touchpoint_id), pins.get(touchpoint_id))


async def touchpoint_row(transaction: Transaction, touchpoint_id: UUID) -> TouchpointTable | None:
    """One touchpoint as it is kept; None if there is none of this id."""
    found = await transaction.exec(
        select(TouchpointTable).where(
            TouchpointTable.agency_id == transaction.agency,
            TouchpointTable.touchpoint_id == touchpoint_id,
        )
    )
    return found.one_or_none()


def _shown(row: TouchpointTable, travel: TravelWord | None, pin: Pin | None) -> Touchpoint:
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
        detail=detail_of(row.subject),
        travel=travel,
        pin=pin,
    )


async def cancel_open(
    transaction: Transaction,
    customer_ids: Sequence[CustomerId],
    *,
    reason: str,
    only: Sequence[str] | None = None,
) -> None:
    """Cancel at once what is open for these customers, tasks included: services that are named, or
    all but those that survive an end.

    What the notifier has already is cancelled there: it is put on the list of those to ask for.
    SQL text because each statement is set-based and ends in the change outbox.
    """
    parameters = {
        "ids": list(customer_ids),
        "reason": reason,
        "services": SURVIVORS if only is None else list(only),
        "named": only is not None,
    }
    for statement in (_CANCEL_TASKS, _CANCEL_WAITING, _ASK_NOTIFIER):
        await transaction.execute(statement, parameters)
    transaction.ring(PUBLISH_CHANGES)
    transaction.ring("cancel_dispatches")


async def subject_of_touchpoint(
    transaction: Transaction, touchpoint_id: UUID
) -> dict[str, Any] | None:
    """What a touchpoint speaks of, as it is kept; None if there is none of this id."""
    row = await touchpoint_row(transaction, touchpoint_id)
    return row.subject if row else None


async def touchpoints_to_publish(
    transaction: Transaction, ids: Sequence[str]
) -> list[TouchpointPlanned | TouchpointEnded]:
    """The present state of these touchpoints, as the feed publishes it.

    SQL text because one set-based statement joins a thousand with their tasks and people.
    """
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
    return [_published(row) for row in rows]


def _published(row: Any) -> TouchpointPlanned | TouchpointEnded:
    model = TouchpointPlanned if row.state in OPEN else TouchpointEnded
    development = (
        {"line": detail_of(row.subject), "result": row.result}
        if kind_of(row.service).looks_at_gaps
        else {}
    )
    return model(
        touchpoint_id=str(row.touchpoint_id),
        customer_id=row.customer_id,
        service=row.service,
        channel=row.channel,
        purpose=row.purpose,
        staff_id=row.done_by or row.staff_id,
        role=row.role,
        day=row.day,
        minutes=row.minutes_spent if row.task_state == "done" else row.minutes,
        ended_at=row.ended_at,
        state=row.state,
        # A person's reason for discarding is free text and stays here.
        reason=None if row.state == "discarded" else row.reason,
        because=row.because,
        ended_on=row.ended_on,
        **development,
    )


_CANCEL_TASKS = """
    UPDATE task SET state = 'discarded', reason = :reason, ended_at = now()
     WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS varchar[])) AND state = 'open'
       AND touchpoint_id IS NOT NULL
       AND (service = ANY(CAST(:services AS varchar[]))) = :named
"""
_CANCEL_WAITING = f"""
    WITH changed AS (
        UPDATE touchpoint SET state = 'cancelled', reason = :reason, since = now(),
                              ended_on = current_date, {RELEASED}
         WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS varchar[]))
           AND (state IN ('planned', 'due') OR (state = 'suppressed' AND left_on IS NULL))
           AND (service = ANY(CAST(:services AS varchar[]))) = :named
        RETURNING touchpoint_id
    ) {TOUCHPOINTS_INTO_OUTBOX}
"""
_ASK_NOTIFIER = """
    INSERT INTO dispatch_cancellation (agency_id, touchpoint_id, reason)
    SELECT agency_id, touchpoint_id, CAST(:reason AS varchar) FROM touchpoint
     WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS varchar[]))
       AND state = 'handed_over' AND (service = ANY(CAST(:services AS varchar[]))) = :named
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedGroup:
    """Touchpoints of one month, service, channel, person and state; without a month no day had
    room."""

    month: date | None
    service: str
    channel: str
    staff_id: str | None
    state: str
    reason: str | None
    touchpoints: int
    minutes: int


async def planned_groups(transaction: Transaction) -> list[PlannedGroup]:
    """What is open or suppressed ahead, counted; SQL text because it groups the whole plan."""
    rows = await transaction.execute(
        """
        SELECT CAST(date_trunc('month', day) AS date) AS month, service, channel, staff_id, state,
               reason, count(*) AS touchpoints, sum(minutes)::integer AS minutes
          FROM touchpoint
         WHERE agency_id = :agency AND left_on IS NULL AND state IN ('planned', 'suppressed')
         GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
        """
    )
    return [PlannedGroup(**row._mapping) for row in rows]


async def due_until(
    transaction: Transaction, day: date, *, after: UUID | None, limit: int
) -> list[LedgerEntry]:
    """Every touchpoint that was due up to a day, by id, each exactly once."""
    due = func.coalesce(col(TouchpointTable.day), col(TouchpointTable.latest))
    page = (
        select(TouchpointTable)
        .where(
            TouchpointTable.agency_id == transaction.agency,
            or_(col(TouchpointTable.left_on) <= day, due <= day),
        )
        .order_by(col(TouchpointTable.touchpoint_id))
        .limit(limit)
    )
    if after is not None:
        page = page.where(TouchpointTable.touchpoint_id > after)
    return [_ledger_entry(row) for row in await transaction.exec(page)]


def _ledger_entry(row: TouchpointTable) -> LedgerEntry:
    return LedgerEntry(
        touchpoint_id=str(row.touchpoint_id),
        customer_id=row.customer_id,
        service=row.service,
        channel=row.channel,
        due=row.day or row.latest,
        state=row.state,
        reason=row.reason,
        since=row.since,
        left_on=row.left_on,
    )


async def occasion_day(transaction: Transaction, occasion: NewOccasion) -> date | None:
    """The day for which this occasion is kept; None if it is not."""
    found = await transaction.exec(
        select(col(OccasionTable.day)).where(
            OccasionTable.agency_id == transaction.agency,
            OccasionTable.customer_id == occasion.customer_id,
            OccasionTable.service == occasion.service,
            OccasionTable.occurrence == occasion.occurrence,
        )
    )
    return found.one_or_none()


async def left_of_occasion(transaction: Transaction, occasion: NewOccasion) -> list[UUID]:
    """The touchpoints of this occasion that left the plan; a merge moves them with their ids."""
    found = await transaction.exec(
        select(TouchpointTable.touchpoint_id).where(
            TouchpointTable.agency_id == transaction.agency,
            TouchpointTable.customer_id == occasion.customer_id,
            TouchpointTable.service == occasion.service,
            TouchpointTable.occurrence == occasion.occurrence,
            col(TouchpointTable.left_on).is_not(None),
        )
    )
    return list(found)


async def save_occasions(transaction: Transaction, occasions: Sequence[NewOccasion]) -> None:
    """Store what happened; what is known already stays as it is.

    SQL text because one set-based statement stores what a page of changes brought.
    """
    if not occasions:
        return
    await transaction.execute(
        """
        INSERT INTO occasion (agency_id, customer_id, service, occurrence, day, because, subject)
        SELECT CAST(:agency AS varchar), customer_id, service, occurrence, day, because,
               CAST(subject AS jsonb)
          FROM unnest(CAST(:customer_id AS varchar[]), CAST(:service AS varchar[]),
                      CAST(:occurrence AS varchar[]), CAST(:day AS date[]),
                      CAST(:because AS varchar[]), CAST(:subject AS text[]))
               AS new (customer_id, service, occurrence, day, because, subject)
        ON CONFLICT DO NOTHING
        """,
        {
            "customer_id": [each.customer_id for each in occasions],
            "service": [each.service for each in occasions],
            "occurrence": [each.occurrence for each in occasions],
            "day": [each.day for each in occasions],
            "because": [each.because for each in occasions],
            "subject": [each.subject_text for each in occasions],
        },
    )
