"""Requests: what customers want, and by when they are owed an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.contracts.events import RequestKind
from shared.contracts.scheduling import RequestState
from shared.contracts.vocabulary import AgencyId, CustomerId, StaffId
from shared.db.database import SweepDatabase, Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRequest:
    """A request as it stands; ``state`` is open or closed."""

    request_id: UUID
    customer_id: CustomerId
    kind: RequestKind
    state: RequestState
    staff_id: StaffId
    opened_at: datetime
    deadline: datetime
    breached_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """What a request's deadline and its responsible person depend on."""

    customer_id: CustomerId
    segment: str | None
    service_level: str | None
    staff_id: StaffId | None


async def requester(transaction: Transaction, customer_id: CustomerId) -> Requester | None:
    """Class and carer of a customer; None where nobody of this id is known."""
    row = (
        await transaction.execute(
            """
            SELECT customer_id, segment, service_level, carer.staff_id
              FROM customer LEFT JOIN carer USING (agency_id, unit_id)
             WHERE agency_id = :agency AND customer_id = :customer_id
            """,
            {"customer_id": customer_id},
        )
    ).one_or_none()
    return None if row is None else Requester(**row._mapping)


async def open_request(transaction: Transaction, new: StoredRequest) -> bool:
    """Keep a request; false where it is known already."""
    written = await transaction.execute(
        """
        INSERT INTO request (agency_id, request_id, customer_id, kind, state, staff_id, opened_at,
                             deadline)
        VALUES (:agency, :request_id, :customer_id, :kind, 'open', :staff_id, :opened_at, :deadline)
        ON CONFLICT DO NOTHING
        """,
        {
            name: getattr(new, name)
            for name in (
                "request_id", "customer_id", "kind", "staff_id", "opened_at", "deadline",
            )
        },
    )  # fmt: skip
    return bool(written.rowcount)


async def request(transaction: Transaction, request_id: UUID) -> StoredRequest | None:
    """One request."""
    row = (
        await transaction.execute(
            "SELECT * FROM request WHERE agency_id = :agency AND request_id = :id",
            {"id": request_id},
        )
    ).one_or_none()
    return None if row is None else _stored(row)


async def list_requests(
    transaction: Transaction, *, state: str | None, after: str, limit: int
) -> list[StoredRequest]:
    """By id; only those in a state, where one is given."""
    rows = await transaction.execute(
        """
        SELECT * FROM request WHERE agency_id = :agency AND request_id::varchar > :after
           AND (CAST(:state AS varchar) IS NULL OR state = :state)
         ORDER BY request_id::varchar LIMIT :limit
        """,
        {"state": state, "after": after, "limit": limit},
    )
    return [_stored(row) for row in rows]


async def close_request(
    transaction: Transaction, request_id: UUID, *, outcome: str, now: datetime
) -> StoredRequest | None:
    """Close an open request; None where it was closed before."""
    row = (
        await transaction.execute(
            """
            UPDATE request SET state = 'closed', outcome = :outcome, closed_at = :now
             WHERE agency_id = :agency AND request_id = :id AND state = 'open' RETURNING *
            """,
            {"id": request_id, "outcome": outcome, "now": now},
        )
    ).one_or_none()
    return None if row is None else _stored(row)


async def breach(transaction: Transaction, *, now: datetime, limit: int) -> list[StoredRequest]:
    """Note the open requests whose deadline has passed; gives those noted now."""
    rows = await transaction.execute(
        """
        WITH late AS MATERIALIZED (
            SELECT request_id FROM request
             WHERE agency_id = :agency AND state = 'open' AND breached_at IS NULL
               AND deadline < :now
             ORDER BY deadline LIMIT :limit FOR UPDATE SKIP LOCKED
        )
        UPDATE request SET breached_at = :now FROM late
         WHERE request.agency_id = :agency AND request.request_id = late.request_id
        RETURNING request.*
        """,
        {"now": now, "limit": limit},
    )
    return [_stored(row) for row in rows]


async def agencies_with_late_requests(sweep: SweepDatabase, now: datetime) -> Sequence[AgencyId]:
    """Agencies where an open request is late and nobody noted it."""
    rows = await sweep.rows(
        """
        SELECT DISTINCT agency_id FROM request
         WHERE state = 'open' AND breached_at IS NULL AND deadline < :now
        """,
        {"now": now},
    )
    return [row.agency_id for row in rows]


def _stored(row: Any) -> StoredRequest:
    return StoredRequest(
        **{name: getattr(row, name) for name in StoredRequest.__dataclass_fields__}
    )
