"""The scheduler's tables and statements, by noun. Each statement is named for what it answers."""

# Imported so that each table is in the metadata.
from services.scheduler.store import (
    agency_tables,
    appointment_tables,
    carer_tables,
    customer_tables,
    merge_tables,
    pin_tables,
    task_tables,
    touchpoint_tables,
)
from services.scheduler.store.columns import SchedulerTable

__all__ = [
    "agency_tables", "appointment_tables", "carer_tables", "customer_tables", "merge_tables",
    "metadata", "pin_tables", "task_tables", "touchpoint_tables",
]  # fmt: skip

metadata = SchedulerTable.metadata
"""What the migrations must have built."""
