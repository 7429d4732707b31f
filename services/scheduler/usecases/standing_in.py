"""Standing in: from the first day of an absence open work is with the deputy, and comes back."""

from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from services.scheduler.domain.standing_in import doers_on, owner_of
from services.scheduler.store import agencies, staff, standing_in
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction

log = structlog.get_logger(__name__)


async def move_work(transaction: Transaction, *, now: datetime) -> None:
    """Give all open work to who is here today; work of those who are back returns to them."""
    known = await agencies.known_agency(transaction)
    if known is None:
        return  # nobody asked for anything yet, so there is no work
    today = now.astimezone(ZoneInfo(known.time_zone)).date()
    people = await staff.list_staff(transaction)
    moved = await standing_in.move_open_work(
        transaction, doers_on(people, today), owner=owner_of(people)
    )
    await standing_in.note_day(transaction, today)
    if moved:
        log.info("open work moved", agency=transaction.agency, tasks=moved)


async def stand_in(*, database: Database, agency: AgencyId, now: datetime) -> None:
    """Move all open work of an agency, because a new day has begun or somebody got work."""
    async with database.transaction(agency) as transaction:
        await move_work(transaction, now=now)
