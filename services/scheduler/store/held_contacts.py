"""Contacts that were held without their task: what was planned for them ends."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import func, update
from sqlmodel import col, select

from services.scheduler.domain.services import TOLD_PASTS
from services.scheduler.store.change_outbox import PUBLISH_CHANGES, TOUCHPOINTS_INTO_OUTBOX
from services.scheduler.store.touchpoint_tables import TouchpointTable
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction

SAME_CONTACT_DAYS: Final = 14
"""What ended here so few days before a contact that was logged elsewhere is the same contact."""
HELD_ELSEWHERE: Final = "held_elsewhere"
"""The reason of what ended because the contact was logged elsewhere."""


async def locked_touchpoint(
    transaction: Transaction, touchpoint_id: UUID
) -> TouchpointTable | None:
    """One touchpoint, locked until the commit; None if there is none of this id."""
    found = await transaction.exec(
        select(TouchpointTable)
        .where(
            TouchpointTable.agency_id == transaction.agency,
            TouchpointTable.touchpoint_id == touchpoint_id,
        )
        .with_for_update()
    )
    return found.one_or_none()


async def leave_the_plan(transaction: Transaction, touchpoint_id: UUID, *, day: date) -> None:
    """Take a contact out of the plan before its day, as due on the day it was held."""
    await transaction.execute(
        update(TouchpointTable)
        .where(
            col(TouchpointTable.agency_id) == transaction.agency,
            col(TouchpointTable.touchpoint_id) == touchpoint_id,
        )
        .values(state="due", reason=None, day=day, left_on=day, since=func.now())
    )


async def end_held_elsewhere(transaction: Transaction, customer_ids: Sequence[CustomerId]) -> None:
    """End the next planned contact of each kind that was held according to the customers' facts.

    Only what was held since planning began ends something: before, nothing was planned that could
    have been meant. A review is held whenever it is; any other contact ends what it could stand
    for, which is on a desk or in its window. The task behind it ends
    with it, without minutes, because the contact that was logged has them. SQL text because one
    statement ends the touchpoints of many and puts them into the change outbox.
    """
    for column, service in TOLD_PASTS.items():
        await transaction.execute(
            _END.format(day=column),
            {
                "ids": list(customer_ids),
                "service": service,
                "any_time": column == "last_review_on",
                "reason": HELD_ELSEWHERE,
                "same": SAME_CONTACT_DAYS,
            },
        )
    transaction.ring(PUBLISH_CHANGES)


_END = f"""
    WITH held AS (
        SELECT unit_id, max({{day}}) AS day FROM customer
         WHERE agency_id = :agency AND {{day}} >= care_since
           AND unit_id IN (SELECT unit_id FROM customer
                            WHERE agency_id = :agency
                              AND customer_id = ANY(CAST(:ids AS varchar[])))
         GROUP BY unit_id
    ), meant AS (
        SELECT DISTINCT ON (owner.unit_id) touchpoint_id, held.day
          FROM touchpoint JOIN customer AS owner USING (agency_id, customer_id)
               JOIN held ON held.unit_id = owner.unit_id
         WHERE agency_id = :agency AND service = :service
           AND state IN ('planned', 'due', 'suppressed') AND ended_on IS NULL
           AND (:any_time OR state = 'due' OR earliest <= held.day)
           AND NOT EXISTS (
               SELECT FROM touchpoint AS ended JOIN customer AS other USING (agency_id, customer_id)
                WHERE ended.agency_id = :agency AND ended.service = :service
                  AND other.unit_id = owner.unit_id
                  AND ended.ended_on >= held.day - CAST(:same AS integer)
                  AND ended.state <> 'cancelled')
         ORDER BY owner.unit_id, latest, touchpoint_id
    ), tasks AS (
        UPDATE task SET state = 'done', reason = :reason, ended_at = now() FROM meant
         WHERE agency_id = :agency AND task_id = meant.touchpoint_id AND state = 'open'
    ), changed AS (
        UPDATE touchpoint SET state = 'done', reason = :reason, since = now(),
                              left_on = least(coalesce(left_on, meant.day), meant.day),
                              ended_on = meant.day
          FROM meant
         WHERE touchpoint.agency_id = :agency
           AND touchpoint.touchpoint_id = meant.touchpoint_id
        RETURNING touchpoint.touchpoint_id
    ) {TOUCHPOINTS_INTO_OUTBOX}
"""
