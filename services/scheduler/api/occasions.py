"""Occasions: a caller raises a service of the catalogue for a customer."""

from typing import Annotated

from fastapi import APIRouter, Path, status

from services.scheduler.api.access import HeldHere, Writer
from services.scheduler.usecases import occasions
from services.scheduler.usecases.occasions import OccasionToRaise
from shared.contracts.scheduling import NewOccasion, OccasionView
from shared.contracts.vocabulary import CustomerId
from shared.web.repetitions import Repeatable

router = APIRouter(tags=["plan"])


@router.post(
    "/customers/{customer_id}/occasions",
    status_code=status.HTTP_201_CREATED,
    summary="Raise a service for a customer",
)
async def raise_occasion(
    resources: HeldHere,
    caller: Writer,
    customer_id: Annotated[CustomerId, Path(description="the broker system's id")],
    new: NewOccasion,
    repeatable: Repeatable,
) -> OccasionView:
    """Raise a service that waits for somebody to raise it: one of the agency's own, or the
    invitation to a customer event. It is planned at once, by the catalogue and the law."""
    return await occasions.raise_occasion(
        database=resources.database,
        classifier=resources.calls.classifier,
        agency=caller.agency,
        wanted=OccasionToRaise(
            customer_id=customer_id,
            service=new.service,
            on=new.on,
            cause_id=new.reference or str(repeatable.request_id),
        ),
        now=resources.clock.now(),
    )
