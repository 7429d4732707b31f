"""Types of columns for statements in SQL text, read from the table class.

A type that such a statement stated itself would be a further description of the table, and could
differ from it.
"""

from functools import cache

from sqlalchemy import inspect
from sqlalchemy.dialects import postgresql
from sqlmodel import SQLModel

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


@cache
def column_type(table: type[SQLModel], name: str) -> str:
    """The PostgreSQL type of a column of a table class."""
    return str(inspect(table).local_table.columns[name].type.compile(_DIALECT))


@cache
def array_parameter(table: type[SQLModel], name: str) -> str:
    """The parameter ``:name`` as an array of the column's values, for ``unnest``."""
    return f"CAST(:{name} AS {travelling_type(table, name)}[])"


@cache
def travelling_type(table: type[SQLModel], name: str) -> str:
    """The type in which a column's values come to the server.

    JSON and arrays travel as text and must be cast once more: ``unnest`` would flatten arrays of
    arrays.
    """
    kind = column_type(table, name)
    return "TEXT" if kind == "JSONB" or kind.endswith("[]") else kind
