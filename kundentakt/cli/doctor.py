"""Examines an installation: what it uses, what is wrong, and how to repair that."""

import asyncio
import os
import re
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import httpx
import psutil

from kundentakt.cli.keys import SigningKey
from kundentakt.cli.waiting_work import stuck_work
from kundentakt.servers.bootstrap import RoleNameUnexpected, role_faults
from kundentakt.servers.embedded import (
    ADMIN_VARIABLE,
    SERVICES,
    DatabasesPartlyGiven,
    EmbeddedServers,
    given_databases,
)
from kundentakt.servers.ports import free_port
from kundentakt.servers.shared_server import SharedServer
from kundentakt.supervisor.environment import PREFERRED_PORTS, service_databases
from kundentakt.supervisor.installation import Installation, checkout
from kundentakt.supervisor.system import running_services
from shared.db.connection_limits import connection_limits
from shared.token_expiry import expiry_of, warning_of

_OLDEST_PYTHON = (3, 11)
_OLDEST_POSTGRES = 15
# A year of the sample agency takes about 300 MB; a server out of space stops in the middle.
_SPACE_BYTES = 1_000_000_000
_CHILD = re.compile(r"services\.\w+\.(main:create_application|worker)")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the examination; `mend` says what to do, and is None if all is well."""

    topic: str
    fact: str
    mend: str | None = None


def examine(*, installation: Installation, environment: Mapping[str, str]) -> list[Finding]:
    """Examine the installation without changing it or starting a server."""
    return [
        _python(),
        *_space(installation),
        *_secrets(installation),
        *_databases(installation, environment),
        *_services(installation),
        *_waiting_work(installation),
        *_service_tokens(environment),
        *_leftovers(installation),
    ]


def _python() -> Finding:
    fact = f"{sys.version.split()[0]} ({sys.executable})"
    if sys.version_info[:2] < _OLDEST_PYTHON:
        return Finding("Python", fact, "Python 3.11 oder neuer installieren, dann `make run`")
    return Finding("Python", fact)


def _space(installation: Installation) -> Iterator[Finding]:
    folder = installation.data
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    fact = f"{free / 1e9:.1f} GB frei unter {folder}"
    yield Finding("Platz", fact, None if free > _SPACE_BYTES else "mindestens 1 GB freigeben")
    parent = installation.var if installation.var.exists() else installation.var.parent
    if not os.access(parent, os.W_OK):
        owner = parent.stat().st_uid
        mend = f"als Benutzer {owner} arbeiten oder `chown -R {os.geteuid()} {parent}`"
        yield Finding("Ordner", f"{parent} ist nicht beschreibbar", mend)


def _secrets(installation: Installation) -> Iterator[Finding]:
    for path in sorted(installation.secrets.glob("*")):
        status = path.stat()
        if stat.S_IMODE(status.st_mode) & 0o077:
            yield Finding("Geheimnisse", f"{path} ist für andere lesbar", f"chmod 600 {path}")
        if status.st_uid != os.geteuid():
            mend = f"chown {os.geteuid()} {path}"
            yield Finding("Geheimnisse", f"{path} gehört Benutzer {status.st_uid}", mend)


def _databases(installation: Installation, environment: Mapping[str, str]) -> Iterator[Finding]:
    try:
        given = given_databases(environment)
        servers = EmbeddedServers(installation=installation, environment=environment)
    except DatabasesPartlyGiven as error:
        yield Finding("PostgreSQL", str(error), "alle Variablen setzen oder keine")
        return
    if servers.redis is None:
        yield Finding("Redis", "gegeben durch REDIS_URL")
    else:
        yield _embedded("Redis", servers.redis)
    if servers.postgres is not None:
        yield _embedded("PostgreSQL", servers.postgres)
        if not _is_running(servers.postgres):
            return
    try:
        yield from asyncio.run(_roles(servers, installation, environment, given=given))
    except RoleNameUnexpected as error:
        yield Finding("PostgreSQL", str(error), "Rollen durch `kundentakt migrate` anlegen lassen")


async def _roles(
    servers: EmbeddedServers,
    installation: Installation,
    environment: Mapping[str, str],
    *,
    given: bool,
) -> list[Finding]:
    findings: list[Finding] = []
    for database in service_databases(installation=installation, environment=environment):
        prefix = database.service.upper()
        url = (
            environment[f"{prefix}_DATABASE_URL"]
            if given
            else database.url("app", server_url=servers.admin_database_url())
        )
        topic = f"Datenbank {database.database}"
        try:
            connection = await asyncpg.connect(url, **connection_limits(5, name="doctor"))
            try:
                major = connection.get_server_version().major
                version = await connection.fetchval("SHOW server_version")
                faults = await role_faults(connection, database)
            finally:
                await connection.close(timeout=5)
        except (OSError, asyncpg.PostgresError) as error:
            fact = f"nicht erreichbar: {error or type(error).__name__}"
            mend = f"Adresse prüfen; anlegen mit {ADMIN_VARIABLE}=... kundentakt migrate"
            findings.append(Finding(topic, fact, mend))
            continue
        old = major < _OLDEST_POSTGRES
        fact = f"PostgreSQL {version}, Rolle {database.role('app')}"
        findings.append(Finding(topic, fact, "ab Version 15 verwenden" if old else None))
        findings += [Finding(topic, str(fault), "ALTER ROLE / REVOKE") for fault in faults]
    return findings


def _embedded(topic: str, shared: SharedServer) -> Finding:
    where = f"mitgeliefert, {shared.server.version}, Daten in {shared.server.data}"
    if _is_running(shared):
        return Finding(topic, f"{where}, läuft auf 127.0.0.1:{shared.state().port}")
    leftover = shared.server.leftover()
    if leftover is not None:
        mend = "`kundentakt serve` beendet ihn und startet neu"
        return Finding(topic, f"{where}: verwaister Prozess {leftover.pid}", mend)
    return Finding(topic, f"{where}, läuft nicht")


def _is_running(shared: SharedServer) -> bool:
    state = shared.files.read_state()
    return state is not None and state.daemon.is_alive() and shared.server.is_ready(state.port)


def _services(installation: Installation) -> Iterator[Finding]:
    running = running_services(installation)
    if running is None:
        for service in SERVICES:
            port = PREFERRED_PORTS[service]
            free = free_port(port) == port
            state = (
                f"Port {port} frei" if free else f"Port {port} belegt: ein anderer wird genommen"
            )
            yield Finding(f"Dienst {service}", f"läuft nicht, {state}")
        return
    for service, url in running.urls.items():
        try:
            answer = httpx.get(f"{url}/readyz", timeout=5, trust_env=False)
        except httpx.HTTPError as error:
            mend = f"Protokoll lesen: {installation.logs / service}.log"
            yield Finding(f"Dienst {service}", f"{url} antwortet nicht: {error}", mend)
            continue
        ready = answer.status_code == httpx.codes.OK
        mend = f"Protokoll lesen: {installation.logs / service}.log"
        yield Finding(f"Dienst {service}", f"{url}: {answer.text}", None if ready else mend)
        token = answer.json().get("service_token", "ok") if ready else "ok"
        if token != "ok":  # noqa: S105 (a state, not a secret)
            mend = "neu starten; das Token wird bei jedem Start neu ausgestellt"
            yield Finding(f"Token von {service}", token, mend)


def _service_tokens(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Tokens given by the environment: a service without one hears nothing of the others."""
    for service in SERVICES:
        expires_at = expiry_of(environment.get(f"{service.upper()}_SERVICE_TOKEN", ""))
        if expires_at is None:
            continue
        warning = warning_of(expires_at, datetime.now(UTC))
        mend = f"kundentakt token --service {service} --days 730" if warning else None
        yield Finding(f"Token von {service}", f"gilt bis {expires_at:%d.%m.%Y}", mend)


