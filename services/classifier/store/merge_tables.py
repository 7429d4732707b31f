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
)
from shared.db.merged_rows import MergedRow, merged_row_index


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


class MergedRowTable(ClassifierTable, MergedRow, table=True):
    """What merges touched in this service's tables."""

    __tablename__ = "merged_row"
    __table_args__ = (merged_row_index(),)


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
