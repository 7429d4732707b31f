"""Who cares for which unit, and how many customers somebody cares for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import select

from services.scheduler.store.change_outbox import add_to_outbox
from services.scheduler.store.customer_tables import CarerTable
from shared.contracts.changes.scheduler import CarerChanged
from shared.contracts.vocabulary import StaffId
from shared.db.database import Transaction


def told_staff(told: str, *, agency: str) -> str:
    """SQL for the id of whom the broker system tells as carer: that very id, else the only one that
    differs in capitals alone; null if nobody is meant, or more than one."""
    return f"""
        (SELECT CASE WHEN bool_or(staff_id = {told}) THEN {told}
                     WHEN count(*) = 1 THEN min(staff_id) END
           FROM staff WHERE staff.agency_id = {agency} AND lower(staff_id) = lower({told}))
    """


ACTING_CARERS = """
    (SELECT carer.agency_id, carer.unit_id,
            coalesce(here.staff_id, carer_proposal.to_staff_id) AS staff_id
       FROM carer LEFT JOIN carer_proposal USING (agency_id, unit_id)
       LEFT JOIN staff AS here ON here.agency_id = carer.agency_id AND here.active
                              AND here.staff_id = carer.staff_id)
"""
"""Who does a carer's work (agency_id, unit_id, staff_id): the carer; of one who left, whoever is
proposed, before anybody decides; null if nobody is."""


async def begin_with_told_carers(transaction: Transaction) -> None:
    """Give units without a carer the one that the broker system told, if that person works here.

    SQL text because one statement looks through the whole book.
    """
    begun = await transaction.execute(
        f"""
        WITH told AS MATERIALIZED (
            SELECT told_carer, {told_staff("told_carer", agency=":agency")} AS staff_id
              FROM (SELECT DISTINCT told_carer FROM customer
                     WHERE agency_id = :agency AND told_carer IS NOT NULL) AS every
        )
        INSERT INTO carer (agency_id, unit_id, staff_id)
        SELECT DISTINCT ON (unit_id) customer.agency_id, unit_id, told.staff_id
          FROM customer JOIN told USING (told_carer)
               JOIN staff ON staff.agency_id = customer.agency_id
                         AND staff.staff_id = told.staff_id AND staff.active
         WHERE customer.agency_id = :agency
           AND NOT EXISTS (SELECT FROM carer WHERE carer.agency_id = customer.agency_id
                                               AND carer.unit_id = customer.unit_id)
         ORDER BY unit_id, customer_since NULLS LAST, customer_id
        ON CONFLICT DO NOTHING RETURNING unit_id
        """
    )
    await add_to_outbox(transaction, "carer", begun.scalars())


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


async def units_of_carer(transaction: Transaction, staff_id: StaffId) -> list[str]:
    """The units whose carer is this person, whether here or not."""
    found = await transaction.exec(
        select(CarerTable.unit_id).where(
            CarerTable.agency_id == transaction.agency, CarerTable.staff_id == staff_id
        )
    )
    return list(found)


async def carer_of_unit(transaction: Transaction, unit_id: str) -> CarerTable | None:
    """The carer's row of a unit, locked until the commit; None before the first plan."""
    found = await transaction.exec(
        select(CarerTable)
        .where(CarerTable.agency_id == transaction.agency, CarerTable.unit_id == unit_id)
        .with_for_update()
    )
    return found.one_or_none()


async def pin_carer(transaction: Transaction, unit_id: str, staff_id: StaffId | None) -> None:
    """Pin this person to a unit, or lift the pin; the present carer stays as it is."""
    pinned = insert(CarerTable).values(
        agency_id=transaction.agency, unit_id=unit_id, pinned_staff_id=staff_id
    )
    await transaction.execute(
        pinned.on_conflict_do_update(
            index_elements=["agency_id", "unit_id"], set_={"pinned_staff_id": staff_id}
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CarerLoad:
    """How many units and customers somebody cares for."""

    staff_id: str | None
    units: int
    customers: int


async def carer_loads(transaction: Transaction) -> list[CarerLoad]:
    """Units and customers by carer; those of a carer who left are nobody's.

    SQL text because one set-based statement counts the book.
    """
    rows = await transaction.execute(
        """
        SELECT staff.staff_id, count(DISTINCT unit_id) AS units, count(*) AS customers
          FROM customer JOIN carer USING (agency_id, unit_id)
          LEFT JOIN staff ON staff.agency_id = :agency AND staff.staff_id = carer.staff_id
                         AND staff.active
         WHERE customer.agency_id = :agency AND status = 'active'
         GROUP BY staff.staff_id ORDER BY staff.staff_id
        """
    )
    return [CarerLoad(**row._mapping) for row in rows]


TOLD_CARERS_SHOWN: Final = 50
"""So many at most: a column of a list that holds something else than carers has thousands."""


async def told_carers_unknown(transaction: Transaction) -> dict[StaffId, int]:
    """Whom the broker system tells as carers although nobody on the staff is meant, and of how many
    active customers; those of most customers first.

    SQL text because one set-based statement counts the book.
    """
    rows = await transaction.execute(
        f"""
        SELECT told_carer, customers
          FROM (SELECT told_carer, count(*) AS customers FROM customer
                 WHERE agency_id = :agency AND status = 'active' AND told_carer IS NOT NULL
                 GROUP BY told_carer) AS told
         WHERE {told_staff("told_carer", agency=":agency")} IS NULL
         ORDER BY customers DESC, told_carer LIMIT :shown
        """,
        {"shown": TOLD_CARERS_SHOWN},
    )
    return {row.told_carer: row.customers for row in rows}


async def carers_to_publish(transaction: Transaction, units: Sequence[str]) -> list[CarerChanged]:
    """The present carer of each customer of these units, as the feed publishes it: nobody, if
    the carer left and none was decided on.

    SQL text because it is hot: with one array of units the statement is the same for any number.
    """
    rows = await transaction.execute(
        """
        SELECT customer_id, unit_id, staff.staff_id
          FROM customer JOIN carer USING (agency_id, unit_id)
          LEFT JOIN staff ON staff.agency_id = :agency AND staff.staff_id = carer.staff_id
                         AND staff.active
         WHERE customer.agency_id = :agency AND unit_id = ANY(CAST(:units AS varchar[]))
         ORDER BY customer_id
        """,
        {"units": list(units)},
    )
    return [CarerChanged(**row._mapping) for row in rows]
