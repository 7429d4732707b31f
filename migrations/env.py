"""Runs the migrations of one service; which one, the section of alembic.ini says."""

import asyncio
import os
from importlib import import_module
from importlib.util import find_spec

from alembic import context
from sqlalchemy import Connection, MetaData, NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

from shared.db.connection_limits import MIGRATION_SECONDS, connection_limits

SERVICE = context.config.config_ini_section

# Two migrations at once take turns; the second finds nothing left to do.
_ADVISORY_LOCK = 0x6B74  # "kt": any number that nobody else of this database locks
_TURN_SECONDS = 60
# A migration that waits for a table's lock makes everybody behind it wait too: give up instead.
_LOCK_SECONDS = 5


def _url() -> str:
    given = context.config.attributes.get("url")
    url = str(given) if given else os.environ[f"{SERVICE.upper()}_OWNER_DATABASE_URL"]
    _, _, rest = url.partition("://")
    return f"postgresql+asyncpg://{rest}"


def _metadata() -> MetaData | None:
    """The tables as the code knows them; none while a service has no store."""
    if find_spec(f"services.{SERVICE}.store") is None:
        return None
    metadata = import_module(f"services.{SERVICE}.store").metadata
    assert isinstance(metadata, MetaData)
    return metadata


def _run(connection: Connection) -> None:
    connection.execute(text(f"SET lock_timeout = '{_TURN_SECONDS}s'"))
    connection.execute(text(f"SELECT pg_advisory_lock({_ADVISORY_LOCK})"))
    connection.execute(text(f"SET lock_timeout = '{_LOCK_SECONDS}s'"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=_metadata(),
        transaction_per_migration=True,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def _run_online() -> None:
    # The pool would keep a connection that outlives its event loop.
    limits = connection_limits(MIGRATION_SECONDS, name="kundentakt-migrate")
    engine = create_async_engine(_url(), poolclass=NullPool, connect_args=limits)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run)
    finally:
        await engine.dispose()


def _run_offline() -> None:
    """Print the SQL for somebody else to run (`alembic upgrade --sql`)."""
    context.configure(url=_url(), target_metadata=_metadata(), literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    _run_offline()
else:
    asyncio.run(_run_online())
