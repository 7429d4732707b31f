"""The classifier's tables of what is remembered of erased customers: digests alone."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlmodel import Field

from services.classifier.store.tables import NOW, ClassifierTable, instant, key


class ErasedTable(ClassifierTable, table=True):
    """Salted digests of what erased customers were known by (id, contracts, numbers of insurers),
    so that an old file does not bring them back."""

    __tablename__ = "erased"
    agency_id: str = key()
    digest: bytes = Field(sa_type=LargeBinary, primary_key=True)
    erased_at: datetime = instant(sa_column_kwargs=NOW)


class ObjectionBlockTable(ClassifierTable, table=True):
    """Salted digests of how erased customers who had objected to advertising are reached, so that
    the objection holds when they come back under another id."""

    __tablename__ = "objection_block"
    agency_id: str = key()
    digest: bytes = Field(sa_type=LargeBinary, primary_key=True)
    at: datetime = instant()  # when they objected
