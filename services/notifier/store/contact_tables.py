"""Tables of what is known of recipients here."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.notifier.store.tables import NOW, NotifierTable, instant, key


class SuppressionTable(NotifierTable, table=True):
    """A consent withdrawn by a link in a mail; it is checked before each sending from then on."""

    __tablename__ = "suppression"
    agency_id: str = key()
    customer_id: str = key()
    purpose: str = key()
    channel: str = key()
    at: datetime = instant()
    message_id: UUID | None


class DeadAddressTable(NotifierTable, table=True):
    """The digest of an address that its server refused for good; a new address is not affected."""

    __tablename__ = "dead_address"
    agency_id: str = key()
    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    at: datetime = instant()


class ContactCopyTable(NotifierTable, table=True):
    """A contact as last looked up, used for service messages while the classifier is away."""

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
