"""Trying a policy on the whole book before it rules."""

from typing import Annotated

from fastapi import APIRouter, Path

from services.classifier.api.access import HeldHere
from services.classifier.usecases.simulation import simulate_policy
from shared.auth import Caller, requires
from shared.contracts.simulations import Simulation, SimulationRequest

router = APIRouter(tags=["policies"])

Owner = Annotated[Caller, requires("policies:write")]
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.post("/policies/{version}/simulation", summary="Try a version on the whole book")
async def simulate(
    resources: HeldHere, caller: Owner, version: Version, request: SimulationRequest
) -> Simulation:
    """What activating a version would make of the book; writes nothing.

    Answers when the whole book was read: some seconds for 100,000 customers. One at a time for
    each agency.
    """
    return await simulate_policy(
        database=resources.database,
        turns=resources.simulations,
        agency=caller.agency,
        version=version,
        as_of=request.as_of,
        now=resources.clock.now(),
    )
