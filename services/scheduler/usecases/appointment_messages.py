"""Tells customers of their hours: a confirmation, a reminder, and that an hour is off.

Messages are ordered without an open transaction, and noted afterwards. A kill in between orders
once more, which sends nothing twice, because the key names contact, message and sequence.
"""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import structlog

from services.scheduler.clients import NotifierClient
from services.scheduler.domain.appointment_messages import (
    HourToTell,
    dispatch_of_hour,
    reminder_of,
)
from services.scheduler.domain.standing_in import doers_on
from services.scheduler.store import appointment_messages, appointments, staff
from services.scheduler.usecases.agencies import agency_here
from services.scheduler.usecases.appointments import save_and_publish
from shared.calendar import WorkingCalendar
from shared.contracts.dispatches import DispatchAnswer
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction
from shared.turns import UNLIMITED, Turn

log = structlog.get_logger(__name__)

TOLD_AT_ONCE: Final = 50


async def tell_hours(
    *,
    database: Database,
    notifier: NotifierClient,
    agency: AgencyId,
    now: datetime,
    turn: Turn = UNLIMITED,
) -> int:
    """Order every message that is due; returns how many were ordered.

    Whether it may leave is decided by the notifier when it is sent. What it refuses is logged, and
    not ordered again.
    """
    told = 0
    while turn.goes_on():
        async with database.transaction(agency) as transaction:
            calendar = (await agency_here(transaction)).calendar
            people = await staff.list_staff(transaction)
            hours = await appointment_messages.hours_to_tell(
                transaction, now=now, limit=TOLD_AT_ONCE
            )
        if not hours:
            break
        zone = ZoneInfo(calendar.time_zone)
        doing = doers_on(people, now.astimezone(zone).date())
        items = [dispatch_of_hour(hour, zone, doing) for hour in hours]
        answers = (await notifier.dispatch(agency, items)).items
        async with database.transaction(agency) as transaction:
            for hour, answer in zip(hours, answers, strict=True):
                _log_refusal(hour, answer)
                await _note(transaction, hour, now=now, calendar=calendar)
        told += len(hours)
    return told


def _log_refusal(hour: HourToTell, answer: DispatchAnswer) -> None:
    """An order that came before in another form is on its way, and names its message."""
    if answer.state is None and answer.message_id is None:
        log.error(
            "hour cannot be told",
            touchpoint_id=str(hour.touchpoint_id),
            errors=[each.pointer for each in answer.errors],
        )


async def _note(
    transaction: Transaction, hour: HourToTell, *, now: datetime, calendar: WorkingCalendar
) -> None:
    kept = await appointments.locked(transaction, hour.touchpoint_id)
    if kept is None or kept.appointment is None:
        return
    row, sequence = kept.appointment, hour.subject.sequence
    reminder = reminder_of(hour.subject.at, now=now, calendar=calendar) if hour.by_email else None
    if hour.message == "confirmation" and (row.state, row.sequence) == ("agreed", sequence):
        await save_and_publish(transaction, kept, row.changed(state="confirmed"))
    await appointment_messages.note_told(
        transaction,
        hour.touchpoint_id,
        sequence=sequence,
        message=hour.message,
        remind_at=reminder if hour.message == "confirmation" else None,
    )
