"""Marks that staff set; SQL text because one statement serves a batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.classifier.store.bulk import BulkTable
from services.classifier.store.customers import IMPORTED
from services.classifier.store.tables import FlagTable
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction

_FLAGS = BulkTable(
    table=FlagTable,
    # An older mark that comes late does not replace a newer one, unless that was imported.
    unless=f"old.set_at > excluded.set_at AND old.author <> '{IMPORTED}'",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagMark:
    """A mark as staff set it; it holds up to and including ``ends_on``."""

    customer_id: CustomerId
    flag: str
    value: bool
    reason: str
    author: str
    set_at: datetime
    ends_on: date


async def set_flags(transaction: Transaction, marks: Sequence[FlagMark]) -> None:
    """Set or remove marks; an imported mark of the same name is replaced."""
    await _FLAGS.upsert(
        transaction,
        [{name: getattr(mark, name) for name in FlagMark.__dataclass_fields__} for mark in marks],
    )
