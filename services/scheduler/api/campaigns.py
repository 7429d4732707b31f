"""Campaigns: what leaves for all on one day."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path

from services.scheduler.api.access import HeldHere, Reader, Writer
from services.scheduler.usecases import campaigns
from services.scheduler.usecases.campaigns import Campaign
from shared.contracts.scheduling import (
    CampaignMove,
    CampaignPage,
    CampaignView,
    Month,
    ServiceKey,
)

router = APIRouter(tags=["catalogues"])


def _view(campaign: Campaign) -> CampaignView:
    return CampaignView(
        service=campaign.service,
        month=f"{campaign.month:%Y-%m}",
        day=campaign.day,
        moved=campaign.moved,
    )


@router.get("/campaigns", summary="Campaigns of the next twelve months")
async def list_campaigns(resources: HeldHere, caller: Reader) -> CampaignPage:
    """Campaigns of the year ahead, in the order of their days."""
    found = await campaigns.list_campaigns(
        database=resources.database,
        classifier=resources.calls.classifier,
        agency=caller.agency,
        now=resources.clock.now(),
    )
    return CampaignPage(items=[_view(campaign) for campaign in found])


@router.put("/campaigns/{service}/{month}", summary="Hold a campaign on another day")
async def move_campaign(
    resources: HeldHere,
    caller: Writer,
    service: Annotated[ServiceKey, Path(description="the service of the catalogue")],
    month: Annotated[Month, Path(description="the month whose campaign it is")],
    move: CampaignMove,
) -> CampaignView:
    """Move a campaign to another day. It keeps its month and name, so that nobody gets it twice.
    Safe to repeat."""
    moved = await campaigns.move_campaign(
        database=resources.database,
        classifier=resources.calls.classifier,
        agency=caller.agency,
        service=service,
        month=date.fromisoformat(f"{month}-01"),
        day=move.day,
        now=resources.clock.now(),
    )
    return _view(moved)
