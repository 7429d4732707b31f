"""Readiness while the database stands still: red at once, and green again by itself."""

import time

import httpx
import pytest

from tests.fixtures.applications import running_application
from tests.fixtures.databases import FreshDatabases
from tests.fixtures.frozen_servers import passage
from tests.fixtures.waiting import eventually


async def test_a_database_that_stands_still_makes_readiness_red_within_seconds(
    fresh_database: FreshDatabases, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await fresh_database("notifier")
    async with passage(database.app_url) as way:
        urls = {
            "NOTIFIER_DATABASE_URL": way.url,
            "NOTIFIER_SWEEP_DATABASE_URL": database.sweep_url,
            "SMTP_URL": "smtp://127.0.0.1:1",
        }
        for name, value in {**environment, **urls}.items():
            monkeypatch.setenv(name, value)
        async with running_application("notifier") as app:
            transport = httpx.ASGITransport(app=app)
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                assert (await client.get("/readyz")).status_code == 200
                way.freeze()
                began = time.monotonic()
                red = await client.get("/readyz")
                assert time.monotonic() - began < 4, "the container's health check waits so long"
                assert (red.status_code, red.json()["database"]) == (503, "away: no answer")
                assert (await client.get("/livez")).status_code == 200
                way.thaw()

                async def green() -> bool:
                    return (await client.get("/readyz")).status_code == 200

                await eventually(green)
