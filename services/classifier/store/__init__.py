"""Every table and every statement of the classifier, each named for what it answers."""

from services.classifier.store.tables import ClassifierTable

metadata = ClassifierTable.metadata
"""What the migrations must have built."""
