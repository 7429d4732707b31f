"""What the feed tells of customers who were written."""

from collections.abc import Iterable

from services.classifier.store.customers import KnownCustomer
from shared.contracts.changes.classifier import CustomerChanged
from shared.db.database import Transaction


def publish_customers(transaction: Transaction, known: Iterable[KnownCustomer]) -> None:
    """Publish how customers stand now."""
    for customer_id, unit_id, kind, status, deceased in known:
        change = CustomerChanged(
            customer_id=customer_id, kind=kind, status=status, unit_id=unit_id, deceased=deceased
        )
        transaction.publish(change)
