"""The service catalogue in its versions."""

from typing import Annotated

from fastapi import APIRouter, Path, status

from services.scheduler.api.access import HeldHere, Reader, Writer
from services.scheduler.usecases import catalogues
from shared.contracts.catalogues import Catalogue
from shared.contracts.scheduling import CataloguePage, CatalogueVersion, CatalogueView
from shared.web.repetitions import Repeatable

router = APIRouter(tags=["catalogues"])


@router.get("/catalogues", summary="All versions of the service catalogue")
async def list_catalogues(resources: HeldHere, caller: Reader) -> CataloguePage:
    """All versions, the newest first; one of them is in force. A new agency begins with the
    starting catalogue."""
    found = await catalogues.list_catalogues(
        database=resources.database, agency=caller.agency, now=resources.clock.now()
    )
    return CataloguePage(
        items=[
            CatalogueView(
                version=stored.version,
                created_at=stored.created_at,
                in_force=in_force,
                catalogue=stored.catalogue,
            )
            for stored, in_force in found
        ]
    )


@router.post(
    "/catalogues", status_code=status.HTTP_201_CREATED, summary="Add a version of the catalogue"
)
async def create_catalogue(
    resources: HeldHere, caller: Writer, catalogue: Catalogue, repeatable: Repeatable
) -> CatalogueVersion:
    """Store a new version, which waits for its activation. Versions are never edited."""
    version = await catalogues.add_catalogue(
        database=resources.database,
        agency=caller.agency,
        catalogue=catalogue,
        author=caller.subject,
        request=repeatable,
        now=resources.clock.now(),
    )
    return CatalogueVersion(version=version)


@router.post(
    "/catalogues/{version}/activation",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Put a version in force",
)
async def activate_catalogue(
    resources: HeldHere,
    caller: Writer,
    version: Annotated[int, Path(ge=1, le=2**31 - 1)],
    _repeatable: Repeatable,
) -> CatalogueVersion:
    """Put a version in force and plan the book by it. What is due or done stays. Safe to repeat."""
    await catalogues.activate(
        database=resources.database,
        agency=caller.agency,
        version=version,
        now=resources.clock.now(),
    )
    return CatalogueVersion(version=version)
