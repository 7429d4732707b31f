"""Statements have an end: sooner for whoever asks over HTTP than for workers."""

import re
import time
from pathlib import Path

import pytest

from shared.db import connection_limits
from shared.db.connection_limits import MIGRATION_SECONDS, REQUEST_SECONDS, WORK_SECONDS
from shared.db.database import Database
from shared.db.failures import is_transient
from shared.db.sweep_database import SweepDatabase
from shared.jobs.jobs import JOB_TIMEOUT_SECONDS
from tests.fixtures.databases import FreshDatabase
from tests.fixtures.frozen_servers import passage

ROOT = Path(__file__).parents[2]
SERVICES = ROOT / "services"


async def limit_of(database: Database) -> str:
    async with database.transaction("agency-x") as transaction:
        return str((await transaction.execute("SHOW statement_timeout")).scalar_one())


async def no_ring(_rings: object) -> None:
    return None


async def test_a_statement_without_an_end_is_ended_and_worth_another_try(
    toy_database: FreshDatabase,
) -> None:
    database = Database(
        service="classifier", url=toy_database.app_url, ring=no_ring, statement_seconds=1
    )
    with pytest.raises(Exception) as ended:  # noqa: PT011 - any error of the driver
        async with database.transaction("agency-x") as transaction:
            await transaction.execute("SELECT pg_sleep(30)")
    assert is_transient(ended.value)
    assert await limit_of(database) == "1s"
    await database.close()


async def test_workers_have_longer_but_less_than_a_job_may_take(
    toy_database: FreshDatabase,
) -> None:
    database = Database(service="classifier", url=toy_database.app_url, ring=no_ring)
    assert await limit_of(database) == "110s"
    assert REQUEST_SECONDS < WORK_SECONDS < JOB_TIMEOUT_SECONDS
    await database.close()


@pytest.mark.parametrize("service", ["classifier", "scheduler", "notifier"])
def test_every_app_opens_its_database_for_requests(service: str) -> None:
    main = (SERVICES / service / "main.py").read_text()
    limited = re.findall(r"partial\(open_service, statement_seconds=REQUEST_SECONDS\)", main)
    assert len(limited) == 1


async def test_a_question_of_the_sweep_has_an_end(toy_database: FreshDatabase) -> None:
    sweep = SweepDatabase(url=toy_database.sweep_url)
    (limit,) = await sweep.rows("SHOW statement_timeout")
    assert tuple(limit) == ("30s",)
    await sweep.close()


def test_every_connection_of_the_code_is_bounded() -> None:
    unbounded = []
    for folder in ("shared", "services", "kundentakt", "migrations"):
        for file in (ROOT / folder).rglob("*.py"):
            text = file.read_text()
            for call in re.finditer(r"(?:asyncpg\.connect|create_async_engine)\(", text):
                rest = text[call.start() : call.start() + 600]
                if not re.search(r"limits", rest):
                    unbounded.append(str(file))
    assert unbounded == []
    assert REQUEST_SECONDS < WORK_SECONDS < MIGRATION_SECONDS


async def test_a_server_that_stands_still_in_a_statement_is_given_up_and_found_again(
    toy_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_limits, "GRACE_SECONDS", 0)
    async with passage(toy_database.app_url) as way:
        database = Database(service="classifier", url=way.url, ring=no_ring, statement_seconds=1)
        began = time.monotonic()
        with pytest.raises(TimeoutError) as given_up:
            async with database.transaction("agency-x") as transaction:
                way.freeze()
                await transaction.execute("SELECT 1")
        assert time.monotonic() - began < 20
        assert is_transient(given_up.value)
        way.thaw()
        assert await limit_of(database) == "1s"
        await database.close()
