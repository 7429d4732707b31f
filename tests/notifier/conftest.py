"""The real app and its real jobs over real servers; the day is Monday, 23 November 2026, 10:00."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from fastapi import FastAPI

from kundentakt.cli.keys import SigningKey, _new_jwk
from kundentakt.demo.mail_receiver import MailReceiver
from services.notifier.resources import NotifierResources
from services.notifier.worker import jobs
from shared.contracts.access import SCOPES
from shared.turns import UNLIMITED
from tests.fixtures.applications import running_application
from tests.fixtures.databases import FreshDatabase, FreshDatabases
from tests.notifier.neighbours import AGENCY_ID, Neighbours, running_neighbours

NOW = "2026-11-23T10:00:00+01:00"
KEY = SigningKey(_new_jwk())


def bearer(agency: str, *scopes: str) -> dict[str, str]:
    """The header of a token with these scopes (default: all)."""
    token = KEY.issue_token(
        agency=agency,
        scopes=scopes or tuple(SCOPES),
        subject="a test",
        lifetime=timedelta(minutes=5),
    )
    return {"Authorization": f"Bearer {token}"}


def order(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A newsletter for one customer, as the scheduler orders it."""
    item = {
        "dispatch_id": f"d-{number}",
        "customer_id": f"K-{number:04d}",
        "channel": "email",
        "purpose": "newsletter",
        "template": "newsletter",
        "data": {"staff_id": "S-1"},
    }
    return {**item, **changes}


@dataclass(frozen=True, slots=True)
class Notifier:
    """The app as its callers see it, its jobs, and its database as nobody does."""

    app: FastAPI
    client: httpx.AsyncClient
    database: FreshDatabase
    agency: str = AGENCY_ID

    @property
    def resources(self) -> NotifierResources:
        """What the app holds open."""
        return cast(NotifierResources, self.app.state.resources)

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One call with the agency's token."""
        headers = {**bearer(self.agency), **options.pop("headers", {})}
        return await self.client.request(method, f"/v1{path}", headers=headers, **options)

    async def get(self, path: str) -> Any:
        """The JSON of a GET that must succeed."""
        answer = await self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def dispatch(self, *items: dict[str, Any]) -> list[dict[str, Any]]:
        """Order messages; the batch must be taken."""
        answer = await self.call("POST", "/dispatches", json={"items": list(items)})
        assert answer.status_code == 202, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found

    async def work(self, *names: str) -> None:
        """Run jobs of the worker once (default: sending e-mails)."""
        for job in jobs(self.resources):
            if job.name in (names or ("send_emails",)):
                await job.run(self.agency, UNLIMITED)

    async def pending(self, name: str) -> list[str]:
        """The agencies for which a job has work, by the sweep."""
        (job,) = (job for job in jobs(self.resources) if job.name == name)
        return list(await job.pending())

    async def states(self) -> dict[str, tuple[str, str | None]]:
        """State and reason of every message, by dispatch."""
        items = (await self.get("/messages?limit=1000"))["items"]
        return {item["dispatch_id"]: (item["state"], item["reason"]) for item in items}

    async def changes(self, kind: str) -> list[dict[str, Any]]:
        """What the feed tells of one kind."""
        items = (await self.get("/changes?limit=1000"))["items"]
        return [item for item in items if item["kind"] == kind]

    async def execute(self, statement: str) -> None:
        """Change rows behind the service's back: what else only time would do."""
        async with self.resources.database.transaction(self.agency) as transaction:
            await transaction.execute(statement)


@pytest.fixture(scope="session")
def lasting_neighbours() -> Iterator[Neighbours]:
    """The neighbours of all tests: a server that starts and ends takes longer than most of them."""
    with running_neighbours() as neighbours:
        yield neighbours


@pytest.fixture
def neighbours(lasting_neighbours: Neighbours) -> Iterator[Neighbours]:
    """The neighbours as they are at first."""
    yield lasting_neighbours
    lasting_neighbours.begin_anew()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[MailReceiver]:
    """The mail server that keeps what it gets."""
    with MailReceiver(tmp_path / "mails") as receiver:
        yield receiver


@pytest.fixture
def environment(neighbours: Neighbours, redis_url: str, tmp_path: Path) -> dict[str, str]:
    """All but the database and the mail server."""
    return {
        "NOTIFIER_SERVICE_TOKEN": "the token of a test",
        "NOTIFIER_ASSEMBLY_QUIET_SECONDS": "0",
        "CLASSIFIER_URL": neighbours.url,
        "SCHEDULER_URL": neighbours.url,
        "PUBLIC_URL": "https://kontakt.example",
        "LINK_SECRET": "the link secret of a test",
        "PRINT_DIRECTORY": str(tmp_path / "print"),
        "REDIS_URL": redis_url,
        "TOKEN_KEYS": KEY.public_jwks(),
        "KUNDENTAKT_NOW": NOW,
        "KUNDENTAKT_NOW_SINCE": datetime.now(UTC).isoformat(),
    }


@pytest.fixture
def smtp_url(receiver: MailReceiver) -> str:
    """Where mails go; a test of a bad server replaces it."""
    return receiver.url


@pytest.fixture
async def notifier(
    fresh_database: FreshDatabases,
    environment: dict[str, str],
    smtp_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Notifier]:
    """The running app."""
    database = await fresh_database("notifier")
    urls = {
        "NOTIFIER_DATABASE_URL": database.app_url,
        "NOTIFIER_SWEEP_DATABASE_URL": database.sweep_url,
        "SMTP_URL": smtp_url,
    }
    for name, value in {**environment, **urls}.items():
        monkeypatch.setenv(name, value)
    async with running_application("notifier") as app:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://notifier") as client:
            yield Notifier(app, client, database)
