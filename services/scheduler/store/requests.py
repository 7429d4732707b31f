"""Requests: what customers want, and by when they are owed an answer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import String, cast, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from services.scheduler.store.carers import ACTING_CARERS
from services.scheduler.store.task_tables import RequestTable
from shared.contracts.events import RequestKind
from shared.contracts.scheduling import RequestState
from shared.contracts.vocabulary import AgencyId, CustomerId, StaffId
from shared.db.database import Transaction
from shared.db.sweep_database import SweepDatabase


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """What a request's deadline and its responsible person depend on."""

    customer_id: CustomerId
    segment: str | None
    service_level: str | None
    staff_id: StaffId | None


async def requester(transaction: Transaction, customer_id: CustomerId) -> Requester | None:
    """Class of a customer and who cares for them now; None if nobody of this id is known."""
    found = await transaction.execute(
        f"""
        SELECT customer_id, segment, service_level, carer.staff_id
          FROM customer LEFT JOIN {ACTING_CARERS} AS carer USING (agency_id, unit_id)
         WHERE agency_id = :agency AND customer_id = :customer
        """,
        {"customer": customer_id},
    )
    row = found.one_or_none()
    return None if row is None else Requester(**row._mapping)


async def open_request(transaction: Transaction, new: RequestTable) -> None:
    """Store a request; one that is known already stays as it is."""
    await transaction.execute(
        insert(RequestTable).values(new.model_dump()).on_conflict_do_nothing()
    )


async def request(transaction: Transaction, request_id: UUID) -> RequestTable | None:
    """One request."""
    found = await transaction.exec(
        _requests(transaction).where(RequestTable.request_id == request_id)
    )
    return found.one_or_none()


async def list_requests(
    transaction: Transaction, *, state: RequestState | None, after: str, limit: int
) -> Sequence[RequestTable]:
    """Requests in the order of their ids; with ``state``, only those in that state."""
    place = cast(RequestTable.request_id, String)
    page = _requests(transaction).where(place > after).order_by(place).limit(limit)
    if state is not None:
        page = page.where(RequestTable.state == state)
    return (await transaction.exec(page)).all()


def _requests(transaction: Transaction) -> SelectOfScalar[RequestTable]:
    return select(RequestTable).where(RequestTable.agency_id == transaction.agency)


async def close_request(
    transaction: Transaction, request_id: UUID, *, outcome: str, now: datetime
) -> RequestTable | None:
    """Close an open request and return it; None if it was closed before."""
    closed = await transaction.execute(
        update(RequestTable)
        .where(
            col(RequestTable.agency_id) == transaction.agency,
            col(RequestTable.request_id) == request_id,
            col(RequestTable.state) == "open",
        )
        .values(state="closed", outcome=outcome, closed_at=now)
    )
    return await request(transaction, request_id) if closed.rowcount else None


async def extend(
    transaction: Transaction, request_id: UUID, *, deadline: datetime
) -> RequestTable | None:
    """Give an open request a later deadline, because its customer wished it."""
    await transaction.execute(
        update(RequestTable)
        .where(
            col(RequestTable.agency_id) == transaction.agency,
            col(RequestTable.request_id) == request_id,
            col(RequestTable.state) == "open",
        )
        .values(deadline=deadline)
    )
    return await request(transaction, request_id)


async def reopen_request(transaction: Transaction, request_id: UUID) -> RequestTable | None:
    """Open a closed request again, with its deadline; None if it is open."""
    opened = await transaction.execute(
        update(RequestTable)
        .where(
            col(RequestTable.agency_id) == transaction.agency,
            col(RequestTable.request_id) == request_id,
            col(RequestTable.state) == "closed",
        )
        .values(state="open", outcome=None, closed_at=None)
    )
    return await request(transaction, request_id) if opened.rowcount else None


async def open_requests_of(
    transaction: Transaction, customer_ids: Sequence[CustomerId], *, but: Collection[RequestKind]
) -> Sequence[RequestTable]:
    """The open requests of customers, but those of some kinds."""
    found = await transaction.exec(
        _requests(transaction).where(
            RequestTable.state == "open",
            col(RequestTable.customer_id).in_(customer_ids),
            col(RequestTable.kind).not_in(but),
        )
    )
    return found.all()


async def open_requests_of_message(
    transaction: Transaction, message_id: str
) -> Sequence[RequestTable]:
    """The open requests that somebody made by answering a message."""
    found = await transaction.exec(
        _requests(transaction).where(
            RequestTable.state == "open", RequestTable.message_id == message_id
        )
    )
    return found.all()


async def note_breaches(
    transaction: Transaction, *, now: datetime, limit: int
) -> Sequence[RequestTable]:
    """Note the open requests whose deadline has passed; returns those noted now.

    Those that another transaction has locked are left to it.
    """
    found = await transaction.exec(
        _requests(transaction)
        .where(
            RequestTable.state == "open",
            col(RequestTable.breached_at).is_(None),
            RequestTable.deadline < now,
        )
        .order_by(col(RequestTable.deadline))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    late = found.all()
    await transaction.execute(
        update(RequestTable)
        .where(
            col(RequestTable.agency_id) == transaction.agency,
            col(RequestTable.request_id).in_([each.request_id for each in late]),
        )
        .values(breached_at=now)
    )
    return late


async def agencies_with_late_requests(sweep: SweepDatabase, now: datetime) -> Sequence[AgencyId]:
    """Agencies with an open request that is late and was not noted as such.

    SQL text because it asks of all agencies at once.
    """
    rows = await sweep.rows(
        """
        SELECT DISTINCT agency_id FROM request
         WHERE state = 'open' AND breached_at IS NULL AND deadline < :now
        """,
        {"now": now},
    )
    return [row.agency_id for row in rows]
