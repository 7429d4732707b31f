"""Which errors of the database, of HTTP and of our own vanish by waiting."""

import asyncpg
import httpx
import sqlalchemy.exc

from shared.failures import Permanent, Transient

_TRANSIENT_STATES = ("08", "40", "53", "55P03", "57")
"""SQLSTATE classes: connection, rollback (deadlock, serialization), resources, lock, shutdown."""


def is_transient(error: BaseException) -> bool:
    """Tell whether an error of the database, HTTP or our own kind may vanish by waiting."""
    if isinstance(error, Permanent):
        return False
    if isinstance(error, Transient | httpx.TransportError | sqlalchemy.exc.TimeoutError):
        return True
    if isinstance(error, OSError):
        # Names that do not resolve and hosts without a route are plain OSErrors. What is wrong
        # with a file (it has a name) does not mend itself.
        return error.filename is None
    if isinstance(error, sqlalchemy.exc.DBAPIError) and error.connection_invalidated:
        return True
    if isinstance(error, asyncpg.InterfaceError):
        # The same class says that a statement has too many parameters, which stays so.
        return "closed" in str(error)
    if isinstance(error, asyncpg.PostgresError):
        return str(error.sqlstate or "").startswith(_TRANSIENT_STATES)
    cause = error.__cause__
    return is_transient(cause) if cause is not None else False
