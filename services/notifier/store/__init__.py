"""Every table and every statement of the notifier, each named for what it answers."""

from services.notifier.store.tables import NotifierTable

__all__ = ["metadata"]

metadata = NotifierTable.metadata
"""What the migrations must have built."""
