"""A death or an end of mandate that the notifier and the scheduler do not hear of in one order."""

import asyncio
from typing import Any, cast

import pytest

from services.scheduler.store import day_runs
from services.scheduler.usecases.dispatches import hand_over
from shared.clients.notifier import NotifierClient
from tests.scheduler.builders import AGENCY, MONDAY, SchedulerSystem
from tests.scheduler.test_day_runs import with_newsletter_today
from tests.scheduler.test_lifted_ends import (
    ALL_BUT_HEARING,
    DIED,
    ENDS,
    alive,
    letters_handed_over,
    of_k1,
    told_of,
)


@pytest.mark.parametrize(("ended", "lifted", "as_"), ENDS, ids=["death", "mandate"])
async def test_what_the_notifier_held_back_for_an_end_lifted_before_we_heard_is_ordered_again(
    system: SchedulerSystem, ended: dict[str, Any], lifted: dict[str, Any], as_: str
) -> None:
    reason = {"death_lifted": "deceased", "mandate_held": "mandate_ended"}[as_]
    await letters_handed_over(system)
    (key,) = await alive(system)
    for _ in range(2):
        await system.customer("K-1", **ended)
        await system.customer("K-1", **lifted)
        await system.finish_all_work(without=["run_day"])
        system.notifier.tell(key, "suppressed", reason)
        await system.finish_all_work(without=["run_day"])
        assert key not in await alive(system)
        (key,) = await alive(system)
        assert key in system.notifier.orders
    assert await of_k1(system) == [("suppressed", as_)] * 2 + [("handed_over", None)]


async def test_what_the_notifier_held_back_before_we_heard_of_the_death_stays_held_back(
    system: SchedulerSystem,
) -> None:
    await letters_handed_over(system)
    (key,) = await alive(system)
    system.notifier.tell(key, "suppressed", "deceased")
    await told_of(system, death_date=DIED)
    assert await of_k1(system) == [("suppressed", "deceased")]


@pytest.mark.parametrize("too_late", [False, True], ids=["cancelled", "has_left"])
async def test_a_death_amid_the_handing_over_sends_nothing_twice_when_it_is_lifted(
    system: SchedulerSystem, *, too_late: bool
) -> None:
    await with_newsletter_today(system)
    asked, may_answer = asyncio.Event(), asyncio.Event()

    class Slow:
        async def dispatch(self, agency: str, items: Any) -> Any:
            answer = await system.resources.calls.notifier.dispatch(agency, items)
            asked.set()
            await may_answer.wait()
            return answer

    async with system.resources.database.transaction(AGENCY) as transaction:
        await day_runs.fall_due(transaction, MONDAY, {}, not_the_carers=())
    handing = asyncio.create_task(
        hand_over(
            database=system.resources.database,
            notifier=cast(NotifierClient, Slow()),
            agency=AGENCY,
        )
    )
    await asked.wait()
    (key,) = (k for k, each in system.notifier.orders.items() if each["customer_id"] == "K-1")
    await system.customer("K-1", death_date=DIED)
    await system.finish_all_work(without=ALL_BUT_HEARING)
    if too_late:
        system.notifier.tell(key, "sent")
    may_answer.set()
    await handing
    await system.finish_all_work(without=["run_day"])
    assert await of_k1(system) == [("sent", None) if too_late else ("cancelled", "deceased")]
    await told_of(system, death_date=None)
    if too_late:
        assert await of_k1(system) == [("sent", None)]
    else:
        assert await of_k1(system) == [("cancelled", "death_lifted"), ("handed_over", None)]
