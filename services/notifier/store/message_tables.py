"""Tables of messages: the order and its state, what was said, and each attempt to hand it over.

A message keeps what it was ordered with and what became of it, never its text: that follows from
template and data.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.notifier.domain.messages import DeliveryOutcome
from services.notifier.store.tables import NotifierTable, instant, key
from shared.contracts.answers import DayPart, MessageAnswer
from shared.contracts.dispatches import MessageState
from shared.db.state_columns import state_check


class MessageTable(NotifierTable, table=True):
    """One message to one customer: its order, its purpose and its state.

    Instants are those of the edge clock, ``leased_until`` is the database's. ``due_at`` is the
    instant before which it does not leave, or at which it is tried again.
    """

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
            "ix_message_customer_waits",
            "agency_id",
            "channel",
            "due_at",
            postgresql_where=text("state = 'accepted' AND priority = 'waiting_customer'"),
        ),
        Index(
            "ix_message_leased",
            "agency_id",
            "lease_token",
            postgresql_where=text("lease_token IS NOT NULL"),
        ),
        Index(
            "ix_message_open_letter",
            "agency_id",
            "message_id",
            postgresql_where=text("channel = 'letter' AND state IN ('accepted', 'transmitting')"),
        ),
        Index("ix_message_listed", "agency_id", "accepted_at", "message_id"),
        Index("ix_message_customer", "agency_id", "customer_id"),
        state_check(MessageState),
        state_check(MessageAnswer, column="answer"),
        state_check(DayPart, column="proposed_part"),
        CheckConstraint("channel <> 'letter' OR state <> 'claimed'", name="letter_not_claimed"),
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
    ordered_by: str | None  # subject of the token; None: the scheduler, which planned it
    state: str
    reason: str | None  # a constant that explains the state
    detail: str | None  # the same as a German sentence
    attempts: int  # since it was accepted, or accepted again by a person
    failures: int = Field(sa_column_kwargs={"server_default": text("0")})  # attempts that count
    not_before: datetime | None = instant()
    due_at: datetime = instant()
    accepted_at: datetime = instant()
    claimed_at: datetime | None = instant()
    transmitting_at: datetime | None = instant()  # when the last attempt began
    ended_at: datetime | None = instant()
    answered_at: datetime | None = instant()
    answer: str | None  # the latest; None although answered: from before answers were told apart
    proposed_on: date | None
    proposed_part: str | None
    lease_token: UUID | None
    leased_until: datetime | None = instant()


class MessageContentTable(NotifierTable, table=True):
    """What a message said when it last left, or in the print run it lies in."""

    __tablename__ = "message_content"
    agency_id: str = key()
    message_id: UUID = key()
    subject: str | None  # None: erased with the customer
    digest: bytes = Field(sa_type=LargeBinary)  # SHA-256 of the whole text
    basis: str  # what allowed it: consent, existing_customer, service, …
    template_version: str | None  # None: written before versions were kept


class DeliveryAttemptTable(NotifierTable, table=True):
    """One attempt to hand a message over, written once its outcome is known and never changed.

    Only erasing a customer empties ``response``. Attempts from before this table existed lack
    what was not recorded then.
    """

    __tablename__ = "delivery_attempt"
    __table_args__ = (state_check(DeliveryOutcome, column="outcome"),)
    agency_id: str = key()
    message_id: UUID = key()
    attempt: int = key()  # 1 and up; goes on where a person sends the message again
    began_at: datetime | None = instant()
    ended_at: datetime | None = instant()
    outcome: str | None
    response: str | None  # the mail server's words
