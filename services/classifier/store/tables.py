"""The classifier's tables for customers and all that happens to them.

Every key starts with the agency. What SQL sums or filters by is a column of its own; personal
data stands in ``customer`` alone, so that erasing a person is erasing rows of few tables.
"""

from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Index, LargeBinary, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.contracts.customers import ConsentState
from shared.db.database import service_metadata
from shared.db.kernel_tables import kernel_tables
from shared.db.state_columns import state_check

NOW = {"server_default": text("now()")}


class ClassifierTable(SQLModel, registry=registry(metadata=service_metadata())):
    """What all tables of this service descend from: their own metadata, not SQLModel's."""


def instant(**options: Any) -> Any:
    """A column of instants with their offset."""
    return Field(sa_type=cast(type[Any], DateTime(timezone=True)), **options)


def nullable_json() -> Any:
    """A column of JSON in which None is SQL's NULL; SQLAlchemy would store JSON's null instead."""
    return Field(sa_type=cast(type[Any], JSONB(none_as_null=True)))


def provenance() -> Any:
    """A column of who told each group of fields, and when (`store/provenance.py`)."""
    return Field(sa_type=JSONB, sa_column_kwargs={"server_default": text("'{}'")})


def key() -> Any:
    """A column of the primary key, filled by us and never by a sequence."""
    return Field(primary_key=True)


class AgencyTable(ClassifierTable, table=True):
    """One brokerage: what every service needs to know of it."""

    __tablename__ = "agency"
    agency_id: str = key()
    time_zone: str
    federal_state: str | None
    sender: dict[str, Any] | None = nullable_json()  # shared SenderIdentity
    send_times: list[str] = Field(sa_type=cast(type[Any], ARRAY(String)))  # local "HH:MM"
    letter_form: str = Field(sa_column_kwargs={"server_default": "B"})  # of DIN 5008
    day: date | None  # the last day run; None before the first
    erasure_salt: str = Field(sa_column_kwargs={"server_default": text("gen_random_uuid()::text")})
    updated_at: datetime = instant(sa_column_kwargs=NOW)


class WebhookSourceTable(ClassifierTable, table=True):
    """A system that sends events; both secrets are good while one replaces the other."""

    __tablename__ = "webhook_source"
    agency_id: str = key()
    source: str = key()
    secret: str
    previous_secret: str | None
    rotated_at: datetime = instant(sa_column_kwargs=NOW)


class CustomerTable(ClassifierTable, table=True):
    """A person or company. ``unit_id`` is the smallest customer id (byte order) of its care unit:
    the customers joined by household links; alone, its own."""

    __tablename__ = "customer"
    __table_args__ = (Index("ix_customer_unit", "agency_id", "unit_id"),)
    agency_id: str = key()
    customer_id: str = key()
    unit_id: str
    kind: str
    status: str
    salutation: str | None
    title: str | None
    first_name: str | None
    last_name: str | None
    company_name: str | None
    contact_person: str | None
    form_of_address: str
    language: str
    birth_date: date | None
    death_date: date | None
    street: str | None
    postcode: str | None
    city: str | None
    country: str
    federal_state: str | None
    email: str | None
    phone: str | None
    customer_since: date | None
    came_by: str | None
    carer: str | None  # staff id, as the broker system tells it
    last_review_on: date | None
    last_contact_on: date | None
    mandate_contract: bool | None  # null is unknown
    mandate_power_of_attorney: bool | None
    mandate_since: date | None
    mandate_ended_on: date | None
    household: str | None
    children: int | None
    home: str | None
    employment: str | None
    vehicles: int | None
    pets: list[str] | None = Field(sa_type=cast(type[Any], ARRAY(String)))
    industry: str | None
    employees: int | None
    income_band: str | None
    identities: dict[str, str] = Field(sa_type=JSONB)  # system → key of this customer there
    provenance: dict[str, Any] = provenance()
    updated_at: datetime = instant(sa_column_kwargs=NOW)


class ConnectionTable(ClassifierTable, table=True):
    """A link as one customer's record states it; the other may be unknown as yet."""

    __tablename__ = "connection"
    __table_args__ = (Index("ix_connection_other", "agency_id", "other_id", "kind"),)
    agency_id: str = key()
    customer_id: str = key()
    other_id: str = key()
    kind: str = key()


class FlagTable(ClassifierTable, table=True):
    """A mark set by staff, with who, when and why; it holds to ``ends_on``, that day included."""

    __tablename__ = "flag"
    agency_id: str = key()
    customer_id: str = key()
    flag: str = key()  # favourite | useful | promising | conduct | no_gifts
    value: bool
    reason: str
    author: str  # "import" if it came with the customer's record
    set_at: datetime = instant()
    ends_on: date


