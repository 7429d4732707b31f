"""The agency's settings and the systems that send it events."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.classifier.api.access import AgencyWriter, HeldHere, Reader
from services.classifier.usecases import agencies
from shared.contracts.agencies import (
    Agency,
    AgencySettings,
    SourceName,
    WebhookSecret,
    WebhookSources,
)
from shared.web.conditions import Conditions, read, shown
from shared.web.repetitions import Repeatable

router = APIRouter(tags=["agency"])

OfSource = Annotated[SourceName, Path(description="a name for the system that sends events")]


@router.get("/agency", summary="Read the agency's settings", response_model=Agency)
async def get_agency(resources: HeldHere, caller: Reader, condition: Conditions) -> Response:
    """The settings of the agency; what was never given has the value of a new agency."""
    known = await agencies.get_agency(database=resources.database, agency=caller.agency)
    return read(known, condition)


@router.put("/agency", summary="Replace the agency's settings", response_model=Agency)
async def put_agency(
    resources: HeldHere, caller: AgencyWriter, settings: AgencySettings, condition: Conditions
) -> Response:
    """Replace the settings. What the body leaves out gets the default of a new agency."""
    return shown(
        await agencies.put_agency(
            database=resources.database,
            agency=caller.agency,
            settings=settings,
            condition=condition,
        )
    )


@router.get("/agency/webhook-sources", summary="List the systems that send events")
async def list_webhook_sources(resources: HeldHere, caller: AgencyWriter) -> WebhookSources:
    """The systems that may send events, without their secrets."""
    return await agencies.list_webhook_sources(database=resources.database, agency=caller.agency)


@router.put("/agency/webhook-sources/{source}", summary="Add a system that sends events")
async def put_webhook_source(
    resources: HeldHere, caller: AgencyWriter, source: OfSource
) -> WebhookSecret:
    """Let a system send events. Repeating changes nothing and returns the same secret; `POST
    /v1/agency/webhook-sources/{source}/rotation` makes another one."""
    given = await agencies.put_webhook_source(
        database=resources.database, agency=caller.agency, source=source
    )
    resources.webhook_secrets.forget(caller.agency, source)
    return given


@router.post("/agency/webhook-sources/{source}/rotation", summary="Give a source a new secret")
async def rotate_webhook_secret(
    resources: HeldHere, caller: AgencyWriter, source: OfSource, repeatable: Repeatable
) -> WebhookSecret:
    """Make a new secret. The previous one stays valid until the next rotation, so that the sender
    can change over without a gap. Two rotations in a row end the secret that the sender still
    uses."""
    given = await agencies.rotate_webhook_secret(
        database=resources.database, agency=caller.agency, source=source, request=repeatable
    )
    resources.webhook_secrets.forget(caller.agency, source)
    return given


@router.delete(
    "/agency/webhook-sources/{source}", status_code=204, summary="Accept no more from a source"
)
async def delete_webhook_source(
    resources: HeldHere, caller: AgencyWriter, source: OfSource
) -> None:
    """Accept no more events of this system, within five seconds. Events that were accepted stay."""
    await agencies.delete_webhook_source(
        database=resources.database, agency=caller.agency, source=source
    )
    resources.webhook_secrets.forget(caller.agency, source)
