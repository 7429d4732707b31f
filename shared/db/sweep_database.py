"""The door of the sweep: reads across agencies, through a role of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import NullPool, Pool, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.db.connection_limits import SWEEP_SECONDS, connection_limits
from shared.db.database import async_url


class SweepDatabase:
    """Reads across agencies, for the sweep and operations: few tables, and only SELECT."""

    POOL: type[Pool] = NullPool
    """A connection for each question, which comes once a minute: one that is kept would hold
    megabytes of the server for nothing."""

    def __init__(self, *, url: str) -> None:
        self._engine = create_async_engine(
            async_url(url),
            poolclass=self.POOL,
            connect_args=connection_limits(SWEEP_SECONDS, name="kundentakt-sweep"),
        )

    async def rows(
        self, statement: str, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[Any]:
        """The rows of one SELECT."""
        async with self._engine.connect() as connection:
            return (await connection.execute(text(statement), parameters)).all()

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()
