"""Imports: a job for each file, with every row that could not be imported."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.vocabulary import Instant, Strict

ImportState = Literal["waiting", "running", "done", "failed", "cancelled"]
FileKind = Literal[
    "csv", "gdv", "customers", "contracts", "commissions", "interactions",
    "customers_and_contracts",
]  # fmt: skip
"""What the sender of a file may say that it is; ``csv`` is a list whose header decides."""
Count = Annotated[int, Field(ge=0)]


class ImportRejection(Strict):
    """One row or record that could not be imported.

    With ``warning`` the row was imported, but one of its values is doubtful.
    """

    number: Count
    line: Count | None = Field(description="Line of the file, counted from 1.")
    column: str | None = Field(description="Column of a CSV file, field of a GDV record.")
    value: str | None = Field(description="The value found there.", examples=["31.02.2025"])
    code: str = Field(examples=["day-unreadable"])
    reason_de: str
    reason_en: str
    warning: bool


class WrittenCounts(Strict):
    """Imported records, by kind."""

    customers: Count = 0
    contracts: Count = 0
    commissions: Count = 0
    interactions: Count = 0
    consents: Count = 0
    unassigned: Count = Field(
        default=0, description="Bookings kept without a contract: GET /v1/commissions/unassigned."
    )


class MissingCounts(Strict):
    """Records that a full delivery no longer contains, by kind."""

    customers: Count = 0
    contracts: Count = 0


class ImportStarted(Strict):
    """Answer 202 of ``POST /v1/imports``; the job runs in the background."""

    import_id: UUID
    state: ImportState
    duplicate: bool = Field(description="True if this Idempotency-Key came before.")


class ImportProgress(Strict):
    """One entry of ``GET /v1/imports``: how far a file is, and what was taken of it."""

    import_id: UUID
    filename: str | None
    kind: FileKind | None = Field(
        default=None, description="As given with the file; null: its content decided."
    )
    read_as: FileKind | None = Field(
        default=None, description="What the file is, as given or by its content."
    )
    state: ImportState
    size_bytes: Count
    position: Count = Field(description="The same as rows_done, under its older name.")
    rows_done: Count = Field(
        description="Lines of a list, or entries of a GDV file, that are done: taken or told."
    )
    rows_total: Count | None = Field(
        description="Lines or entries of the file; null while a GDV file is not yet counted."
    )
    written: WrittenCounts
    rejected: Count
    warnings: Count
    delivery: Literal["part", "full"] = Field(default="part", description="As given with the file.")
    missing: MissingCounts | None = Field(
        default=None,
        description="Customers and contracts of its source that a full delivery no longer "
        "contains, each told among the remarks; null while it is not through, and for a part.",
    )
    problem: str | None = Field(
        description="Why the file as a whole could not be read.", examples=["not-a-csv-file"]
    )
    problem_detail: str | None
    created_at: Instant
    finished_at: Instant | None


class ImportPage(Strict):
    """``GET /v1/imports``: the newest first."""

    items: list[ImportProgress]
    next_cursor: str | None


class ImportJob(ImportProgress):
    """``GET /v1/imports/{id}``: progress, imported records, and rejections with reasons."""

    rejections: list[ImportRejection]
    next_cursor: str | None = Field(description="For further rejections: ?cursor=…")
