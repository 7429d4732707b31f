"""What a simulation asks besides facts."""

from collections.abc import Sequence

from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


async def members_of_units(
    transaction: Transaction, unit_ids: Sequence[CustomerId]
) -> dict[CustomerId, list[CustomerId]]:
    """The active customers of each unit, in the order of their ids."""
    rows = await transaction.execute(
        """
        SELECT unit_id, array_agg(customer_id ORDER BY customer_id) AS members FROM customer
         WHERE agency_id = :agency AND status = 'active'
           AND unit_id = ANY(CAST(:units AS varchar[]))
         GROUP BY unit_id
        """,
        {"units": list(unit_ids)},
    )
    return {row.unit_id: list(row.members) for row in rows}
