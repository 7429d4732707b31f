"""Databases and roles of the three services, and their migrations. Safe to repeat.

Roles are cluster-wide, so no migration makes them. Each database `X` has three roles: `X_owner`
owns the tables and migrates, `X_app` works and cannot go round row-level security, `X_sweep` sees
across agencies what a migration grants it (policies on few tables) and nothing else.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from threading import Lock
from typing import Literal
from urllib.parse import quote, unquote, urlsplit

import asyncpg

import migrations
from kundentakt.supervisor.installation import Installation
from shared.db.connection_limits import connection_limits
from shared.db.schema_version import known_migrations, what_lacks

Role = Literal["owner", "app", "sweep"]
ROLES: tuple[Role, ...] = ("owner", "app", "sweep")

BOOTSTRAP_SECONDS = 600
"""One statement: copying a template database waits for a checkpoint of a busy server."""

# Alembic keeps the running migration in a global of its module.
_ONE_MIGRATION = Lock()


class RoleNameUnexpected(Exception):
    """A database URL names a role that does not follow from the database's name."""

    def __init__(self, service: str, found: str, expected: str) -> None:
        self.service = service
        self.found = found
        self.expected = expected
        super().__init__(f"Die Adresse von {service} nennt {found!r}; die Rolle ist {expected!r}.")


class UnsafeDatabaseRole(Exception):
    """A role of a service could bypass row-level security."""

    def __init__(self, role: str, fault: str) -> None:
        self.role = role
        self.fault = fault
        super().__init__(f"Rolle {role} {fault}: mit ALTER ROLE oder REVOKE berichtigen.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDatabase:
    """One database, its roles (named after `roles_of`) and their passwords.

    `roles_of` differs from `database` in a copy, which keeps the roles of its template.
    """

    service: str
    database: str
    passwords: Mapping[Role, str]
    roles_of: str = ""

    def role(self, role: Role) -> str:
        return f"{self.roles_of or self.database}_{role}"

    def url(self, role: Role, *, server_url: str) -> str:
        """`postgresql://` URL of this database under a role, on the server of another URL."""
        server = urlsplit(server_url).netloc.rpartition("@")[2]
        password = quote(self.passwords[role], safe="")
        return f"postgresql://{self.role(role)}:{password}@{server}/{self.database}"

    @classmethod
    def generated(
        cls, *, service: str, database: str, installation: Installation
    ) -> "ServiceDatabase":
        """With passwords generated once and kept under `var/`."""
        passwords = {role: installation.secret(f"{database}-{role}-password") for role in ROLES}
        return cls(service=service, database=database, passwords=passwords)

    @classmethod
    def given(cls, *, service: str, environment: Mapping[str, str]) -> "ServiceDatabase":
        """From the service's three URLs. Raises RoleNameUnexpected, KeyError."""
        passwords: dict[Role, str] = {}
        prefix = service.upper()
        parts = urlsplit(environment[f"{prefix}_DATABASE_URL"])
        database = parts.path.lstrip("/")
        infixes: dict[Role, str] = {"app": "", "sweep": "SWEEP_", "owner": "OWNER_"}
        for role, infix in infixes.items():
            parts = urlsplit(environment[f"{prefix}_{infix}DATABASE_URL"])
            if parts.username != f"{database}_{role}" or parts.path.lstrip("/") != database:
                found = f"{parts.username}@{parts.path.lstrip('/')}"
                raise RoleNameUnexpected(service, found, f"{database}_{role}@{database}")
            passwords[role] = unquote(parts.password or "")
        return cls(service=service, database=database, passwords=passwords)


async def _connected(url: str) -> asyncpg.Connection:
    limits = connection_limits(BOOTSTRAP_SECONDS, name="kundentakt-bootstrap")
    return await asyncpg.connect(url, **limits)


async def bootstrap(*, admin_url: str, database: ServiceDatabase) -> None:
    """Make the roles and the database as they must be, whatever is there already.

    `admin_url` is of a superuser, or of a role with CREATEROLE and CREATEDB. Raises
    UnsafeDatabaseRole when a role that exists already is too mighty.
    """
    connection = await _connected(admin_url)
    try:
        await _make_roles(connection, database)
        await _make_database(connection, database)
        for fault in await role_faults(connection, database):
            raise fault
    finally:
        await connection.close()
    await _grant_inside(database, server_url=admin_url)


async def migrate(*, service: str, owner_url: str) -> None:
    """Bring one service's database to the newest migration.

    Alembic is not even loaded for a database that is there already: it would take longer than all
    else that a start does.
    """
    if what_lacks(known_migrations(service), await _migration_of(owner_url)) is None:
        return
    await asyncio.to_thread(_run_alembic, service, owner_url, "upgrade")


async def _migration_of(owner_url: str) -> str | None:
    """The last migration of a database; None if it was never migrated."""
    connection = await _connected(owner_url)
    try:
        if await connection.fetchval("SELECT to_regclass('public.alembic_version')") is None:
            return None
        found: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
        return found
    finally:
        await connection.close()


async def check_drift(*, service: str, owner_url: str) -> None:
    """Raises alembic's CommandError when the migrated tables differ from those of the store."""
    await asyncio.to_thread(_run_alembic, service, owner_url, "check")


async def copy_database(
    admin: asyncpg.Connection, *, template: ServiceDatabase, database: str
) -> ServiceDatabase:
    """Make a database with the tables, rows and roles of the template, which must be unused.

    Files are copied as they are, after a checkpoint: through the log, block by block, a small
    database costs four times as much of the processor.
    """
    copy = ServiceDatabase(
        service=template.service,
        database=database,
        passwords=template.passwords,
        roles_of=template.roles_of or template.database,
    )
    await _make_database(admin, copy, template=template.database, strategy="FILE_COPY")
    return copy


async def drop_database(*, admin_url: str, database: str) -> None:
    """Drop the database if it exists, and disconnect its users."""
    connection = await _connected(admin_url)
    try:
        await _run(connection, "DROP DATABASE IF EXISTS %I WITH (FORCE)", database)
    finally:
        await connection.close()


async def drop_roles(*, admin_url: str, database: ServiceDatabase) -> None:
    """Drop the roles; they must own nothing any more."""
    connection = await _connected(admin_url)
    try:
        for role in ROLES:
            await _run(connection, "DROP ROLE IF EXISTS %I", database.role(role))
    finally:
        await connection.close()


async def role_faults(
    connection: asyncpg.Connection, database: ServiceDatabase
) -> list[UnsafeDatabaseRole]:
    """Faults that let the app or the sweep see more than it may; empty if there are none."""
    app, sweep = database.role("app"), database.role("sweep")
    mighty = await connection.fetch(
        "SELECT rolname FROM pg_roles WHERE rolname = ANY($1) AND (rolsuper OR rolbypassrls)",
        [app, sweep],
    )
    memberships = await connection.fetch(
        """SELECT member.rolname AS member, granted.rolname AS granted
             FROM pg_auth_members
             JOIN pg_roles member ON member.oid = pg_auth_members.member
             JOIN pg_roles granted ON granted.oid = pg_auth_members.roleid
            WHERE member.rolname = ANY($1)""",
        [app, sweep],
    )
    faults = [UnsafeDatabaseRole(row["rolname"], "umgeht den Zeilenschutz") for row in mighty]
    for row in memberships:
        faults.append(UnsafeDatabaseRole(row["member"], f"ist Mitglied von {row['granted']}"))
    return faults


async def _make_roles(connection: asyncpg.Connection, database: ServiceDatabase) -> None:
    for role in ROLES:
        name = database.role(role)
        exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name)
        if not exists:
            options = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE"
            await _run(connection, f"CREATE ROLE %I {options}", name)
        await _run(connection, "ALTER ROLE %I LOGIN PASSWORD %L", name, database.passwords[role])


