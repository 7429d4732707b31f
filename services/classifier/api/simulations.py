"""Trying a policy on the whole book before it rules."""

from fastapi import APIRouter

from services.classifier.api.access import HeldHere, OfPolicy, PolicyWriter
from services.classifier.usecases.simulation import simulate_policy
from shared.contracts.simulations import Simulation, SimulationRequest

router = APIRouter(tags=["policies"])


@router.post("/policies/{version}/simulation", summary="Try a version on the whole book")
async def simulate(
    resources: HeldHere, caller: PolicyWriter, version: OfPolicy, request: SimulationRequest
) -> Simulation:
    """What activating a version would make of the book; writes nothing.

    The answer comes when the whole book was read, which takes some seconds for 100,000 customers. A
    process of the classifier runs one simulation of an agency at a time.
    """
    return await simulate_policy(
        database=resources.database,
        turns=resources.simulations,
        agency=caller.agency,
        version=version,
        as_of=request.as_of,
        now=resources.clock.now(),
    )
