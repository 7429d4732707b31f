"""Statements have an end: sooner for whoever asks over HTTP than for workers."""

import re
from pathlib import Path

import pytest

from shared.db.database import REQUEST_SECONDS, WORK_SECONDS, Database
from shared.db.failures import is_transient
from shared.jobs.worker import JOB_TIMEOUT_SECONDS
from tests.fixtures.databases import FreshDatabase

SERVICES = Path(__file__).parents[2] / "services"


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
