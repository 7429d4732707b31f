"""Who cares for which unit, and how many customers somebody cares for."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from shared.contracts.changes.scheduler import CarerChanged
from shared.db.database import Transaction


async def save_carers(transaction: Transaction, carers: pl.DataFrame) -> None:
    """Enter new and changed carers (``unit_id``, ``staff_id``) in one set-based statement."""
    await transaction.execute(
        """
        INSERT INTO carer AS old (agency_id, unit_id, staff_id)
        SELECT CAST(:agency AS varchar), unit_id, staff_id
          FROM unnest(CAST(:units AS varchar[]), CAST(:staff AS varchar[]))
               AS new (unit_id, staff_id)
        ON CONFLICT (agency_id, unit_id) DO UPDATE SET staff_id = excluded.staff_id, since = now()
         WHERE old.staff_id IS DISTINCT FROM excluded.staff_id
        """,
        {"units": carers["unit_id"].to_list(), "staff": carers["staff_id"].to_list()},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CarerLoad:
    """How many units and customers somebody cares for."""

    staff_id: str | None
    units: int
    customers: int


async def carer_loads(transaction: Transaction) -> list[CarerLoad]:
    """Units and customers by carer; SQL text because one set-based statement counts the book."""
    rows = await transaction.execute(
        """
        SELECT carer.staff_id, count(DISTINCT unit_id) AS units, count(*) AS customers
          FROM customer JOIN carer USING (agency_id, unit_id)
         WHERE agency_id = :agency AND status = 'active'
         GROUP BY carer.staff_id ORDER BY carer.staff_id
        """
    )
    return [CarerLoad(**row._mapping) for row in rows]


async def carers_to_publish(transaction: Transaction, units: Sequence[str]) -> list[CarerChanged]:
    """The present carer of each customer of these units, as the feed publishes it.

    SQL text because it is hot: with one array of units the statement is the same for any number.
    """
    rows = await transaction.execute(
        """
        SELECT customer_id, unit_id, carer.staff_id
          FROM customer JOIN carer USING (agency_id, unit_id)
         WHERE agency_id = :agency AND unit_id = ANY(CAST(:units AS varchar[]))
         ORDER BY customer_id
        """,
        {"units": list(units)},
    )
    return [CarerChanged(**row._mapping) for row in rows]
