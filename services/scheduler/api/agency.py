"""The agency: the end of moving in, and its own calendar."""

from fastapi import APIRouter, Response

from services.scheduler.api.access import HeldHere, Reader, Writer
from services.scheduler.store.agencies import KnownAgency
from services.scheduler.usecases import agencies
from shared.contracts.carers import AgencyOpening
from shared.contracts.office_calendars import OfficeCalendar
from shared.web.conditions import Conditions, read, shown
from shared.web.repetitions import Repeatable

router = APIRouter(tags=["agency"])


@router.get("/agency/opening", summary="Is the agency open?")
async def get_opening(resources: HeldHere, caller: Reader) -> AgencyOpening:
    """Whether the agency is still moving in."""
    return _opening(
        await agencies.read_opening(
            database=resources.database,
            classifier=resources.calls.classifier,
            agency=caller.agency,
            now=resources.clock.now(),
        )
    )


@router.post("/agency/opening", summary="Open the agency")
async def open_agency(
    resources: HeldHere, caller: Writer, _repeatable: Repeatable
) -> AgencyOpening:
    """End moving in, when files, staff and carers are as they should be. From now on a change of
    carer is proposed instead of made, new carers are introduced, and advertising leaves with the
    next day that is run. Nothing that was held back before is made up for. Safe to repeat."""
    return _opening(
        await agencies.open_agency(
            database=resources.database,
            classifier=resources.calls.classifier,
            agency=caller.agency,
            now=resources.clock.now(),
        )
    )


@router.get("/agency/calendar", summary="When is the office open?", response_model=OfficeCalendar)
async def get_office_calendar(
    resources: HeldHere, caller: Reader, condition: Conditions
) -> Response:
    """Office hours, closed and short days, and the share that may be planned; the body can be put
    again. Public holidays come from the federal state of `PUT /v1/agency` (classifier)."""
    known = await agencies.read_office(
        database=resources.database,
        classifier=resources.calls.classifier,
        agency=caller.agency,
        now=resources.clock.now(),
    )
    return read(known, condition)


@router.put(
    "/agency/calendar", summary="Set when the office is open", response_model=OfficeCalendar
)
async def put_office_calendar(
    resources: HeldHere, caller: Writer, office: OfficeCalendar, condition: Conditions
) -> Response:
    """Replace the calendar; what the body leaves out is as usual, so a body without closed or short
    days ends those that were set. Deadlines of what is asked from
    now on, hours and days of the plan follow it. The plan keeps the days that stay possible;
    deadlines that were told stay. Safe to repeat."""
    return shown(
        await agencies.put_office(
            database=resources.database,
            classifier=resources.calls.classifier,
            agency=caller.agency,
            office=office,
            now=resources.clock.now(),
            condition=condition,
        )
    )


def _opening(known: KnownAgency) -> AgencyOpening:
    return AgencyOpening(
        state="moving_in" if known.moving_in else "open", opened_at=known.opened_at
    )
