"""The plan counted, and the ledger of what was due."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanState:
    """The plan as it was last written."""

    version: int
    as_of: date | None
    catalogue_version: int | None
    planned_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedGroup:
    """Touchpoints of one month, service, channel, person and state. No month: no day has room."""

    month: date | None
    service: str
    channel: str
    staff_id: str | None
    state: str
    reason: str | None
    touchpoints: int
    minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CarerLoad:
    """How many units and customers somebody cares for."""

    staff_id: str | None
    units: int
    customers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """Where one due touchpoint is; ``waits_for`` says until when it is held by somebody."""

    touchpoint_id: UUID
    customer_id: str
    service: str
    channel: str
    due: date
    state: str
    reason: str | None
    since: datetime
    left_on: date | None


async def plan_state(transaction: Transaction) -> PlanState | None:
    """The plan's version; None before the first plan."""
    row = (
        await transaction.execute(
            """
            SELECT version, as_of, catalogue_version, planned_at FROM plan
             WHERE agency_id = :agency
            """
        )
    ).one_or_none()
    return None if row is None else PlanState(**row._mapping)


async def planned_groups(transaction: Transaction) -> list[PlannedGroup]:
    """What is open or suppressed ahead, counted."""
    rows = await transaction.execute(
        """
        SELECT CAST(date_trunc('month', day) AS date) AS month, service, channel, staff_id, state,
               reason, count(*) AS touchpoints, sum(minutes)::integer AS minutes
          FROM touchpoint
         WHERE agency_id = :agency AND left_on IS NULL AND state IN ('planned', 'suppressed')
         GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6
        """
    )
    return [PlannedGroup(**row._mapping) for row in rows]


async def carer_loads(transaction: Transaction) -> list[CarerLoad]:
    """Units and customers by carer."""
    rows = await transaction.execute(
        """
        SELECT carer.staff_id, count(DISTINCT unit_id) AS units, count(*) AS customers
          FROM customer JOIN carer USING (agency_id, unit_id)
         WHERE agency_id = :agency AND status = 'active'
         GROUP BY carer.staff_id ORDER BY carer.staff_id
        """
    )
    return [CarerLoad(**row._mapping) for row in rows]


async def due_until(
    transaction: Transaction, day: date, *, after: UUID | None, limit: int
) -> list[LedgerLine]:
    """Every touchpoint that was due up to a day, by id: each exactly once."""
    parameters: dict[str, Any] = {"day": day, "after": after, "limit": limit}
    rows = await transaction.execute(
        """
        SELECT touchpoint_id, customer_id, service, channel, coalesce(day, latest) AS due, state,
               reason, since, left_on
          FROM touchpoint
         WHERE agency_id = :agency AND (left_on <= :day OR coalesce(day, latest) <= :day)
           AND (CAST(:after AS uuid) IS NULL OR touchpoint_id > :after)
         ORDER BY touchpoint_id LIMIT :limit
        """,
        parameters,
    )
    return [LedgerLine(**row._mapping) for row in rows]
