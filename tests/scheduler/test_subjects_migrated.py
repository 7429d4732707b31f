"""The details of an older database become subjects, no row is lost, and its day is finished."""

import asyncio
import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest
from alembic import command
from alembic.config import Config

import migrations
from tests.fixtures.databases import FreshDatabase, FreshDatabases
from tests.fixtures.old_schemas import migrate_to
from tests.scheduler.builders import MONDAY, opened
from tests.scheduler.test_follow_classifier import report, with_customer

AGENCY = "musterbetrieb"

BECAME: list[tuple[str, str, str | None, dict[str, object] | None]] = [
    ("development", "gap", "household", {"line": "household"}),
    ("development", "life_unknown", None, None),
    ("birthday", "birthday", "50", {"years": 50}),
    ("our_day", "years_together", "10", {"years": 10}),
    ("life_event", "life.changed", "birth", {"change": "birth"}),
    ("saving", "contract.cancelled", "V-1", {"contract_id": "V-1"}),
    (
        "cancellation_confirmation",
        "contract.cancelled",
        "V-1",
        {"contract_id": "V-1", "cancelled_on": "2026-11-20"},
    ),
    ("carer_introduction", "carer_changed", "S-2", {"previous_staff_id": "S-2"}),
    ("yearly_review", "interval", None, None),
]
"""Service, what raised it, its old detail, and the subject that it became."""

TOUCHPOINT = """
    INSERT INTO touchpoint (agency_id, touchpoint_id, customer_id, unit_id, service, occurrence,
                            purpose, duty, channel, minutes, priority, due, earliest, latest, day,
                            state, because, detail)
    VALUES ($1, $2, 'K-1', 'K-1', $3, '1', 'service', false, 'phone', 15, 1, '2026-11-20',
            '2026-11-20', '2026-11-30', '2026-11-23', 'due', $4, $5)
"""
TASK = """
    INSERT INTO task (agency_id, task_id, touchpoint_id, customer_id, service, channel, staff_id,
                      day, minutes, importance, state, because, detail)
    VALUES ($1, $2, $2, 'K-1', $3, 'phone', 'S-1', '2026-11-23', 15, 20, 'open', $4, $5)
"""
OCCASION = """
    INSERT INTO occasion (agency_id, customer_id, service, occurrence, day, because, detail)
    VALUES ($1, 'K-1', $3, $2::uuid::varchar, '2026-11-20', $4, $5)
"""


TABLES = {"touchpoint": "touchpoint_id", "task": "task_id", "occasion": "occurrence::uuid"}


@pytest.fixture
async def older(fresh_database: FreshDatabases) -> FreshDatabase:
    """A database of before the subjects."""
    database = await fresh_database("scheduler")
    await asyncio.to_thread(command.downgrade, config(database), "0005")
    return database


def config(database: FreshDatabase) -> Config:
    folder = Path(str(migrations.__file__)).parent
    found = Config(folder / "alembic.ini", ini_section="scheduler", stdout=StringIO())
    found.attributes["url"] = database.owner_url
    return found


async def test_every_detail_becomes_the_subject_of_its_service_and_back(
    older: FreshDatabase,
) -> None:
    ids = [uuid4() for _ in BECAME]
    connection = await asyncpg.connect(older.admin_url)
    try:
        for key, (service, because, detail, _) in zip(ids, BECAME, strict=True):
            for statement in (TOUCHPOINT, TASK, OCCASION):
                await connection.execute(statement, AGENCY, key, service, because, detail)
        await migrate_to(older, "scheduler", "head")
        expected = {key: subject for key, (_, _, _, subject) in zip(ids, BECAME, strict=True)}
        for table, name in TABLES.items():
            rows = await connection.fetch(f"SELECT {name} AS id, subject FROM {table}")
            assert {row["id"]: row["subject"] and json.loads(row["subject"]) for row in rows} == (
                expected
            ), table
        await asyncio.to_thread(command.downgrade, config(older), "0005")
        before: dict[UUID, str | None] = {
            key: detail for key, (_, _, detail, _) in zip(ids, BECAME, strict=True)
        }
        for table, name in TABLES.items():
            rows = await connection.fetch(f"SELECT {name} AS id, detail FROM {table}")
            assert {row["id"]: row["detail"] for row in rows} == before, table
    finally:
        await connection.close()


async def test_a_detail_that_no_service_explains_stops_the_migration(
    older: FreshDatabase,
) -> None:
    connection = await asyncpg.connect(older.admin_url)
    try:
        await connection.execute(TOUCHPOINT, AGENCY, uuid4(), "yearly_review", "interval", "what?")
        with pytest.raises(Exception, match="every_detail_became_a_subject"):
            await migrate_to(older, "scheduler", "head")
        assert await connection.fetchval("SELECT detail FROM touchpoint") == "what?"
    finally:
        await connection.close()


async def test_a_day_in_full_swing_is_finished_after_the_migration(
    databases: dict[str, FreshDatabase],
) -> None:
    async with opened() as system:
        await with_customer(system)
        contract = {"line": "household", "status": "active"}
        await system.tell_classifier("PUT", "/customers/K-1/contracts/V-1", contract)
        assert (await system.run_day(MONDAY)).is_success
        await report(
            system,
            "contract.cancelled",
            without=["hand_over"],
            contract_id="V-1",
            cancelled_on=str(MONDAY),
        )
        before = await system.touchpoints(customer_id="K-1")
    scheduler = databases["scheduler"]
    await asyncio.to_thread(command.downgrade, config(scheduler), "0005")
    await migrate_to(scheduler, "scheduler", "head")
    async with opened() as system:
        assert await system.touchpoints(customer_id="K-1") == before
        await system.finish_all_work()
        assert (await system.run_day(MONDAY + timedelta(days=1))).is_success
        (confirmation,) = await system.touchpoints(service="cancellation_confirmation")
        data = system.notifier.orders[confirmation["touchpoint_id"]]["data"]
        assert (data["contract_id"], data["cancelled_on"]) == ("V-1", str(MONDAY))
        (talk,) = await system.touchpoints(service="saving")
        assert (talk["detail"], talk["because"]) == ("V-1", "contract.cancelled")
        assert len(await system.touchpoints(customer_id="K-1")) >= len(before)
