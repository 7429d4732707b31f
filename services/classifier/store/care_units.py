"""Care units: customers joined by household links, in both directions and transitively."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import col, select

from services.classifier.store.tables import CustomerTable
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction
from shared.db.id_lists import id_list, parted


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """Customers that are or were linked, with their unit until now, and their links."""

    unit_of: Mapping[CustomerId, CustomerId]
    links: Sequence[tuple[CustomerId, CustomerId]]


async def lock_links(transaction: Transaction) -> None:
    """Wait for our turn to change links, because two writers that each see only their own link
    would leave one household with two units. Only PostgreSQL has such locks."""
    await transaction.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('care units of ' || :agency, 0))"
    )


async def linked_customers(
    transaction: Transaction, customer_ids: Collection[CustomerId]
) -> Household:
    """Everyone whose unit may differ now that these customers changed.

    These are the customers who are connected with one of them, were in a unit with one, or are
    linked from there. Customers who have no household link and had none are left out, because their
    unit stays. SQL text because the statement is recursive.
    """
    found = await transaction.execute(_HANGING_TOGETHER, {"ids": id_list(customer_ids)})
    rows = found.all()
    unit_of = {row.customer_id: row.unit_id for row in rows}
    links = [(row.customer_id, other) for row in rows for other in row.others if other in unit_of]
    return Household(unit_of=unit_of, links=links)


async def mates_of(transaction: Transaction, customer_id: CustomerId) -> list[CustomerId]:
    """The other members of a customer's unit."""
    own_unit = select(CustomerTable.unit_id).where(
        CustomerTable.agency_id == transaction.agency, CustomerTable.customer_id == customer_id
    )
    mates = await transaction.exec(
        select(CustomerTable.customer_id).where(
            CustomerTable.agency_id == transaction.agency,
            col(CustomerTable.unit_id) == own_unit.scalar_subquery(),
            CustomerTable.customer_id != customer_id,
        )
    )
    return list(mates)


async def set_units(transaction: Transaction, unit_of: Mapping[CustomerId, CustomerId]) -> None:
    """Store the units of these customers; set-based, because a batch may join many households."""
    ids = sorted(unit_of)
    await transaction.execute(
        """
        UPDATE customer SET unit_id = new.unit_id
          FROM unnest(CAST(:ids AS text[]), CAST(:units AS text[])) AS new (customer_id, unit_id)
         WHERE customer.agency_id = :agency AND customer.customer_id = new.customer_id
        """,
        {"ids": ids, "units": [unit_of[each] for each in ids]},
    )


async def units_depending_on(
    transaction: Transaction,
    customer_ids: Collection[CustomerId],
    *,
    unit_ids: Collection[CustomerId] = (),
) -> set[CustomerId]:
    """The units whose facts depend on these customers. These are their own; those that recommended
    them, by link or by event, because the revenue counts for them too; and those linked as
    companies with anybody of their units or of ``unit_ids``, because a linked unit's whole revenue
    counts. Set-based: one statement follows the links of a whole batch."""
    found = await transaction.execute(
        f"""
        WITH changed AS (
            SELECT customer_id, unit_id FROM customer
             WHERE agency_id = :agency AND customer_id = ANY({parted("ids")})
        ), mate AS (
            SELECT customer_id FROM customer
             WHERE agency_id = :agency
               AND unit_id = ANY({parted("units")} || ARRAY(SELECT unit_id FROM changed))
        ), linked AS (
            SELECT other_id AS customer_id FROM connection JOIN changed USING (customer_id)
             WHERE agency_id = :agency AND kind = 'recommended_by'
            UNION
            SELECT other_id FROM connection JOIN mate USING (customer_id)
             WHERE agency_id = :agency AND kind = 'company_group'
            UNION
            SELECT link.customer_id FROM connection AS link
              JOIN mate ON link.other_id = mate.customer_id
             WHERE link.agency_id = :agency AND link.kind = 'company_group'
            UNION
            SELECT event.customer_id FROM event
              JOIN changed ON event.data ->> 'referred_customer_id' = changed.customer_id
             WHERE event.agency_id = :agency AND event.type = 'referral.made'
        )
        SELECT unit_id FROM changed
        UNION
        SELECT unit_id FROM customer JOIN linked USING (customer_id) WHERE agency_id = :agency
        """,
        {"ids": id_list(customer_ids), "units": id_list(unit_ids)},
    )
    return set(found.scalars())


_HANGING_TOGETHER = f"""
    WITH RECURSIVE asked AS (
        SELECT customer_id, unit_id FROM customer
         WHERE agency_id = :agency AND customer_id = ANY({parted("ids")})
    ), concerned AS (
        SELECT customer_id FROM asked
         WHERE unit_id <> customer_id
            OR EXISTS (SELECT FROM connection WHERE agency_id = :agency
                        AND customer_id = asked.customer_id AND kind = 'household')
            OR EXISTS (SELECT FROM connection WHERE agency_id = :agency
                        AND other_id = asked.customer_id AND kind = 'household')
            OR EXISTS (SELECT FROM customer AS mate WHERE mate.agency_id = :agency
                        AND mate.unit_id = asked.customer_id
                        AND mate.customer_id <> asked.customer_id)
    ), reached AS (
        SELECT customer_id FROM concerned
        UNION
        SELECT near.customer_id
          FROM reached
          JOIN customer AS here ON here.agency_id = :agency
                               AND here.customer_id = reached.customer_id
          CROSS JOIN LATERAL (
              SELECT other_id AS customer_id FROM connection
               WHERE agency_id = :agency AND customer_id = reached.customer_id
                 AND kind = 'household'
              UNION ALL
              SELECT customer_id FROM connection
               WHERE agency_id = :agency AND other_id = reached.customer_id
                 AND kind = 'household'
              UNION ALL
              SELECT customer_id FROM customer
               WHERE agency_id = :agency AND unit_id = here.unit_id
          ) AS near
    )
    SELECT customer_id, unit_id,
           ARRAY(SELECT other_id FROM connection
                  WHERE connection.agency_id = customer.agency_id
                    AND connection.customer_id = customer.customer_id
                    AND kind = 'household') AS others
      FROM reached JOIN customer USING (customer_id) WHERE agency_id = :agency
"""
