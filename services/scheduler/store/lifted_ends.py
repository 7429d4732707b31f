"""A death, an end of mandate or a merge that was a mistake: what it stopped comes back.

SQL text because each statement is set-based and changes rows that hang together.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from services.scheduler.domain.touchpoint_ids import touchpoint_id
from services.scheduler.store.change_outbox import PUBLISH_CHANGES, TOUCHPOINTS_INTO_OUTBOX
from services.scheduler.store.dispatches import MESSAGE
from services.scheduler.store.standing_in import outdate_standing_in
from services.scheduler.store.touchpoint_tables import TouchpointTable
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction

ORDERED_AGAIN_WITHIN: Final = timedelta(days=30)
"""Who sees a mistake sees it within days. What would have left longer ago is stale, and the plan
knows what is due next."""


async def reopen_discarded(
    transaction: Transaction, customer_ids: Sequence[CustomerId], *, reason: str
) -> list[UUID]:
    """Open what was taken off the desks for this reason; returns the requests among it."""
    parameters = {"ids": list(customer_ids), "reason": reason}
    await transaction.execute(_REOPEN_TOUCHPOINTS, parameters)
    requests = await transaction.execute(_REOPEN_REQUESTS, parameters)
    transaction.ring(PUBLISH_CHANGES)
    await outdate_standing_in(transaction)
    return list(requests.scalars())


async def order_again(
    transaction: Transaction,
    customer_ids: Sequence[CustomerId],
    *,
    reason: str,
    lifted_as: str,
    today: date,
) -> None:
    """Order the messages again that did not leave for this reason, under ids of their own."""
    values = {"ids": list(customer_ids), "reason": reason, "since": today - ORDERED_AGAIN_WITHIN}
    stopped = (await transaction.execute(_STOPPED, values)).all()
    await _order(transaction, stopped, lifted_as=lifted_as, today=today)


async def keep_under_way(
    transaction: Transaction,
    customer_ids: Sequence[CustomerId],
    *,
    reason: str,
    lifted_as: str,
    today: date,
) -> None:
    """Let messages that are with the notifier go on their way although an end had stopped them.

    What the notifier was not asked to cancel yet it is not asked for. It may have been asked for
    others, and may have held back some by itself: these are remembered, because their end comes
    later than the lifting, and is no end then.
    """
    told = {"ids": list(customer_ids), "reason": reason}
    await transaction.execute(_KEEP_UNDER_WAY, told)
    await transaction.execute(_REMEMBER, {**told, "lifted_as": lifted_as, "today": today})


async def expect_end(
    transaction: Transaction, customer_ids: Sequence[CustomerId], *, reason: str
) -> None:
    """Forget that an end was lifted before, because it is told once more and stops messages."""
    await transaction.execute(_EXPECT_END, {"ids": list(customer_ids), "reason": reason})


async def doubted_ends(
    transaction: Transaction, touchpoint_ids: Sequence[UUID]
) -> Sequence[CustomerId]:
    """Return whose messages were held back for an end that is not known here: it may still come, or
    have been lifted before anybody here heard of it."""
    found = await transaction.execute(_DOUBTED, {"ids": list(touchpoint_ids)})
    return found.scalars().all()


async def order_stopped_again(transaction: Transaction) -> None:
    """Order again what was stopped for a reason that had been lifted when its end arrived.

    Call it wherever ends of messages were stored: no other moment comes.
    """
    stopped: dict[tuple[str, date], list[Any]] = {}
    for each in await transaction.execute(_STOPPED_SINCE):
        if each.stopped:
            stopped.setdefault((each.lifted_as, each.lifted_on), []).append(each)
    for (lifted_as, lifted_on), found in sorted(stopped.items()):
        await _order(transaction, found, lifted_as=lifted_as, today=lifted_on)


async def _order(
    transaction: Transaction, stopped: Sequence[Any], *, lifted_as: str, today: date
) -> None:
    """Order stopped messages again. The notifier takes each id once and never sends what was
    cancelled. The new ids come from the old ones, because after a merge one customer may have the
    same occurrence twice."""
    if not stopped:
        return
    again = [f"{each.occurrence}:again:{each.touchpoint_id.hex[:12]}" for each in stopped]
    new_ids = [
        touchpoint_id(
            agency=transaction.agency,
            customer_id=each.customer_id,
            service=each.service,
            occurrence=occurrence,
        )
        for each, occurrence in zip(stopped, again, strict=True)
    ]
    old_ids = [each.touchpoint_id for each in stopped]
    values = {"old": old_ids, "new": new_ids, "occurrences": again, "today": today}
    await transaction.execute(_ORDER_AGAIN, {**values, "lifted_as": lifted_as})
    transaction.ring(PUBLISH_CHANGES)
    transaction.ring("hand_over")


async def forget_occasions(
    transaction: Transaction, customer_ids: Sequence[CustomerId], services: Sequence[str]
) -> None:
    """Forget what raised these services; what is only planned of them leaves the plan."""
    await transaction.execute(
        """
        DELETE FROM occasion WHERE agency_id = :agency
           AND customer_id = ANY(CAST(:ids AS varchar[]))
           AND service = ANY(CAST(:services AS varchar[]))
        """,
        {"ids": list(customer_ids), "services": list(services)},
    )


async def times_lifted(
    transaction: Transaction,
    customer_ids: Sequence[CustomerId],
    services: Sequence[str],
    *,
    reason: str,
) -> dict[CustomerId, int]:
    """How many touchpoints of these services were cancelled because an end was lifted."""
    found = await transaction.execute(
        """
        SELECT customer_id, count(*) AS times FROM touchpoint
         WHERE agency_id = :agency AND state = 'cancelled' AND reason = :reason
           AND customer_id = ANY(CAST(:ids AS varchar[]))
           AND service = ANY(CAST(:services AS varchar[]))
         GROUP BY customer_id
        """,
        {"ids": list(customer_ids), "services": list(services), "reason": reason},
    )
    return {row.customer_id: row.times for row in found}


_REOPEN_TOUCHPOINTS = f"""
    WITH reopened AS (
        UPDATE task SET state = 'open', reason = NULL, ended_at = NULL, reopened = reopened + 1
          FROM touchpoint
         WHERE task.agency_id = :agency AND touchpoint.agency_id = :agency
           AND touchpoint.touchpoint_id = task.touchpoint_id
           AND task.customer_id = ANY(CAST(:ids AS varchar[]))
           AND task.state = 'discarded' AND task.reason = :reason
           AND touchpoint.state = 'cancelled' AND touchpoint.reason = :reason
        RETURNING task.touchpoint_id
    ), changed AS (
        UPDATE touchpoint SET state = 'due', reason = NULL, since = now(), ended_on = NULL
          FROM reopened
         WHERE touchpoint.agency_id = :agency
           AND touchpoint.touchpoint_id = reopened.touchpoint_id
        RETURNING touchpoint.touchpoint_id
    ) {TOUCHPOINTS_INTO_OUTBOX}
