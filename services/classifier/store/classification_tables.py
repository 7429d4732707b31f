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

from services.classifier.store.tables import NOW, ClassifierTable, instant, key, nullable_json
from shared.contracts.classifications import ReclassificationState
from shared.db.state_columns import state_check

ZERO = {"server_default": text("0")}


def identifiers() -> Any:
    """A column of ids."""
    return Field(sa_type=cast(type[Any], ARRAY(String)))


def cents_of_units() -> Any:
    """A column of amounts, one for each care unit."""
    return Field(sa_type=cast(type[Any], ARRAY(BigInteger)))


class PolicyTable(ClassifierTable, table=True):
    """A rule set; never edited, only superseded by a higher version."""

    __tablename__ = "policy"
    __table_args__ = (Index("uq_policy_request", "agency_id", "request_id", unique=True),)
    agency_id: str = key()
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    body: dict[str, Any] = Field(sa_type=JSONB)
    created_at: datetime = instant(sa_column_kwargs=NOW)
    created_by: str
    request_id: UUID | None  # made from the Idempotency-Key; a repetition finds it


class CalibrationTable(ClassifierTable, table=True):
    """What "high" meant in cents over the book as of a day; null if nobody is high."""

    __tablename__ = "calibration"
    agency_id: str = key()
    calibration: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    policy_version: int
    as_of: date
    revenue_cents: int | None = Field(sa_type=BigInteger)
    potential_cents: int | None = Field(sa_type=BigInteger)
    created_at: datetime = instant(sa_column_kwargs=NOW)


class CalibrationSliceTable(ClassifierTable, table=True):
    """The values of a part of the book, until all parts are there and the amounts can be
    computed."""

    __tablename__ = "calibration_slice"
    agency_id: str = key()
    reclassification_id: UUID = key()
    after_unit: str = key()
    revenue_cents: list[int] = cents_of_units()
    potential_cents: list[int] = cents_of_units()


class ActivationTable(ClassifierTable, table=True):
    """From which day a policy version rules; the key allows one version a day.

    Version and calibration are both there or both missing: a version rules only once "high" is
    an amount. Until then it waits beside the one that rules.
    """

    __tablename__ = "activation"
    agency_id: str = key()
    from_day: date = key()
    policy_version: int | None
    calibration: int | None
    next_version: int | None  # takes over as soon as it is calibrated
    next_as_of: date | None  # over the book of this day
    reclassification_id: UUID | None  # the run that it set going
    activated_at: datetime = instant(sa_column_kwargs=NOW)
    activated_by: str | None


class OverrideTable(ClassifierTable, table=True):
    """A class pinned by staff; rows are kept, an earlier end is added to them."""

    __tablename__ = "override"
    __table_args__ = (Index("ix_override_customer", "agency_id", "customer_id"),)
    agency_id: str = key()
    override_id: UUID = key()
    customer_id: str  # whose class it was; it holds for the care unit
    segment: str
    reason: str
    author: str
    set_at: datetime = instant()
    until: date  # the last day
    ended_at: datetime | None = instant()  # before that day: lifted, or replaced by a later one
    ended_by: str | None

    def holds_on(self, day: date) -> bool:
        """Whether it was not ended and the day does not lie after its last one."""
        return self.ended_at is None and day <= self.until


class CareClassTable(ClassifierTable, table=True):
    """The present class of a care unit, and what stability remembers of it."""

    __tablename__ = "care_class"
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
    pinned_by: UUID | None  # the override that the segment is, if any
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
    facts: dict[str, Any] | None = nullable_json()
    gaps: list[dict[str, Any]] = Field(sa_type=JSONB)
    reasons: list[dict[str, Any]] = Field(sa_type=JSONB)
    axes: dict[str, Any] = Field(sa_type=JSONB)
    held: dict[str, Any] | None = nullable_json()
    pinned_by: UUID | None


class ClassifiedMemberTable(ClassifierTable, table=True):
    """Which classifications were a customer's, because "what was K-1?" is asked after units
    changed."""

    __tablename__ = "classified_member"
    agency_id: str = key()
    customer_id: str = key()
    unit_id: str = key()
    number: int = Field(
        sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    as_of: date
    ended_on: date | None  # the first day without a class, if no other followed


class ReclassificationTable(ClassifierTable, table=True):
    """A run over the whole book on its way: how far it is, so that a kill loses no slice."""

    __tablename__ = "reclassification"
    __table_args__ = (state_check(ReclassificationState),)
    agency_id: str = key()
    reclassification_id: UUID = key()
    reason: str  # requested | day | activation | calibration
    as_of: date
    state: str
    phase: str = Field(sa_column_kwargs={"server_default": text("'classifying'")})
    policy_version: int | None  # the version that it calibrates or brings into force
    calibrates_from: date | None  # the activation that waits for its calibration
    calibration: int | None  # what came of that
    after_unit: str  # units up to here are done in this phase
    units_calibrated: int = Field(sa_type=BigInteger, sa_column_kwargs=ZERO)
    units_expected: int | None = Field(sa_type=BigInteger)
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
