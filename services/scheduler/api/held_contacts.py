"""Contacts that were held before their day, or without their task."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from services.scheduler.api.access import HeldHere, Writer
from services.scheduler.usecases import held_contacts
from shared.contracts.plans import Touchpoint
from shared.contracts.scheduling import HeldContact
from shared.web.repetitions import Repeatable

router = APIRouter(tags=["plan"])


@router.post("/touchpoints/{touchpoint_id}/held", summary="A contact was held early or elsewhere")
async def hold_touchpoint(
    resources: HeldHere,
    caller: Writer,
    touchpoint_id: Annotated[UUID, Path(description="the id that the list and the feed tell")],
    said: HeldContact,
    _repeatable: Repeatable,
) -> Touchpoint:
    """End a planned or open contact as done on the day it was held. Its minutes count as effort,
    and the interval runs from that day. Safe to repeat."""
    return await held_contacts.hold_contact(
        database=resources.database,
        agency=caller.agency,
        touchpoint_id=touchpoint_id,
        said=said,
        now=resources.clock.now(),
    )
