"""Introductions of new carers: not yet told, of a day, and held for a decision.

Statements are SQL text because each is one set-based statement over many customers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shared.contracts.vocabulary import CustomerId, StaffId
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """A customer of a unit; ``settled``: in care for longer than today, so that the carer is
    known; ``knows`` is the carer before an introduction that was not told yet."""

    customer_id: CustomerId
    unit_id: str
    settled: bool
    knows: StaffId | None


async def customers_met(
    transaction: Transaction, units: Sequence[str], *, as_of: date, services: Sequence[str]
) -> list[Met]:
    """The active customers of these units, and whom each of them knows as the carer."""
    rows = await transaction.execute(
        _MET, {"units": list(units), "as_of": as_of, "services": list(services)}
    )
    return [Met(**row._mapping) for row in rows]


async def forget_untold(
    transaction: Transaction, customer_ids: Sequence[CustomerId], services: Sequence[str]
) -> None:
    """Drop introductions of these customers that nobody was told of, held ones included."""
    parameters = {"ids": list(customer_ids), "services": list(services)}
    await transaction.execute(_FORGET_OCCASIONS, parameters)
    await transaction.execute(
        "DELETE FROM held_introduction"
        " WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS varchar[]))",
        {"ids": list(customer_ids)},
    )


async def introduced_on(transaction: Transaction, day: date, services: Sequence[str]) -> int:
    """How many introductions the day brings already."""
    found = await transaction.execute(
        "SELECT count(*) FROM occasion WHERE agency_id = :agency AND day = :day"
        " AND service = ANY(CAST(:services AS varchar[]))",
        {"day": day, "services": list(services)},
    )
    return int(found.scalar_one())


async def size_of_book(transaction: Transaction) -> int:
    """How many active customers there are."""
    found = await transaction.execute(
        "SELECT count(*) FROM customer WHERE agency_id = :agency AND status = 'active'"
    )
    return int(found.scalar_one())


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An introduction that waits for a person."""

    customer_id: CustomerId
    staff_id: StaffId
    previous_staff_id: StaffId
    since: datetime


async def hold(
    transaction: Transaction, introduced: Mapping[CustomerId, tuple[StaffId, StaffId]]
) -> None:
    """Keep introductions (new carer, carer who is known) until somebody decides."""
    await transaction.execute(
        """
        INSERT INTO held_introduction (agency_id, customer_id, staff_id, previous_staff_id)
        SELECT CAST(:agency AS varchar), customer_id, staff_id, previous
          FROM unnest(CAST(:ids AS varchar[]), CAST(:staff AS varchar[]),
                      CAST(:previous AS varchar[])) AS new (customer_id, staff_id, previous)
        ON CONFLICT (agency_id, customer_id) DO UPDATE
           SET staff_id = excluded.staff_id, previous_staff_id = excluded.previous_staff_id
        """,
        {
            "ids": list(introduced),
            "staff": [new for new, _ in introduced.values()],
            "previous": [known for _, known in introduced.values()],
        },
    )


async def list_held(transaction: Transaction, *, after: CustomerId, limit: int) -> list[Held]:
    """Held introductions by customer, from the one after this customer on."""
    rows = await transaction.execute(
        """
        SELECT customer_id, staff_id, previous_staff_id, since
          FROM held_introduction JOIN customer USING (agency_id, customer_id)
         WHERE agency_id = :agency AND status = 'active' AND customer_id > :after
         ORDER BY customer_id LIMIT :limit
        """,
        {"after": after, "limit": limit},
    )
    return [Held(**row._mapping) for row in rows]


async def take_held(
    transaction: Transaction, customer_ids: Sequence[CustomerId] | None
) -> list[Held]:
    """Take the held introductions of these customers, or all, off the list."""
    rows = await transaction.execute(
        """
        DELETE FROM held_introduction
         WHERE agency_id = :agency AND (CAST(:ids AS varchar[]) IS NULL
                                        OR customer_id = ANY(CAST(:ids AS varchar[])))
        RETURNING customer_id, staff_id, previous_staff_id, since
        """,
        {"ids": customer_ids},
    )
    return [Held(**row._mapping) for row in rows]


_UNTOLD = """
    occasion.agency_id = :agency AND occasion.service = ANY(CAST(:services AS varchar[]))
    AND NOT EXISTS (SELECT FROM touchpoint
                     WHERE touchpoint.agency_id = :agency
                       AND touchpoint.customer_id = occasion.customer_id
                       AND touchpoint.service = occasion.service
                       AND touchpoint.occurrence = occasion.occurrence
                       AND touchpoint.left_on IS NOT NULL)
"""
_MET = f"""
    SELECT customer.customer_id, customer.unit_id,
           coalesce(care_since < :as_of OR carer.begun_at <= agency.opened_at, false) AS settled,
           coalesce((SELECT occasion.subject ->> 'previous_staff_id' FROM occasion
                      WHERE occasion.customer_id = customer.customer_id AND {_UNTOLD}
                      ORDER BY occasion.day LIMIT 1),
                    (SELECT held.previous_staff_id FROM held_introduction AS held
                      WHERE held.agency_id = :agency
                        AND held.customer_id = customer.customer_id)) AS knows
      FROM customer
      JOIN agency ON agency.agency_id = :agency
      LEFT JOIN carer ON carer.agency_id = :agency AND carer.unit_id = customer.unit_id
     WHERE customer.agency_id = :agency AND customer.status = 'active'
       AND customer.unit_id = ANY(CAST(:units AS varchar[]))
     ORDER BY customer.customer_id
"""
_FORGET_OCCASIONS = f"""
    DELETE FROM occasion
     WHERE customer_id = ANY(CAST(:ids AS varchar[])) AND {_UNTOLD}
"""
