"""The whole system, assembled: servers, migrated databases, services and workers.

with System() as system:                                 # as `kundentakt serve`
with Installation.temporary() as place, System(installation=place, durable=False) as system:
    httpx.get(system.url("classifier") + "/livez")
    system.token(agency="harz", scopes=["customers:read"])
"""

import asyncio
import fcntl
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from kundentakt.cli.keys import SigningKey
from kundentakt.demo.mail_receiver import MailReceiver
from kundentakt.servers.bootstrap import ServiceDatabase, bootstrap, migrate
from kundentakt.servers.embedded import ADMIN_VARIABLE, SERVICES, EmbeddedServers
from kundentakt.servers.ports import require_free
from kundentakt.supervisor.environment import (
    CLOCK,
    Addresses,
    build_environment,
    callers_environment,
    environment_of,
    of_the_system,
    passed_over,
    service_databases,
)
from kundentakt.supervisor.forking import ForkServer
from kundentakt.supervisor.installation import Installation, write_private
from kundentakt.supervisor.processes import Program, Supervisor, api_command, worker_command
from shared.contracts.access import EVERY_AGENCY, SCOPES

Report = Callable[[str], None]

_TOKEN_LIFETIME = timedelta(days=1)


class AlreadyRunning(Exception):
    """The services of this installation are running already, started by another command."""

    def __init__(self) -> None:
        super().__init__("Kundentakt läuft hier schon; erst dort mit Strg-C beenden.")


class System:
    """One running installation; `start` returns when every service says it is ready.

    `now` (aware) is where the edge clock starts. Mails go to `smtp_url`, or to the environment's
    SMTP_URL, or to a receiver of our own (`mails`) that stores every message as a file below
    `var/mails`. `attach=True` joins services that another command of
    this installation runs, with their addresses and clock; if none run, it starts all.
    """

    def __init__(
        self,
        *,
        installation: Installation | None = None,
        durable: bool = True,
        preferred_ports: bool = True,
        now: datetime | None = None,
        smtp_url: str | None = None,
        given: Mapping[str, str] | None = None,
        attach: bool = False,
        report: Report = lambda line: None,
    ) -> None:
        self.installation = installation if installation is not None else Installation.of_checkout()
        self._given = dict(callers_environment() if given is None else given)
        if smtp_url is not None:
            self._given["SMTP_URL"] = smtp_url
        self.servers = EmbeddedServers(
            installation=self.installation, durable=durable, environment=self._given
        )
        self._preferred_ports = preferred_ports
        self.addresses = Addresses.free(preferred=preferred_ports)
        self._now = now
        self._joined = running_services(self.installation) if attach else None
        if self._joined is not None:
            self.addresses = Addresses.of_urls(self._joined.urls, self.addresses.mail_port)
            self._given |= self._joined.clock
        self._report = report
        self._stack = ExitStack()
        self.mails: MailReceiver | None = None
        self.environment: dict[str, str] = {}
        self.databases: list[ServiceDatabase] = []
        self._fork_server: ForkServer | None = None
        self.supervisor = Supervisor((), {}, self.installation.logs)

    def start(self) -> Self:
        """Raises AlreadyRunning, EmbeddedServerFailed, PortTaken, MailReceiverNotStarted,
        NotReadyInTime, after stopping all."""
        began = time.monotonic()
        try:
            if self._joined is None:
                self._claim()
                self._preload()
            self._report("PostgreSQL und Redis starten ...")
            self._stack.enter_context(self.servers)
            self.databases = service_databases(
                installation=self.installation, environment=self._given
            )
            if self._joined is None:
                self._report("Datenbanken einrichten ...")
                prepare_databases(servers=self.servers, databases=self.databases, given=self._given)
            self.environment = build_environment(
                servers=self.servers, addresses=self.addresses, given=self._given, now=self._now
            )
            if self._joined is None:
                self._tell_what_differs()
                self._receive_mails()
                self._report("Dienste und Worker starten ...")
                self._start_programs()
                self._report(f"Bereit nach {time.monotonic() - began:.1f} s".replace(".", ","))
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End all that was started, in reverse order."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def url(self, service: str) -> str:
        """`http://127.0.0.1:PORT`."""
        return self.addresses.url(service)

    @property
    def smtp_url(self) -> str:
        return self.environment["SMTP_URL"]

    def token(self, *, agency: str = EVERY_AGENCY, scopes: Sequence[str] = tuple(SCOPES)) -> str:
        """A bearer token valid for a day; by default with all scopes, for every agency."""
        return SigningKey.of(self.installation).issue_token(
            agency=agency, scopes=scopes, subject="kundentakt", lifetime=_TOKEN_LIFETIME
        )

    def _preload(self) -> None:
        """Load the programs' libraries meanwhile, where forked processes can share them."""
        if ForkServer.is_available():
            self._fork_server = ForkServer(
                self.installation.logs / "fork-server.log", of_the_system(callers_environment())
            ).start()
            self._stack.callback(self._fork_server.stop)

    def _tell_what_differs(self) -> None:
        """What the caller asked for and does not get. Raises PortTaken."""
        for sentence in (
            *(self.addresses.moved() if self._preferred_ports else ()),
            *passed_over(self._given, self.environment),
        ):
            self._report(sentence)
        mails = {} if self._given.get("SMTP_URL") else {"E-Mails": self.addresses.mail_port}
        require_free({**self.addresses.ports, **mails})

    def _receive_mails(self) -> None:
        if not self._given.get("SMTP_URL"):
            receiver = MailReceiver(self.installation.var / "mails", port=self.addresses.mail_port)
            self.mails = self._stack.enter_context(receiver)

    def _start_programs(self) -> None:
        programs = [
            program
            for service in SERVICES
            for program in (
                Program(
                    name=service,
                    command=api_command(service, self.addresses.ports[service]),
                    ready_url=f"{self.url(service)}/readyz",
                    environment=environment_of(service, self.environment),
                ),
                Program(
                    name=f"{service}-worker",
                    command=worker_command(service),
                    environment=environment_of(service, self.environment),
                ),
            )
        ]
        self.supervisor = Supervisor(
            programs,
            self.environment,
            self.installation.logs,
            report=self._report,
            fork_server=self._fork_server,
        )
        self._stack.callback(self.supervisor.stop)
        self.supervisor.start()
        running = _running_file(self.installation)
        clock = {name: self.environment[name] for name in CLOCK if name in self.environment}
        urls = {service: self.url(service) for service in SERVICES}
        write_private(running, RunningServices(urls, clock).to_json())
        self._stack.callback(running.unlink, missing_ok=True)

    def _claim(self) -> None:
        """Allow one set of services per installation; the kernel releases the lock with us."""
        folder = _running_file(self.installation).parent
        folder.mkdir(parents=True, exist_ok=True)
        claim = os.open(folder, os.O_RDONLY)
        self._stack.callback(os.close, claim)
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning from None


