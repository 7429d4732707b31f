"""What follows a customer whose record was merged."""

from uuid import UUID

from services.notifier.domain.messages import CANCEL
from services.notifier.store.states import may_begin
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction
from shared.db.merged_rows import forget_merge, give_back_rows, give_rows


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
    await give_rows(
        transaction,
        merge_id,
        "message",
        ["message_id"],
        from_id=from_id,
        into_id=into_id,
        which=f"AND {may_begin(CANCEL)}",
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
    await give_back_rows(transaction, merge_id, "message", ["message_id"], from_id=from_id)
    await forget_merge(transaction, merge_id)