"""
_REOPEN_REQUESTS = """
    WITH reopened AS (
        UPDATE task SET state = 'open', reason = NULL, ended_at = NULL, reopened = reopened + 1
         WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS varchar[]))
           AND request_id IS NOT NULL AND state = 'discarded' AND reason = :reason
        RETURNING request_id
    )
    UPDATE request SET state = 'open', outcome = NULL, closed_at = NULL FROM reopened
     WHERE request.agency_id = :agency AND request.request_id = reopened.request_id
    RETURNING request.request_id
"""
_KEEP_UNDER_WAY = """
    DELETE FROM dispatch_cancellation AS asked USING touchpoint
     WHERE asked.agency_id = :agency AND touchpoint.agency_id = :agency
       AND touchpoint.touchpoint_id = asked.touchpoint_id AND asked.reason = :reason
       AND touchpoint.customer_id = ANY(CAST(:ids AS varchar[]))
       AND touchpoint.state = 'handed_over' AND asked.begun_at IS NULL
"""
# Locked, so that whoever stores the end of one of these messages either is seen here, and its
# touchpoint is no longer handed over, or sees the row.
_REMEMBER = f"""
    WITH under_way AS (
        SELECT touchpoint_id FROM touchpoint
         WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS varchar[])) AND {MESSAGE}
           AND state = 'handed_over' ORDER BY touchpoint_id FOR UPDATE
    )
    INSERT INTO lifted_end (agency_id, touchpoint_id, reason, lifted_as, lifted_on)
    SELECT :agency, touchpoint_id, CAST(:reason AS varchar), CAST(:lifted_as AS varchar),
           CAST(:today AS date)
      FROM under_way
    ON CONFLICT (agency_id, touchpoint_id, reason)
    DO UPDATE SET lifted_as = excluded.lifted_as, lifted_on = excluded.lifted_on
