"""Every state that is stored is one that the domain knows."""

import re
from typing import Any, get_args

import asyncpg
import pytest
from sqlalchemy import CheckConstraint, MetaData, Table

import services.classifier.store
import services.notifier.store
import services.scheduler.store
from services.notifier.domain.messages import DeliveryOutcome
from shared.contracts.appointments import AppointmentState
from shared.contracts.classifications import ReclassificationState
from shared.contracts.customers import ConsentState
from shared.contracts.dispatches import MessageState, PrintRunState
from shared.contracts.imports import ImportState
from shared.contracts.plans import TouchpointState
from shared.contracts.scheduling import RequestState, TaskState
from tests.fixtures.databases import FreshDatabase, FreshDatabases
from tests.fixtures.old_schemas import migrate_to

METADATA = {
    "classifier": services.classifier.store.metadata,
    "scheduler": services.scheduler.store.metadata,
    "notifier": services.notifier.store.metadata,
}
STATES: dict[str, Any] = {
    "classifier.consent.state": ConsentState,
    "classifier.import_job.state": ImportState,
    "classifier.reclassification.state": ReclassificationState,
    "notifier.message.state": MessageState,
    "notifier.delivery_attempt.outcome": DeliveryOutcome,
    "notifier.print_run.state": PrintRunState,
    "scheduler.touchpoint.state": TouchpointState,
    "scheduler.appointment.state": AppointmentState,
    "scheduler.task.state": TaskState,
    "scheduler.request.state": RequestState,
}
"""The type that names the states of each column."""

BEFORE_THE_CHECKS = {"classifier": "0009", "scheduler": "0003", "notifier": "0001"}
"""The last migration of each service that took any text for a state."""

ANYTHING = {
    "ARRAY": "'{}'",
    "bigint": "0",
    "boolean": "false",
    "bytea": "'x'",
    "character varying": "gen_random_uuid()::text",
    "date": "current_date",
    "double precision": "0",
    "integer": "0",
    "jsonb": "'{}'",
    "smallint": "0",
    "text": "gen_random_uuid()::text",
    "timestamp with time zone": "now()",
    "uuid": "gen_random_uuid()",
}
"""A value for a column that must have one, by its type."""

OF_A_COUNTRY = "federal_state"
"""The German state a customer lives in."""


def state_columns(service: str, metadata: MetaData) -> dict[str, Table]:
    """Every column that holds a state, with its table."""
    return {
        f"{service}.{table.name}.{column.name}": table
        for table in metadata.tables.values()
        for column in table.columns
        if (column.name == "state" or column.name.endswith("_state"))
        and column.name != OF_A_COUNTRY
    }


def quoted(definition: str) -> set[str]:
    """The texts in quotes of a constraint."""
    return set(re.findall(r"'(\w+)'", definition))


def states_in_table_class(name: str, table: Table) -> set[str]:
    """What the CHECK of this column in the table class allows; empty without one."""
    wanted = f"ck_{table.name}_{name.rpartition('.')[2]}"
    found = [c for c in table.constraints if isinstance(c, CheckConstraint) and c.name == wanted]
    return {state for constraint in found for state in quoted(str(constraint.sqltext))}


@pytest.mark.parametrize("service", METADATA)
def test_every_state_column_allows_the_states_of_the_domain_alone(service: str) -> None:
    for name, table in state_columns(service, METADATA[service]).items():
        allowed = states_in_table_class(name, table)
        assert name in STATES, f"{name} has no type that names its states"
        assert allowed == set(get_args(STATES[name])), name


@pytest.mark.parametrize("service", METADATA)
async def test_the_migrated_tables_check_the_same_states(
    service: str, fresh_database: FreshDatabases
) -> None:
    database = await fresh_database(service)
    connection = await asyncpg.connect(database.owner_url)
    try:
        rows = await connection.fetch(
            "SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint"
            " WHERE contype = 'c'"
        )
    finally:
        await connection.close()
    migrated = {row["conname"]: quoted(row["definition"]) for row in rows}
    for name in sorted(STATES):
        owner, table, column = name.split(".")
        if owner == service:
            assert migrated.get(f"ck_{table}_{column}") == set(get_args(STATES[name])), name


async def insert_a_row(connection: asyncpg.Connection, table: str, column: str, state: str) -> None:
    """Insert a row with this state and anything in the other columns that must have a value."""
    needed = await connection.fetch(
        """
        SELECT column_name, data_type FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name = $1 AND column_name <> $2
           AND is_nullable = 'NO' AND column_default IS NULL
        """,
        table,
        column,
    )
    names = ", ".join([column, *(each["column_name"] for each in needed)])
    values = ", ".join([f"'{state}'", *(ANYTHING[each["data_type"]] for each in needed)])
    await connection.execute(f"INSERT INTO {table} ({names}) VALUES ({values})")


@pytest.mark.parametrize("service", METADATA)
async def test_the_checks_accept_a_database_with_a_row_in_each_state(
    service: str, empty_database: FreshDatabase
) -> None:
    await migrate_to(empty_database, service, BEFORE_THE_CHECKS[service])
    connection = await asyncpg.connect(empty_database.admin_url)
    stored = {}
    for name, states in STATES.items():
        owner, table, column = name.split(".")
        if owner == service and await connection.fetchval("SELECT to_regclass($1)", table):
            stored[table] = len(get_args(states))
            for state in get_args(states):
                await insert_a_row(connection, table, column, state)
    await migrate_to(empty_database, service, "head")
    assert stored
    for table, count in stored.items():
        assert await connection.fetchval(f"SELECT count(*) FROM {table}") == count
    await connection.close()
