"""Leases: rows of a table that one worker may work on for a while.

A leased table has the columns ``lease_token uuid`` and ``leased_until timestamptz``. Whoever claims
rows writes a fresh token and an end into them, by the database's clock. Every later step names the
token; if it changes no row, the lease was lost to another worker and nothing may be done::

    EMAILS = LeasedTable("message", key="message_id", seconds=60)

    claimed = await EMAILS.claim(
        transaction, where="state = 'accepted' AND due_at <= :now", order_by="due_at", limit=100,
        steps="state = 'claimed'", returning="message_id, template", values={"now": now},
    )
    async with EMAILS.kept_alive(database, agency, claimed.token):
        ...  # work that may take longer than the lease, outside of any transaction
    await EMAILS.step(transaction, claimed.token, "state = 'sent'", where="state = 'claimed'")
    await EMAILS.release(transaction, claimed.token, steps="state = 'accepted'")

    await EMAILS.expire(transaction, where="state = 'claimed'", steps="state = 'accepted'")

All of it is SQL text, because it serves tables of any name, skips locked rows and goes by the
database's clock. Statements that change many rows to different values are written by their store,
with the conditions :data:`HELD`, :data:`FREE`, :data:`EXPIRED` and the assignment :data:`RELEASED`.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import CursorResult

from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction
from shared.db.failures import is_transient
from shared.db.sweep_database import SweepDatabase

log = structlog.get_logger(__name__)

FREE = "(leased_until IS NULL OR leased_until < statement_timestamp())"
"""Nobody works on the row: it is not leased, or its lease has ended. A row without a token whose
``leased_until`` lies ahead waits until then."""
HELD = "lease_token = :token"
EXPIRED = "(lease_token IS NOT NULL AND leased_until < statement_timestamp())"
RELEASED = "lease_token = NULL, leased_until = NULL"
PROLONGED = "leased_until = statement_timestamp() + make_interval(secs => :seconds)"
"""The lease counts from the statement: in a long transaction ``now()`` would shorten it."""

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Claimed:
    """Rows leased to one worker, as the claim returned them, and the token of their lease."""

    token: UUID
    rows: Sequence[Any]


@dataclass(frozen=True, slots=True)
class LeasedTable:
    """A table whose rows are leased; ``key`` names its primary key beside the agency.

    ``seconds`` is how long a worker may be silent before others take over.
    """

    table: str
    key: str
    seconds: float

    async def claim(
        self,
        transaction: Transaction,
        *,
        returning: str,
        order_by: str,
        where: str = "true",
        steps: str = "",
        limit: int = 1,
        among: str | None = None,
        values: Values | None = None,
    ) -> Claimed:
        """Lease up to ``limit`` free rows; rows that others are claiming are skipped.

        ``steps`` are further assignments. ``among`` may choose from the locked rows: a SELECT from
        ``free`` of one column named ``chosen`` that holds their keys.
        """
        token = uuid4()
        # Only the key if nothing is chosen among the rows, because whole rows make the sort slow.
        # A list of its own: as a sub-select it may be asked once for each row, and lease them all.
        found = await transaction.execute(
            f"""
            WITH free AS MATERIALIZED (
                SELECT {"*" if among else self.key} FROM {self.table}
                 WHERE agency_id = :agency AND ({where}) AND {FREE}
                 ORDER BY {order_by} LIMIT :limit FOR UPDATE SKIP LOCKED
            ), picked AS ({among or f"SELECT {self.key} AS chosen FROM free"})
            UPDATE {self.table} SET {_and(steps)} lease_token = :token, {PROLONGED}
              FROM picked
             WHERE agency_id = :agency AND {self.key} = picked.chosen
            RETURNING {returning}
            """,
            {**(values or {}), "token": token, "seconds": self.seconds, "limit": limit},
        )
        return Claimed(token, found.all())

    async def keep_alive(self, transaction: Transaction, token: UUID) -> int:
        """Prolong the lease; returns the number of rows still held."""
        return (await self.step(transaction, token, PROLONGED)).rowcount

    @asynccontextmanager
    async def kept_alive(
        self, database: Database, agency: AgencyId, token: UUID
    ) -> AsyncIterator[None]:
        """Prolong the lease three times in its length until the block ends."""
        task = asyncio.create_task(self._keep_alive(database, agency, token))
        try:
            yield
        finally:
            task.cancel()
            # To suppress its CancelledError would lose our own, if we are told to end just now.
            await asyncio.wait([task])
            if not task.cancelled():
                task.result()

    async def _keep_alive(self, database: Database, agency: AgencyId, token: UUID) -> None:
        while True:
            await asyncio.sleep(self.seconds / 3)
            try:
                async with database.transaction(agency) as transaction:
                    await self.keep_alive(transaction, token)
            except Exception as error:
                # Once is no harm; three in a row lose the lease, and the next step finds that out.
                log.warning("lease not renewed", table=self.table, error=type(error).__name__)
                if not is_transient(error):
                    raise

    async def step(
        self,
        transaction: Transaction,
        token: UUID,
        steps: str,
        *,
        where: str = "true",
        values: Values | None = None,
    ) -> CursorResult[Any]:
        """Change the rows that are held; a row count of 0 says that the lease was lost.

        ``steps`` may contain :data:`PROLONGED` to keep the lease alive with the change.
        """
        # Only what is named may be given: the driver cannot guess the type of the others.
        seconds = {"seconds": self.seconds} if ":seconds" in steps else {}
        return await transaction.execute(
            f"""
            UPDATE {self.table} SET {steps}
             WHERE agency_id = :agency AND {HELD} AND ({where})
            """,
            {**(values or {}), **seconds, "token": token},
        )

    async def release(
        self,
        transaction: Transaction,
        token: UUID,
        *,
        steps: str = "",
        where: str = "true",
        values: Values | None = None,
        wait_seconds: float = 0,
    ) -> int:
        """Give the rows back, to be claimed after ``wait_seconds``; returns how many were held."""
        released = f"{_and(steps)} {RELEASED}"
        if wait_seconds:
            released, values = (
                f"{_and(steps)} lease_token = NULL, leased_until = statement_timestamp()"
                " + make_interval(secs => :wait)",
                {**(values or {}), "wait": wait_seconds},
            )
        return (await self.step(transaction, token, released, where=where, values=values)).rowcount

    async def expire(
        self,
        transaction: Transaction,
        *,
        steps: str = "",
        where: str = "true",
        returning: str = "",
        limit: int | None = None,
        values: Values | None = None,
    ) -> Sequence[Any]:
        """Take rows from workers that fell silent; returns ``returning`` (else the key) of each."""
        found = await transaction.execute(
            f"""
            WITH expired AS MATERIALIZED (
                SELECT {self.key} AS chosen FROM {self.table}
                 WHERE agency_id = :agency AND ({where}) AND {EXPIRED}
                 LIMIT :limit FOR UPDATE SKIP LOCKED
            )
            UPDATE {self.table} SET {_and(steps)} {RELEASED}
              FROM expired
             WHERE agency_id = :agency AND {self.key} = expired.chosen
            RETURNING {returning or self.key}
            """,
            {**(values or {}), "limit": limit},
        )
        return found.all()

    async def agencies_with_free_rows(
        self, sweep: SweepDatabase, *, where: str = "true", values: Values | None = None
    ) -> Sequence[AgencyId]:
        """Agencies that have rows to claim, for the sweep."""
        rows = await sweep.rows(
            f"SELECT DISTINCT agency_id FROM {self.table} WHERE ({where}) AND {FREE}", values
        )
        return [row.agency_id for row in rows]


def _and(steps: str) -> str:
    return f"{steps}," if steps else ""
