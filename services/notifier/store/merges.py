"""What follows a customer whose record was merged. SQL text, because each statement moves rows and
notes them at once."""

from typing import Final
from uuid import UUID

from services.notifier.domain.messages import CANCEL
from services.notifier.store.states import may_begin
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction

_NOTED: Final = """
    AND message_id IN (SELECT message_id FROM merged_message
                        WHERE agency_id = :agency AND merge_id = :merge_id)
"""


async def doubles(
    transaction: Transaction, *, from_id: CustomerId, into_id: CustomerId
) -> set[str]:
    """Ids of the messages that wait for the one and would tell the other the same once more."""
    found = await transaction.execute(
        f"""
        SELECT message_id::text FROM message
         WHERE agency_id = :agency AND customer_id = :from_id AND {may_begin(CANCEL)}
           AND purpose <> 'service'
           AND EXISTS (SELECT FROM message AS other
                        WHERE other.agency_id = :agency AND other.customer_id = :into_id
                          AND other.template = message.template
                          AND other.channel = message.channel
                          AND {may_begin(CANCEL, column="other.state")})
        """,
        {"from_id": from_id, "into_id": into_id},
    )
    return set(found.scalars())


async def move_waiting(
    transaction: Transaction, merge_id: UUID, *, from_id: CustomerId, into_id: CustomerId
) -> None:
    """What waits is the other's, and so is every withdrawal; the latest counts."""
    await transaction.execute(
        f"""
        WITH moved AS (
            UPDATE message SET customer_id = :into_id
             WHERE agency_id = :agency AND customer_id = :from_id AND {may_begin(CANCEL)}
            RETURNING message_id
        )
        INSERT INTO merged_message (agency_id, merge_id, message_id)
        SELECT CAST(:agency AS varchar), CAST(:merge_id AS uuid), message_id FROM moved
        """,
        {"merge_id": merge_id, "from_id": from_id, "into_id": into_id},
    )
    await transaction.execute(
        """
        INSERT INTO suppression AS old (agency_id, customer_id, purpose, channel, at, message_id)
        SELECT agency_id, CAST(:into_id AS varchar), purpose, channel, at, message_id
          FROM suppression WHERE agency_id = :agency AND customer_id = :from_id
        ON CONFLICT (agency_id, customer_id, purpose, channel) DO UPDATE
           SET at = greatest(old.at, excluded.at)
        """,
        {"from_id": from_id, "into_id": into_id},
    )


async def move_back(transaction: Transaction, merge_id: UUID, *, from_id: CustomerId) -> None:
    """Give the customer back their messages. A withdrawal stays with both: nobody is written to
    against somebody's word."""
    await transaction.execute(
        f"UPDATE message SET customer_id = :from_id WHERE agency_id = :agency {_NOTED}",
        {"merge_id": merge_id, "from_id": from_id},
    )
    await transaction.execute(
        "DELETE FROM merged_message WHERE agency_id = :agency AND merge_id = :merge_id",
        {"merge_id": merge_id},
    )
