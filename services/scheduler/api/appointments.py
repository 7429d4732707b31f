"""The hour that was agreed for a contact."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from services.scheduler.api.access import HeldHere, Reader, Writer
from services.scheduler.usecases import appointments
from shared.contracts.appointments import AgreedAppointment, Appointment

router = APIRouter(tags=["plan"])

OfTouchpoint = Annotated[UUID, Path(description="the id that the list and the feed tell")]


@router.put("/touchpoints/{touchpoint_id}/appointment", summary="An hour was agreed")
async def put_appointment(
    resources: HeldHere, caller: Writer, touchpoint_id: OfTouchpoint, said: AgreedAppointment
) -> Appointment:
    """Enter the hour that was agreed for a visit, an office or a video talk, or move it.

    The contact then stands on that day: planning moves it no more, and it moves nothing. Evenings
    and Saturdays are taken, because a person knows that they were agreed. The customer
    gets a confirmation with an entry for their calendar, and a reminder, unless ``tell`` is
    false. Safe to repeat.
    """
    return await appointments.enter_appointment(
        database=resources.database,
        agency=caller.agency,
        touchpoint_id=touchpoint_id,
        said=said,
        now=resources.clock.now(),
    )


@router.get("/touchpoints/{touchpoint_id}/appointment", summary="Where an appointment stands")
async def get_appointment(
    resources: HeldHere, caller: Reader, touchpoint_id: OfTouchpoint
) -> Appointment:
    """The hour that stands or was held, or why it is off."""
    return await appointments.read_appointment(
        database=resources.database, agency=caller.agency, touchpoint_id=touchpoint_id
    )


@router.delete("/touchpoints/{touchpoint_id}/appointment", summary="Withdraw an appointment")
async def withdraw_appointment(
    resources: HeldHere, caller: Writer, touchpoint_id: OfTouchpoint
) -> Appointment:
    """Take back an agreed hour; the contact is planned again. A customer
    who was told of it is told that it is off. Safe to repeat."""
    return await appointments.withdraw_appointment(
        database=resources.database,
        agency=caller.agency,
        touchpoint_id=touchpoint_id,
        now=resources.clock.now(),
    )
