"""The real app over a real database; a day is always Friday, 20 November 2026, 10:00."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI

from kundentakt.cli.keys import SigningKey, _new_jwk
from kundentakt.servers.embedded import EmbeddedServers
from services.classifier.resources import ClassifierResources
from services.classifier.usecases.event_intake import EventIntake
from shared.clients.webhooks import sign
from shared.clock import Clock
from shared.contracts.access import SCOPES
from tests.fixtures.applications import running_application
from tests.fixtures.databases import FreshDatabase, FreshDatabases
from tests.fixtures.emptied_databases import EmptiedDatabases
from tests.fixtures.servers import empty_redis

NOW = "2026-11-20T10:00:00+01:00"
KEY = SigningKey(_new_jwk())
SOURCE = "broker-system"
SERVICE_TOKEN = "the token of a test"


def bearer(agency: str, *scopes: str) -> dict[str, str]:
    """The header of a token with these scopes (default: all)."""
    token = KEY.issue_token(
        agency=agency,
        scopes=scopes or tuple(SCOPES),
        subject="a test",
        lifetime=timedelta(minutes=5),
    )
    return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True, slots=True)
class Service:
    """The app as its callers see it, and its database as nobody does."""

    app: FastAPI
    client: httpx.AsyncClient
    database: FreshDatabase

    @property
    def resources(self) -> ClassifierResources:
        """What the app holds open."""
        return cast(ClassifierResources, self.app.state.resources)

    @contextmanager
    def not_before(self, day: date) -> Iterator[None]:
        """The app's clock shows ten o'clock of this day, if it does not show a later one."""
        before = self.resources
        here = ZoneInfo("Europe/Berlin")
        now = before.clock.now().astimezone(here)
        shown = max(datetime.combine(max(day, now.date()), time(10), here), now)
        clock = Clock.started_at(shown)
        intake = EventIntake(database=before.database, clock=clock)
        self.app.state.resources = replace(before, clock=clock, intake=intake)
        try:
            yield
        finally:
            self.app.state.resources = before

    def of(self, agency: str) -> "Agency":
        """The app as one agency's token sees it."""
        return Agency(self, agency)


@dataclass(frozen=True, slots=True)
class Agency:
    """Calls with one agency's token."""

    service: Service
    agency: str

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One call; headers are added to the token's."""
        headers = {**bearer(self.agency), **options.pop("headers", {})}
        return await self.service.client.request(method, f"/v1{path}", headers=headers, **options)

    async def put(self, path: str, body: Any) -> httpx.Response:
        """A PUT of JSON."""
        return await self.call("PUT", path, json=body)

    async def get(self, path: str) -> Any:
        """The JSON of a GET that must succeed."""
        answer = await self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def customer(self, customer_id: str, **fields: Any) -> None:
        """Put a person who must be taken."""
        answer = await self.put(f"/customers/{customer_id}", person(**fields))
        assert answer.status_code in (200, 201), answer.text

    async def secret(self) -> str:
        """The webhook secret of the source, which is added if it is new."""
        answer = await self.call("PUT", f"/agency/webhook-sources/{SOURCE}")
        return str(answer.json()["secret"])

    async def rotated_secret(self) -> str:
        """A new webhook secret of the source."""
        answer = await self.call("POST", f"/agency/webhook-sources/{SOURCE}/rotation")
        return str(answer.json()["secret"])

    async def changes(self, kind: str) -> list[dict[str, Any]]:
        """What the feed tells of one kind."""
        items = (await self.get("/changes?limit=1000"))["items"]
        return [item for item in items if item["kind"] == kind]

    async def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows that the agency's own transactions see."""
        async with self.service.resources.database.transaction(self.agency) as transaction:
            return [tuple(row) for row in await transaction.execute(statement)]

    async def marked_units(self) -> set[str]:
        """The units marked for classification."""
        return {row[0] for row in await self.rows("SELECT unit_id FROM work_mark")}


def person(**fields: Any) -> dict[str, Any]:
    """The least a person can be."""
    return {"kind": "person", "last_name": "Bergmann", **fields}


def event(event_type: str, **data: Any) -> bytes:
    """The body of an event that happened just now."""
    body = {"type": event_type, "timestamp": NOW, "data": {"customer_id": "K-0001", **data}}
    return httpx.Request("POST", "http://x", json=body).content


Send = Callable[..., Awaitable[httpx.Response]]


@asynccontextmanager
async def running_service(database: FreshDatabase, redis_url: str) -> AsyncIterator[Service]:
    """The running app over a migrated database."""
    environment = {
        "CLASSIFIER_DATABASE_URL": database.app_url,
        "CLASSIFIER_SWEEP_DATABASE_URL": database.sweep_url,
        "CLASSIFIER_SERVICE_TOKEN": SERVICE_TOKEN,
        "REDIS_URL": redis_url,
        "TOKEN_KEYS": KEY.public_jwks(),
        "KUNDENTAKT_NOW": NOW,
        "KUNDENTAKT_NOW_SINCE": datetime.now(UTC).isoformat(),
    }
    with pytest.MonkeyPatch.context() as monkeypatch:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        async with running_application("classifier") as app:
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx.AsyncClient(
                transport=transport, base_url="http://classifier"
            ) as client:
                yield Service(app, client, database)


@pytest.fixture
async def service(fresh_database: FreshDatabases, redis_url: str) -> AsyncIterator[Service]:
    """The running app."""
    async with running_service(await fresh_database("classifier"), redis_url) as service:
        yield service


@pytest.fixture(scope="module")
async def lasting_service(
    emptied_databases: EmptiedDatabases, servers: EmbeddedServers
) -> AsyncIterator[Service]:
    """One running app for all tests of a module: an agency for each costs less than a database."""
    async with emptied_databases.one("classifier") as database:
        with empty_redis(servers) as redis_url:
            async with running_service(database, redis_url) as service:
                yield service


@pytest.fixture
async def agency(service: Service) -> Agency:
    """Everything an agency's token can do."""
    return service.of("musterbetrieb")


@pytest.fixture
async def send(service: Service, agency: Agency) -> Send:
    """``await send(body, webhook_id=…)``: a signed webhook of the agency's source."""
    secret = await agency.secret()

    async def post(body: bytes, *, webhook_id: str = "w-1", **headers: str) -> httpx.Response:
        signed = {**sign(secret, webhook_id=webhook_id, body=body), **headers}
        path = f"/v1/events/{agency.agency}/{SOURCE}"
        return await service.client.post(path, content=body, headers=signed)

    return post


@pytest.fixture
async def ute(agency: Agency) -> None:
    """Customer K-0001 with contract C-1, nothing left to classify."""
    await agency.customer("K-0001")
    await agency.put("/customers/K-0001/contracts/C-1", {"line": "motor", "status": "active"})
    async with agency.service.resources.database.transaction(agency.agency) as transaction:
        await transaction.execute("DELETE FROM work_mark WHERE agency_id = :agency")
