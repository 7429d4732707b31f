"""Every table and every statement of the notifier, each named for what it answers."""

# Imported so that each table is in the metadata.
from services.notifier.store import contact_tables, merge_tables, message_tables, print_run_tables
from services.notifier.store.tables import NotifierTable

__all__ = ["contact_tables", "merge_tables", "message_tables", "metadata", "print_run_tables"]

metadata = NotifierTable.metadata
"""What the migrations must have built."""
