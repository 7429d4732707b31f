"""What happened and raises a touchpoint."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOccasion:
    """One occasion; the occurrence names it once and for all."""

    customer_id: CustomerId
    service: str
    occurrence: str
    day: date
    because: str
    detail: str | None


async def save_occasions(transaction: Transaction, occasions: Sequence[NewOccasion]) -> None:
    """Keep what happened; what is known already stays as it is."""
    if not occasions:
        return
    await transaction.execute(
        """
        INSERT INTO occasion (agency_id, customer_id, service, occurrence, day, because, detail)
        SELECT CAST(:agency AS varchar), new.*
          FROM unnest(CAST(:customer_id AS varchar[]), CAST(:service AS varchar[]),
                      CAST(:occurrence AS varchar[]), CAST(:day AS date[]),
                      CAST(:because AS varchar[]), CAST(:detail AS varchar[])) AS new
        ON CONFLICT DO NOTHING
        """,
        {
            name: [getattr(each, name) for each in occasions]
            for name in NewOccasion.__dataclass_fields__
        },
    )
