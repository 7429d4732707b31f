"""Databases as their migrations make them."""

from pathlib import Path

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

import migrations
from kundentakt.servers.bootstrap import check_drift, migrate
from kundentakt.servers.embedded import SERVICES
from tests.fixtures.databases import FreshDatabases


@pytest.mark.parametrize("service", SERVICES)
async def test_migrations_make_what_the_code_works_with_and_repeat_harmlessly(
    service: str, fresh_database: FreshDatabases
) -> None:
    database = await fresh_database(service)
    await migrate(service=service, owner_url=database.owner_url)
    await check_drift(service=service, owner_url=database.owner_url)


@pytest.mark.parametrize("service", SERVICES)
async def test_every_table_but_the_migrations_own_is_under_row_level_security(
    service: str, fresh_database: FreshDatabases
) -> None:
    database = await fresh_database(service)
    connection = await asyncpg.connect(database.owner_url)
    try:
        open_tables = await connection.fetch(
            """SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
                WHERE nspname = 'public' AND relkind IN ('r', 'p') AND NOT relrowsecurity"""
        )
    finally:
        await connection.close()
    assert [row["relname"] for row in open_tables] == ["alembic_version"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_history_has_one_head(service: str) -> None:

    ini = Path(str(migrations.__file__)).with_name("alembic.ini")
    script = ScriptDirectory.from_config(Config(ini, ini_section=service))
    assert len(script.get_heads()) == 1
