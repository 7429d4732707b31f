"""The tables every service has, and the row-level security of all tables.

The kernel's first form is frozen text, because migrations must not change afterwards; the
:class:`Table` definitions describe the present form, against which drift is checked. The kernel's
statements are SQL text, because these tables belong to the metadata of every service and have no
class of their own, and because feed and cursors are hot.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

Execute = Callable[[str], object]
"""``op.execute`` of Alembic."""

_CURRENT_AGENCY_1 = """
-- Raises when no agency is set: a forgotten setting would silently show no rows. After a
-- SET LOCAL of an earlier transaction the setting is an empty text, not NULL.
CREATE FUNCTION current_agency() RETURNS text LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
DECLARE agency text := current_setting('kundentakt.agency', true);
BEGIN
    IF coalesce(agency, '') = '' THEN
        RAISE EXCEPTION 'no agency is set in this transaction' USING ERRCODE = '42501';
    END IF;
    RETURN agency;
END $$
"""

_TABLES_1 = """
CREATE TABLE change (
    agency_id text NOT NULL,
    revision bigint NOT NULL,
    change_id uuid NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    payload jsonb NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_change PRIMARY KEY (agency_id, revision)
);
CREATE TABLE feed_head (
    agency_id text NOT NULL,
    head bigint NOT NULL,
    trimmed_to bigint NOT NULL DEFAULT 0,
    CONSTRAINT pk_feed_head PRIMARY KEY (agency_id)
);
CREATE TABLE feed_cursor (
    agency_id text NOT NULL,
    feed text NOT NULL,
    revision bigint NOT NULL DEFAULT 0,
    change_id uuid,
    paused_because text,
    moved_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_feed_cursor PRIMARY KEY (agency_id, feed)
);
CREATE TABLE parked_change (
    agency_id text NOT NULL,
    feed text NOT NULL,
    change_id uuid NOT NULL,
    revision bigint NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,
    payload jsonb NOT NULL,
    at timestamptz NOT NULL,
    error text NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_parked_change PRIMARY KEY (agency_id, feed, change_id)
);
CREATE TABLE revoked_token (
    agency_id text NOT NULL,
    jti text NOT NULL,
    revoked_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_revoked_token PRIMARY KEY (agency_id, jti)
);
"""


@dataclass(frozen=True, slots=True)
class Protected:
    """A table under row-level security; ``swept``: the sweep may read it across agencies."""

    table: str
    swept: bool = False


KERNEL_TABLES = (
    Protected("change"),
    Protected("feed_head", swept=True),
    Protected("feed_cursor", swept=True),
    Protected("parked_change", swept=True),
    Protected("revoked_token"),
)


def install_kernel(execute: Execute) -> None:
    """Create the kernel's tables and protect them: the first migration of every service."""
    execute(_CURRENT_AGENCY_1)
    for statement in _TABLES_1.split(";\n"):
        if statement.strip():
            execute(statement)
    protect(execute, *KERNEL_TABLES)


def protect(execute: Execute, *tables: Protected) -> None:
    """Put tables under row-level security: an agency's rows are visible in its transactions only.

    The policy compares with ``(SELECT current_agency())``: the sub-select is evaluated once per
    statement, where the bare function would be called for every row.
    """
    for table in tables:
        name = table.table
        execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        execute(
            f"CREATE POLICY agency ON {name} USING (agency_id = (SELECT current_agency())) "
            f"WITH CHECK (agency_id = (SELECT current_agency()))"
        )
        if table.swept:
            let_the_sweep_read(execute, name)


def let_the_sweep_read(execute: Execute, table: str) -> None:
    """Show a protected table's rows of all agencies to the sweep, and to nobody else."""
    execute(_SWEEP_POLICY.replace("{table}", table))


# Roles are cluster-wide, so an installation's three are told apart by their ending alone: the
# migration runs as `…_owner` and grants to `…_sweep`.
_SWEEP_POLICY = """
DO $do$ DECLARE sweep text := regexp_replace(current_user, '_owner$', '_sweep'); BEGIN
    EXECUTE format('GRANT SELECT ON {table} TO %I', sweep);
    EXECUTE format('CREATE POLICY sweep ON {table} FOR SELECT TO %I USING (true)', sweep);
END $do$
"""


def narrow_the_sweep(execute: Execute, columns: Mapping[str, str]) -> None:
    """Let the sweep read these columns of these tables, and no others of them; with no columns,
    nothing of the table at all. It asks which agency has work, never what the work says."""
    for table, readable in columns.items():
        named = ", ".join(readable.split())
        execute(_NARROWED.replace("{table}", table).replace("{grant}", _grant(table, named)))


def _grant(table: str, named: str) -> str:
    if not named:
        return f"EXECUTE 'DROP POLICY IF EXISTS sweep ON {table}';"
    return f"EXECUTE format('GRANT SELECT ({named}) ON {table} TO %I', sweep);"


