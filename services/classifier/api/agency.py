"""The agency's settings and the systems that send it events."""

from typing import Annotated

from fastapi import APIRouter, Path

from services.classifier.api.access import AgencyWriter, HeldHere, Reader
from services.classifier.usecases import agencies
from shared.contracts.agencies import Agency, AgencySettings, SourceName, WebhookSecret

router = APIRouter(tags=["agency"])


@router.get("/agency", summary="Read the agency's settings")
async def get_agency(resources: HeldHere, caller: Reader) -> Agency:
    """Those of a new agency where none were given yet."""
    return await agencies.get_agency(database=resources.database, agency=caller.agency)


@router.put("/agency", summary="Replace the agency's settings")
async def put_agency(resources: HeldHere, caller: AgencyWriter, settings: AgencySettings) -> Agency:
    """What is missing in the body has the default of a new agency."""
    return await agencies.put_agency(
        database=resources.database, agency=caller.agency, settings=settings
    )


@router.put("/agency/webhook-sources/{source}", summary="Give a source a (new) webhook secret")
async def rotate_webhook_secret(
    resources: HeldHere,
    caller: AgencyWriter,
    source: Annotated[SourceName, Path(description="a name for the system that sends events")],
) -> WebhookSecret:
    """The secret is told this once; the one before stays good until the next rotation."""
    given = await agencies.rotate_webhook_secret(
        database=resources.database, agency=caller.agency, source=source
    )
    resources.webhook_secrets.forget(caller.agency, source)
    return given
