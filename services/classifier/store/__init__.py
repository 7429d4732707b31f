"""Every table and every statement of the classifier, each named for what it answers."""

from services.classifier.store import (
    classification_tables,
    portfolio_tables,
    unassigned_commission_tables,
)
from services.classifier.store.tables import ClassifierTable

__all__ = ["portfolio_tables", "classification_tables", "metadata", "unassigned_commission_tables"]

metadata = ClassifierTable.metadata
"""What the migrations must have built."""
