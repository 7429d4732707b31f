"""The scheduler beside the real classifier, on databases of each test's own."""

from collections.abc import AsyncIterator

import pytest

from tests.fixtures.databases import FreshDatabase, FreshDatabases
from tests.scheduler.builders import SchedulerSystem, environment, opened


@pytest.fixture
async def databases(
    fresh_database: FreshDatabases, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> dict[str, FreshDatabase]:
    """The databases of both services, and an environment that names them."""
    databases = {service: await fresh_database(service) for service in ("classifier", "scheduler")}
    urls = {name: (each.app_url, each.sweep_url) for name, each in databases.items()}
    for name, value in environment(urls, redis_url).items():
        monkeypatch.setenv(name, value)
    return databases


@pytest.fixture
async def system(databases: dict[str, FreshDatabase]) -> AsyncIterator[SchedulerSystem]:
    """Both services running, nobody known to either."""
    async with opened() as system:
        yield system