_NARROWED = """
DO $do$ DECLARE sweep text := regexp_replace(current_user, '_owner$', '_sweep'); BEGIN
    EXECUTE format('REVOKE SELECT ON {table} FROM %I', sweep);
    {grant}
END $do$
"""


def widen_the_sweep(execute: Execute, columns: Mapping[str, str]) -> None:
    """Let the sweep read whole tables again: the way back of :func:`narrow_the_sweep`."""
    for table in columns:
        execute(f"DROP POLICY IF EXISTS sweep ON {table}")
        let_the_sweep_read(execute, table)


_KEPT_KEYS = """
CREATE TABLE kept_key (
    agency_id text NOT NULL,
    route text NOT NULL,
    key text NOT NULL,
    digest bytea NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT pk_kept_key PRIMARY KEY (agency_id, route, key)
)
"""


def keep_keys(execute: Execute) -> None:
    """Create the table of idempotency keys: the kernel's second migration in every service."""
    execute(_KEPT_KEYS)
    protect(execute, Protected("kept_key"))


_ANSWERS_OF_KEYS = """
-- What was kept so far has digests of another form: its repetitions find nothing any more.
TRUNCATE kept_key;
ALTER TABLE kept_key
    ADD COLUMN request_id uuid NOT NULL,
    ADD COLUMN token uuid NOT NULL,
    ADD COLUMN busy_until timestamptz,
    ADD COLUMN made text,
    ADD COLUMN status integer,
    ADD COLUMN media_type text,
    ADD COLUMN answer bytea;
CREATE INDEX ix_kept_key_age ON kept_key (agency_id, kept_at);
CREATE INDEX ix_kept_key_token ON kept_key (agency_id, token);
"""


def keep_answers(execute: Execute) -> None:
    """Keep answers beside the keys: the kernel's third migration in every service."""
    for statement in _ANSWERS_OF_KEYS.split(";\n"):
        if statement.strip():
            execute(statement)


def digest_kept_keys(execute: Execute) -> None:
    """Keep the keys' digests instead of the keys: a sender may write a name into one."""
    execute("ALTER TABLE kept_key NO FORCE ROW LEVEL SECURITY")
    execute("UPDATE kept_key SET key = encode(sha256(convert_to(key, 'UTF8')), 'hex')")
    execute("ALTER TABLE kept_key FORCE ROW LEVEL SECURITY")


_NOW = text("now()")


def kernel_tables(metadata: MetaData) -> None:
    """Describe the kernel's tables in a service's metadata."""
    _own_feed(metadata)
    _what_is_followed(metadata)
    Table(
        "revoked_token",
        metadata,
        Column("agency_id", Text, primary_key=True),
        Column("jti", Text, primary_key=True),
        Column("revoked_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    )
    Table(
        "kept_key",
        metadata,
        Column("agency_id", Text, primary_key=True),
        Column("route", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("digest", LargeBinary, nullable=False),
        Column("kept_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
        Column("request_id", Uuid, nullable=False),
        Column("token", Uuid, nullable=False),
        Column("busy_until", DateTime(timezone=True)),
        Column("made", Text),
        Column("status", Integer),
        Column("media_type", Text),
        Column("answer", LargeBinary),
        Index("ix_kept_key_age", "agency_id", "kept_at"),
        Index("ix_kept_key_token", "agency_id", "token"),
    )


def _own_feed(metadata: MetaData) -> None:
    Table(
        "change",
        metadata,
        Column("agency_id", Text, primary_key=True),
        Column("revision", BigInteger, primary_key=True, autoincrement=False),
        Column("change_id", Uuid, nullable=False),
        Column("kind", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("payload", JSONB, nullable=False),
        Column("at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    )
    Table(
        "feed_head",
        metadata,
        Column("agency_id", Text, primary_key=True),
        Column("head", BigInteger, nullable=False),
        Column("trimmed_to", BigInteger, nullable=False, server_default=text("0")),
    )


def _what_is_followed(metadata: MetaData) -> None:
    Table(
        "feed_cursor",
        metadata,
        Column("agency_id", Text, primary_key=True),
        Column("feed", Text, primary_key=True),
        Column("revision", BigInteger, nullable=False, server_default=text("0")),
        Column("change_id", Uuid),
        Column("paused_because", Text),
        Column("moved_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    )
    Table(
        "parked_change",
        metadata,
        Column("agency_id", Text, primary_key=True),
        Column("feed", Text, primary_key=True),
        Column("change_id", Uuid, primary_key=True),
        Column("revision", BigInteger, nullable=False),
        Column("kind", Text, nullable=False),
        Column("subject", Text, nullable=False),
        Column("payload", JSONB, nullable=False),
        Column("at", DateTime(timezone=True), nullable=False),
        Column("error", Text, nullable=False),
        Column("parked_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
    )
