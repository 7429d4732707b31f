"""Customers by the numbers that other systems know them by."""

from collections.abc import Collection

from services.classifier.store.merge_tables import CUSTOMER_NUMBERS_ELSEWHERE
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


async def customers_identified(
    transaction: Transaction, numbers: Collection[str]
) -> dict[str, set[CustomerId]]:
    """Who bears each of these numbers (``9876:4711``) in some other system; unknown numbers are
    missing. One set-based look at their index."""
    found = await transaction.execute(
        f"""
        SELECT customer_id, known.number
          FROM customer CROSS JOIN LATERAL jsonb_each_text(identities) AS known (system, number)
         WHERE agency_id = :agency AND identities <> '{{}}'
           AND {CUSTOMER_NUMBERS_ELSEWHERE} ?| CAST(:numbers AS text[])
           AND known.number = ANY(CAST(:numbers AS text[]))
        """,
        {"numbers": sorted(numbers)},
    )
    by_number: dict[str, set[CustomerId]] = {}
    for row in found:
        by_number.setdefault(row.number, set()).add(row.customer_id)
    return by_number
