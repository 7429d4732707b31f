"""The tables of imports: jobs, their files in pieces, and what could not be taken."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.classifier.store.tables import NOW, ClassifierTable, instant, key, nullable_json
from shared.contracts.imports import ImportState
from shared.db.state_columns import state_check


def _place() -> Any:
    """A part of the primary key that counts bytes, entries or remarks."""
    return Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})


class ImportJobTable(ClassifierTable, table=True):
    """A file on its way in: how far it is, and what became of its rows."""

    __tablename__ = "import_job"
    __table_args__ = (
        state_check(ImportState),
        Index(
            "ix_import_job_created", "agency_id", text("created_at DESC"), text("import_id DESC")
        ),
    )
    agency_id: str = key()
    import_id: UUID = key()
    filename: str | None
    kind: str | None  # what the sender says the file is; None: its content decides
    list_kind: str | None  # what its content is, decided once
    encoding: str | None  # as it was sent; stored is UTF-8
    size_bytes: int = Field(sa_type=BigInteger)
    stored_bytes: int | None = Field(sa_type=BigInteger)
    staged: bool = Field(sa_column_kwargs={"server_default": text("false")})  # read into entries
    state: str
    position: int = Field(sa_type=BigInteger)  # stored bytes (staged: entries) already written
    rows_total: int | None = Field(sa_type=BigInteger)
    rows_done: int = Field(sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    attempts: int = Field(sa_column_kwargs={"server_default": text("0")})  # without a step since
    written: dict[str, int] = Field(sa_type=JSONB)  # kind of record → rows taken
    rejected: int = Field(sa_type=BigInteger)
    warnings: int = Field(sa_type=BigInteger)
    clears_empty: bool = Field(sa_column_kwargs={"server_default": text("false")})
    full_delivery: bool = Field(sa_column_kwargs={"server_default": text("false")})
    missing: dict[str, int] | None = nullable_json()  # of a full delivery that is through
    problem: str | None  # slug of the problem that ended it
    problem_detail: str | None
    created_at: datetime = instant(sa_column_kwargs=NOW)
    finished_at: datetime | None = instant()
    lease_token: UUID | None
    leased_until: datetime | None = instant()


class ImportFileTable(ClassifierTable, table=True):
    """A piece of a job's file, kept until the job ends, so that a job survives its worker."""

    __tablename__ = "import_file"
    agency_id: str = key()
    import_id: UUID = key()
    start: int = _place()
    content: bytes = Field(sa_type=LargeBinary)
    digest: bytes = Field(sa_type=LargeBinary)


class ImportSeenTable(ClassifierTable, table=True):
    """Digests of the numbers in one slice of a list, which stand for conflicts further down."""

    __tablename__ = "import_seen"
    agency_id: str = key()
    import_id: UUID = key()
    start: int = _place()
    entries: bytes = Field(sa_type=LargeBinary)


class ImportDeliveredTable(ClassifierTable, table=True):
    """A customer, or with ``contract_id`` a contract, that a full delivery contains; kept until
    the job ends, which then tells what is missing."""

    __tablename__ = "import_delivered"
    agency_id: str = key()
    import_id: UUID = key()
    source: str = key()
    customer_id: str = key()
    contract_id: str = key()  # empty for a customer


class ImportRejectionTable(ClassifierTable, table=True):
    """One row of a file that could not be taken, with where and why."""

    __tablename__ = "import_rejection"
    agency_id: str = key()
    import_id: UUID = key()
    number: int = _place()
    warning: bool  # the row was taken all the same
    line: int | None = Field(sa_type=BigInteger)
    column_name: str | None
    value: str | None
    code: str
    reason_de: str
    reason_en: str
    row_names: str | None  # whose row it is: the number of a customer or contract, compact


class ImportWordTable(ClassifierTable, table=True):
    """A word of the agency's files that no list has; without a value nobody has mapped it yet."""

    __tablename__ = "import_word"
    agency_id: str = key()
    kind: str = key()
    key: str = key()  # the word folded
    word: str
    value: str | None
    column_name: str | None
    import_id: UUID | None
    told_at: datetime = instant(sa_column_kwargs=NOW)
    mapped_at: datetime | None = instant()
    mapped_by: str | None
