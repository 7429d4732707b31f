"""Who may be one person: proposed, never joined without somebody's word."""

from services.classifier.store.duplicates import alike_customers
from shared.contracts.vocabulary import AgencyId, CustomerId
from shared.db.database import Database


async def possible_duplicates(*, database: Database, agency: AgencyId) -> list[list[CustomerId]]:
    """Groups of customers with the same names, birth date and postcode."""
    async with database.transaction(agency) as transaction:
        return await alike_customers(transaction)
