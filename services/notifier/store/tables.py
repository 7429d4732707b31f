"""What the notifier's table classes have in common.

The tables stand beside this file by noun. Names and addresses are in ``contact_copy`` alone, so
erasing a person is erasing one row and emptying a few columns.
"""

from typing import Any, cast

from sqlalchemy import DateTime, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.db.database import service_metadata
from shared.db.kernel_tables import kernel_tables

NOW = {"server_default": text("now()")}


class NotifierTable(SQLModel, registry=registry(metadata=service_metadata())):
    """What all tables of this service descend from: their own metadata, not SQLModel's."""


def instant(**options: Any) -> Any:
    """A column of instants with their offset."""
    return Field(sa_type=cast(type[Any], DateTime(timezone=True)), **options)


def key() -> Any:
    """A column of the primary key, filled by us and never by a sequence."""
    return Field(primary_key=True)


kernel_tables(NotifierTable.metadata)
