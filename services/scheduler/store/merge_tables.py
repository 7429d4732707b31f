"""The scheduler's tables for merges of two records of one customer."""

from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field

from services.scheduler.store.columns import SchedulerTable, jsonb, key


class MergeTable(SchedulerTable, table=True):
    """A merge that stands: whose work is whose now."""

    __tablename__ = "merge"
    __table_args__ = (Index("ix_merge_customer", "agency_id", "customer_id"),)
    agency_id: str = key()
    merge_id: UUID = key()
    customer_id: str
    into_id: str


class MergedRowTable(SchedulerTable, table=True):
    """A row that a merge touched: moved (its key), removed or added (the whole row)."""

    __tablename__ = "merged_row"
    __table_args__ = (Index("ix_merged_row_merge", "agency_id", "merge_id", "table_name"),)
    agency_id: str = key()
    row_id: UUID = Field(
        primary_key=True, sa_column_kwargs={"server_default": text("gen_random_uuid()")}
    )
    merge_id: UUID
    table_name: str
    step: str
    content: dict[str, Any] | None = jsonb()