@dataclass(frozen=True, slots=True)
class RunningServices:
    """Services that another command of this installation runs: their URLs and their clock."""

    urls: Mapping[str, str]
    clock: Mapping[str, str]

    def to_json(self) -> str:
        return json.dumps(asdict(self))


def running_services(installation: Installation) -> RunningServices | None:
    """None while no command runs the services, or while they are still starting."""
    path = _running_file(installation)
    try:
        claim = os.open(path.parent, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(claim, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return RunningServices(**json.loads(path.read_text())) if path.is_file() else None
    finally:
        os.close(claim)
    return None


def prepare_databases(
    *, servers: EmbeddedServers, databases: Sequence[ServiceDatabase], given: Mapping[str, str]
) -> None:
    """Make roles and databases, if we may, and bring all three to the newest migration."""
    may_bootstrap = servers.postgres is not None or bool(given.get(ADMIN_VARIABLE))

    async def prepare(database: ServiceDatabase) -> None:
        if may_bootstrap:
            await bootstrap(admin_url=servers.admin_database_url(), database=database)
        await migrate(service=database.service, owner_url=owner_url(servers, database, given))

    async def prepare_all() -> None:
        for database in databases:
            await prepare(database)

    asyncio.run(prepare_all())


def owner_url(servers: EmbeddedServers, database: ServiceDatabase, given: Mapping[str, str]) -> str:
    """The URL that migrates: given, or of the embedded server."""
    if servers.postgres is None:
        return given[f"{database.service.upper()}_OWNER_DATABASE_URL"]
    return database.url("owner", server_url=servers.admin_database_url())


def _running_file(installation: Installation) -> Path:
    return installation.var / "services" / "urls.json"
