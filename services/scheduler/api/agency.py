"""The agency's opening: the end of moving in."""

from fastapi import APIRouter

from services.scheduler.api.access import HeldHere, Reader, Writer
from services.scheduler.store.agencies import KnownAgency
from services.scheduler.usecases import agencies
from shared.contracts.carers import AgencyOpening
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


def _opening(known: KnownAgency) -> AgencyOpening:
    return AgencyOpening(
        state="moving_in" if known.moving_in else "open", opened_at=known.opened_at
    )
