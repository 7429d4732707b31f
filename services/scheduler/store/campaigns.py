"""Campaigns that are held on another day than the catalogue's."""

from datetime import date

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import select

from services.scheduler.store.agency_tables import CampaignTable
from shared.db.database import Transaction


async def moved_campaigns(transaction: Transaction) -> dict[tuple[str, date], date]:
    """The days of moved campaigns, by service and the first day of their month."""
    rows = await transaction.exec(
        select(CampaignTable).where(CampaignTable.agency_id == transaction.agency)
    )
    return {(row.service, row.month): row.day for row in rows}


async def move_campaign(transaction: Transaction, service: str, month: date, day: date) -> None:
    """Hold the campaign of a month on this day."""
    key = {"agency_id": transaction.agency, "service": service, "month": month}
    await transaction.execute(
        insert(CampaignTable)
        .values(**key, day=day)
        .on_conflict_do_update(index_elements=list(key), set_={"day": day})
    )
