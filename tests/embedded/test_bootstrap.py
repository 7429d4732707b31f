"""The roles of a service's database, as the services and their migrations meet them."""

import os

import asyncpg
import pytest

from kundentakt.servers.bootstrap import (
    Role,
    RoleNameUnexpected,
    ServiceDatabase,
    UnsafeDatabaseRole,
    bootstrap,
    drop_database,
    drop_roles,
)
from kundentakt.servers.embedded import SERVICES, EmbeddedServers
from tests.fixtures.databases import FreshDatabase

# Named as the templates are, so that what a killed run leaves is dropped by the next.
RUN = f"kt{os.getpid()}_given"
ADMIN = f"kt{os.getpid()}_admin"
OTHER = f"kt{os.getpid()}_other"
AGAIN = f"kt{os.getpid()}_again"
_PASSWORDS: dict[Role, str] = {"owner": "it's %I odd", "app": "p@ss/word", "sweep": "ü:?#"}


async def _as(url: str, *statements: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        result = ""
        for statement in statements:
            result = await connection.execute(statement)
        return result
    finally:
        await connection.close()


async def test_the_app_writes_what_the_owner_made_and_makes_nothing_itself(
    empty_database: FreshDatabase,
) -> None:
    await _as(empty_database.owner_url, "CREATE TABLE visit (id serial PRIMARY KEY)")

    assert await _as(empty_database.app_url, "INSERT INTO visit DEFAULT VALUES") == "INSERT 0 1"
    await _as(empty_database.app_url, "CREATE TEMPORARY TABLE incoming (id int)")
    for forbidden in ("CREATE TABLE mine (id int)", "DROP TABLE visit", "TRUNCATE visit"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await _as(empty_database.app_url, forbidden)


async def test_the_sweep_sees_only_what_a_migration_granted(empty_database: FreshDatabase) -> None:
    await _as(
        empty_database.owner_url,
        "CREATE TABLE job (id int PRIMARY KEY)",
        "CREATE TABLE customer (id int PRIMARY KEY)",
    )
    sweep = empty_database.sweep_url.partition("://")[2].partition(":")[0]
    await _as(empty_database.owner_url, f"GRANT SELECT ON job TO {sweep}")

    await _as(empty_database.sweep_url, "SELECT FROM job")
    for forbidden in ("SELECT FROM customer", "INSERT INTO job VALUES (1)"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await _as(empty_database.sweep_url, forbidden)


async def test_a_service_cannot_open_the_database_of_another(
    empty_database: FreshDatabase, servers: EmbeddedServers
) -> None:
    admin_url = servers.admin_database_url()
    other = ServiceDatabase(service="other", database=OTHER, passwords=_PASSWORDS)
    await bootstrap(admin_url=admin_url, database=other)
    try:
        url = other.url("app", server_url=admin_url)
        await _as(url, "SELECT")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await _as(url.removesuffix(OTHER) + empty_database.database)
    finally:
        await drop_database(admin_url=admin_url, database=other.database)
        await drop_roles(admin_url=admin_url, database=other)


async def test_bootstrap_repeats_and_takes_new_passwords_but_refuses_a_mighty_app(
    servers: EmbeddedServers,
) -> None:
    admin_url = servers.admin_database_url()
    first = ServiceDatabase(service="s", database=AGAIN, passwords=_PASSWORDS)
    renewed = ServiceDatabase(
        service="s", database=AGAIN, passwords={**_PASSWORDS, "app": "renewed"}
    )
    await bootstrap(admin_url=admin_url, database=first)
    try:
        await bootstrap(admin_url=admin_url, database=renewed)
        await _as(renewed.url("app", server_url=admin_url), "SELECT")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await _as(first.url("app", server_url=admin_url), "SELECT")

        await _as(admin_url, f"GRANT {AGAIN}_sweep TO {AGAIN}_app")
        with pytest.raises(UnsafeDatabaseRole, match=f"ist Mitglied von {AGAIN}_sweep"):
            await bootstrap(admin_url=admin_url, database=renewed)
    finally:
        await drop_database(admin_url=admin_url, database=first.database)
        await drop_roles(admin_url=admin_url, database=first)


async def test_a_given_server_is_prepared_by_an_administrator_who_is_no_superuser(
    servers: EmbeddedServers,
) -> None:
    superuser_url = servers.admin_database_url()
    server = superuser_url.rpartition("@")[2].partition("/")[0]
    environment = {
        f"{service.upper()}_{infix}DATABASE_URL": (
            f"postgresql://{RUN}_{service}_{role}:p%40ss@{server}/{RUN}_{service}"
        )
        for service in SERVICES
        for infix, role in (("", "app"), ("SWEEP_", "sweep"), ("OWNER_", "owner"))
    }
    await _as(superuser_url, f"CREATE ROLE {ADMIN} LOGIN CREATEDB CREATEROLE PASSWORD 'admin'")
    database = ServiceDatabase.given(service="classifier", environment=environment)
    try:
        for _ in range(2):
            await bootstrap(
                admin_url=f"postgresql://{ADMIN}:admin@{server}/postgres", database=database
            )
        await _as(environment["CLASSIFIER_OWNER_DATABASE_URL"], "CREATE TABLE visit (id int)")
        await _as(environment["CLASSIFIER_DATABASE_URL"], "INSERT INTO visit VALUES (1)")
    finally:
        await drop_database(admin_url=superuser_url, database=database.database)
        await drop_roles(admin_url=superuser_url, database=database)
        await _as(superuser_url, f"DROP ROLE {ADMIN}")


def test_a_given_url_that_logs_in_as_another_role_is_refused() -> None:
    environment = {
        f"CLASSIFIER_{infix}DATABASE_URL": f"postgresql://postgres:x@db/{RUN}"
        for infix in ("", "SWEEP_", "OWNER_")
    }
    with pytest.raises(RoleNameUnexpected, match=f"{RUN}_app"):
        ServiceDatabase.given(service="classifier", environment=environment)
