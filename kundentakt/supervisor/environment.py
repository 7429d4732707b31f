"""The environment of the services and workers that this command starts.

Variables of the caller's environment are passed on as they are; the others are made here, with
secrets generated once below `var/`. Production sets variables of the same names.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from kundentakt.cli.keys import SigningKey
from kundentakt.reference.settings import settings_class, variables
from kundentakt.servers.bootstrap import ServiceDatabase
from kundentakt.servers.embedded import (
    SERVICES,
    EmbeddedServers,
    given_databases,
)
from kundentakt.servers.ports import free_port
from kundentakt.supervisor.installation import Installation
from shared.calendar import WorkingCalendar
from shared.contracts.access import EVERY_AGENCY, SERVICE_SCOPES

PREFERRED_PORTS = {"classifier": 8101, "scheduler": 8102, "notifier": 8103}
CLOCK = ("KUNDENTAKT_NOW", "KUNDENTAKT_NOW_SINCE")
_SYSTEM = frozenset({
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP",
    "VIRTUAL_ENV", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR",
})  # fmt: skip
_SYSTEM_BEGINNINGS = ("LC_", "PYTHON", "MALLOC_", "POLARS_")
_SAMPLE_STATE = "ST"
_PREFERRED_MAIL_PORT = 8125
# Services are restarted, and get new tokens, with every start of the command.
_SERVICE_TOKEN_LIFETIME = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """The ports of the services, and the port to which mails go."""

    ports: Mapping[str, int]
    mail_port: int

    @classmethod
    def free(cls, *, preferred: bool = True) -> "Addresses":
        """The well-known ports where they are free, or any free ones."""
        ports = {
            service: free_port(PREFERRED_PORTS[service] if preferred else 0) for service in SERVICES
        }
        return cls(ports=ports, mail_port=free_port(_PREFERRED_MAIL_PORT if preferred else 0))

    @classmethod
    def of_urls(cls, urls: Mapping[str, str], mail_port: int) -> "Addresses":
        ports = {service: urlsplit(url).port or 80 for service, url in urls.items()}
        return cls(ports=ports, mail_port=mail_port)

    def moved(self) -> list[str]:
        """A sentence for each well-known port that another program has."""
        mails = ("E-Mails", _PREFERRED_MAIL_PORT, self.mail_port)
        ours = [*((name, PREFERRED_PORTS[name], port) for name, port in self.ports.items()), mails]
        return [
            f"Port {wanted} hat ein anderes Programm: {name} diesmal auf Port {port}."
            for name, wanted, port in ours
            if port != wanted
        ]

    def url(self, service: str) -> str:
        return f"http://127.0.0.1:{self.ports[service]}"


def demo_instant(now: datetime) -> datetime:
    """Ten o'clock on the sample agency's next working day: a demo looks the same any day."""
    calendar = WorkingCalendar(state=_SAMPLE_STATE)
    zone = ZoneInfo(calendar.time_zone)
    day = calendar.next_working_day(now.astimezone(zone).date())
    return datetime.combine(day, time(10), tzinfo=zone)


def service_databases(
    *, installation: Installation, environment: Mapping[str, str]
) -> list[ServiceDatabase]:
    """The three databases: those given, or `kundentakt_<service>` with generated passwords."""
    if given_databases(environment):
        return [
            ServiceDatabase.given(service=service, environment=environment) for service in SERVICES
        ]
    return [
        ServiceDatabase.generated(
            service=service, database=f"kundentakt_{service}", installation=installation
        )
        for service in SERVICES
    ]


def build_environment(
    *,
    servers: EmbeddedServers,
    addresses: Addresses,
    given: Mapping[str, str],
    now: datetime | None = None,
) -> dict[str, str]:
    """Every variable that the children read; `given` (the caller's) wins over what is made here.

    `now` (aware) is where the edge clock starts, the same for every child.
    """
    installation = servers.installation
    made = {
        **_database_urls(servers, given),
        **_tokens(installation),
        **{f"{service.upper()}_URL": addresses.url(service) for service in SERVICES},
        "PUBLIC_URL": addresses.url("notifier"),
        "SMTP_URL": f"smtp://127.0.0.1:{addresses.mail_port}",
        "LINK_SECRET": installation.secret("link-secret"),
        "PRINT_DIRECTORY": str(installation.var / "print"),
    }
    if not given.get("SMTP_URL"):
        made["LOCAL_MAILBOXES"] = str(installation.var / "mails")
    said = {name: value for name, value in given.items() if value or name not in made}
    ours = {**made, **said, "REDIS_URL": servers.redis_url}
    ours |= {name: made[name] for name in _never_given(made)}
    if now is not None:
        ours["KUNDENTAKT_NOW"] = now.isoformat()
    if "KUNDENTAKT_NOW" in ours and (now is not None or "KUNDENTAKT_NOW_SINCE" not in ours):
        ours["KUNDENTAKT_NOW_SINCE"] = datetime.now(UTC).isoformat()
    return ours


def passed_over(given: Mapping[str, str], environment: Mapping[str, str]) -> list[str]:
    """A sentence if the caller set what `build_environment` did not take."""
    names = [name for name in given if given[name] and environment.get(name, "") != given[name]]
    told = f"Gilt hier nicht, weil dieser Befehl es selbst bestimmt: {', '.join(sorted(names))}."
    return [told] if names else []


def environment_of(service: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What the processes of one service get: what its settings name, and the system's variables.

    A service that was broken into must not hold the keys to its neighbours' databases, nor the
    roles that own tables, nor whatever else the shell of whoever started it happens to hold.
    """
    read = {each.name for each in variables(settings_class(service))}
    own = {name: value for name, value in environment.items() if name in read}
    return {**of_the_system(environment), **own}


def of_the_system(environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that any program may need, and no secrets."""
    return {
        name: value
        for name, value in environment.items()
        if name in _SYSTEM or name.startswith(_SYSTEM_BEGINNINGS)
    }


def callers_environment() -> dict[str, str]:
    return dict(os.environ)


def _database_urls(servers: EmbeddedServers, given: Mapping[str, str]) -> dict[str, str]:
    if servers.postgres is None:
        return {}
    server_url = servers.admin_database_url()
    urls: dict[str, str] = {}
    for database in service_databases(installation=servers.installation, environment=given):
        prefix = database.service.upper()
        urls[f"{prefix}_DATABASE_URL"] = database.url("app", server_url=server_url)
        urls[f"{prefix}_SWEEP_DATABASE_URL"] = database.url("sweep", server_url=server_url)
        urls[f"{prefix}_OWNER_DATABASE_URL"] = database.url("owner", server_url=server_url)
    return urls


def _tokens(installation: Installation) -> dict[str, str]:
    key = SigningKey.of(installation)
    tokens = {
        f"{service.upper()}_SERVICE_TOKEN": key.issue_token(
            agency=EVERY_AGENCY,
            scopes=list(SERVICE_SCOPES[service]),
            subject=f"service:{service}",
            lifetime=_SERVICE_TOKEN_LIFETIME,
        )
        for service in SERVICES
    }
    return {"TOKEN_KEYS": key.public_jwks(), **tokens}


def _never_given(made: Mapping[str, str]) -> list[str]:
    """The variables that we set even if the caller did: our addresses, key and tokens."""
    urls = [f"{service.upper()}_URL" for service in SERVICES]
    return [*urls, *(name for name in made if name == "TOKEN_KEYS" or name.endswith("_TOKEN"))]
