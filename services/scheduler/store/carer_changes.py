"""Changes of carers: proposed by planning, applied and taken back by a person.

Statements are SQL text because each is one set-based statement over the book.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import polars as pl
from sqlmodel import col, select

from services.scheduler.store.carer_tables import CarerMoveTable
from shared.contracts.carers import ChangeBecause, KeptChange
from shared.contracts.vocabulary import CustomerId, StaffId
from shared.db.database import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A change of one unit's carer that waits for a person; ``customers`` are active ones."""

    unit_id: str
    customers: int
    from_staff_id: StaffId
    to_staff_id: StaffId
    because: ChangeBecause
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CarerMove:
    """One unit that goes from one carer to another; it may have had none."""

    unit_id: str
    from_staff_id: StaffId | None
    to_staff_id: StaffId


async def save_proposals(transaction: Transaction, proposed: pl.DataFrame) -> None:
    """Make these the proposals (unit_id, from_staff_id, to_staff_id, because) of the whole book;
    one that was proposed before keeps its instant."""
    columns = {name: proposed[name].to_list() for name in _PROPOSED}
    await transaction.execute(
        _FORGET_OTHERS, {name: columns[name] for name in _PROPOSED if name != "because"}
    )
    if not proposed.is_empty():
        await transaction.execute(_PROPOSE, columns)


async def list_proposals(
    transaction: Transaction, *, after: str, limit: int | None
) -> list[Proposal]:
    """Proposals by unit, from the one after this unit on."""
    rows = await transaction.execute(_PROPOSALS, {"after": after, "limit": limit})
    return [Proposal(**row._mapping) for row in rows]


async def locked_proposals(
    transaction: Transaction, units: Sequence[str] | None
) -> list[CarerMove]:
    """The proposals of these units, or all, that still hold, locked until the commit."""
    rows = await transaction.execute(
        f"""
        SELECT unit_id, from_staff_id, to_staff_id FROM carer_proposal
         WHERE agency_id = :agency AND (CAST(:units AS varchar[]) IS NULL
                                        OR unit_id = ANY(CAST(:units AS varchar[])))
           AND {_HOLDS}
         ORDER BY unit_id FOR UPDATE
        """,
        {"units": units},
    )
    return [CarerMove(**row._mapping) for row in rows]


async def move(transaction: Transaction, moves: Sequence[CarerMove]) -> None:
    """Give units their carers; what was proposed for them is settled."""
    await transaction.execute(
        _MOVE,
        {
            "units": [each.unit_id for each in moves],
            "staff": [each.to_staff_id for each in moves],
        },
    )
    await withdraw_proposals(transaction, [each.unit_id for each in moves])


async def withdraw_proposals(transaction: Transaction, units: Sequence[str]) -> None:
    """Forget what was proposed for these units; planning proposes anew what is still due."""
    await transaction.execute(
        "DELETE FROM carer_proposal"
        " WHERE agency_id = :agency AND unit_id = ANY(CAST(:units AS varchar[]))",
        {"units": list(units)},
    )


async def note_application(
    transaction: Transaction, application_id: UUID, moves: Sequence[CarerMove], *, by: str
) -> None:
    """Keep who was moved, so that it can be taken back."""
    await transaction.execute(
        _NOTE,
        {
            "application": application_id,
            "by": by,
            "units": [each.unit_id for each in moves],
            "before": [each.from_staff_id for each in moves],
            "staff": [each.to_staff_id for each in moves],
        },
    )


async def knows_application(transaction: Transaction, application_id: UUID) -> bool:
    """Whether there is an application of this id."""
    found = await transaction.exec(
        select(CarerMoveTable.unit_id)
        .where(
            CarerMoveTable.agency_id == transaction.agency,
            CarerMoveTable.application_id == application_id,
        )
        .order_by(col(CarerMoveTable.unit_id))
        .limit(1)
    )
    return found.one_or_none() is not None


async def undoable(
    transaction: Transaction, application_id: UUID, *, introductions: Sequence[str]
) -> tuple[list[CarerMove], list[KeptChange]]:
    """The moves of an application that can go back, turned round, and those that cannot.

    ``introductions`` are the services that tell customers of a new carer.
    """
    rows = (
        await transaction.execute(
            _UNDOABLE, {"application": application_id, "services": list(introductions)}
        )
    ).all()
    kept = [
        KeptChange.model_validate({"care_unit": row.unit_id, "because": row.kept})
        for row in rows
        if row.kept is not None
    ]
    back = [
        CarerMove(unit_id=row.unit_id, from_staff_id=row.to_staff_id, to_staff_id=row.from_staff_id)
        for row in rows
        if row.kept is None
    ]
    return back, kept


async def told_of_new_carer(
    transaction: Transaction, application_id: UUID, *, introductions: Sequence[str]
) -> set[CustomerId]:
    """The customers whom the new carer of an application was introduced to; one may have come into
    the unit since."""
    rows = await transaction.execute(
        _TOLD, {"application": application_id, "services": list(introductions)}
    )
    return set(rows.scalars())


