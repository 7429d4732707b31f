"""Work marks: customers whose facts must be asked for, and care units that must be planned.

Marking counts up. Unmarking deletes only marks whose count is still the one that was read, so work
that was marked again in between is not lost, and repeating is harmless.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from services.scheduler.store.agencies import agencies_of
from shared.contracts.vocabulary import AgencyId, CustomerId
from shared.db.database import SweepDatabase, Transaction

EVERY_UNIT = "*"
"""Stands for all units; no id can be equal to it."""


@dataclass(frozen=True, slots=True)
class WorkMarks:
    """Marked customers or units, each with the count of its marks when it was read."""

    ids: Sequence[str]
    counts: Sequence[int]


async def mark_units(transaction: Transaction, unit_ids: Iterable[str]) -> None:
    """Plan these units again."""
    units = sorted(set(unit_ids))
    if units:
        await transaction.execute(_MARK_UNITS, {"ids": units})
        transaction.ring("plan")


async def mark_units_of(transaction: Transaction, customer_ids: Iterable[CustomerId]) -> None:
    """Plan the units of these customers again."""
    rows = await transaction.execute(
        """
        SELECT DISTINCT unit_id FROM customer
         WHERE agency_id = :agency AND customer_id = ANY(CAST(:ids AS varchar[]))
        """,
        {"ids": list(customer_ids)},
    )
    await mark_units(transaction, rows.scalars())


async def mark_customers(transaction: Transaction, customer_ids: Iterable[CustomerId]) -> None:
    """Ask for these customers' personal facts again."""
    customers = sorted(set(customer_ids))
    if customers:
        await transaction.execute(_MARK_CUSTOMERS, {"ids": customers})
        transaction.ring("refresh_customers")


async def mark_all_customers(transaction: Transaction) -> None:
    """Ask for everybody's personal facts again."""
    await transaction.execute(
        """
        INSERT INTO stale_customer AS old (agency_id, customer_id)
        SELECT agency_id, customer_id FROM customer WHERE agency_id = :agency
        ON CONFLICT (agency_id, customer_id) DO UPDATE SET marks = old.marks + 1
        """
    )
    transaction.ring("refresh_customers")


async def marked_customers(transaction: Transaction, *, limit: int) -> WorkMarks:
    """Customers whose facts must be asked for."""
    rows = await transaction.execute(
        """
        SELECT customer_id AS id, marks FROM stale_customer
         WHERE agency_id = :agency ORDER BY customer_id LIMIT :limit
        """,
        {"limit": limit},
    )
    return _marked(rows.all())


async def any_marked_customer(transaction: Transaction) -> bool:
    """Whether anybody's facts must still be asked for."""
    found = await transaction.execute(
        "SELECT EXISTS (SELECT FROM stale_customer WHERE agency_id = :agency)"
    )
    return bool(found.scalar_one())


async def marked_units(transaction: Transaction) -> WorkMarks:
    """Units to be planned again."""
    rows = await transaction.execute(
        "SELECT unit_id AS id, marks FROM stale_unit WHERE agency_id = :agency ORDER BY unit_id"
    )
    return _marked(rows.all())


async def unmark_customers(transaction: Transaction, done: WorkMarks) -> None:
    """Unmark customers, unless marked again meanwhile."""
    await transaction.execute(_UNMARK_CUSTOMERS, {"ids": done.ids, "marks": done.counts})


async def unmark_units(transaction: Transaction, done: WorkMarks) -> None:
    """Unmark units, unless marked again meanwhile."""
    await transaction.execute(_UNMARK_UNITS, {"ids": done.ids, "marks": done.counts})


async def agencies_with_marked_customers(sweep: SweepDatabase) -> Sequence[AgencyId]:
    """Agencies with customers whose facts must be asked for."""
    return await agencies_of(sweep, "SELECT DISTINCT agency_id FROM stale_customer")


async def agencies_with_marked_units(sweep: SweepDatabase) -> Sequence[AgencyId]:
    """Agencies with units that must be planned again."""
    return await agencies_of(sweep, "SELECT DISTINCT agency_id FROM stale_unit")


def _marked(rows: Sequence[Any]) -> WorkMarks:
    return WorkMarks([row.id for row in rows], [row.marks for row in rows])


_MARK_UNITS = """
    INSERT INTO stale_unit AS old (agency_id, unit_id)
    SELECT CAST(:agency AS varchar), id FROM unnest(CAST(:ids AS varchar[])) AS id
    ON CONFLICT (agency_id, unit_id) DO UPDATE SET marks = old.marks + 1
"""
_MARK_CUSTOMERS = """
    INSERT INTO stale_customer AS old (agency_id, customer_id)
    SELECT CAST(:agency AS varchar), id FROM unnest(CAST(:ids AS varchar[])) AS id
    ON CONFLICT (agency_id, customer_id) DO UPDATE SET marks = old.marks + 1
"""
_UNMARK_CUSTOMERS = """
    DELETE FROM stale_customer
     USING unnest(CAST(:ids AS varchar[]), CAST(:marks AS bigint[])) AS done (id, marks)
     WHERE agency_id = :agency AND customer_id = done.id AND stale_customer.marks = done.marks
"""
_UNMARK_UNITS = """
    DELETE FROM stale_unit
     USING unnest(CAST(:ids AS varchar[]), CAST(:marks AS bigint[])) AS done (id, marks)
     WHERE agency_id = :agency AND unit_id = done.id AND stale_unit.marks = done.marks
"""
