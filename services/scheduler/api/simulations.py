"""Catalogues tried on the book before they rule."""

from typing import Annotated

from fastapi import APIRouter, Path

from services.scheduler.api.access import HeavyRead, HeldHere, Reader
from services.scheduler.usecases import simulations
from shared.contracts.capacity import CatalogueSimulation

router = APIRouter(tags=["catalogues"])


@router.post("/catalogues/{version}/simulation", summary="Try a version on the book")
async def simulate_catalogue(
    resources: HeldHere,
    caller: Reader,
    _turn: HeavyRead,
    version: Annotated[int, Path(ge=1, le=2**31 - 1, description="a stored version")],
) -> CatalogueSimulation:
    """Compare a version with the one in force: contacts a month, hours and cost by class, person
    and service, and what each class wins and loses. Nothing is changed."""
    return await simulations.simulate_catalogue(
        database=resources.database,
        classifier=resources.calls.classifier,
        agency=caller.agency,
        version=version,
        now=resources.clock.now(),
    )