async def note_undone(
    transaction: Transaction, application_id: UUID, moves: Sequence[CarerMove]
) -> None:
    """Remember what was taken back."""
    await transaction.execute(
        "UPDATE carer_move SET undone_at = now() WHERE agency_id = :agency"
        " AND application_id = :application AND unit_id = ANY(CAST(:units AS varchar[]))",
        {"application": application_id, "units": [each.unit_id for each in moves]},
    )


_PROPOSED = ("unit_id", "from_staff_id", "to_staff_id", "because")
_FORGET_OTHERS = """
    DELETE FROM carer_proposal
     WHERE agency_id = :agency AND (unit_id, from_staff_id, to_staff_id) NOT IN (
           SELECT * FROM unnest(CAST(:unit_id AS varchar[]), CAST(:from_staff_id AS varchar[]),
                                CAST(:to_staff_id AS varchar[])))
"""
_PROPOSE = """
    INSERT INTO carer_proposal AS old (agency_id, unit_id, from_staff_id, to_staff_id, because)
    SELECT CAST(:agency AS varchar), new.*
      FROM unnest(CAST(:unit_id AS varchar[]), CAST(:from_staff_id AS varchar[]),
                  CAST(:to_staff_id AS varchar[]), CAST(:because AS varchar[])) AS new
    ON CONFLICT (agency_id, unit_id) DO UPDATE SET because = excluded.because
     WHERE old.because <> excluded.because
"""
# A pin and a departure count at once; planning takes the proposal back a moment later.
_HOLDS = """
    NOT EXISTS (SELECT FROM carer
                 WHERE carer.agency_id = :agency AND carer.unit_id = carer_proposal.unit_id
                   AND carer.pinned_staff_id <> carer_proposal.to_staff_id)
    AND EXISTS (SELECT FROM staff
                 WHERE staff.agency_id = :agency AND staff.active
                   AND staff.staff_id = carer_proposal.to_staff_id)
"""
_PROPOSALS = f"""
    SELECT unit_id, (SELECT count(*) FROM customer
                      WHERE customer.agency_id = :agency AND customer.status = 'active'
                        AND customer.unit_id = carer_proposal.unit_id) AS customers,
           from_staff_id, to_staff_id, because, since
      FROM carer_proposal WHERE agency_id = :agency AND unit_id > :after AND {_HOLDS}
     ORDER BY unit_id LIMIT :limit
"""
_MOVE = """
    INSERT INTO carer AS old (agency_id, unit_id, staff_id)
    SELECT CAST(:agency AS varchar), unit_id, staff_id
      FROM unnest(CAST(:units AS varchar[]), CAST(:staff AS varchar[])) AS new (unit_id, staff_id)
    ON CONFLICT (agency_id, unit_id) DO UPDATE SET staff_id = excluded.staff_id, since = now()
     WHERE old.staff_id IS DISTINCT FROM excluded.staff_id
"""
_NOTE = """
    INSERT INTO carer_move (agency_id, application_id, unit_id, from_staff_id, to_staff_id,
                            applied_by)
    SELECT CAST(:agency AS varchar), CAST(:application AS uuid), unit_id, before, staff,
           CAST(:by AS varchar)
      FROM unnest(CAST(:units AS varchar[]), CAST(:before AS varchar[]), CAST(:staff AS varchar[]))
           AS new (unit_id, before, staff)
"""
_INTRODUCED = """
    touchpoint.agency_id = :agency AND touchpoint.service = ANY(CAST(:services AS varchar[]))
    AND touchpoint.left_on IS NOT NULL AND touchpoint.staff_id = moved.to_staff_id
    AND touchpoint.state NOT IN ('cancelled', 'suppressed') AND touchpoint.since >= moved.applied_at
"""
_TOLD = f"""
    SELECT customer.customer_id
      FROM carer_move AS moved JOIN customer USING (agency_id, unit_id)
     WHERE moved.agency_id = :agency AND application_id = :application
       AND EXISTS (SELECT FROM touchpoint
                    WHERE touchpoint.customer_id = customer.customer_id AND {_INTRODUCED})
"""
_UNDOABLE = f"""
    SELECT moved.unit_id, moved.from_staff_id, moved.to_staff_id,
           CASE WHEN carer.staff_id IS DISTINCT FROM moved.to_staff_id
                  OR carer.pinned_staff_id <> moved.from_staff_id THEN 'moved_on'
                WHEN EXISTS (SELECT FROM touchpoint WHERE touchpoint.unit_id = moved.unit_id
                                                      AND {_INTRODUCED}) THEN 'told'
                WHEN NOT coalesce(staff.active, false) THEN 'left' END AS kept
      FROM carer_move AS moved
      JOIN carer USING (agency_id, unit_id)
      LEFT JOIN staff ON staff.agency_id = :agency AND staff.staff_id = moved.from_staff_id
     WHERE moved.agency_id = :agency AND application_id = :application AND undone_at IS NULL
     ORDER BY moved.unit_id FOR UPDATE OF carer, moved
"""
