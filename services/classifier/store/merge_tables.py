"""The classifier's tables for merges, and how customers are found by their numbers elsewhere."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.classifier.store.tables import (
    NOW,
    ClassifierTable,
    CustomerTable,
    instant,
    key,
    nullable_json,
)


class MergeTable(ClassifierTable, table=True):
    """One customer's record merged into another's, on a person's word; kept until both are erased.

    ``filled`` is what the other one did not know before, by field.
    """

    __tablename__ = "merge"
    __table_args__ = (
        Index(
            "uq_merge_standing",
            "agency_id",
            "customer_id",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
        Index("ix_merge_into", "agency_id", "into_id"),
    )
    agency_id: str = key()
    merge_id: UUID = key()
    customer_id: str
    into_id: str
    reason: str
    author: str
    merged_at: datetime = instant(sa_column_kwargs=NOW)
    undone_at: datetime | None = instant()
    undone_by: str | None
    filled: dict[str, Any] = Field(sa_type=JSONB)


class MergedRowTable(ClassifierTable, table=True):
    """A row that a merge touched: moved (its key), removed (the whole row), or added (the row)."""

    __tablename__ = "merged_row"
    __table_args__ = (Index("ix_merged_row_merge", "agency_id", "merge_id", "table_name"),)
    agency_id: str = key()
    row_id: UUID = Field(
        primary_key=True, sa_column_kwargs={"server_default": text("gen_random_uuid()")}
    )
    merge_id: UUID
    table_name: str
    step: str
    content: dict[str, Any] | None = nullable_json()


CUSTOMER_NUMBERS_ELSEWHERE: Final = "jsonb_path_query_array(identities, '$.*')"
"""All numbers that other systems know a customer by; indexed."""

_CUSTOMER = ClassifierTable.metadata.tables[str(CustomerTable.__tablename__)]
Index(
    "ix_customer_identities",
    text(CUSTOMER_NUMBERS_ELSEWHERE),
    postgresql_using="gin",
    postgresql_where=text("identities <> '{}'"),
    _table=_CUSTOMER,
)
