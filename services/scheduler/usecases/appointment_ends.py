"""Appointments follow their contacts, in whatever way those end or are opened again."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from services.scheduler.domain.appointments import OPEN, Slot
from services.scheduler.store import appointments
from services.scheduler.store.appointment_tables import AppointmentTable
from services.scheduler.usecases.appointments import NEAR, save_and_publish, withdraw
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction
from shared.turns import Turn

HOUR_TAKEN: Final = "hour_taken"
"""Why an appointment is off whose contact was opened again: the person has agreed with others."""
_AT_ONCE: Final = 100


async def follow_contacts(*, database: Database, agency: AgencyId, turn: Turn) -> None:
    """End the appointments of contacts that ended, and let those stand again that are open again.

    A transaction of its own, which locks in the order of ``enter_appointment``: hours, contact,
    outbox. What a crash leaves undone is found by the next call.
    """
    while turn.goes_on():
        async with database.transaction(agency) as transaction:
            behind = await appointments.out_of_step(transaction, limit=_AT_ONCE)
            if behind:
                await appointments.lock_hours(transaction)
            for touchpoint_id in behind:
                await _follow(transaction, touchpoint_id)
        if len(behind) < _AT_ONCE:
            break


async def _follow(transaction: Transaction, touchpoint_id: UUID) -> None:
    kept = await appointments.locked(transaction, touchpoint_id)
    if kept is None or kept.appointment is None:
        return
    contact, row = kept.touchpoint, kept.appointment
    now = datetime.now(UTC)
    is_open = contact.state in ("planned", "due")
    if row.state in OPEN and contact.state == "done":
        await save_and_publish(transaction, kept, row.changed(state="held"))
    elif row.state in OPEN and not is_open:
        await withdraw(transaction, kept, reason=contact.reason or contact.state, now=now)
    elif row.state == "held" and is_open:
        if await _is_free(transaction, row):
            await save_and_publish(transaction, kept, row.changed(state="agreed"))
        else:
            await withdraw(transaction, kept, reason=HOUR_TAKEN, now=now)


async def _is_free(transaction: Transaction, row: AppointmentTable) -> bool:
    """Whether nothing was agreed with others since for this hour."""
    if row.at is None or row.staff_id is None:
        return True
    ours = Slot.of(row.at, row.minutes)
    taken = await appointments.hours_taken(
        transaction,
        row.staff_id,
        first=row.at - NEAR,
        last=row.at + NEAR,
        besides=row.touchpoint_id,
    )
    return not any(ours.overlaps(slot) for slot in taken)
