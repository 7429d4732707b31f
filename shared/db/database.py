"""The agency-scoped transaction: the only place that commits.

Every transaction names its agency before its first statement; Postgres row-level security then
shows and accepts rows of that agency alone, whatever the code filters by. Changes published in a
transaction reach the feed as its last statement, and bells ring only after the commit.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache, partial
from typing import Any, TypeVar, cast

import asyncpg
from sqlalchemy import MetaData, TextClause, text
from sqlalchemy.engine import CursorResult, ScalarResult
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.sql.base import Executable
from sqlmodel import SQLModel
from sqlmodel.sql.expression import SelectOfScalar

from shared.contracts.changes import PublishedChange
from shared.contracts.vocabulary import AgencyId, Revision
from shared.db import feed
from shared.db.connection_limits import WORK_SECONDS, connection_limits
from shared.db.feed import NewChange
from shared.db.rings import Ring
from shared.db.roles import RoleFacts, role_facts
from shared.db.shares import Shares
from shared.db.written import note

Selected = TypeVar("Selected")

NAMING_CONVENTION = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def service_metadata() -> MetaData:
    """Tables of one service: SQLModel's global metadata would mix the services' tables."""
    return MetaData(naming_convention=NAMING_CONVENTION)


class DirectTransaction:
    """One open transaction of one agency, as the driver sees it: for the few statements that run
    so often that SQLAlchemy's way to them counts. Created by :meth:`Database.direct` alone."""

    def __init__(
        self, *, agency: AgencyId, service: str, driver: asyncpg.Connection | None = None
    ) -> None:
        self.agency = agency
        self.service = service
        self._driver = driver
        self.revision: Revision | None = None
        """After the commit: how far the feed reaches, if something was published or asked."""
        self._asked_revision = False
        self._changes: list[NewChange] = []
        self._rings: list[Ring] = []

    async def driver(self) -> asyncpg.Connection:
        """The asyncpg connection of this transaction: for COPY, and for statements run often."""
        assert self._driver is not None
        return self._driver

    def publish(self, change: PublishedChange) -> None:
        """Publish the new state of a subject once this transaction commits."""
        self.publish_encoded(type(change), subject=change.subject, payload=change.payload())

    def publish_encoded(self, model: type[PublishedChange], *, subject: str, payload: str) -> None:
        """Publish a change of this model whose payload is JSON already.

        Only for bulk work that writes the JSON faster than the model does. A test must hold that
        the bytes are those of ``model.payload()``.
        """
        self._changes.append(NewChange(kind=model.KIND, subject=subject, payload=payload))

    def ring(self, job: str, *, service: str | None = None) -> None:
        """Wake a job after the commit; a lost ring costs a minute, never work."""
        self._rings.append(Ring(service=service or self.service, job=job, agency=self.agency))

    async def _close(self) -> list[Ring]:
        """Append what was published, last of all, and hand out the bells to ring."""
        if self._changes:
            self.revision = await feed.append(await self.driver(), self.agency, self._changes)
            for follower in feed.FOLLOWERS[self.service]:
                self.ring(feed.follow_job(self.service), service=follower)
        elif self._asked_revision:
            self.revision = await feed.head_of(await self.driver(), self.agency)
        return list(dict.fromkeys(self._rings))

    def ask_revision(self) -> None:
        """Have the answer tell a revision even if nothing is published."""
        self._asked_revision = True


