"""A service says whether its database has the tables it needs, and what to run if not."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg
import httpx
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

import migrations
from kundentakt.servers.bootstrap import migrate
from kundentakt.servers.embedded import SERVICES
from shared.db.schema_version import known_migrations
from tests.classifier.conftest import Service, running_service, service
from tests.fixtures.databases import FreshDatabase

__all__ = ["service"]

Ready = Callable[[], Awaitable[httpx.Response]]


async def as_owner(database: FreshDatabase, statement: str) -> None:
    owner = await asyncpg.connect(database.owner_url)
    await owner.execute(statement)
    await owner.close()


@pytest.fixture
def ready(service: Service) -> Ready:
    """Ask the classifier, over its migrated database, whether it is ready."""

    async def ask() -> httpx.Response:
        return await service.client.get("/readyz")

    return ask


@pytest.mark.parametrize("of", SERVICES)
def test_the_migrations_of_a_service_are_those_that_alembic_runs_in_their_order(of: str) -> None:
    folder = Path(str(migrations.__file__)).parent
    script = ScriptDirectory.from_config(Config(folder / "alembic.ini", ini_section=of))
    newest_first = [each.revision for each in script.walk_revisions()]
    assert list(known_migrations(of)) == newest_first[::-1]


async def test_a_service_over_a_migrated_database_is_ready(ready: Ready) -> None:
    answer = await ready()
    told = {"ready": True, "database": "ok", "tables": "ok", "redis": "ok"}
    assert (answer.status_code, answer.json()) == (200, told)


async def test_a_database_that_is_older_than_the_code_is_not_ready_and_says_what_to_run(
    service: Service, ready: Ready
) -> None:
    *_, before, newest = known_migrations("classifier")
    await as_owner(service.database, f"UPDATE alembic_version SET version_num = '{before}'")
    answer = await ready()
    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert answer.json()["tables"] == (
        f"at migration {before}, and {newest} is needed: run `kundentakt migrate`"
    )


async def test_a_database_that_is_newer_than_the_code_is_ready(
    service: Service, ready: Ready
) -> None:
    await as_owner(service.database, "UPDATE alembic_version SET version_num = '9999'")
    assert (await ready()).status_code == 200


async def test_a_database_without_tables_becomes_ready_by_what_it_says(
    empty_database: FreshDatabase, redis_url: str
) -> None:
    async with running_service(empty_database, redis_url) as bare:
        refused = await bare.client.get("/readyz")
        assert refused.status_code == 503
        assert refused.json()["database"] == "ok"
        assert "run `kundentakt migrate`" in refused.json()["tables"]
        await migrate(service="classifier", owner_url=empty_database.owner_url)
        assert (await bare.client.get("/readyz")).status_code == 200
