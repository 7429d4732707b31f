"""Every table and every statement of the scheduler, each named for what it answers."""

from services.scheduler.store.tables import SchedulerTable

__all__ = ["metadata"]

metadata = SchedulerTable.metadata
"""What the migrations must have built."""
