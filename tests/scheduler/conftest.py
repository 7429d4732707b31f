"""The scheduler beside the real classifier, on databases of each test's own."""

from collections.abc import AsyncIterator

import pytest

from tests.fixtures.databases import FreshDatabases
from tests.scheduler.builders import World, environment, opened


@pytest.fixture
async def world(
    fresh_database: FreshDatabases, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    """Both services running, nobody known to either."""
    databases = {service: await fresh_database(service) for service in ("classifier", "scheduler")}
    urls = {name: (each.app_url, each.sweep_url) for name, each in databases.items()}
    for name, value in environment(urls, redis_url).items():
        monkeypatch.setenv(name, value)
    async with opened() as world:
        yield world
