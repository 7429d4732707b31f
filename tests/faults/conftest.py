"""Servers of these tests alone, which may be killed, stopped and taken away."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count

import pytest

from kundentakt.servers.bootstrap import ServiceDatabase, bootstrap
from kundentakt.servers.embedded import EmbeddedServers
from kundentakt.servers.shared_server import SharedServer
from kundentakt.supervisor.installation import Installation
from tests.classifier.conftest import lasting_service
from tests.notifier.conftest import (
    environment,
    lasting_neighbours,
    neighbours,
    notifier,
    receiver,
    smtp_url,
)
from tests.shared.toy import create_toy_tables

__all__ = [
    "environment", "lasting_neighbours", "lasting_service", "neighbours", "notifier", "receiver",
    "smtp_url",
]  # fmt: skip

_NUMBERS = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragile:
    """One toy database and one Redis, with the servers they stand on."""

    app_url: str
    sweep_url: str
    redis_url: str
    postgres: SharedServer
    redis: SharedServer

    @asynccontextmanager
    async def without(self, server: SharedServer) -> AsyncIterator[None]:
        """Stop a server for the block; afterwards it answers again on the same port."""
        await asyncio.to_thread(server.take_away)
        try:
            yield
        finally:
            await asyncio.to_thread(server.bring_back)


@pytest.fixture(scope="session")
def fragile_servers() -> Iterator[EmbeddedServers]:
    """Servers that no other test uses."""
    with (
        Installation.temporary() as installation,
        EmbeddedServers(installation=installation, durable=False, environment={}) as servers,
    ):
        yield servers


@pytest.fixture
async def fragile(fragile_servers: EmbeddedServers) -> Fragile:
    """A fresh toy database on servers that may be taken away."""
    assert fragile_servers.postgres is not None
    assert fragile_servers.redis is not None
    number = next(_NUMBERS)
    database = ServiceDatabase(
        service="toy",
        database=f"toy{number}",
        passwords={"owner": "of-a-test", "app": "of-a-test", "sweep": "of-a-test"},
    )
    server_url = fragile_servers.admin_database_url()
    await bootstrap(admin_url=server_url, database=database)
    await create_toy_tables(database.url("owner", server_url=server_url))
    return Fragile(
        app_url=database.url("app", server_url=server_url),
        sweep_url=database.url("sweep", server_url=server_url),
        redis_url=fragile_servers.redis_url.removesuffix("/0") + f"/{number}",
        postgres=fragile_servers.postgres,
        redis=fragile_servers.redis,
    )
