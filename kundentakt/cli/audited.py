"""The installation that an audit asks: the one of this checkout, or the one at given addresses."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from ipaddress import ip_address
from typing import Final
from zoneinfo import ZoneInfo

import httpx
import jwt

from kundentakt.demo.context import demo_day
from kundentakt.servers.embedded import SERVICES
from kundentakt.supervisor.environment import PREFERRED_PORTS
from kundentakt.supervisor.installation import Installation
from kundentakt.supervisor.system import System, running_services
from shared.access import is_agency
from shared.clients.classifier import ClassifierClient
from shared.clients.http import ServiceHttp
from shared.clients.notifier import NotifierClient
from shared.clients.scheduler import SchedulerClient
from shared.contracts.agencies import Agency

ASK_SECONDS: Final = 10.0


class NothingToAudit(Exception):
    """There is no installation to ask, or it could not be asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedSystem:
    """Where the services answer, with which token, and the day if the agency has run none yet."""

    urls: Mapping[str, str]
    token: str
    day: date | None = None

    @property
    def agency(self) -> str:
        """The agency that the token is for, or every one."""
        return agency_of(self.token)

    def until(self, settings: Agency) -> date:
        """The day up to which the ledger is held against the messages."""
        today = datetime.now(ZoneInfo(settings.time_zone)).date()
        return settings.day or self.day or today

    @asynccontextmanager
    async def clients(
        self,
    ) -> AsyncIterator[tuple[ClassifierClient, SchedulerClient, NotifierClient]]:
        """Clients of the three services."""
        http = {name: ServiceHttp(url=self.urls[name], token=self.token) for name in SERVICES}
        try:
            yield (
                ClassifierClient(http["classifier"]),
                SchedulerClient(http["scheduler"]),
                NotifierClient(http["notifier"]),
            )
        finally:
            for each in http.values():
                await each.close()


def running_here() -> AuditedSystem:
    """The installation that runs from this checkout. Raises NothingToAudit: none is started."""
    if running_services(Installation.of_checkout()) is None:
        raise NothingToAudit(
            "Hier läuft nichts. Eine andere Installation prüfen: --url und --token nennen."
        )
    with System(attach=True) as system:
        urls = {name: system.url(name) for name in SERVICES}
        return AuditedSystem(urls=urls, token=system.token(), day=demo_day(system))


def at_addresses(given: Sequence[str], token: str) -> AuditedSystem:
    """The installation at these addresses; ``classifier=https://…`` names the service, else it is
    asked for its name. An address without a port stands for all three at their usual ports.

    Raises NothingToAudit where an address or the token is of no use.
    """
    agency_of(token)
    urls: dict[str, str] = {}
    for each in given:
        name, named, address = each.partition("=")
        _require_plain(address if named and name in SERVICES else each)
        if named and name in SERVICES:
            urls[name] = address
        elif len(given) == 1 and _has_no_port(each):
            urls = {name: f"{each.rstrip('/')}:{PREFERRED_PORTS[name]}" for name in SERVICES}
        else:
            urls[_service_at(each)] = each
    if missing := [name for name in SERVICES if name not in urls]:
        raise NothingToAudit(f"Es fehlt die Adresse von: {', '.join(missing)} (--url).")
    return AuditedSystem(urls=urls, token=token)


def _require_plain(address: str) -> None:
    """Raise NothingToAudit for what the token must not be sent to: another scheme than HTTP, an
    address with a name, password, query or fragment, and without TLS anything beyond this net."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise NothingToAudit(f"{address!r} ist keine Adresse: {error}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise NothingToAudit(f"{address!r} ist keine Adresse: http://… oder https://… nennen.")
    if url.userinfo or url.query or url.fragment:
        raise NothingToAudit(
            f"{url.host}: Eine Adresse enthält weder Kennwort noch Parameter; das Token gehört "
            "nach --token oder KUNDENTAKT_TOKEN."
        )
    if url.scheme == "http" and not _is_near(url.host):
        raise NothingToAudit(
            f"{url.host}: Ohne TLS wäre das Token unterwegs zu lesen; https://… nennen."
        )


def _is_near(host: str) -> bool:
    """Whether a host is this machine or one of this net: by its number, or a name without a dot."""
    try:
        number = ip_address(host)
    except ValueError:
        return "." not in host.removesuffix(".localhost")
    return number.is_loopback or (number.is_private and not number.is_link_local)


def agency_of(token: str) -> str:
    """The agency that a token says it is for; whether it may, its service decides."""
    try:
        agency = jwt.decode(token, options={"verify_signature": False}).get("agency")
    except jwt.PyJWTError:
        raise NothingToAudit("Das ist kein Token: `kundentakt token` stellt eines aus.") from None
    if not is_agency(agency):
        raise NothingToAudit("Das Token nennt keine Agentur.")
    return str(agency)


def _has_no_port(address: str) -> bool:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise NothingToAudit(f"{address} ist keine Adresse: {error}") from None
    return url.port is None and url.scheme == "http" and url.path in ("", "/")


def _service_at(address: str) -> str:
    """The service that answers at an address, by the title of its document."""
    try:
        answer = httpx.get(
            f"{address.rstrip('/')}/openapi.json", timeout=ASK_SECONDS, trust_env=False
        )
        title = str(answer.raise_for_status().json()["info"]["title"])
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        raise NothingToAudit(f"{address} antwortet nicht: {type(error).__name__}") from None
    for name in SERVICES:
        if title.endswith(name):
            return name
    raise NothingToAudit(f"{address} ist keiner der drei Dienste.")
