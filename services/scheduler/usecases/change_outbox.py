"""The change outbox, emptied into the feed: a thousand subjects at most in one transaction."""

from services.scheduler.store import carers, change_outbox, touchpoints
from services.scheduler.usecases.appointment_ends import follow_contacts
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction
from shared.turns import UNLIMITED, Turn

PUBLISHED_AT_ONCE = 500
"""A carer is published for each customer of a unit, and few units have more than two."""


async def publish_changes(*, database: Database, agency: AgencyId, turn: Turn = UNLIMITED) -> int:
    """Publish the present state of everything that changed; returns the number of subjects."""
    await follow_contacts(database=database, agency=agency, turn=turn)
    published = 0
    while turn.goes_on():
        async with database.transaction(agency) as transaction:
            waiting = await change_outbox.take_from_outbox(transaction, limit=PUBLISHED_AT_ONCE)
            await _publish_touchpoints(transaction, waiting.get("touchpoint", []))
            await _publish_carers(transaction, waiting.get("carer", []))
        count = sum(len(subjects) for subjects in waiting.values())
        published += count
        if count < PUBLISHED_AT_ONCE:
            break
    return published


async def _publish_touchpoints(transaction: Transaction, ids: list[str]) -> None:
    for change in await touchpoints.touchpoints_to_publish(transaction, ids):
        transaction.publish(change)


async def _publish_carers(transaction: Transaction, units: list[str]) -> None:
    for change in await carers.carers_to_publish(transaction, units):
        transaction.publish(change)
