"""Other days for a contact with their prices, and days that persons fix."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from services.scheduler.api.access import Cursor, HeavyRead, HeldHere, Reader, Writer
from services.scheduler.api.cursors import id_after
from services.scheduler.domain import alternatives as domain
from services.scheduler.domain.obstacles import Place, in_words
from services.scheduler.usecases import alternatives, pins
from services.scheduler.usecases.alternatives import AlternativeFilter
from shared.contracts.alternatives import Alternative, AlternativePage, DayPin, PinPage
from shared.contracts.plans import Touchpoint
from shared.contracts.vocabulary import StaffId, WorkDay
from shared.web.conditions import Conditions, shown
from shared.web.cursors import CursorNotValid, cursor_after, next_cursor

router = APIRouter(tags=["plan"])

OfTouchpoint = Annotated[UUID, Path(description="the id that the list and the feed tell")]


@router.get(
    "/touchpoints/{touchpoint_id}/alternatives", summary="Other days and people, and their price"
)
async def list_alternatives(
    resources: HeldHere,
    caller: Reader,
    _turn: HeavyRead,
    touchpoint_id: OfTouchpoint,
    admissible: Annotated[bool | None, Query(description="only those, or only the others")] = None,
    staff_id: Annotated[StaffId | None, Query(description="only with this person")] = None,
    first_day: Annotated[
        WorkDay | None, Query(alias="from", description="this day or later")
    ] = None,
    last_day: Annotated[
        WorkDay | None, Query(alias="to", description="this day or earlier")
    ] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> AlternativePage:
    """Every day of the contact's window with whoever may do it (responsible, deputies, team), what
    the plan would be with it there, and why it cannot be there. Taking one by
    `PUT …/day` gives exactly these figures, because nothing else moves with it."""
    found = await alternatives.list_alternatives(
        database=resources.database,
        agency=caller.agency,
        touchpoint_id=touchpoint_id,
        asked=AlternativeFilter(
            first_day=first_day,
            last_day=last_day,
            staff_id=staff_id,
            admissible=admissible,
            after=_place_after(cursor),
            limit=limit + 1,
        ),
        now=resources.clock.now(),
    )
    return AlternativePage(
        items=[_alternative(each) for each in found.items[:limit]],
        next_cursor=next_cursor(found.items, limit, lambda last: f"{last.day} {last.staff_id}"),
        why_none=found.why_none,
    )


def _place_after(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    day, _, staff_id = cursor_after(cursor).partition(" ")
    try:
        return staff_id, date.fromisoformat(day)
    except ValueError:
        raise CursorNotValid(CursorNotValid.__doc__) from None


def _alternative(each: domain.Alternative) -> Alternative:
    words = in_words(each.why_not, each.staff_id, each.day) if each.why_not else None
    return Alternative(
        day=each.day,
        staff_id=each.staff_id,
        admissible=each.why_not is None,
        why_not=each.why_not,
        de=words.de if words else None,
        en=words.en if words else None,
        current=each.current,
        load_minutes_before=each.minutes_before,
        load_minutes=each.minutes,
        load_share=each.load,
        week_load_before=each.week_before,
        week_load_after=each.week,
        week_peak_before=each.peak_before,
        week_peak_after=each.peak,
        travel=each.travel,
    )


@router.put(
    "/touchpoints/{touchpoint_id}/day", summary="Pin a contact to a day", response_model=Touchpoint
)
async def pin_day(
    resources: HeldHere,
    caller: Writer,
    touchpoint_id: OfTouchpoint,
    said: DayPin,
    condition: Conditions,
) -> Response:
    """The contact gets this day, and this person if one is named, and keeps them however often the
    plan is made again. Refused with the reason that its alternatives tell; a full day is taken with
    `over_share`. If it cannot be kept later (an absence, somebody who leaves, another catalogue),
    the pin shows as `broken`. Safe to repeat."""
    return shown(
        await pins.pin_day(
            database=resources.database,
            agency=caller.agency,
            touchpoint_id=touchpoint_id,
            said=said,
            now=resources.clock.now(),
            condition=condition,
        )
    )


@router.delete("/touchpoints/{touchpoint_id}/day", summary="Lift a pin", response_model=Touchpoint)
async def lift_day(
    resources: HeldHere, caller: Writer, touchpoint_id: OfTouchpoint, condition: Conditions
) -> Response:
    """Planning decides about the contact again; until it has a reason to move it, it stays. Safe to
    repeat."""
    return shown(
        await pins.lift_pin(
            database=resources.database,
            agency=caller.agency,
            touchpoint_id=touchpoint_id,
            condition=condition,
        )
    )


@router.get("/pins", summary="Fixed days, and those that cannot be kept")
async def list_pins(
    resources: HeldHere,
    caller: Reader,
    broken: Annotated[
        bool | None, Query(description="only those that cannot be kept, or only the others")
    ] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> PinPage:
    """Pins of contacts that are still to come, or that are not owed any more. What was held or has
    ended for a reason of its own is left out."""
    found = await pins.list_pins(
        database=resources.database,
        agency=caller.agency,
        broken=broken,
        after=id_after(cursor),
        limit=limit + 1,
    )
    return PinPage(
        items=found[:limit],
        next_cursor=next_cursor(found, limit, lambda last: last.touchpoint_id),
    )
