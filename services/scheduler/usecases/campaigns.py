"""Campaigns of the year ahead, and campaigns moved to another day."""

from dataclasses import dataclass
from datetime import date, datetime

from services.scheduler.domain.campaigns import CAMPAIGN_MOVES_MONTHS, campaign_days
from services.scheduler.domain.intervals import HORIZON_MONTHS
from services.scheduler.domain.touchpoint_ids import month_later
from services.scheduler.store import campaigns
from services.scheduler.usecases.agencies import (
    agency_here,
    ensure_agency,
    plan_everything,
    ruling_catalogue,
)
from shared.clients.classifier import ClassifierClient
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction


class CampaignNotFound(Exception):
    """the catalogue in force has no campaign of this service in that month"""


class CampaignTooFar(Exception):
    """a campaign is held at most half a year before or after its own month"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """A campaign ahead: the month it belongs to, and the day it leaves on."""

    service: str
    month: date
    day: date
    moved: bool


async def list_campaigns(
    *, database: Database, classifier: ClassifierClient, agency: AgencyId, now: datetime
) -> list[Campaign]:
    """Return the campaigns of the next twelve months, in the order of their days."""
    await ensure_agency(database=database, classifier=classifier, agency=agency, now=now)
    async with database.transaction(agency) as transaction:
        return await _ahead(transaction, now)


async def _ahead(transaction: Transaction, now: datetime) -> list[Campaign]:
    known = await agency_here(transaction)
    catalogue = (await ruling_catalogue(transaction, now=now)).catalogue
    moved = await campaigns.moved_campaigns(transaction)
    first = known.day_at(now)
    found = {
        (service.key, month): day
        for service in catalogue.services
        if service.occasion == "campaign"
        for cell in service.segments.values()
        for month, day in campaign_days(
            service, cell, known.calendar, first, month_later(first, HORIZON_MONTHS), moved
        )
    }
    ahead = [
        Campaign(service=service, month=month, day=day, moved=(service, month) in moved)
        for (service, month), day in found.items()
    ]
    return sorted(ahead, key=lambda each: (each.day, each.service))


async def move_campaign(
    *,
    database: Database,
    classifier: ClassifierClient,
    agency: AgencyId,
    service: str,
    month: date,
    day: date,
    now: datetime,
) -> Campaign:
    """Hold the campaign of a month on this day; raises CampaignNotFound, CampaignTooFar."""
    await ensure_agency(database=database, classifier=classifier, agency=agency, now=now)
    async with database.transaction(agency) as transaction:
        catalogue = (await ruling_catalogue(transaction, now=now)).catalogue
        row = catalogue.service(service)
        cells = row.segments.values() if row is not None and row.occasion == "campaign" else ()
        if not any(month.month in cell.months for cell in cells):
            raise CampaignNotFound(f"{service} has no campaign in {month:%Y-%m}")
        earliest = month_later(month, 1 - CAMPAIGN_MOVES_MONTHS)
        if not earliest <= day < month_later(month, CAMPAIGN_MOVES_MONTHS):
            raise CampaignTooFar(f"{day} lies too far from {month:%Y-%m}")
        await campaigns.move_campaign(transaction, service, month, day)
        await plan_everything(transaction)
    return Campaign(service=service, month=month, day=day, moved=True)
