"""A death or an end of mandate that was told by mistake: what it took off the desks comes back.

SQL text because each statement is set-based and changes rows that hang together.
"""

from collections.abc import Sequence
from uuid import UUID

from services.scheduler.store.change_outbox import PUBLISH_CHANGES, TOUCHPOINTS_INTO_OUTBOX
from services.scheduler.store.standing_in import outdate_standing_in
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


async def reopen_discarded(
    transaction: Transaction, customer_ids: Sequence[CustomerId], *, reason: str
) -> list[UUID]:
    """Open what was taken off the desks for this reason; returns the requests among it.

    Messages are not ordered again: the plan knows what is due now.
    """
    parameters = {"ids": list(customer_ids), "reason": reason}
    await transaction.execute(_REOPEN_TOUCHPOINTS, parameters)
    requests = await transaction.execute(_REOPEN_REQUESTS, parameters)
    transaction.ring(PUBLISH_CHANGES)
    await outdate_standing_in(transaction)
    return list(requests.scalars())


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
    transaction: Transaction, customer_ids: Sequence[CustomerId], *, reason: str
) -> dict[CustomerId, int]:
    """How many touchpoints of each customer were cancelled because an end was lifted."""
    found = await transaction.execute(
        """
        SELECT customer_id, count(*) AS times FROM touchpoint
         WHERE agency_id = :agency AND state = 'cancelled' AND reason = :reason
           AND customer_id = ANY(CAST(:ids AS varchar[]))
         GROUP BY customer_id
        """,
        {"ids": list(customer_ids), "reason": reason},
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
