"""The toy's database for the kernel's tests."""

from collections.abc import AsyncIterator

import pytest

from shared.db.rings import Ring
from tests.fixtures.databases import FreshDatabase, TemplateDatabases
from tests.fixtures.emptied_databases import EmptiedDatabases
from tests.shared.edge import client, key, token
from tests.shared.toy import Toy, create_toy_tables, open_toy

__all__ = ["client", "key", "token"]


@pytest.fixture
async def toy_database(
    template_databases: TemplateDatabases, emptied_databases: EmptiedDatabases
) -> AsyncIterator[FreshDatabase]:
    """A database with the toy's tables, and without rows."""
    template = await template_databases.built("toy", create_toy_tables)
    async with emptied_databases.like(template) as database:
        yield database


@pytest.fixture
def rung() -> list[Ring]:
    """What was rung, in order."""
    return []


@pytest.fixture
async def toy(toy_database: FreshDatabase, rung: list[Ring]) -> AsyncIterator[Toy]:
    """The toy on a fresh database."""
    async with open_toy(
        app_url=toy_database.app_url, sweep_url=toy_database.sweep_url, rung=rung
    ) as toy:
        yield toy
