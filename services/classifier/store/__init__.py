"""Every table and every statement of the classifier, each named for what it answers."""

# Imported so that each table is in the metadata.
from services.classifier.store import (
    classification_tables,
    erasure_tables,
    import_tables,
    merge_tables,
    portfolio_tables,
    unassigned_commission_tables,
)
from services.classifier.store.tables import ClassifierTable

__all__ = [
    "classification_tables", "erasure_tables", "import_tables", "merge_tables", "metadata",
    "portfolio_tables", "unassigned_commission_tables",
]  # fmt: skip

metadata = ClassifierTable.metadata
"""What the migrations must have built."""
