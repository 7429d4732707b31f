"""Attempts to hand messages over: each is recorded once, when its outcome is known.

SQL text because it is part of the set-based statements that move messages on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.notifier.domain.messages import DeliveryOutcome
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of an attempt; ``response`` are the mail server's words."""

    outcome: DeliveryOutcome
    response: str | None = None


def recorded(tried: str) -> str:
    """The INSERT that records the attempts of a common table expression.

    It must have the columns agency_id, message_id, transmitting_at, outcome and response; a row
    without an outcome was no attempt. The message's row is locked by its own step, so no other
    attempt can take the same number.
    """
    return f"""
        INSERT INTO delivery_attempt
               (agency_id, message_id, attempt, began_at, ended_at, outcome, response)
        SELECT tried.agency_id, tried.message_id,
               1 + coalesce((SELECT max(attempt) FROM delivery_attempt AS earlier
                              WHERE earlier.agency_id = tried.agency_id
                                AND earlier.message_id = tried.message_id), 0),
               tried.transmitting_at, CAST(:now AS timestamptz), tried.outcome, tried.response
          FROM {tried} AS tried WHERE tried.outcome IS NOT NULL
    """


async def record_same(
    transaction: Transaction,
    message_ids: Sequence[UUID],
    *,
    outcome: DeliveryOutcome,
    now: datetime,
) -> None:
    """Record that the attempts of these messages ended alike, without an answer."""
    await transaction.execute(
        f"""
        WITH lost AS (
            SELECT agency_id, message_id, transmitting_at, CAST(:outcome AS text) AS outcome,
                   CAST(NULL AS text) AS response
              FROM message WHERE agency_id = :agency AND message_id = ANY(CAST(:ids AS uuid[]))
        )
        {recorded("lost")}
        """,
        {"ids": list(message_ids), "outcome": outcome, "now": now},
    )
