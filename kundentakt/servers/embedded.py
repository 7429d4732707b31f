"""The embedded servers: PostgreSQL and Redis without an installation, or the given ones.

    with EmbeddedServers() as servers:
        servers.admin_database_url("kundentakt_classifier")
        servers.redis_url

Decision 0001 says why they come from wheels, and when they start and stop.
"""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from kundentakt.servers.postgres_server import SUPERUSER
from kundentakt.servers.shared_server import SharedServer
from kundentakt.supervisor.installation import Installation

SERVICES = ("classifier", "scheduler", "notifier")

DATABASE_VARIABLES = tuple(
    f"{service.upper()}_{role}DATABASE_URL"
    for service in SERVICES
    for role in ("", "SWEEP_", "OWNER_")
)
ADMIN_VARIABLE = "KUNDENTAKT_ADMIN_DATABASE_URL"
REDIS_VARIABLE = "REDIS_URL"


class DatabasesPartlyGiven(Exception):
    """Some databases are given and others are not."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        self.missing = missing
        super().__init__(
            "Die Umgebung gibt manche Datenbanken vor, aber nicht alle. Es fehlen "
            + ", ".join(missing)
            + ". Auch diese setzen, oder keine, um das mitgelieferte PostgreSQL zu benutzen."
        )


class NoAdministrator(Exception):
    """The databases are given, but no URL of a role that may create databases and roles."""

    def __init__(self) -> None:
        super().__init__(f"{ADMIN_VARIABLE} setzen, um auf dem Server Datenbanken anzulegen.")


def given_databases(environment: Mapping[str, str]) -> bool:
    """Whether the environment gives the databases. Raises DatabasesPartlyGiven."""
    missing = tuple(name for name in DATABASE_VARIABLES if not environment.get(name))
    if missing and len(missing) < len(DATABASE_VARIABLES):
        raise DatabasesPartlyGiven(missing)
    return not missing


class EmbeddedServers:
    """The two servers, unless the environment names others.

    `durable=False` switches fsync off; only for tests, with an installation of their own.
    `with_redis=False` is for commands that only migrate. Any thread may use it. `start` returns
    when both servers answer; it joins servers that another command of this installation started.
    """

    def __init__(
        self,
        *,
        installation: Installation | None = None,
        durable: bool = True,
        environment: Mapping[str, str] | None = None,
        with_redis: bool = True,
    ) -> None:
        self.installation = installation if installation is not None else Installation.of_checkout()
        self._environment = dict(os.environ if environment is None else environment)
        self.postgres: SharedServer | None = None
        self.redis: SharedServer | None = None
        if not given_databases(self._environment):
            self.postgres = SharedServer("postgres", self.installation, durable=durable)
        if with_redis and not self._environment.get(REDIS_VARIABLE):
            self.redis = SharedServer("redis", self.installation, durable=durable)

    def start(self) -> Self:
        """Start both. Raises EmbeddedServerFailed, after stopping what it started."""
        embedded = [server for server in (self.postgres, self.redis) if server is not None]
        try:
            with ThreadPoolExecutor(max_workers=2) as pool:
                list(pool.map(SharedServer.start, embedded))
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Release the servers; they stop unless another command uses them."""
        for server in (self.redis, self.postgres):
            if server is not None:
                server.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def admin_database_url(self, database: str = "postgres") -> str:
        """`postgresql://` URL of a role that may create databases and roles."""
        if self.postgres is None:
            return _with_database(self._given(ADMIN_VARIABLE), database)
        password = self.postgres.server.password()
        port = self.postgres.state().port
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/{database}"

    @property
    def redis_url(self) -> str:
        if self.redis is None:
            return self._environment[REDIS_VARIABLE]
        return f"redis://:{self.redis.server.password()}@127.0.0.1:{self.redis.state().port}/0"

    def _given(self, name: str) -> str:
        try:
            return self._environment[name]
        except KeyError:
            raise NoAdministrator from None


def _with_database(url: str, database: str) -> str:
    head, _, query = url.partition("?")
    server = head.rsplit("/", 1)[0]
    return f"{server}/{database}" + (f"?{query}" if query else "")
