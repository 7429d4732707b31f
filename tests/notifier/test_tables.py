"""The migrations build what the code describes."""

from kundentakt.servers.bootstrap import check_drift
from tests.fixtures.databases import FreshDatabases


async def test_the_migrations_build_the_tables_that_the_store_describes(
    fresh_database: FreshDatabases,
) -> None:
    database = await fresh_database("notifier")
    await check_drift(service="notifier", owner_url=database.owner_url)
