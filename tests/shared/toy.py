"""A toy pair of services: one keeps notes, the other keeps an echo of each note.

Two tables on the real kernel, in one real database each, so that the kernel's promises are
tested by themselves.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

import asyncpg

from shared.contracts.changes import Change, ChangePage, PublishedChange
from shared.contracts.vocabulary import AgencyId, Revision
from shared.db import feed
from shared.db.database import Database, Transaction
from shared.db.followers import Feed, Follower
from shared.db.kernel_tables import (
    Protected,
    install_kernel,
    keep_answers,
    keep_keys,
    protect,
)
from shared.db.rings import Ring
from shared.db.sweep_database import SweepDatabase
from shared.jobs.jobs import Job
from shared.turns import Turn

NOTE = "CREATE TABLE note (agency_id text, note_id text, PRIMARY KEY (agency_id, note_id))"
ECHO = (
    "CREATE TABLE echo (agency_id text, note_id text, times int NOT NULL, "
    "PRIMARY KEY (agency_id, note_id))"
)


class NoteWritten(PublishedChange):
    """A note was written."""

    KIND: ClassVar = "note.written"
    SUBJECT: ClassVar = "note_id"

    note_id: str
    pages: int | None = None


async def create_toy_tables(owner_url: str) -> None:
    """The kernel's tables and the toy's two, as a first migration would make them."""
    statements: list[str] = []
    install_kernel(statements.append)
    keep_keys(statements.append)
    keep_answers(statements.append)
    statements += [NOTE, ECHO]
    protect(statements.append, Protected("note"), Protected("echo"))
    owner = await asyncpg.connect(owner_url)
    for statement in statements:
        await owner.execute(statement)
    await owner.close()


class DirectFeed:
    """A service's feed read from its database, as its client would read it over HTTP."""

    def __init__(self, database: Database, sweep: SweepDatabase) -> None:
        self._database = database
        self._sweep = sweep

    async def changes(
        self, agency: AgencyId, *, after: Revision, after_change_id: UUID | None, limit: int
    ) -> ChangePage:
        """Changes after a revision."""
        async with self._database.transaction(agency) as transaction:
            return await feed.page(
                transaction, after=after, after_change_id=after_change_id, limit=limit
            )

    async def heads(self) -> dict[AgencyId, Revision]:
        """Heads of all agencies."""
        rows = await self._sweep.rows("SELECT agency_id, head FROM feed_head")
        return {row.agency_id: row.head for row in rows}


class Poison(ValueError):
    """this note can never be echoed"""


@dataclass
class Toy:
    """Both services over the same database, as classifier (notes) and scheduler (echoes)."""

    notes: Database
    echoes: Database
    sweep: SweepDatabase
    poisoned: set[str]
    rebuilt: list[AgencyId]

    async def write(self, agency: AgencyId, *notes: str) -> None:
        """Store notes and publish each."""
        async with self.notes.transaction(agency) as transaction:
            for note in notes:
                await transaction.execute(
                    "INSERT INTO note VALUES (:agency, :note)", {"note": note}
                )
                transaction.publish(NoteWritten(note_id=note))

    def follower(self, feed: Feed | None = None) -> Follower:
        """A follower that counts how often each note took effect."""
        return Follower(
            feed_of="classifier",
            feed=feed or DirectFeed(self.notes, self.sweep),
            database=self.echoes,
            sweep=self.sweep,
            apply=self.apply,
            rebuild=self.rebuild,
        )

    async def apply(self, transaction: Transaction, changes: Sequence[Change]) -> None:
        """Echo each note; a poisoned one fails for good."""
        for change in changes:
            if change.subject in self.poisoned:
                raise Poison(change.subject)
            await transaction.execute(
                """
                INSERT INTO echo VALUES (:agency, :note, 1)
                ON CONFLICT (agency_id, note_id) DO UPDATE SET times = echo.times + 1
                """,
                {"note": change.subject},
            )

    async def rebuild(self, agency: AgencyId) -> None:
        """List the present notes and echo those that are missing."""
        self.rebuilt.append(agency)
        async with self.echoes.transaction(agency) as transaction:
            await transaction.execute(
                """
                INSERT INTO echo SELECT agency_id, note_id, 1 FROM note WHERE agency_id = :agency
                ON CONFLICT DO NOTHING
                """
            )

    async def echoed(self, agency: AgencyId) -> dict[str, int]:
        """How often each note took effect."""
        async with self.echoes.transaction(agency) as transaction:
            rows = await transaction.execute(
                "SELECT note_id, times FROM echo WHERE agency_id = :agency"
            )
            return {row.note_id: row.times for row in rows}

    def job(self) -> Job:
        """The follower as a worker's job."""
        follower = self.follower()

        async def run(agency: AgencyId, turn: Turn) -> None:
            await follower.follow(agency, turn=turn)

        return Job(name="follow_classifier", run=run, pending=follower.pending)


@asynccontextmanager
async def open_toy(*, app_url: str, sweep_url: str, rung: list[Ring]) -> AsyncIterator[Toy]:
    """The toy with a doorbell that writes down what was rung."""

    async def ring(rings: Sequence[Ring]) -> None:
        rung.extend(rings)

    notes = Database(service="classifier", url=app_url, ring=ring, pool=4)
    echoes = Database(service="scheduler", url=app_url, ring=ring, pool=4)
    sweep = SweepDatabase(url=sweep_url)
    try:
        yield Toy(notes=notes, echoes=echoes, sweep=sweep, poisoned=set(), rebuilt=[])
    finally:
        await notes.close()
        await echoes.close()
        await sweep.close()
