"""The notifier's table for merges of two records of one customer."""

from uuid import UUID

from services.notifier.store.tables import NotifierTable, key


class MergedMessageTable(NotifierTable, table=True):
    """A message that waited for a customer when their record was merged into another's."""

    __tablename__ = "merged_message"
    agency_id: str = key()
    merge_id: UUID = key()
    message_id: UUID = key()
