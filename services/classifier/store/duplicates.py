"""Customers who may be one person."""

from services.classifier.store.customer_search import SMALL
from services.classifier.store.tables import CustomerTable
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction

MOST_PROPOSALS = 500


async def alike_customers(transaction: Transaction) -> list[list[CustomerId]]:
    """Ids of persons with equal name, birth date and postcode; set-based over the whole book."""
    found = await transaction.execute(
        f"""
        SELECT array_agg(customer_id ORDER BY customer_id) AS ids
          FROM {CustomerTable.__tablename__}
         WHERE agency_id = :agency AND kind = 'person' AND birth_date IS NOT NULL
           AND postcode IS NOT NULL AND last_name IS NOT NULL AND first_name IS NOT NULL
         GROUP BY {SMALL.format("last_name")}, {SMALL.format("first_name")}, birth_date, postcode
        HAVING count(*) > 1
         ORDER BY min(customer_id) LIMIT :most
        """,
        {"most": MOST_PROPOSALS},
    )
    return [list(row.ids) for row in found]
