"""The notifier's tables.

A message keeps what it was ordered with and what became of it, never its text: that follows from
template and data. Names and addresses stand in ``contact_copy`` alone, so that erasing a person
is erasing one row and emptying a few columns.
"""

from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import DateTime, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.contracts.dispatches import MessageState, PrintRunState
from shared.db.database import service_metadata
from shared.db.kernel_tables import kernel_tables
from shared.db.state_columns import state_check

NOW = {"server_default": text("now()")}


class NotifierTable(SQLModel, registry=registry(metadata=service_metadata())):
    """What all tables of this service descend from: their own metadata, not SQLModel's."""


def instant(**options: Any) -> Any:
    """A column of instants with their offset."""
    return Field(sa_type=cast(type[Any], DateTime(timezone=True)), **options)


def key() -> Any:
    """A column of the primary key, filled by us and never by a sequence."""
    return Field(primary_key=True)


class MessageTable(NotifierTable, table=True):
    """One message to one customer. Instants are those of the edge clock, ``leased_until`` is the
    database's. ``due_at``: not before, or when it is tried again."""

    __tablename__ = "message"
    __table_args__ = (
        Index("uq_message_dispatch", "agency_id", "dispatch_id", unique=True),
        Index(
            "ix_message_due",
            "agency_id",
            "channel",
            "due_at",
            postgresql_where=text("state = 'accepted'"),
        ),
        Index(
            "ix_message_leased",
            "agency_id",
            "lease_token",
            postgresql_where=text("lease_token IS NOT NULL"),
        ),
        Index("ix_message_listed", "agency_id", "accepted_at", "message_id"),
        Index("ix_message_customer", "agency_id", "customer_id"),
        state_check(MessageState),
        Index("ix_message_run", "agency_id", "run_id", postgresql_where=text("run_id IS NOT NULL")),
    )
    agency_id: str = key()
    message_id: UUID = key()
    dispatch_id: str
    customer_id: str
    channel: str
    purpose: str
    template: str
    data: dict[str, Any] = Field(sa_type=JSONB)
    priority: str
    state: str
    reason: str | None  # a constant that explains the state
    detail: str | None  # the same as a German sentence
    attempts: int
    not_before: datetime | None = instant()
    due_at: datetime = instant()
    accepted_at: datetime = instant()
    claimed_at: datetime | None = instant()
    transmitting_at: datetime | None = instant()
    ended_at: datetime | None = instant()
    answered_at: datetime | None = instant()  # the customer pressed the button of the answer page
    lease_token: UUID | None
    leased_until: datetime | None = instant()
    run_id: str | None  # print run of a letter
    subject: str | None  # what was sent, with the digest of the whole text
    digest: bytes | None = Field(sa_type=LargeBinary)
    basis: str | None  # what allowed it: consent, existing_customer, service, …
    response: str | None  # the mail server's last word


class PrintRunTable(NotifierTable, table=True):
    """Letters of one template and day, printed together. Letters join while it is open."""

    __tablename__ = "print_run"
    __table_args__ = (
        Index("ix_print_run_state", "agency_id", "state"),
        state_check(PrintRunState),
    )
    agency_id: str = key()
    run_id: str = key()
    purpose: str
    template: str
    day: date
    number: int
    state: str
    reason: str | None
    letters: int
    pages: int
    created_at: datetime = instant()
    joined_at: datetime = instant(sa_column_kwargs=NOW)  # the last letter, by the database's clock
    rendered_at: datetime | None = instant()
    approved_at: datetime | None = instant()
    approved_by: str | None
    released_at: datetime | None = instant()
    lease_token: UUID | None
    leased_until: datetime | None = instant()


class SuppressionTable(NotifierTable, table=True):
    """A consent withdrawn by a link in a mail: asked before each send, from the next moment on."""

    __tablename__ = "suppression"
    agency_id: str = key()
    customer_id: str = key()
    purpose: str = key()
    channel: str = key()
    at: datetime = instant()
    message_id: UUID | None


class DeadAddressTable(NotifierTable, table=True):
    """An address that its server refused for good, as a digest: a new address is not touched."""

    __tablename__ = "dead_address"
    agency_id: str = key()
    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    at: datetime = instant()


class ContactCopyTable(NotifierTable, table=True):
    """A contact as last looked up: for service messages while the classifier is away."""

    __tablename__ = "contact_copy"
    agency_id: str = key()
    customer_id: str = key()
    contact: dict[str, Any] = Field(sa_type=JSONB)
    fetched_at: datetime = instant(sa_column_kwargs=NOW)


class AgencyCopyTable(NotifierTable, table=True):
    """The agency's settings and people as last looked up."""

    __tablename__ = "agency_copy"
    agency_id: str = key()
    agency: dict[str, Any] = Field(sa_type=JSONB)
    staff: list[dict[str, Any]] = Field(sa_type=JSONB)
    fetched_at: datetime = instant(sa_column_kwargs=NOW)


kernel_tables(NotifierTable.metadata)
