"""Telling the feed what planning changed: a thousand subjects at most in one transaction."""

from services.scheduler.domain.tasks import OPEN
from services.scheduler.store import touchpoints, work_marks
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction

TOLD_AT_ONCE = 500
"""Carers are told for each customer of a unit: few units have more than two."""


async def tell_news(*, database: Database, agency: AgencyId) -> int:
    """Publish the present state of everything that changed; gives the number of subjects."""
    told = 0
    while True:
        async with database.transaction(agency) as transaction:
            news = await work_marks.take_news(transaction, limit=TOLD_AT_ONCE)
            await _publish_touchpoints(transaction, news.get("touchpoint", []))
            await _publish_carers(transaction, news.get("carer", []))
        count = sum(len(subjects) for subjects in news.values())
        told += count
        if count < TOLD_AT_ONCE:
            return told


async def _publish_touchpoints(transaction: Transaction, ids: list[str]) -> None:
    for told in await touchpoints.touchpoints_to_tell(transaction, ids):
        kind = "touchpoint.planned" if told.state in OPEN else "touchpoint.ended"
        transaction.publish(kind=kind, subject=told.touchpoint_id, payload=told.payload)


async def _publish_carers(transaction: Transaction, units: list[str]) -> None:
    for carer in await touchpoints.carers_to_tell(transaction, units):
        transaction.publish(
            kind="carer.changed",
            subject=carer.customer_id,
            payload={"unit_id": carer.unit_id, "staff_id": carer.staff_id},
        )
