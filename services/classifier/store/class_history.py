"""Present classes and their history as they are read, with what explains them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import col, select

from services.classifier.store.classification_tables import (
    CareClassTable,
    ClassificationTable,
    ClassifiedMemberTable,
    OverrideTable,
)
from services.classifier.store.tables import CustomerTable
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredClassification:
    """One classification of a care unit, as history keeps it; documents are decoded JSON."""

    unit_id: str
    number: int
    members: list[str]
    as_of: date
    classified_at: datetime
    segment: str
    previous_segment: str | None
    service_level: str
    development: str
    model: str
    policy_version: int
    calibration: int
    facts: dict[str, Any] | None
    gaps: list[dict[str, Any]]
    reasons: list[dict[str, Any]]
    axes: dict[str, Any]
    held: dict[str, Any] | None
    override: dict[str, Any] | None
    """The pin that decided the segment: ``segment``, ``reason``, ``author``, ``until``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPlace:
    """The place of a classification in its customer's history: what the order depends on."""

    as_of: date
    classified_at: datetime
    number: int
    unit_id: str


_PLACE = tuple_(
    col(ClassificationTable.as_of),
    col(ClassificationTable.classified_at),
    col(ClassificationTable.number),
    col(ClassificationTable.unit_id),
)
_NEWEST_FIRST = [column.desc() for column in _PLACE.clauses]


async def present_classification(
    transaction: Transaction, unit_id: str
) -> StoredClassification | None:
    """The last classification of a unit that is classified now."""
    found = await transaction.exec(
        select(ClassificationTable)
        .join(CareClassTable, _is_present())
        .where(CareClassTable.agency_id == transaction.agency, CareClassTable.unit_id == unit_id)
    )
    stored = await _with_pins(transaction, found.all())
    return stored[0] if stored else None


async def classification_held_on(
    transaction: Transaction, customer_id: CustomerId, day: date
) -> StoredClassification | None:
    """The classification of a customer that held on a day; None if there was none."""
    history = _history(transaction, customer_id).where(col(ClassifiedMemberTable.as_of) <= day)
    row = (await transaction.execute(history.limit(1))).one_or_none()
    if row is None or (row.ended_on is not None and row.ended_on <= day):
        return None
    (stored,) = await _with_pins(transaction, [row.ClassificationTable])
    return stored


async def classifications_of_customer(
    transaction: Transaction, customer_id: CustomerId, *, after: HistoryPlace | None, limit: int
) -> list[StoredClassification]:
    """A customer's classifications after a place in the order, the newest first."""
    history = _history(transaction, customer_id)
    if after is not None:
        place = (after.as_of, after.classified_at, after.number, after.unit_id)
        history = history.where(place > _PLACE)
    rows = await transaction.execute(history.limit(limit))
    return await _with_pins(transaction, [row.ClassificationTable for row in rows])


async def customers_by_class(
    transaction: Transaction, *, segment: str | None, after: CustomerId, limit: int
) -> list[tuple[CustomerId, StoredClassification]]:
    """Customers in the order of their ids, each with the present classification of their unit."""
    page = (
        select_columns(col(CustomerTable.customer_id), ClassificationTable)
        .join_from(CustomerTable, CareClassTable, _is_unit_of_customer())
        .join(ClassificationTable, _is_present())
        .where(
            col(CustomerTable.agency_id) == transaction.agency,
            col(CustomerTable.status) == "active",
            col(CustomerTable.customer_id) > after,
        )
        .order_by(col(CustomerTable.customer_id))
        .limit(limit)
    )
    if segment is not None:
        page = page.where(col(CareClassTable.segment) == segment)
    rows = (await transaction.execute(page)).all()
    stored = await _with_pins(transaction, [row.ClassificationTable for row in rows])
    return [(row.customer_id, each) for row, each in zip(rows, stored, strict=True)]


def _history(
    transaction: Transaction, customer_id: CustomerId
) -> Select[ClassificationTable, date | None]:
    """A customer's classifications, the newest first, each with the day its class ended."""
    is_member = and_(
        col(ClassificationTable.agency_id) == col(ClassifiedMemberTable.agency_id),
        col(ClassificationTable.unit_id) == col(ClassifiedMemberTable.unit_id),
        col(ClassificationTable.number) == col(ClassifiedMemberTable.number),
    )
    return (
        select_columns(ClassificationTable, col(ClassifiedMemberTable.ended_on))
        .join_from(ClassifiedMemberTable, ClassificationTable, is_member)
        .where(
            col(ClassifiedMemberTable.agency_id) == transaction.agency,
            col(ClassifiedMemberTable.customer_id) == customer_id,
        )
        .order_by(*_NEWEST_FIRST)
    )


def _is_present() -> ColumnElement[bool]:
    return and_(
        col(ClassificationTable.agency_id) == col(CareClassTable.agency_id),
        col(ClassificationTable.unit_id) == col(CareClassTable.unit_id),
        col(ClassificationTable.number) == col(CareClassTable.number),
    )


def _is_unit_of_customer() -> ColumnElement[bool]:
    return and_(
        col(CareClassTable.agency_id) == col(CustomerTable.agency_id),
        col(CareClassTable.unit_id) == col(CustomerTable.unit_id),
    )


async def _with_pins(
    transaction: Transaction, rows: Sequence[ClassificationTable]
) -> list[StoredClassification]:
    """Classifications with the pins that their segments were.

    A pin's words are looked up and not copied, because what somebody wrote is erased with the
    customer.
    """
    pinned_by = {row.pinned_by for row in rows if row.pinned_by is not None}
    pins: dict[Any, dict[str, Any]] = {}
    if pinned_by:
        found = await transaction.exec(
            select(OverrideTable).where(
                OverrideTable.agency_id == transaction.agency,
                col(OverrideTable.override_id).in_(pinned_by),
            )
        )
        pins = {pin.override_id: _pin(pin) for pin in found}
    return [_stored(row, pins.get(row.pinned_by)) for row in rows]


def _pin(pin: OverrideTable) -> dict[str, Any]:
    return {
        "segment": pin.segment,
        "reason": pin.reason,
        "author": pin.author,
        "until": pin.until.isoformat(),
    }


def _stored(row: ClassificationTable, override: dict[str, Any] | None) -> StoredClassification:
    values = row.model_dump(exclude={"agency_id", "pinned_by"})
    return StoredClassification(**values, override=override)
