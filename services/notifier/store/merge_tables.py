"""The notifier's table for merges of two records of one customer."""

from services.notifier.store.tables import NotifierTable
from shared.db.merged_rows import MergedRow, merged_row_index


class MergedRowTable(NotifierTable, MergedRow, table=True):
    """What merges touched in this service's tables: messages that waited."""

    __tablename__ = "merged_row"
    __table_args__ = (merged_row_index(),)
