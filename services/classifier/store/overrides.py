"""Classes pinned by staff: who, when, why, until, and by whom ended early. Rows are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import tuple_, update
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.classifier.store.classification_tables import OverrideTable
from services.classifier.store.tables import CustomerTable
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedUnit:
    """A customer's care unit, locked while a pin is being set or ended."""

    unit_id: CustomerId
    status: str
    members: Sequence[CustomerId]


async def lock_unit(transaction: Transaction, customer_id: CustomerId) -> LockedUnit | None:
    """Wait for our turn with a customer's care unit; None if there is no such customer.

    SQL text because it locks all members in one statement.
    """
    found = await transaction.execute(
        """
        SELECT customer_id, unit_id, status FROM customer
         WHERE agency_id = :agency
           AND unit_id = (SELECT unit_id FROM customer
                           WHERE agency_id = :agency AND customer_id = :customer)
         ORDER BY customer_id FOR NO KEY UPDATE
        """,
        {"customer": customer_id},
    )
    rows = found.all()
    own = next((row for row in rows if row.customer_id == customer_id), None)
    if own is None:
        return None
    return LockedUnit(
        unit_id=own.unit_id, status=own.status, members=[row.customer_id for row in rows]
    )


async def overrides_of_unit(
    transaction: Transaction, customer_id: CustomerId, *, after: UUID | None, limit: int
) -> Sequence[OverrideTable]:
    """What was ever pinned for the members of a customer's care unit, the latest first.

    With ``after``, only what was set before that one.
    """
    own_unit = select(CustomerTable.unit_id).where(
        CustomerTable.agency_id == transaction.agency, CustomerTable.customer_id == customer_id
    )
    members = select(CustomerTable.customer_id).where(
        CustomerTable.agency_id == transaction.agency,
        col(CustomerTable.unit_id) == own_unit.scalar_subquery(),
    )
    pins = _latest_first(transaction).where(col(OverrideTable.customer_id).in_(members))
    if after is not None:
        last = (await transaction.exec(pins.where(OverrideTable.override_id == after))).first()
        if last is None:
            return []
        pins = pins.where((last.set_at, last.override_id) > _PLACE)
    return (await transaction.exec(pins.limit(limit))).all()


async def overrides_in_force(
    transaction: Transaction, customer_ids: Sequence[CustomerId], day: date
) -> Sequence[OverrideTable]:
    """The pins of these customers that hold on a day, the latest first."""
    pins = await transaction.exec(
        _latest_first(transaction).where(
            col(OverrideTable.customer_id).in_(customer_ids),
            col(OverrideTable.ended_at).is_(None),
            OverrideTable.until >= day,
        )
    )
    return pins.all()


_PLACE = tuple_(col(OverrideTable.set_at), col(OverrideTable.override_id))


def _latest_first(transaction: Transaction) -> SelectOfScalar[OverrideTable]:
    return (
        select(OverrideTable)
        .where(OverrideTable.agency_id == transaction.agency)
        .order_by(col(OverrideTable.set_at).desc(), col(OverrideTable.override_id).desc())
    )


async def end_overrides(
    transaction: Transaction, override_ids: Sequence[UUID], *, by: str, at: datetime
) -> None:
    """End pins before their day; one that was ended already stays as it was."""
    await transaction.execute(
        update(OverrideTable)
        .where(
            col(OverrideTable.agency_id) == transaction.agency,
            col(OverrideTable.override_id).in_(override_ids),
            col(OverrideTable.ended_at).is_(None),
        )
        .values(ended_at=at, ended_by=by)
    )
