"""The toy's database for the kernel's tests."""

from collections.abc import AsyncIterator

import pytest

from shared.db.rings import Ring
from tests.fixtures.databases import FreshDatabase
from tests.shared.edge import client, key, token
from tests.shared.toy import Toy, create_toy_tables, open_toy

__all__ = ["client", "key", "token"]


@pytest.fixture
async def toy_database(empty_database: FreshDatabase) -> FreshDatabase:
    """A fresh database with the toy's tables."""
    await create_toy_tables(empty_database.owner_url)
    return empty_database


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