class ContractTable(ClassifierTable, table=True):
    """An insurance contract; contracts of different customers may bear the same id.

    ``number_key`` is what finds it by its number (`domain/contract_matching.py`). It is a column,
    because row-level security keeps an index on an expression from being used.
    """

    __tablename__ = "contract"
    __table_args__ = (
        Index("ix_contract_id", "agency_id", "contract_id"),
        Index("ix_contract_number", "agency_id", "number_key"),
    )
    agency_id: str = key()
    customer_id: str = key()
    contract_id: str = key()
    insurer: str | None
    insurer_number: str | None
    contract_number: str | None
    number_key: str
    line: str
    gdv_line: str | None
    product: str | None
    status: str  # active | suspended | cancelled | expired | applied
    starts_on: date | None
    ends_on: date | None
    main_due_date: str | None  # --MM-DD
    notice_months: int | None
    premium_cents: int | None = Field(sa_type=BigInteger)  # net, per instalment
    instalments_per_year: int | None  # 0: single premium
    commission_rate: float | None  # fraction of the yearly net premium
    cancelled_on: date | None
    cancel_reason: str | None
    held_elsewhere: bool  # `foreign` at the borders: covers a need, earns nothing
    provenance: dict[str, Any] = provenance()
    updated_at: datetime = instant(sa_column_kwargs=NOW)


class CommissionTable(ClassifierTable, table=True):
    """What an insurer paid; stays when the customer is erased, because accounting must."""

    __tablename__ = "commission"
    __table_args__ = (
        Index(
            "ix_commission_customer",
            "agency_id",
            "customer_id",
            "booked_on",
            postgresql_include=["kind", "amount_cents", "contract_id"],
        ),
    )
    agency_id: str = key()
    commission_id: str = key()
    customer_id: str
    contract_id: str | None
    booked_on: date
    kind: str  # initial | renewal | increase | clawback | other
    amount_cents: int = Field(sa_type=BigInteger)


class InteractionTable(ClassifierTable, table=True):
    """One contact that cost somebody's minutes."""

    __tablename__ = "interaction"
    __table_args__ = (
        Index(
            "ix_interaction_customer",
            "agency_id",
            "customer_id",
            "at",
            postgresql_include=[
                "direction",
                "role",
                "minutes",
                "kilometres",
                "gift_cents",
                "topic",
            ],
        ),
    )
    agency_id: str = key()
    interaction_id: str = key()
    customer_id: str
    at: datetime = instant()
    direction: str  # in | out
    channel: str
    role: str  # owner | adviser | back_office
    staff_id: str | None
    minutes: int
    kilometres: int
    gift_cents: int = Field(sa_type=BigInteger)
    topic: str
    beyond_package: bool


class ConsentTable(ClassifierTable, table=True):
    """Every consent or refusal of a customer; for a purpose and channel the latest ``at`` counts.

    The earlier ones are the proof that the law asks for (UWG § 7a: five years).
    """

    __tablename__ = "consent"
    __table_args__ = (state_check(ConsentState),)
    agency_id: str = key()
    customer_id: str = key()
    purpose: str = key()
    channel: str = key()
    at: datetime = instant(primary_key=True)
    state: str
    basis: str
    wording: str | None
    source: str | None
    double_opt_in: dict[str, Any] | None = nullable_json()
    recorded_at: datetime = instant(sa_column_kwargs=NOW)


class ObjectionTable(ClassifierTable, table=True):
    """Objections under GDPR art. 21, each since an instant; None if there is none."""

    __tablename__ = "objection"
    agency_id: str = key()
    customer_id: str = key()
    advertising: datetime | None = instant()
    profiling: datetime | None = instant()


class AddressBlockTable(ClassifierTable, table=True):
    """An address of a customer that does not exist, as the notifier found out.

    ``digest`` remembers the address: when the customer has another one, the block says nothing.
    """

    __tablename__ = "address_block"
    __table_args__ = (Index("ix_address_block_digest", "agency_id", "digest"),)
    agency_id: str = key()
    customer_id: str = key()
    channel: str = key()
    digest: bytes = Field(sa_type=LargeBinary)
    reason: str
    at: datetime = instant()


class EventTable(ClassifierTable, table=True):
    """What happened to a customer: from webhooks (key: their id) and from the other services.

    Counts of the facts (late payments, disputes, complaints, …) are counts of these rows.
    ``data`` holds the fields of ``shared/contracts/events.py``, free text included.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("ix_event_customer", "agency_id", "customer_id", "type", "at"),
        Index(
            "ix_event_referral",
            "agency_id",
            text("(data ->> 'referred_customer_id')"),
            postgresql_where=text("type = 'referral.made'"),
        ),
    )
    agency_id: str = key()
    source: str = key()
    webhook_id: str = key()
    event_id: UUID
    customer_id: str
    type: str
    at: datetime = instant()
    data: dict[str, Any] = Field(sa_type=JSONB)
    received_at: datetime = instant(sa_column_kwargs=NOW)


class WorkMarkTable(ClassifierTable, table=True):
    """Care units whose facts changed. Marking increments ``marks``; finishing deletes a row only if
    ``marks`` is still what was claimed. A unit that dissolved is marked under its old id too."""

    __tablename__ = "work_mark"
    agency_id: str = key()
    unit_id: str = key()
    marks: int = Field(sa_type=BigInteger)
    since: datetime = instant(sa_column_kwargs=NOW)
    lease_token: UUID | None
    leased_until: datetime | None = instant()


kernel_tables(ClassifierTable.metadata)
