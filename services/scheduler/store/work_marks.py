"""What waits to be done, marked so that nothing is lost and repeating is harmless.

Marking counts up; finishing takes away only where the count is still what was read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from services.scheduler.store.agencies import agencies_of
from shared.contracts.vocabulary import AgencyId, CustomerId
from shared.db.database import SweepDatabase, Transaction

EVERY_UNIT = "*"
"""Stands for all units; no id can look like it."""


@dataclass(frozen=True, slots=True)
class Marked:
    """What is marked, with the counts then."""

    ids: Sequence[str]
    marks: Sequence[int]


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


async def stale_customers(transaction: Transaction, *, limit: int) -> Marked:
    """Customers whose facts must be asked."""
    rows = await transaction.execute(
        """
        SELECT customer_id AS id, marks FROM stale_customer
         WHERE agency_id = :agency ORDER BY customer_id LIMIT :limit
        """,
        {"limit": limit},
    )
    return _marked(rows.all())


async def any_stale_customer(transaction: Transaction) -> bool:
    """Whether somebody's facts must still be asked."""
    found = await transaction.execute(
        "SELECT EXISTS (SELECT FROM stale_customer WHERE agency_id = :agency)"
    )
    return bool(found.scalar_one())


async def stale_units(transaction: Transaction) -> Marked:
    """Units to be planned again."""
    rows = await transaction.execute(
        "SELECT unit_id AS id, marks FROM stale_unit WHERE agency_id = :agency ORDER BY unit_id"
    )
    return _marked(rows.all())


async def finish_customers(transaction: Transaction, done: Marked) -> None:
    """Unmark customers, unless marked again meanwhile."""
    await transaction.execute(_FINISH_CUSTOMERS, {"ids": done.ids, "marks": done.marks})


async def finish_units(transaction: Transaction, done: Marked) -> None:
    """Unmark units, unless marked again meanwhile."""
    await transaction.execute(_FINISH_UNITS, {"ids": done.ids, "marks": done.marks})


async def agencies_to_refresh(sweep: SweepDatabase) -> Sequence[AgencyId]:
    """Agencies where personal facts must be asked."""
    return await agencies_of(sweep, "SELECT DISTINCT agency_id FROM stale_customer")


async def agencies_to_plan(sweep: SweepDatabase) -> Sequence[AgencyId]:
    """Agencies where units wait for their plan."""
    return await agencies_of(sweep, "SELECT DISTINCT agency_id FROM stale_unit")


def _marked(rows: Sequence[Any]) -> Marked:
    return Marked([row.id for row in rows], [row.marks for row in rows])


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
_FINISH_CUSTOMERS = """
    DELETE FROM stale_customer
     USING unnest(CAST(:ids AS varchar[]), CAST(:marks AS bigint[])) AS done (id, marks)
     WHERE agency_id = :agency AND customer_id = done.id AND stale_customer.marks = done.marks
"""
_FINISH_UNITS = """
    DELETE FROM stale_unit
     USING unnest(CAST(:ids AS varchar[]), CAST(:marks AS bigint[])) AS done (id, marks)
     WHERE agency_id = :agency AND unit_id = done.id AND stale_unit.marks = done.marks
"""