"""
_EXPECT_END = """
    DELETE FROM lifted_end USING touchpoint
     WHERE lifted_end.agency_id = :agency AND touchpoint.agency_id = :agency
       AND touchpoint.touchpoint_id = lifted_end.touchpoint_id AND lifted_end.reason = :reason
       AND touchpoint.customer_id = ANY(CAST(:ids AS varchar[]))
"""
_STOPPED_SINCE = """
    DELETE FROM lifted_end USING touchpoint
     WHERE lifted_end.agency_id = :agency AND touchpoint.agency_id = :agency
       AND touchpoint.touchpoint_id = lifted_end.touchpoint_id
       AND touchpoint.state <> 'handed_over'
    RETURNING touchpoint.touchpoint_id, customer_id, service, occurrence, lifted_as, lifted_on,
              touchpoint.state IN ('cancelled', 'suppressed')
              AND touchpoint.reason = lifted_end.reason AS stopped
"""
_DOUBTED = """
    SELECT DISTINCT customer.customer_id FROM touchpoint
      JOIN customer ON customer.agency_id = touchpoint.agency_id
                   AND customer.customer_id = touchpoint.customer_id
     WHERE touchpoint.agency_id = :agency AND touchpoint_id = ANY(CAST(:ids AS uuid[]))
       AND state = 'suppressed'
       AND (reason = 'deceased' AND death_date IS NULL
            OR reason = 'mandate_ended' AND mandate IS DISTINCT FROM 'ended')
"""
_STOPPED = f"""
    SELECT touchpoint_id, customer_id, service, occurrence FROM touchpoint
     WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS varchar[])) AND {MESSAGE}
       AND state IN ('cancelled', 'suppressed') AND reason = :reason AND left_on >= :since
       FOR UPDATE
"""
_ANEW: Final = {
    "touchpoint_id": "told.new_id",
    "occurrence": "told.occurrence",
    "state": "'due'",
    "reason": "NULL",
    "since": "now()",
    "day": ":today",
    "left_on": ":today",
    "ended_on": "NULL",
    "lease_token": "NULL",
    "leased_until": "NULL",
}
_NAMES: Final = list(TouchpointTable.model_fields)
_ORDER_AGAIN = f"""
    WITH told AS (
        SELECT * FROM unnest(CAST(:old AS uuid[]), CAST(:new AS uuid[]),
                             CAST(:occurrences AS varchar[])) AS told (old_id, new_id, occurrence)
    ), again AS (
        INSERT INTO touchpoint ({", ".join(_NAMES)})
        SELECT {", ".join(_ANEW.get(name, f"old.{name}") for name in _NAMES)}
          FROM touchpoint AS old JOIN told ON old.touchpoint_id = told.old_id
         WHERE old.agency_id = :agency
        RETURNING touchpoint_id
    ), lifted AS (
        UPDATE touchpoint SET reason = :lifted_as, since = now() FROM told
         WHERE agency_id = :agency AND touchpoint.touchpoint_id = told.old_id
        RETURNING touchpoint.touchpoint_id
    ), changed AS (SELECT * FROM again UNION ALL SELECT * FROM lifted)
    {TOUCHPOINTS_INTO_OUTBOX}
"""