class Transaction(DirectTransaction):
    """One open transaction of one agency. Created by :meth:`Database.transaction` alone."""

    def __init__(self, *, agency: AgencyId, service: str, session: AsyncSession) -> None:
        super().__init__(agency=agency, service=service)
        self.session = session

    async def execute(
        self,
        statement: Executable | str,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> CursorResult[Any]:
        """Run one statement; text may name ``:agency``, which is always given."""
        if isinstance(statement, str):
            statement, names_agency = _parsed(statement)
            if names_agency and not isinstance(parameters, Sequence):
                parameters = {**(parameters or {}), "agency": self.agency}
        result = await self.session.execute(statement, parameters)
        return cast(CursorResult[Any], result)

    async def exec(self, statement: SelectOfScalar[Selected]) -> ScalarResult[Selected]:
        """The rows of a table class, or the values of one column, that ``select`` asks for.

        Each row is as the database has it now: without ``populate_existing`` a row that was read
        before would keep its old values after an UPDATE in SQL text.
        """
        fresh = {"populate_existing": True}
        return await self.session.scalars(statement, execution_options=fresh)

    async def add(self, row: SQLModel) -> None:
        """Insert one row of a table class at once, so that the next statement finds it.

        A JSONB column that may be NULL needs ``none_as_null=True`` in its class: None would be
        stored as JSON's null otherwise.
        """
        self.session.add(row)
        await self.session.flush()

    async def driver(self) -> asyncpg.Connection:
        """The asyncpg connection of this transaction: for COPY, and for statements run often."""
        if self._driver is None:
            self._driver = await _driver_of(await self.session.connection())
        return self._driver

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that can fail alone: what it wrote and published is undone with it."""
        changes, rings = len(self._changes), len(self._rings)
        try:
            async with self.session.begin_nested():
                yield
        except BaseException:
            del self._changes[changes:], self._rings[rings:]
            raise


class Snapshot:
    """Transactions of one agency that see its rows at the same instant, whatever others commit
    meanwhile, and that cannot write. Created by :meth:`Database.snapshot` alone."""

    def __init__(self, transactions: Sequence[Transaction]) -> None:
        self._free: asyncio.Queue[Transaction] = asyncio.Queue()
        for transaction in transactions:
            self._free.put_nowait(transaction)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Borrow one; waits until a reader is free."""
        transaction = await self._free.get()
        try:
            yield transaction
        finally:
            self._free.put_nowait(transaction)


async def _driver_of(connection: AsyncConnection) -> asyncpg.Connection:
    raw = await connection.get_raw_connection()
    return cast(asyncpg.Connection, raw.driver_connection)


async def _enter(session: AsyncSession, agency: AgencyId) -> None:
    await session.execute(_SET_AGENCY, {"agency": agency})


async def _enter_snapshot(session: AsyncSession, agency: AgencyId, name: str | None) -> None:
    """Begin in a snapshot of that name, or in a new one: must be said before any statement."""
    await session.connection(
        execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    )
    if name is not None:
        await session.execute(text(f"SET TRANSACTION SNAPSHOT '{name}'"))
    await _enter(session, agency)


@asynccontextmanager
async def _committed(session: AsyncSession) -> AsyncIterator[None]:
    try:
        yield
        await session.commit()
    except BaseException:
        await session.rollback()
        raise


@cache
def _parsed(statement: str) -> tuple[TextClause, bool]:
    """A statement of the store, which are few, and whether it names ``:agency``."""
    clause = text(statement)
    return clause, "agency" in clause.compile().params


_Enter = Callable[[AsyncSession, AgencyId], Awaitable[None]]
RingBells = Callable[[Sequence[Ring]], Awaitable[None]]


class Database:
    """A service's own database, reached through the app role."""

    def __init__(
        self,
        *,
        service: str,
        url: str,
        ring: RingBells,
        pool: int = 8,
        statement_seconds: int = WORK_SECONDS,
    ) -> None:
        self.service = service
        self._ring = ring
        self._shares = Shares(pool)
        self._opening_snapshot = asyncio.Lock()
        # No pre_ping, which would double the cost of a short transaction: see `_begun`.
        # hide_parameters: error messages go to the log, where no names or addresses belong.
        self._engine: AsyncEngine = create_async_engine(
            async_url(url),
            pool_size=pool,
            max_overflow=0,
            pool_timeout=30,
            hide_parameters=True,
            connect_args={
                **connection_limits(statement_seconds, name=f"kundentakt-{service}"),
                # Without a limit: asyncpg would plan a statement of more than 15 KiB each time.
                "max_cacheable_statement_size": 0,
            },
        )

    @asynccontextmanager
    async def transaction(self, agency: AgencyId) -> AsyncIterator[Transaction]:
        """Open a transaction of one agency; commits at the end, or rolls back on any error."""
        async with self._began(agency) as session:
            transaction = Transaction(agency=agency, service=self.service, session=session)
            yield transaction
            await session.flush()
            rings = await transaction._close()
        if transaction.revision is not None:
            note(transaction.revision)
        if rings:
            await self._ring(rings)

    @asynccontextmanager
    async def reading(self, agency: AgencyId) -> AsyncIterator[Transaction]:
        """Open a transaction that cannot write and whose statements all see one instant."""
        async with self._began(agency, partial(_enter_snapshot, name=None)) as session:
            yield Transaction(agency=agency, service=self.service, session=session)

    @asynccontextmanager
    async def snapshot(self, agency: AgencyId, *, readers: int = 1) -> AsyncIterator[Snapshot]:
        """Show the agency's rows as they are at one instant, to so many readers at once, or to as
        many as the agency may have connections."""
        async with AsyncExitStack() as stack:
            transactions: list[Transaction] = []
            name: str | None = None
            # One opens at a time, because two with half of their connections would deadlock.
            async with self._opening_snapshot:
                for _ in range(min(readers, self._shares.of_agency)):
                    enter = partial(_enter_snapshot, name=name)
                    session = await stack.enter_async_context(self._began(agency, enter))
                    one = Transaction(agency=agency, service=self.service, session=session)
                    transactions.append(one)
                    name = name or (await one.execute(_EXPORT_SNAPSHOT)).scalar_one()
            yield Snapshot(transactions)

    @asynccontextmanager
    async def direct(self, agency: AgencyId) -> AsyncIterator[DirectTransaction]:
        """Like :meth:`transaction`, for work that asks the driver alone."""
        async with self._shares.taken(agency), self._engine.connect() as connection:
            driver = await _driver_of(connection)
            while driver.is_closed():
                # It did not outlive a restart of Postgres; nor may the next one of the pool.
                await connection.invalidate()
                driver = await _driver_of(connection)
            async with driver.transaction():
                await driver.execute(_SET_AGENCY_DIRECT, agency)
                transaction = DirectTransaction(agency=agency, service=self.service, driver=driver)
                yield transaction
                rings = await transaction._close()
        if rings:
            await self._ring(rings)

    @asynccontextmanager
    async def _began(self, agency: AgencyId, enter: _Enter = _enter) -> AsyncIterator[AsyncSession]:
        """Hold a session within the agency's share; commits at the end, or rolls back."""
        async with (
            self._shares.taken(agency),
            await self._begun(agency, enter) as session,
            _committed(session),
        ):
            yield session

    async def _begun(self, agency: AgencyId, enter: _Enter) -> AsyncSession:
        """A session whose transaction knows its agency. The first statement tells whether the
        connection outlived a restart of Postgres; if not, the pool has dropped all of its age, and
        a new one is tried once."""
        session = AsyncSession(self._engine, expire_on_commit=False, autoflush=False)
        try:
            try:
                await enter(session, agency)
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                await session.rollback()
                await enter(session, agency)
        except BaseException:
            await session.close()
            raise
        return session

    async def role(self) -> RoleFacts:
        """What the connected role may do."""
        async with self._engine.connect() as connection:
            return await role_facts(connection)

    async def refuse_unsafe_role(self) -> None:
        """Stop a service whose role could see everything: security would be silently off."""
        (await self.role()).require_safe()

    async def ping(self) -> None:
        """Raise unless the database answers."""
        async with self._engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    async def migration(self) -> str | None:
        """The migration this database was last brought to; None where it never was."""
        async with self._engine.connect() as connection:
            if (await connection.execute(_WAS_MIGRATED)).scalar_one():
                return (await connection.execute(_MIGRATION)).scalar_one_or_none()
            return None

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


def async_url(url: str) -> str:
    """The same server, reached by asyncpg."""
    return url.replace("postgresql://", "postgresql+asyncpg://", 1)


_WAS_MIGRATED = text("SELECT to_regclass('public.alembic_version') IS NOT NULL")
_MIGRATION = text("SELECT version_num FROM public.alembic_version")
_SET_AGENCY = text("SELECT set_config('kundentakt.agency', :agency, true)")
_EXPORT_SNAPSHOT = "SELECT pg_export_snapshot()"
_SET_AGENCY_DIRECT = "SELECT set_config('kundentakt.agency', $1, true)"