def _waiting_work(installation: Installation) -> Iterator[Finding]:
    """Tell what does not go on in the running services, though they may be ready."""
    running = running_services(installation)
    if running is None or not SigningKey.exists(installation):
        return
    try:
        stuck = list(stuck_work(running.urls, SigningKey.of(installation)))
    except httpx.HTTPError as error:
        mend = "Dienste prüfen, dann `kundentakt doctor` noch einmal"
        yield Finding("Arbeit", f"der Stand der Dienste ist nicht zu erfahren: {error}", mend)
        return
    for each in stuck:
        since = f" seit {each.since}" if each.since else ""
        yield Finding(
            f"Arbeit {each.service}",
            f"{each.agency}: {each.count} × {each.reason}{since}",
            "docs/operator.md, „Messages that wait or fail“, „Jobs“ und „Parked changes“",
        )
    if not stuck:
        yield Finding("Arbeit", "nichts bleibt liegen")


def _leftovers(installation: Installation) -> Iterator[Finding]:
    if running_services(installation) is None:
        for process in psutil.process_iter():
            try:
                orphaned = (
                    _CHILD.search(" ".join(process.cmdline())) is not None
                    and Path(process.cwd()) == checkout()
                    and Path(process.environ().get("PRINT_DIRECTORY", "")).parent
                    == installation.var
                )
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
            if orphaned:
                command = " ".join(process.cmdline()[1:5])
                fact = f"{process.pid} ({command}) läuft ohne Aufsicht"
                yield Finding("Prozess", fact, f"kill {process.pid}")
    for folder in sorted(installation.data.glob("*.incomplete-*")) + sorted(
        installation.data.glob("*.unreadable-*")
    ):
        yield Finding("Daten", f"beiseitegelegt: {folder}", f"prüfen, dann: rm -r {folder}")
