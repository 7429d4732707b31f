"""The order of locks between those who write the plan and those who write beside it."""

from sqlmodel import select

from services.scheduler.store.planning import plan_version
from services.scheduler.store.touchpoint_tables import PlanTable
from shared.db.database import Transaction


async def lock_plan(transaction: Transaction) -> None:
    """Wait until no planner writes, and let none begin to until the commit.

    A planner takes the plan first, and carers, customers, touchpoints and marks after it. Whoever
    changes several of these takes it first too, because any other order would deadlock.
    """
    await plan_version(transaction)
    await transaction.exec(
        select(PlanTable.version).where(PlanTable.agency_id == transaction.agency).with_for_update()
    )
