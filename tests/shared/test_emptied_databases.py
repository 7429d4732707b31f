"""What a test may rely on: its database is as migrated, though another test used it before."""

from collections.abc import Sequence

import asyncpg

from shared.db.database import Database
from shared.db.rings import Ring
from tests.fixtures.emptied_databases import EmptiedDatabases

HEADS = "SELECT count(*) FROM feed_head"


async def test_a_database_is_used_again_without_its_rows(
    emptied_databases: EmptiedDatabases,
) -> None:
    async with emptied_databases.one("classifier") as before:
        admin = await asyncpg.connect(before.admin_url)
        await admin.execute("INSERT INTO feed_head VALUES ('agency-x', 1)")
        assert await admin.fetchval(HEADS) == 1
    async with emptied_databases.one("classifier") as after:
        assert after == before
        assert await admin.fetchval(HEADS) == 0
    await admin.close()


async def test_a_database_whose_tables_were_changed_is_not_used_again(
    emptied_databases: EmptiedDatabases,
) -> None:
    async with emptied_databases.one("classifier") as before:
        owner = await asyncpg.connect(before.owner_url)
        await owner.execute("ALTER TABLE feed_head ADD COLUMN newer text")
        await owner.close()
    async with emptied_databases.one("classifier") as after:
        assert after.database != before.database


async def test_a_database_that_somebody_still_works_in_is_not_used_again(
    emptied_databases: EmptiedDatabases,
) -> None:
    async with emptied_databases.one("classifier") as before:
        admin = await asyncpg.connect(before.admin_url)
        await admin.execute("BEGIN")
    async with emptied_databases.one("classifier") as after:
        assert after.database != before.database
    admin.terminate()


async def test_a_database_whose_connections_were_cut_is_not_used_again(
    emptied_databases: EmptiedDatabases,
) -> None:
    async with emptied_databases.one("classifier") as before:
        opened = Database(service="classifier", url=before.app_url, ring=nobody)
        await opened.ping()
        admin = await asyncpg.connect(before.admin_url)
        await admin.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'kundentakt-classifier'"
        )
        await admin.close()
        await opened.close()
    async with emptied_databases.one("classifier") as after:
        assert after.database != before.database


async def nobody(rings: Sequence[Ring]) -> None:
    assert not rings
