"""Every job that fails has a last word: noted where operators see it, logged once, tried seldom."""

import asyncio
import contextlib
import importlib
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from arq.worker import Retry
from fastapi import FastAPI

from kundentakt.cli.keys import SigningKey, _new_jwk
from shared.db.rings import Ring
from shared.failures import Transient
from shared.jobs import failing
from shared.jobs import jobs as jobs_module
from shared.jobs.connections import connected
from shared.jobs.doorbell import REDRIVE, Doorbell
from shared.jobs.jobs import MAX_TRIES, Job, carried_out
from shared.jobs.places import Places
from shared.jobs.worker import make_worker
from shared.turns import Turn
from tests.fixtures.applications import running_application
from tests.fixtures.databases import FreshDatabases

SERVICES = ("classifier", "scheduler", "notifier")
AGENCY = "agency-x"
KEY = SigningKey(_new_jwk())
GUIDE = Path(__file__).parents[2] / "docs" / "operator.md"


@pytest.fixture(params=SERVICES)
async def service(
    request: pytest.FixtureRequest,
    fresh_database: FreshDatabases,
    redis_url: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> AsyncIterator[tuple[str, FastAPI]]:
    """The name of a service and its running app."""
    name = request.param
    database = await fresh_database(name)
    token = KEY.issue_token(
        agency="*", scopes=("changes:read",), subject="a test", lifetime=timedelta(minutes=5)
    )
    for variable, value in {
        f"{name.upper()}_DATABASE_URL": database.app_url,
        f"{name.upper()}_SWEEP_DATABASE_URL": database.sweep_url,
        f"{name.upper()}_SERVICE_TOKEN": token,
        "PRINT_DIRECTORY": str(tmp_path),
        "PUBLIC_URL": "https://kontakt.example",
        "LINK_SECRET": "the link secret of a test",
        "SMTP_URL": "smtp://127.0.0.1:1",
        "REDIS_URL": redis_url,
        "TOKEN_KEYS": KEY.public_jwks(),
    }.items():
        monkeypatch.setenv(variable, value)
    async with running_application(name) as app:
        yield name, app


async def shown(app: FastAPI) -> list[tuple[str, int]]:
    """What the status tells of jobs, with how often they failed."""
    token = KEY.issue_token(
        agency=AGENCY, scopes=("operations",), subject="a test", lifetime=timedelta(minutes=5)
    )
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await client.get("/v1/operations/status", headers=headers)
    assert answer.status_code == 200, answer.text
    return sorted((each["reason"], each["count"]) for each in answer.json()["waiting"])


async def breaks(agency: str, turn: Turn) -> None:
    raise RuntimeError("a bug")


async def works(agency: str, turn: Turn) -> None:
    return None


async def test_every_job_that_fails_is_shown_logged_once_and_forgotten_when_it_works(
    service: tuple[str, FastAPI], redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, app = service
    registered: Sequence[Job] = importlib.import_module(f"services.{name}.worker").jobs(
        app.state.resources
    )
    assert len(registered) >= 3
    logged: list[str] = []
    monkeypatch.setattr(jobs_module.log, "error", lambda _, **said: logged.append(said["job"]))
    async with connected(redis_url) as redis:
        ctx: dict[str, Any] = {"redis": redis, "job_try": 1}
        for job in registered:
            broken = carried_out(name, replace(job, run=breaks), Places())
            for _ in range(2):
                with pytest.raises(RuntimeError):
                    await broken(ctx, AGENCY)
        assert logged == [job.name for job in registered], "once each"
        assert await shown(app) == sorted((f"job_failed:{job.name}", 2) for job in registered)
        for job in registered:
            await carried_out(name, replace(job, run=works), Places())(ctx, AGENCY)
        assert await shown(app) == []


def test_the_guide_tells_of_every_job_its_attempts_and_its_end() -> None:
    table = GUIDE.read_text().partition("## Jobs")[2].partition("\n## ")[0]
    told = set(re.findall(r"^\| [a-z]+ \| `([a-z_]+)` \|", table, flags=re.MULTILINE))
    registered = set()
    for name in SERVICES:
        source = (Path(__file__).parents[2] / "services" / name / "worker.py").read_text()
        registered |= set(re.findall(r'Job\(\s*name="([a-z_]+)"', source))
        registered |= {f"follow_{each}" for each in re.findall(r'follow_job\("(\w+)"\)', source)}
    assert registered - told == set(), "add the job to the table of docs/operator.md"


async def test_a_job_that_fails_on_rests_longer_and_longer_until_somebody_redrives(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    async def run(agency: str, turn: Turn) -> None:
        nonlocal looks
        looks += 1
        raise RuntimeError("a bug")

    async def nobody() -> Sequence[str]:
        return ()

    now = datetime.now(UTC)
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(
        jobs_module.log, "error", lambda event, **said: told.append({"event": event, **said})
    )
    job = Job(name="plan", run=run, pending=nobody)
    broken = carried_out("scheduler", job, Places())
    bell = Ring(service="scheduler", job="plan", agency=AGENCY)
    async with connected(redis_url) as redis:
        ctx: dict[str, Any] = {"redis": redis, "job_try": 1}
        await failing.forget(redis, bell)
        rests = []
        for _ in range(9):
            with pytest.raises(RuntimeError):
                await broken(ctx, AGENCY)
            (noted,) = await failing.failing_jobs(redis, "scheduler", AGENCY)
            rests.append(round(noted.rests_until - datetime.now(UTC).timestamp(), -1))
            resting = looks
            if noted.rests():
                await broken(ctx, AGENCY)
            assert looks == resting, "nobody looks while the job rests"
            await failing.note(redis, bell, replace(noted, failures=noted.failures - 1), "x")
            await _let_rest_end(redis, bell)
        assert rests == [0, 0, 60, 120, 300, 900, 3600, 3600, 3600]
        assert noted.since >= now
        assert [each["failures"] for each in told] == [1, len(failing.PAUSES)]

        worker = make_worker(service="scheduler", redis_url=redis_url, jobs=[job], burst=True)
        doorbell = Doorbell(url=redis_url, service="scheduler")
        await failing.note(redis, bell, noted, "RuntimeError")
        before = looks
        await doorbell.ring([Ring(service="scheduler", job=REDRIVE, agency=AGENCY)])
        async with asyncio.timeout(30):
            await worker.async_run()
            await worker.async_run()
        await worker.close()
        assert looks == before + 1
        await failing.forget(redis, bell)
        await doorbell.close()


async def _let_rest_end(redis: Any, bell: Ring) -> None:
    """Have the rest of a job be over."""
    key = failing.notes_of(bell.service, bell.agency)
    noted = await redis.hget(key, bell.job)
    ended = re.sub(rb'"rests_until": [0-9.]+', b'"rests_until": 0', noted)
    await redis.hset(key, bell.job, ended)


async def test_a_fault_after_an_hour_of_waits_is_logged_with_its_trace_and_tried_again_at_once(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bell = Ring(service="scheduler", job="plan", agency="agency-z")
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(jobs_module.log, "error", lambda _, **said: told.append(said))

    async def nobody() -> Sequence[str]:
        return ()

    broken = carried_out("scheduler", Job(name="plan", run=breaks, pending=nobody), Places())
    async with connected(redis_url) as redis:
        await failing.note(redis, bell, None, "ServiceAway", waits=True, times=60)
        with pytest.raises(RuntimeError):
            await broken({"redis": redis, "job_try": 1}, bell.agency)
        (noted,) = await failing.failing_jobs(redis, "scheduler", bell.agency)
        assert (noted.failures, noted.waits, noted.rests()) == (1, False, False)
        assert [(each["failures"], type(each["exc_info"])) for each in told] == [(1, RuntimeError)]
        await failing.forget(redis, bell)


async def test_a_wait_is_logged_when_it_begins_and_when_it_ends(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = True

    async def run(agency: str, turn: Turn) -> None:
        if away:
            raise Transient("the classifier is away")

    async def nobody() -> Sequence[str]:
        return ()

    told: list[tuple[str, int]] = []
    for level in ("warning", "info"):
        monkeypatch.setattr(
            jobs_module.log,
            level,
            lambda event, **said: told.append((event, said.get("waited_tries", 0))),
        )
    waiting = carried_out("scheduler", Job(name="late", run=run, pending=nobody), Places())
    async with connected(redis_url) as redis:

        async def tried(number: int) -> None:
            with contextlib.suppress(Retry):
                await waiting({"redis": redis, "job_try": number}, "agency-w")

        for number in (*range(1, MAX_TRIES + 1), *range(1, MAX_TRIES + 1), 1):
            await tried(number)
        assert told == [("job waits", 0)]
        away = False
        await tried(2)
        assert told == [("job waits", 0), ("job goes on", 2 * MAX_TRIES + 1)]
        await tried(1)
        assert len(told) == 2, "a job that works says nothing"


async def test_a_job_that_waits_is_shown_after_its_last_try_and_never_rests(redis_url: str) -> None:
    async def run(agency: str, turn: Turn) -> None:
        raise Transient("the classifier is away")

    async def nobody() -> Sequence[str]:
        return ()

    waiting = carried_out("scheduler", Job(name="late", run=run, pending=nobody), Places())
    async with connected(redis_url) as redis:
        for tried in range(1, MAX_TRIES):
            assert list(await failing.failing_jobs(redis, "scheduler", "agency-y")) == []
            with pytest.raises(Retry):
                await waiting({"redis": redis, "job_try": tried}, "agency-y")
        (noted,) = await failing.failing_jobs(redis, "scheduler", "agency-y")
        assert (noted.reason, noted.rests()) == ("job_waits:late", False)
        await failing.forget(redis, Ring(service="scheduler", job="late", agency="agency-y"))
