"""The scheduler's tables for merges of two records of one customer."""

from uuid import UUID

from sqlalchemy import Index

from services.scheduler.store.columns import SchedulerTable, key
from shared.db.merged_rows import MergedRow, merged_row_index


class MergeTable(SchedulerTable, table=True):
    """A merge that stands: whose work is whose now."""

    __tablename__ = "merge"
    __table_args__ = (Index("ix_merge_customer", "agency_id", "customer_id"),)
    agency_id: str = key()
    merge_id: UUID = key()
    customer_id: str
    into_id: str


class MergedRowTable(SchedulerTable, MergedRow, table=True):
    """What merges touched in this service's tables."""

    __tablename__ = "merged_row"
    __table_args__ = (merged_row_index(),)
