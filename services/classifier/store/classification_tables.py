"""The classifier's tables for policies and classifications.

``care_class`` is the present: one narrow row for each care unit, compared and updated in bulk.
``classification`` is the history: one row each time something changed, with its explanation.
"""

from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Index, String, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from services.classifier.store.tables import NOW, ClassifierTable, instant, key

ZERO = {"server_default": text("0")}


def identifiers() -> Any:
    """A column of ids."""
    return Field(sa_type=cast(type[Any], ARRAY(String)))


class PolicyTable(ClassifierTable, table=True):
    """A rule set; never edited, only superseded by a higher version."""

    __tablename__ = "policy"
    agency_id: str = key()
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    body: dict[str, Any] = Field(sa_type=JSONB)
    created_at: datetime = instant(sa_column_kwargs=NOW)
    created_by: str


class CalibrationTable(ClassifierTable, table=True):
    """What "high" meant in cents over the book as of a day; null where nobody is high."""

    __tablename__ = "calibration"
    agency_id: str = key()
    calibration: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    policy_version: int
    as_of: date
    revenue_cents: int | None = Field(sa_type=BigInteger)
    potential_cents: int | None = Field(sa_type=BigInteger)
    created_at: datetime = instant(sa_column_kwargs=NOW)


class ActivationTable(ClassifierTable, table=True):
    """From which day a policy version rules; the key allows one version a day."""

    __tablename__ = "activation"
    agency_id: str = key()
    from_day: date = key()
    policy_version: int
    calibration: int | None  # None until the book was calibrated
    activated_at: datetime = instant(sa_column_kwargs=NOW)


class CareClassTable(ClassifierTable, table=True):
    """The present class of a care unit, and what stability remembers of it."""

    __tablename__ = "care_class"
    __table_args__ = (
        Index(
            "ix_care_class_recheck",
            "agency_id",
            "recheck_on",
            postgresql_where=text("recheck_on IS NOT NULL"),
        ),
    )
    agency_id: str = key()
    unit_id: str = key()
    number: int = Field(sa_type=BigInteger)  # of the last row in the history
    members: list[str] = identifiers()
    segment: str
    service_level: str
    development: str
    policy_version: int
    calibration: int
    gap_needs: int = Field(sa_type=BigInteger)
    revenue_level: str | None
    revenue_below_since: date | None
    potential_level: str | None
    potential_below_since: date | None
    chance_since: date | None
    recheck_on: date | None
    margin_cents: int = Field(sa_type=BigInteger)
    as_of: date


class ClassificationTable(ClassifierTable, table=True):
    """One classification of a care unit with all that explains it, kept for good."""

    __tablename__ = "classification"
    agency_id: str = key()
    unit_id: str = key()
    number: int = Field(
        sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    members: list[str] = identifiers()
    as_of: date
    classified_at: datetime = instant()
    segment: str
    previous_segment: str | None
    service_level: str
    development: str
    model: str
    policy_version: int
    calibration: int
    facts: dict[str, Any] | None = Field(sa_type=JSONB)
    gaps: list[dict[str, Any]] = Field(sa_type=JSONB)
    reasons: list[dict[str, Any]] = Field(sa_type=JSONB)
    axes: dict[str, Any] = Field(sa_type=JSONB)
    held: dict[str, Any] | None = Field(sa_type=JSONB)


class ClassifiedMemberTable(ClassifierTable, table=True):
    """Which classifications were a customer's: units change, the question "what was K-1?" stays."""

    __tablename__ = "classified_member"
    agency_id: str = key()
    customer_id: str = key()
    unit_id: str = key()
    number: int = Field(
        sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    as_of: date


class ReclassificationTable(ClassifierTable, table=True):
    """A run over the whole book on its way: how far it is, so that a kill loses no slice."""

    __tablename__ = "reclassification"
    agency_id: str = key()
    reclassification_id: UUID = key()
    reason: str  # requested | day | activation
    as_of: date
    state: str  # waiting | running | done
    after_unit: str  # units up to here are done
    units: int = Field(sa_type=BigInteger, sa_column_kwargs=ZERO)
    changed: int = Field(sa_type=BigInteger, sa_column_kwargs=ZERO)
    created_at: datetime = instant(sa_column_kwargs=NOW)
    finished_at: datetime | None = instant()
    lease_token: UUID | None
    leased_until: datetime | None = instant()


# The revision of a customer's newest classification is the place of its change in the feed.
Index(
    "ix_change_classification",
    ClassifierTable.metadata.tables["change"].c.agency_id,
    ClassifierTable.metadata.tables["change"].c.subject,
    ClassifierTable.metadata.tables["change"].c.revision,
    postgresql_where=text("kind = 'classification.changed'"),
)
