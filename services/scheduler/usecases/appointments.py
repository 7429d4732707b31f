"""Appointments entered, read and withdrawn by a person who has spoken with the customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from services.scheduler.domain.appointments import (
    WantedHour,
    appointment_way,
    may_become,
    require_agreeable,
    stands,
    travel_of,
)
from services.scheduler.domain.services import kind_of
from services.scheduler.domain.subjects import AppointmentSubject
from services.scheduler.store import (
    appointments,
    change_outbox,
    plan_locks,
    planning,
    staff,
    work_marks,
)
from services.scheduler.store.appointment_tables import AppointmentTable
from services.scheduler.store.appointments import Kept
from services.scheduler.store.touchpoint_tables import TouchpointTable
from services.scheduler.usecases.agencies import agency_here, ruling_catalogue
from services.scheduler.usecases.held_contacts import TouchpointNotOpen
from services.scheduler.usecases.touchpoints import TouchpointNotFound
from shared.contracts.appointments import AgreedAppointment, Appointment
from shared.contracts.changes.scheduler import AppointmentChanged
from shared.contracts.staff import Staff
from shared.contracts.vocabulary import AgencyId, StaffId
from shared.db.database import Database, Transaction

BY_HAND: Final = "by_hand"
"""The reason of what a person withdrew."""
TELL_HOURS: Final = "tell_hours"
"""The job that tells customers of their hours."""
NEAR: Final = timedelta(days=1)
"""No appointment is so long, so what overlaps begins within it."""


class AppointmentNotFound(Exception):
    """no appointment was ever proposed or agreed for this contact"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """An hour that was agreed, with whatever was said about it."""

    at: datetime
    minutes: int | None = None
    place: str | None = None
    staff_id: StaffId | None = None
    outside_window: bool = False
    tell: bool = True

    @classmethod
    def said(cls, said: AgreedAppointment) -> "Hour":
        return cls(**said.model_dump())


async def enter_appointment(
    *,
    database: Database,
    agency: AgencyId,
    touchpoint_id: UUID,
    said: AgreedAppointment,
    now: datetime,
) -> Appointment:
    """Keep the hour that was agreed; the same again changes nothing, another one moves it.

    Raises TouchpointNotFound, TouchpointNotOpen, NoAppointmentForChannel, and what speaks against
    the hour (``domain.appointments``).
    """
    async with database.transaction(agency) as transaction:
        await plan_locks.lock_plan(transaction)
        await appointments.lock_hours(transaction)
        kept = await found(transaction, touchpoint_id)
        hour = Hour.said(said)
        if not _agreed_already(kept, hour):
            await agree(transaction, kept, hour, now=now)
        return await shown(transaction, touchpoint_id)


async def read_appointment(
    *, database: Database, agency: AgencyId, touchpoint_id: UUID
) -> Appointment:
    """The appointment of a contact. Raises TouchpointNotFound, AppointmentNotFound."""
    async with database.transaction(agency) as transaction:
        return await shown(transaction, touchpoint_id)


async def withdraw_appointment(
    *, database: Database, agency: AgencyId, touchpoint_id: UUID, now: datetime
) -> Appointment:
    """Take back an agreed hour; the contact is planned again. Safe to repeat.

    Raises TouchpointNotFound, AppointmentNotFound, TouchpointNotOpen.
    """
    async with database.transaction(agency) as transaction:
        await plan_locks.lock_plan(transaction)
        kept = await found(transaction, touchpoint_id)
        if kept.appointment is None:
            raise AppointmentNotFound(AppointmentNotFound.__doc__)
        if kept.appointment.state != "withdrawn":
            _require_open(kept.touchpoint)
            await withdraw(transaction, kept, reason=BY_HAND, now=now)
        return await shown(transaction, touchpoint_id)


async def found(transaction: Transaction, touchpoint_id: UUID) -> Kept:
    """A contact with its appointment, locked. Raises TouchpointNotFound."""
    kept = await appointments.locked(transaction, touchpoint_id)
    if kept is None:
        raise TouchpointNotFound(f"there is no touchpoint {touchpoint_id}")
    return kept


async def shown(transaction: Transaction, touchpoint_id: UUID) -> Appointment:
    """An appointment as the contract has it. Raises TouchpointNotFound, AppointmentNotFound."""
    kept = await found(transaction, touchpoint_id)
    row = kept.appointment
    if row is None:
        raise AppointmentNotFound(AppointmentNotFound.__doc__)
    hidden = {"agency_id", "asked", "asked_on", "told_sequence", "reminded_sequence"}
    hidden |= {"tell", "remind_at"}
    return Appointment(
        **row.model_dump(exclude=hidden | {"touchpoint_id", "proposals"}),
        touchpoint_id=str(row.touchpoint_id),
        customer_id=kept.touchpoint.customer_id,
        service=kept.touchpoint.service,
        channel=kept.touchpoint.channel,
        proposals=[datetime.fromisoformat(each) for each in row.proposals],
    )


async def agree(transaction: Transaction, kept: Kept, hour: Hour, *, now: datetime) -> None:
    """Let an hour stand, and hold the contact on its day. Raises what speaks against it."""
    touchpoint, before = kept.touchpoint, kept.appointment
    _require_open(touchpoint)
    appointment_way(touchpoint.channel)
    known = await agency_here(transaction)
    new = await _entered(transaction, kept, hour, now=now)
    new.tell = new.tell and not known.moving_in
    people = [each for each in await staff.list_staff(transaction) if each.active]
    await _require_agreeable(transaction, touchpoint, new, hour, people, now=now)
    if before is not None and before.at is not None:
        new.sequence = before.sequence + 1
    await save_and_publish(transaction, kept, new)
    day = hour.at.astimezone(ZoneInfo(known.time_zone)).date()
    await appointments.hold_touchpoint(
        transaction,
        touchpoint,
        day=day,
        staff_id=new.staff_id,
        minutes=new.minutes + new.travel_minutes,
        subject=_subject_on_desk(touchpoint, new),
    )
    await _plan_around(transaction, touchpoint)
    transaction.ring(TELL_HOURS)


async def withdraw(
    transaction: Transaction, kept: Kept, *, reason: str, now: datetime
) -> AppointmentTable:
    """Take an appointment back, and let the contact be planned again if it is still open."""
    row = kept.appointment
    assert row is not None
    new = row.changed(
        state="withdrawn", reason=reason, sequence=row.sequence + 1, remind_at=None, changed_at=now
    )
    await save_and_publish(transaction, kept, new)
    await appointments.release_touchpoint(transaction, kept.touchpoint)
    await _plan_around(transaction, kept.touchpoint)
    transaction.ring(TELL_HOURS)
    return new


async def save_and_publish(transaction: Transaction, kept: Kept, row: AppointmentTable) -> None:
    """Keep an appointment and tell its state in the feed.

    Raises TouchpointNotOpen if it cannot come to that state any more.
    """
    touchpoint, before = kept.touchpoint, kept.appointment
    if before is not None and not may_become(before.state, row.state):
        raise TouchpointNotOpen(f"the appointment is {before.state}")
    await appointments.save(transaction, row)
    transaction.publish(
        AppointmentChanged(
            touchpoint_id=str(row.touchpoint_id),
            customer_id=touchpoint.customer_id,
            service=touchpoint.service,
            channel=touchpoint.channel,
            state=row.state,
            staff_id=row.staff_id,
            at=row.at,
            minutes=row.minutes,
            sequence=row.sequence,
            reason=row.reason,
        )
    )


def subject_of_hour(
    touchpoint: TouchpointTable, row: AppointmentTable, *, was_at: datetime | None = None
) -> AppointmentSubject:
    """What a message or a task says of an hour that stands or stood."""
    assert row.at is not None
    return AppointmentSubject(
        at=row.at,
        appointment=str(row.touchpoint_id),
        way=appointment_way(touchpoint.channel),
        minutes=row.minutes,
        sequence=row.sequence,
        place=row.place,
        was_at=was_at,
    )


def _subject_on_desk(
    touchpoint: TouchpointTable, row: AppointmentTable
) -> AppointmentSubject | None:
    """The hour, for who has the task that day; None if the contact speaks of something else."""
    return None if kind_of(touchpoint.service).subject else subject_of_hour(touchpoint, row)


async def _entered(
    transaction: Transaction, kept: Kept, hour: Hour, *, now: datetime
) -> AppointmentTable:
    touchpoint, before = kept.touchpoint, kept.appointment
    if before is None:
        catalogue = (await ruling_catalogue(transaction, now=now)).catalogue
        travel = travel_of(
            catalogue,
            service=touchpoint.service,
            channel=touchpoint.channel,
            minutes=touchpoint.minutes,
        )
        planned = max(touchpoint.minutes - travel, 1)
        before = AppointmentTable(
            agency_id=touchpoint.agency_id,
            touchpoint_id=touchpoint.touchpoint_id,
            state="agreed",
            minutes=planned,
            travel_minutes=travel,
            staff_id=touchpoint.staff_id,
            proposals=[],
        )
    # What stands in their calendar must not stay there when it moves.
    known_to_them = stands(before.state) and before.told_sequence is not None
    return before.changed(
        state="agreed",
        at=hour.at,
        minutes=hour.minutes or before.minutes,
        place=hour.place,
        staff_id=hour.staff_id or before.staff_id or touchpoint.staff_id,
        tell=hour.tell or known_to_them,
        remind_at=None,
        wished_on=None,
        wished_part=None,
        reason=None,
        changed_at=now,
    )


async def _require_agreeable(
    transaction: Transaction,
    touchpoint: TouchpointTable,
    new: AppointmentTable,
    hour: Hour,
    people: Sequence[Staff],
    *,
    now: datetime,
) -> None:
    taken = (
        await appointments.hours_taken(
            transaction,
            new.staff_id,
            first=hour.at - NEAR,
            last=hour.at + NEAR,
            besides=touchpoint.touchpoint_id,
        )
        if new.staff_id is not None
        else []
    )
    require_agreeable(
        WantedHour(
            at=hour.at,
            minutes=new.minutes,
            staff_id=new.staff_id,
            earliest=touchpoint.earliest,
            latest=touchpoint.latest,
            outside_window=hour.outside_window,
        ),
        now=now,
        calendar=(await agency_here(transaction)).calendar,
        people=people,
        taken=taken,
    )


def _require_open(touchpoint: TouchpointTable) -> None:
    if touchpoint.state not in ("planned", "due"):
        raise TouchpointNotOpen(f"the contact is {touchpoint.state}")


def _agreed_already(kept: Kept, hour: Hour) -> bool:
    """Whether the very same stands already; ``outside_window`` is no part of the hour."""
    row = kept.appointment
    return (
        row is not None
        and stands(row.state)
        and (row.at, row.place) == (hour.at, hour.place)
        and hour.minutes in (None, row.minutes)
        and hour.staff_id in (None, row.staff_id)
    )


async def _plan_around(transaction: Transaction, touchpoint: TouchpointTable) -> None:
    """Plan the customer's other contacts anew; a running planner has stale data."""
    await change_outbox.add_to_outbox(transaction, "touchpoint", [str(touchpoint.touchpoint_id)])
    await work_marks.mark_units(transaction, [touchpoint.unit_id])
    await planning.outdate_plan(transaction)