async def _make_database(
    connection: asyncpg.Connection,
    database: ServiceDatabase,
    *,
    template: str = "template0",
    strategy: Literal["FILE_COPY", "WAL_LOG"] = "WAL_LOG",
) -> None:
    name, owner = database.database, database.role("owner")
    exists = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name)
    if not exists:
        if not await connection.fetchval("SELECT pg_has_role($1, 'USAGE')", owner):
            await _run(connection, "GRANT %I TO CURRENT_USER", owner)
        statement = "CREATE DATABASE %I OWNER %I TEMPLATE %I STRATEGY " + strategy
        await _run(connection, statement, name, owner, template)
    # Rights on a database itself are not copied from its template.
    await _run(connection, "REVOKE ALL ON DATABASE %I FROM PUBLIC", name)
    # The app copies bulk rows into temporary tables, because COPY into protected ones is refused.
    await _run(connection, "GRANT CONNECT, TEMPORARY ON DATABASE %I TO %I", name,
               database.role("app"))  # fmt: skip
    await _run(connection, "GRANT CONNECT ON DATABASE %I TO %I", name, database.role("sweep"))


async def _grant_inside(database: ServiceDatabase, *, server_url: str) -> None:
    """Rights within the database, given by its owner, so that the admin need not be superuser."""
    app, sweep = database.role("app"), database.role("sweep")
    connection = await _connected(database.url("owner", server_url=server_url))
    try:
        await connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        await _run(connection, "GRANT USAGE ON SCHEMA public TO %I, %I", app, sweep)
        for right, kind in (
            ("SELECT, INSERT, UPDATE, DELETE", "TABLES"),
            ("USAGE, SELECT", "SEQUENCES"),
        ):
            default = f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {right} ON {kind} TO %I"
            await _run(connection, default, app)
    finally:
        await connection.close()


async def _run(connection: asyncpg.Connection, statement: str, *values: str) -> None:
    """Run a statement that takes no parameters; %I and %L are quoted by the server itself."""
    placeholders = "".join(f", ${number}::text" for number in range(2, len(values) + 2))
    query = f"SELECT format($1{placeholders})"
    await connection.execute(await connection.fetchval(query, statement, *values))


def _run_alembic(service: str, owner_url: str, task: Literal["upgrade", "check"]) -> None:
    # Imported here, because a start with migrated databases does not need it.
    from alembic import command
    from alembic.config import Config

    folder = Path(str(migrations.__file__)).parent
    # Silenced, because alembic's exception holds the same text.
    config = Config(folder / "alembic.ini", ini_section=service, stdout=StringIO())
    config.attributes["url"] = owner_url
    with _ONE_MIGRATION:
        if task == "upgrade":
            command.upgrade(config, "head")
        else:
            command.check(config)
