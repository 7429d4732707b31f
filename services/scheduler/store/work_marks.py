"""Work marks: customers whose facts must be asked for, and care units that must be planned.

Marking counts up. Unmarking deletes only marks whose count is still the one that was read, so work
that was marked again in between is not lost, and repeating is harmless. Marking and unmarking are
SQL text because each is one set-based statement for any number of ids.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import and_
from sqlalchemy import select as select_columns
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.scheduler.store.agencies import agencies_of
from services.scheduler.store.customer_tables import CustomerMarkTable, CustomerTable, UnitMarkTable
from services.scheduler.store.customers import units_of
from shared.contracts.vocabulary import AgencyId, CustomerId
from shared.db.database import Transaction
from shared.db.sweep_database import SweepDatabase

EVERY_UNIT = "*"
"""Stands for all units; no id can be equal to it."""


@dataclass(frozen=True, slots=True)
class WorkMarks:
    """Marked customers or units, each with the count of its marks when it was read."""

    ids: Sequence[str]
    counts: Sequence[int]

    def without(self, ids: Collection[str]) -> "WorkMarks":
        """The marks of all others."""
        pairs = zip(self.ids, self.counts, strict=True)
        kept = [(each, count) for each, count in pairs if each not in ids]
        return WorkMarks([each for each, _ in kept], [count for _, count in kept])


async def mark_units(transaction: Transaction, unit_ids: Iterable[str]) -> None:
    """Plan these units again."""
    units = sorted(set(unit_ids))
    if units:
        await transaction.execute(_MARK_UNITS, {"ids": units})
        transaction.ring("plan")


async def mark_units_of(transaction: Transaction, customer_ids: Iterable[CustomerId]) -> None:
    """Plan the units of these customers again."""
    await mark_units(transaction, await units_of(transaction, customer_ids))


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
        INSERT INTO customer_mark AS old (agency_id, customer_id)
        SELECT agency_id, customer_id FROM customer WHERE agency_id = :agency
        ON CONFLICT (agency_id, customer_id) DO UPDATE SET marks = old.marks + 1
        """
    )
    transaction.ring("refresh_customers")


async def marked_customers(transaction: Transaction, *, limit: int) -> WorkMarks:
    """Customers whose facts must be asked for."""
    found = await transaction.exec(_customer_marks(transaction).limit(limit))
    rows = found.all()
    return WorkMarks([row.customer_id for row in rows], [row.marks for row in rows])


async def units_with_open_facts(transaction: Transaction) -> frozenset[str]:
    """Units of customers whose facts must still be asked for."""
    found = await transaction.exec(
        select(CustomerTable.unit_id)
        .join(
            CustomerMarkTable,
            and_(
                col(CustomerMarkTable.agency_id) == CustomerTable.agency_id,
                col(CustomerMarkTable.customer_id) == CustomerTable.customer_id,
            ),
        )
        .where(CustomerTable.agency_id == transaction.agency)
        .distinct()
    )
    return frozenset(found)


def _customer_marks(transaction: Transaction) -> SelectOfScalar[CustomerMarkTable]:
    return (
        select(CustomerMarkTable)
        .where(CustomerMarkTable.agency_id == transaction.agency)
        .order_by(col(CustomerMarkTable.customer_id))
    )


async def marked_units(transaction: Transaction) -> WorkMarks:
    """Units to be planned again."""
    found = await transaction.execute(
        select_columns(col(UnitMarkTable.unit_id), col(UnitMarkTable.marks))
        .where(col(UnitMarkTable.agency_id) == transaction.agency)
        .order_by(col(UnitMarkTable.unit_id))
    )
    rows = found.all()
    return WorkMarks([row.unit_id for row in rows], [row.marks for row in rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class Burst:
    """How much waits to be planned, and for how many seconds it has been quiet and waiting."""

    units: int
    quiet_seconds: float
    waiting_seconds: float


async def burst_of_units(transaction: Transaction) -> Burst:
    """What is marked now, by the database's own clock; SQL text because it subtracts instants."""
    row = (await transaction.execute(_BURST)).one()
    return Burst(units=row.units, quiet_seconds=row.quiet, waiting_seconds=row.waiting)


async def unmark_customers(transaction: Transaction, done: WorkMarks) -> None:
    """Unmark customers, unless marked again meanwhile."""
    await transaction.execute(_UNMARK_CUSTOMERS, {"ids": done.ids, "marks": done.counts})


async def unmark_units(transaction: Transaction, done: WorkMarks) -> None:
    """Unmark units, unless marked again meanwhile."""
    await transaction.execute(_UNMARK_UNITS, {"ids": done.ids, "marks": done.counts})


async def agencies_with_marked_customers(sweep: SweepDatabase) -> Sequence[AgencyId]:
    """Agencies with customers whose facts must be asked for."""
    return await agencies_of(sweep, "SELECT DISTINCT agency_id FROM customer_mark")


async def agencies_with_marked_units(sweep: SweepDatabase) -> Sequence[AgencyId]:
    """Agencies with units that must be planned again."""
    return await agencies_of(sweep, "SELECT DISTINCT agency_id FROM unit_mark")


# The beginning of a long transaction, which now() gives, would look like quiet.
_MARK_UNITS = """
    INSERT INTO unit_mark AS old (agency_id, unit_id, first_marked_at, marked_at)
    SELECT CAST(:agency AS varchar), id, instant, instant
      FROM unnest(CAST(:ids AS varchar[])) AS id, clock_timestamp() AS instant
    ON CONFLICT (agency_id, unit_id) DO UPDATE
       SET marks = old.marks + 1, marked_at = excluded.marked_at
"""
_BURST = """
    SELECT count(*) AS units,
           coalesce(extract(epoch FROM clock_timestamp() - max(marked_at)), 0)::float AS quiet,
           coalesce(extract(epoch FROM clock_timestamp() - min(first_marked_at)), 0)::float
               AS waiting
      FROM unit_mark WHERE agency_id = :agency
"""
_MARK_CUSTOMERS = """
    INSERT INTO customer_mark AS old (agency_id, customer_id)
    SELECT CAST(:agency AS varchar), id FROM unnest(CAST(:ids AS varchar[])) AS id
    ON CONFLICT (agency_id, customer_id) DO UPDATE SET marks = old.marks + 1
"""
# Locked in the order of the ids, because whoever marks them locks them in it too.
_UNMARK_CUSTOMERS = """
    WITH locked AS MATERIALIZED (
        SELECT customer_id FROM customer_mark
          JOIN unnest(CAST(:ids AS varchar[]), CAST(:marks AS bigint[])) AS done (id, counted)
            ON customer_id = done.id AND marks = counted
         WHERE agency_id = :agency ORDER BY customer_id FOR UPDATE OF customer_mark
    )
    DELETE FROM customer_mark USING locked
     WHERE customer_mark.agency_id = :agency AND customer_mark.customer_id = locked.customer_id
"""
_UNMARK_UNITS = """
    WITH locked AS MATERIALIZED (
        SELECT unit_id FROM unit_mark
          JOIN unnest(CAST(:ids AS varchar[]), CAST(:marks AS bigint[])) AS done (id, counted)
            ON unit_id = done.id AND marks = counted
         WHERE agency_id = :agency ORDER BY unit_id FOR UPDATE OF unit_mark
    )
    DELETE FROM unit_mark USING locked
     WHERE unit_mark.agency_id = :agency AND unit_mark.unit_id = locked.unit_id
"""
