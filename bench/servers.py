"""Servers of a bench: durable as in production, in a temporary installation."""

import os
import subprocess
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass

from kundentakt.servers.bootstrap import bootstrap, migrate
from kundentakt.servers.embedded import EmbeddedServers
from kundentakt.supervisor.environment import Addresses, build_environment, service_databases
from kundentakt.supervisor.installation import Installation

START_SECONDS = 30


class ServerDidNotStart(Exception):
    """a server that a bench needs does not answer"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchDatabase:
    """A service's migrated database; URLs begin ``postgresql://``."""

    app_url: str
    owner_url: str
    admin_url: str
    environment: Mapping[str, str]
    """What the front door would start the services with."""
    port: int
    """Where this environment says the service listens."""


def classifier_database(*, with_redis: bool = False) -> AbstractAsyncContextManager[BenchDatabase]:
    """The classifier's."""
    return database_of("classifier", with_redis=with_redis)


@asynccontextmanager
async def database_of(service: str, *, with_redis: bool = False) -> AsyncIterator[BenchDatabase]:
    """Bootstrapped and migrated as by the front door, whatever the caller's environment gives."""
    with (
        Installation.temporary() as installation,
        EmbeddedServers(
            installation=installation, environment={}, with_redis=with_redis
        ) as servers,
    ):
        databases = service_databases(installation=installation, environment={})
        database = next(each for each in databases if each.service == service)
        server_url = servers.admin_database_url()
        await bootstrap(admin_url=server_url, database=database)
        owner_url = database.url("owner", server_url=server_url)
        await migrate(service=database.service, owner_url=owner_url)
        addresses = Addresses.free(preferred=False)
        environment = (
            build_environment(servers=servers, addresses=addresses, given={}) if with_redis else {}
        )
        yield BenchDatabase(
            app_url=database.url("app", server_url=server_url),
            owner_url=owner_url,
            admin_url=servers.admin_database_url(database.database),
            environment=environment,
            port=addresses.ports[database.service],
        )


@contextmanager
def serving(command: Sequence[str], *, environment: Mapping[str, str], url: str) -> Iterator[int]:
    """A server in its own process until the block ends; gives its process id once it answers."""
    with serving_all([(command, url)], environment=environment) as (pid,):
        yield pid


@contextmanager
def serving_all(
    programs: Sequence[tuple[Sequence[str], str]], *, environment: Mapping[str, str] | None = None
) -> Iterator[list[int]]:
    """Start servers, each a command and a URL; yields their process ids when all answer."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    env = {**inherited, **(environment or {})}
    processes = [
        subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL) for command, _ in programs
    ]
    try:
        for (_, url), process in zip(programs, processes, strict=True):
            _wait_for(url, process)
        yield [process.pid for process in processes]
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=START_SECONDS)


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise ServerDidNotStart(url)
