"""What the scheduler's table classes descend from, and the columns that they share.

Every key starts with the agency. Of a customer the scheduler keeps what planning needs and nothing
more: no name and no address. The notifier asks the classifier for those.
"""

from typing import Any, cast

from sqlalchemy import ARRAY, DateTime, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.db.database import service_metadata
from shared.db.kernel_tables import kernel_tables

NOW = {"server_default": text("now()")}
ZERO = {"server_default": text("0")}
ONE = {"server_default": text("1")}
FALSE = {"server_default": text("false")}


class SchedulerTable(SQLModel, registry=registry(metadata=service_metadata())):
    """The base of all tables of this service, with metadata of its own instead of SQLModel's."""


def instant(**options: Any) -> Any:
    """A column of instants with their offset."""
    return Field(sa_type=cast(type[Any], DateTime(timezone=True)), **options)


def key() -> Any:
    """A column of the primary key, filled by us and never by a sequence."""
    return Field(primary_key=True)


def jsonb() -> Any:
    """A column of a JSON object; None is stored as NULL and never as JSON's null."""
    return Field(sa_type=cast(type[Any], JSONB(none_as_null=True)))


def code() -> Any:
    """A column of one code out of a ``Literal``, which SQLModel has no column type for."""
    return Field(sa_type=String)


def words() -> Any:
    """A column of codes."""
    return Field(sa_type=cast(type[Any], ARRAY(String)))


kernel_tables(SchedulerTable.metadata)
