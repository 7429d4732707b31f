"""Classes pinned by staff: who, when, why, until, and by whom ended early. Rows are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOverride:
    """One pin, as kept."""

    override_id: UUID
    customer_id: CustomerId
    segment: str
    reason: str
    author: str
    set_at: datetime
    until: date
    ended_at: datetime | None = None
    ended_by: str | None = None

    def holds_on(self, day: date) -> bool:
        """Whether it was not ended and the day does not lie after its last one."""
        return self.ended_at is None and day <= self.until


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedUnit:
    """A customer's care unit while a pin is being set or ended: nobody else does so."""

    unit_id: CustomerId
    status: str
    members: Sequence[CustomerId]


async def lock_unit(transaction: Transaction, customer_id: CustomerId) -> LockedUnit | None:
    """Wait for our turn with a customer's care unit; None where there is no such customer."""
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


_READ = """
    SELECT override_id, customer_id, segment, reason, author, set_at, until, ended_at, ended_by
      FROM override
"""


async def overrides_of_unit(
    transaction: Transaction, customer_id: CustomerId, *, after: UUID | None, limit: int
) -> list[StoredOverride]:
    """What was ever pinned for the members of a customer's care unit, the latest first.

    ``after``: only what was set before that one.
    """
    rows = await transaction.execute(
        f"""{_READ}
         WHERE agency_id = :agency
           AND customer_id IN (SELECT mate.customer_id FROM customer AS own
                                 JOIN customer AS mate USING (agency_id, unit_id)
                                WHERE agency_id = :agency AND own.customer_id = :customer)
           AND (CAST(:after AS uuid) IS NULL OR (set_at, override_id) < (
                SELECT set_at, override_id FROM override
                 WHERE agency_id = :agency AND override_id = :after))
         ORDER BY set_at DESC, override_id DESC LIMIT :limit
        """,
        {"customer": customer_id, "after": after, "limit": limit},
    )
    return [StoredOverride(**row._mapping) for row in rows]


async def overrides_in_force(
    transaction: Transaction, customer_ids: Sequence[CustomerId], day: date
) -> list[StoredOverride]:
    """The pins of these customers that hold on a day, the latest first."""
    rows = await transaction.execute(
        f"""{_READ}
         WHERE agency_id = :agency AND customer_id = ANY(CAST(:customers AS varchar[]))
           AND ended_at IS NULL AND until >= :day
         ORDER BY set_at DESC, override_id DESC
        """,
        {"customers": list(customer_ids), "day": day},
    )
    return [StoredOverride(**row._mapping) for row in rows]


async def add_override(transaction: Transaction, override: StoredOverride) -> None:
    """Keep a new pin."""
    await transaction.execute(
        """
        INSERT INTO override
               (agency_id, override_id, customer_id, segment, reason, author, set_at, until)
        VALUES (:agency, :override_id, :customer_id, :segment, :reason, :author, :set_at, :until)
        """,
        {
            name: getattr(override, name)
            for name in StoredOverride.__dataclass_fields__
            if not name.startswith("ended")
        },
    )


async def end_overrides(
    transaction: Transaction, override_ids: Sequence[UUID], *, by: str, at: datetime
) -> None:
    """End pins before their day; one that was ended already stays as it was."""
    await transaction.execute(
        """
        UPDATE override SET ended_at = :at, ended_by = :by
         WHERE agency_id = :agency AND override_id = ANY(CAST(:ids AS uuid[]))
           AND ended_at IS NULL
        """,
        {"ids": list(override_ids), "by": by, "at": at},
    )
