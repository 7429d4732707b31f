"""What bounds a connection to PostgreSQL: each pool, the sweep, migrations, the doctor.

The server ends a statement that takes too long. Our side ends it a little later, because a server
that stands still, or a network that swallows everything, ends nothing.
"""

from typing import Any, Final

CONNECT_SECONDS: Final = 10
IDLE_SECONDS: Final = 120
"""A process that stands still in a transaction (paused, cut off) holds the feed's lock, and with
it every writer of the agency, no longer than a job may take."""
GRACE_SECONDS: Final = 5

REQUEST_SECONDS: Final = 30
"""One statement of a request, waiting for locks included: whoever asked has given up by then, and
the connection is wanted by others."""
WORK_SECONDS: Final = 110
"""One statement of a worker: less than a job may take, so that the database ends it first."""
SWEEP_SECONDS: Final = 30
"""One question of the sweep, which comes again each minute."""
MIGRATION_SECONDS: Final = 3600
"""One statement of a migration: an index over the largest table takes minutes, and whoever waits
for more than an hour has lost the server."""


def connection_limits(statement_seconds: int, *, name: str = "kundentakt") -> dict[str, Any]:
    """Arguments of asyncpg's ``connect``, also as SQLAlchemy's ``connect_args``; ``name`` is what
    `pg_stat_activity` shows."""
    return {
        "timeout": CONNECT_SECONDS,
        "command_timeout": statement_seconds + GRACE_SECONDS,
        "server_settings": {
            "application_name": name,
            "idle_in_transaction_session_timeout": str(IDLE_SECONDS * 1000),
            "statement_timeout": str(statement_seconds * 1000),
        },
    }
