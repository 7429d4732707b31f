"""What may be written down about an error: where it happened and its kind, no customer's data.

Postgres quotes values (and whole rows of tables without row-level security), pydantic the input,
and Python's own ValueErrors the text they could not read. Logs and parked changes get what this
module leaves.
"""

import sys
import traceback
from collections.abc import Iterator

import asyncpg
import sqlalchemy.exc
from pydantic import ValidationError

LONGEST_MESSAGE = 500
_QUOTES_DATA = ("22", "23")
"""SQLSTATE classes whose messages quote values: data exceptions, violated constraints."""


def described(error: BaseException) -> str:
    """Kind and message of an error without values; on one line if the message is."""
    kind = type(error).__name__
    message = _message(error)[:LONGEST_MESSAGE]
    return f"{kind}: {message}" if message else kind


def traced(error: BaseException) -> str:
    """The error and its causes, each with the lines that led to it; the first cause first."""
    parts = []
    for link in _chain(error):
        frames = "".join(traceback.format_tb(link.__traceback__))
        parts.append(f"{frames}{described(link)}")
    return "\n".join(reversed(parts))


def logged_error(exc_info: object) -> str | None:
    """What of the ``exc_info`` of a log entry may be logged: an error, a triple, or True."""
    if isinstance(exc_info, BaseException):
        return traced(exc_info)
    if isinstance(exc_info, tuple):
        return traced(exc_info[1]) if exc_info[1] is not None else None
    current = sys.exc_info()[1] if exc_info else None
    return traced(current) if current is not None else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)


def _message(error: BaseException) -> str:
    if isinstance(error, sqlalchemy.exc.DBAPIError):
        driver = error.orig.__cause__ if error.orig is not None else None
        return _message(driver) if driver is not None else ""
    if isinstance(error, asyncpg.PostgresError):
        return _postgres_message(error)
    if isinstance(error, ValidationError):
        places = [".".join(map(str, entry["loc"])) for entry in error.errors(include_input=False)]
        return f"{error.title} at {', '.join(places)}"
    if type(error).__module__.startswith("sqlalchemy.dialects"):
        return ""  # the driver's error again, whose cause is described already
    if isinstance(error, ValueError | LookupError) and _of_a_library(error):
        return ""
    return str(error)


def _postgres_message(error: asyncpg.PostgresError) -> str:
    state = str(error.sqlstate or "")
    where = [str(name) for name in (error.table_name, error.constraint_name) if name]
    said = [] if state.startswith(_QUOTES_DATA) else [str(error.args[0]) if error.args else ""]
    return " ".join([state, *where, *said]).strip()


def _of_a_library(error: BaseException) -> bool:
    """Whether the message is Python's or a library's; our own hold ids alone."""
    return type(error).__module__.partition(".")[0] not in {"shared", "services", "tests"}
