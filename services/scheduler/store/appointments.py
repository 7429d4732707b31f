"""Appointments: kept beside their touchpoint, which they hold on its day."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Update, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.scheduler.domain.appointments import OPEN, Slot
from services.scheduler.domain.subjects import AppointmentSubject, subject_of
from services.scheduler.store.appointment_tables import AppointmentTable
from services.scheduler.store.task_tables import TaskTable
from services.scheduler.store.touchpoint_tables import TouchpointTable
from shared.contracts.appointments import AGREED
from shared.contracts.vocabulary import StaffId
from shared.db.database import Transaction


def _listed(states: frozenset[str]) -> str:
    return ", ".join(f"'{state}'" for state in sorted(states))


HOLDS: Final = f"""
    (touchpoint.state IN ('planned', 'due') AND EXISTS (
            SELECT FROM appointment AS kept
             WHERE kept.agency_id = touchpoint.agency_id
               AND kept.touchpoint_id = touchpoint.touchpoint_id
               AND kept.state IN ({_listed(OPEN)})))
"""
"""SQL: whether an appointment holds an open touchpoint where it stands. Planning neither moves it
nor takes it back, and the next interval runs from its day."""

_OUT_OF_STEP: Final = f"""
    SELECT touchpoint_id
      FROM appointment JOIN touchpoint USING (agency_id, touchpoint_id)
     WHERE agency_id = :agency
       AND ((appointment.state IN ({_listed(OPEN)}) AND touchpoint.state NOT IN ('planned', 'due'))
         OR (appointment.state = 'held' AND touchpoint.state IN ('planned', 'due')))
     ORDER BY touchpoint_id
     LIMIT :limit
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An appointment with its touchpoint, both locked until the commit."""

    touchpoint: TouchpointTable
    appointment: AppointmentTable | None


async def lock_hours(transaction: Transaction) -> None:
    """Wait for our turn to agree hours: two that overlap must not be agreed at once."""
    await transaction.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('hours of ' || :agency, 0))"
    )


async def locked(transaction: Transaction, touchpoint_id: UUID) -> Kept | None:
    """A touchpoint and its appointment; None if there is no such touchpoint."""
    found = await transaction.exec(
        select(TouchpointTable)
        .where(
            TouchpointTable.agency_id == transaction.agency,
            TouchpointTable.touchpoint_id == touchpoint_id,
        )
        .with_for_update()
    )
    touchpoint = found.one_or_none()
    if touchpoint is None:
        return None
    kept = await transaction.exec(
        select(AppointmentTable)
        .where(
            AppointmentTable.agency_id == transaction.agency,
            AppointmentTable.touchpoint_id == touchpoint_id,
        )
        .with_for_update()
    )
    return Kept(touchpoint=touchpoint, appointment=kept.one_or_none())


async def out_of_step(transaction: Transaction, *, limit: int) -> list[UUID]:
    """Contacts whose appointment does not know yet how they ended, or that they are open again."""
    rows = await transaction.execute(_OUT_OF_STEP, {"limit": limit})
    return [row.touchpoint_id for row in rows]


async def save(transaction: Transaction, appointment: AppointmentTable) -> None:
    """Keep an appointment as it stands now."""
    values = appointment.model_dump(exclude={"changed_at"})
    keys = ["agency_id", "touchpoint_id"]
    await transaction.execute(
        insert(AppointmentTable)
        .values(values)
        .on_conflict_do_update(
            index_elements=keys,
            set_={name: value for name, value in values.items() if name not in keys}
            | {"changed_at": func.now()},
        )
    )


async def hold_touchpoint(
    transaction: Transaction,
    touchpoint: TouchpointTable,
    *,
    day: date,
    staff_id: StaffId | None,
    minutes: int,
    subject: AppointmentSubject | None,
) -> None:
    """Let the contact, and its task if it is on a desk, stand on the day of its appointment.

    ``subject`` is the hour that the task will tell; None leaves what the contact speaks of.
    """
    told = {} if subject is None else {"subject": subject.model_dump(mode="json")}
    stands = {"day": day, "minutes": minutes, "reason": None, **told}
    await transaction.execute(
        _touchpoint(touchpoint).values(staff_id=staff_id, since=func.now(), **stands)
    )
    if staff_id is not None:
        await transaction.execute(
            update(TaskTable)
            .where(
                col(TaskTable.agency_id) == touchpoint.agency_id,
                col(TaskTable.task_id) == touchpoint.touchpoint_id,
                col(TaskTable.state) == "open",
            )
            .values(staff_id=staff_id, stands_in_for=None, **stands)
        )


async def release_touchpoint(transaction: Transaction, touchpoint: TouchpointTable) -> None:
    """Let an open contact speak of no hour any more; where it stands planning decides."""
    if touchpoint.subject is not None and isinstance(
        subject_of(touchpoint.subject), AppointmentSubject
    ):
        await transaction.execute(_touchpoint(touchpoint).values(subject=None))


def _touchpoint(touchpoint: TouchpointTable) -> Update:
    return update(TouchpointTable).where(
        col(TouchpointTable.agency_id) == touchpoint.agency_id,
        col(TouchpointTable.touchpoint_id) == touchpoint.touchpoint_id,
    )


async def hours_taken(
    transaction: Transaction,
    staff_id: StaffId,
    *,
    first: datetime,
    last: datetime,
    besides: UUID | None = None,
) -> list[Slot]:
    """What a person has agreed with others between two instants."""
    found = await transaction.exec(
        select(AppointmentTable).where(
            AppointmentTable.agency_id == transaction.agency,
            AppointmentTable.staff_id == staff_id,
            col(AppointmentTable.state).in_(AGREED),
            col(AppointmentTable.at).between(first, last),
            AppointmentTable.touchpoint_id != besides,
        )
    )
    return [Slot.of(each.at, each.minutes) for each in found if each.at is not None]
