"""A plan that was lost is made again under the same names, so that nothing is ordered twice."""

from services.scheduler.store import work_marks
from tests.scheduler.builders import AGENCY, SchedulerSystem
from tests.scheduler.test_planning import planned


async def test_ids_and_days_survive_the_loss_of_every_touchpoint(system: SchedulerSystem) -> None:
    await planned(system, *(f"K-{number}" for number in range(6)))
    before = await system.touchpoints(state="planned")
    assert len(before) > 20
    await system.rows("DELETE FROM touchpoint RETURNING 1")
    async with system.resources.database.transaction(AGENCY) as transaction:
        await work_marks.mark_units(transaction, [work_marks.EVERY_UNIT])
    await system.finish_all_work()
    assert await system.touchpoints(state="planned") == before


async def test_planning_twice_writes_nothing(system: SchedulerSystem) -> None:
    await planned(system, *(f"K-{number}" for number in range(6)))
    told = (await system.get("/changes"))["head"]
    for _ in range(2):
        async with system.resources.database.transaction(AGENCY) as transaction:
            await work_marks.mark_units(transaction, [work_marks.EVERY_UNIT])
        await system.finish_all_work()
    assert (await system.get("/changes"))["head"] == told
