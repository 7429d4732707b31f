"""What is claimed next is read from an index in its order, however much is due."""

from datetime import UTC, datetime
from typing import Any, cast

import asyncpg

from services.notifier.store.emails import claim_emails, leased_emails
from shared.db.database import Transaction
from tests.notifier.conftest import Notifier, order

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MANY = """
    INSERT INTO message (agency_id, message_id, dispatch_id, customer_id, channel, purpose,
                         template, data, priority, state, attempts, due_at, accepted_at)
    SELECT :agency, gen_random_uuid(), 'm-' || number, 'K-1', 'email', 'newsletter',
           'newsletter', '{}', CASE WHEN number % 500 = 0 THEN 'waiting_customer' ELSE 'normal' END,
           'accepted', 0, CAST(:now AS timestamptz) - make_interval(secs => number % 7919),
           CAST(:now AS timestamptz)
      FROM generate_series(1, 20000) AS number
"""


class Explaining:
    """A transaction that explains statements instead of carrying them out."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.plans: list[str] = []

    async def execute(self, statement: str, values: Any) -> Any:
        found = await self._transaction.execute(f"EXPLAIN {statement}", values)
        self.plans.append("\n".join(found.scalars()))
        return await self._transaction.execute("SELECT 1 WHERE false")


async def test_no_claim_sorts_all_that_is_due(notifier: Notifier) -> None:
    async with notifier.resources.database.transaction(notifier.agency) as transaction:
        await transaction.execute(MANY, {"now": NOON})
    owner = await asyncpg.connect(notifier.database.owner_url)
    await owner.execute("ANALYZE message")
    await owner.close()
    async with notifier.resources.database.transaction(notifier.agency) as transaction:
        explaining = Explaining(transaction)
        await claim_emails(cast(Transaction, explaining), leased_emails(30), now=NOON, limit=100)
    waiting, others = explaining.plans
    assert "ix_message_customer_waits" in waiting
    assert "ix_message_due" in others
    assert not any("Sort" in plan for plan in explaining.plans)


async def test_the_e_mails_of_who_waits_are_claimed_first_and_then_the_oldest(
    notifier: Notifier,
) -> None:
    await notifier.dispatch(
        *(order(number) for number in (1, 2, 3)), order(4, priority="waiting_customer")
    )
    await notifier.execute(
        "UPDATE message SET due_at = due_at - interval '1 hour'"
        " WHERE agency_id = :agency AND dispatch_id = 'd-2'"
    )
    claimed: list[str] = []
    for _ in range(4):
        async with notifier.resources.database.transaction(notifier.agency) as transaction:
            _, found = await claim_emails(transaction, leased_emails(30), now=NOON, limit=1)
        claimed += [each.dispatch_id for each in found]
    assert claimed[:2] == ["d-4", "d-2"]
    assert sorted(claimed[2:]) == ["d-1", "d-3"]
