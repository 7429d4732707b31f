"""The classifier's tables for the book review and the owner's decisions to part."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.classifier.store import classification_tables
from services.classifier.store.tables import ClassifierTable, instant, key


class BookReviewTable(ClassifierTable, table=True):
    """The book review of a quarter as it was made; later changes of the book do not alter it."""

    __tablename__ = "book_review"
    agency_id: str = key()
    quarter: str = key()
    as_of: date
    complete: bool
    made_at: datetime = instant()
    made_by: str
    body: dict[str, Any] = Field(sa_type=JSONB)  # the contract's BookReview


class PartingDecisionTable(ClassifierTable, table=True):
    """What the owner decided on parting with a customer; all of it is kept, the last one holds."""

    __tablename__ = "parting_decision"
    agency_id: str = key()
    customer_id: str = key()
    decided_at: datetime = instant(primary_key=True)
    decision: str  # part | keep
    reason: str
    author: str


_CLASSIFICATION = ClassifierTable.metadata.tables[
    str(classification_tables.ClassificationTable.__tablename__)
]
# Moves of a month or quarter, without reading the explanations of all that did not move.
Index(
    "ix_classification_moves",
    _CLASSIFICATION.c.agency_id,
    _CLASSIFICATION.c.as_of,
    postgresql_where=text("previous_segment <> segment"),
)
