"""A death or an end of mandate that was told by mistake is lifted, and told again."""

import asyncio
from datetime import timedelta
from itertools import permutations
from typing import Any, cast

import pytest

from services.scheduler.usecases.dispatches import cancel_dispatches
from services.scheduler.worker import jobs
from shared.clients.http import ServiceRefused
from shared.clients.notifier import NotifierClient
from shared.contracts.dispatches import Withdrawal
from shared.turns import UNLIMITED
from tests.scheduler.builders import AGENCY, MONDAY, SchedulerSystem
from tests.scheduler.test_day_runs import newsletters, with_newsletter_today
from tests.scheduler.test_standing_in import asked, ends, open_tasks
from tests.scheduler.test_tasks import CAME, with_welcome_today

DIED = "2026-11-20"


async def told(system: SchedulerSystem, **facts: Any) -> None:
    """What the record of K-1 says now, and all that follows from it."""
    await system.customer("K-1", customer_since=CAME, **facts)
    await system.finish_all_work(without=["run_day"])


async def mourned(system: SchedulerSystem, *, days: int) -> None:
    """The death is told, and so many days after Monday the condolence is on a desk."""
    await told(system, death_date=DIED)
    assert (await system.run_day(MONDAY + timedelta(days=days))).status_code == 200


async def condolences(system: SchedulerSystem) -> list[tuple[str, str | None]]:
    listed = await system.touchpoints(service="condolence")
    return sorted((each["state"], each["reason"]) for each in listed)


async def on_the_desk(system: SchedulerSystem) -> list[str]:
    open_ = await system.rows("SELECT service FROM task WHERE state = 'open' ORDER BY service")
    return [service for (service,) in open_]


async def test_after_a_lifted_death_a_second_death_raises_a_condolence(
    system: SchedulerSystem,
) -> None:
    await with_welcome_today(system)
    for times in (1, 2):
        await mourned(system, days=times)
        assert (await on_the_desk(system)).count("condolence") == 1
        await told(system, death_date=None)
        assert "condolence" not in await on_the_desk(system), "nobody mourns the living"
        assert await condolences(system) == [("cancelled", "death_lifted")] * times


async def test_what_was_planned_only_leaves_the_plan_and_comes_back(
    system: SchedulerSystem,
) -> None:
    await with_welcome_today(system)
    await told(system, death_date=DIED)
    await told(system, death_date=None)
    await told(system, death_date="2026-11-21")
    states = [state for state, _ in await condolences(system)]
    assert states.count("planned") == 1


async def test_who_condoled_already_does_not_for_the_same_death_told_again(
    system: SchedulerSystem,
) -> None:
    await with_welcome_today(system)
    await mourned(system, days=1)
    ((task_id,),) = await system.rows("SELECT task_id FROM task WHERE service = 'condolence'")
    answer = await system.call("POST", f"/tasks/{task_id}/completion", json={"outcome": "done"})
    assert answer.status_code == 200, answer.text
    await told(system, death_date=None)
    await mourned(system, days=2)
    assert await condolences(system) == [("done", None)]


async def test_what_a_mistaken_death_took_off_the_desk_comes_back_with_its_deadline(
    system: SchedulerSystem,
) -> None:
    welcome = await with_welcome_today(system)
    callback = await asked(system, "callback")
    await told(system, death_date=DIED)
    assert ("callback", "discarded", "deceased") in await ends(system)
    await told(system, death_date=None)
    assert {welcome, callback["task_id"]} <= await open_tasks(system, "S-1")
    (request,) = (await system.get("/requests"))["items"]
    assert (request["state"], request["deadline"]) == ("open", callback["deadline"])
    changes = (await system.get("/changes", params={"limit": "1000"}))["items"]
    opened = [each for each in changes if each["kind"] == "request.opened"]
    assert len(opened) == 2


async def test_what_a_person_discarded_stays_discarded(system: SchedulerSystem) -> None:
    welcome = await with_welcome_today(system)
    answer = await system.call(
        "POST",
        f"/tasks/{welcome}/completion",
        json={"outcome": "discarded", "reason": "Er will keinen Besuch"},
    )
    assert answer.status_code == 200, answer.text
    await told(system, death_date=DIED)
    await told(system, death_date=None)
    assert welcome not in await open_tasks(system, "S-1")


async def test_a_mandate_that_goes_on_stops_the_winding_up_and_brings_the_work_back(
    system: SchedulerSystem,
) -> None:
    welcome = await with_welcome_today(system)
    await told(system, mandate={"contract": True, "ended_on": "2026-11-20"})
    assert welcome not in await open_tasks(system, "S-1")
    assert len(await system.touchpoints(service="winding_up")) == 1
    await told(system, mandate={"contract": True, "ended_on": None})
    assert welcome in await open_tasks(system, "S-1")
    (winding_up,) = await system.touchpoints(service="winding_up")
    assert winding_up["state"] == "cancelled"
    await told(system, mandate={"contract": True, "ended_on": "2026-11-21"})
    states = sorted(each["state"] for each in await system.touchpoints(service="winding_up"))
    assert states == ["cancelled", "handed_over"]


async def letters_handed_over(system: SchedulerSystem) -> None:
    """Three newsletters are with the notifier; one of them is K-1's."""
    await with_newsletter_today(system)
    assert (await system.run_day(MONDAY)).status_code == 200
    assert len(system.notifier.orders) == 3


async def of_k1(system: SchedulerSystem) -> list[tuple[str, str | None]]:
    """States and reasons of what K-1 gets of the newsletter, the oldest order first."""
    listed = [each for each in await newsletters(system) if each["customer_id"] == "K-1"]
    return [
        (each["state"], each["reason"])
        for each in sorted(listed, key=lambda each: each["state"] == "handed_over")
    ]


ENDS = [
    ({"death_date": DIED}, {"death_date": None}, "death_lifted"),
    (
        {"mandate": {"contract": True, "ended_on": DIED}},
        {"mandate": {"contract": True, "ended_on": None}},
        "mandate_held",
    ),
]


@pytest.mark.parametrize(("ended", "lifted", "reason"), ENDS, ids=["death", "mandate"])
async def test_letters_that_a_mistaken_end_stopped_are_ordered_again_under_new_ids(
    system: SchedulerSystem, ended: dict[str, Any], lifted: dict[str, Any], reason: str
) -> None:
    await letters_handed_over(system)
    first = {key for key, each in system.notifier.orders.items() if each["customer_id"] == "K-1"}
    for times in (1, 2):
        await told_of(system, **ended)
        await told_of(system, **lifted)
        assert await of_k1(system) == [("cancelled", reason)] * times + [("handed_over", None)]
    told = {"death_lifted": "deceased", "mandate_held": "mandate_ended"}[reason]
    assert told in system.notifier.withdrawn_as.values()
    ordered = {k: v for k, v in system.notifier.orders.items() if v["customer_id"] == "K-1"}
    newsletter = {k: v for k, v in ordered.items() if v["template"] == "newsletter"}
    assert len(newsletter) == 3
    assert first < set(newsletter)
    assert len({each["data"]["due"] for each in newsletter.values()}) == 1


async def told_of(system: SchedulerSystem, **facts: Any) -> None:
    await system.customer("K-1", **facts)
    await system.finish_all_work(without=["run_day"])


async def test_what_the_notifier_held_back_because_of_a_mistaken_death_is_ordered_again(
    system: SchedulerSystem,
) -> None:
    await letters_handed_over(system)
    (key,) = (k for k, each in system.notifier.orders.items() if each["customer_id"] == "K-1")
    system.notifier.tell(key, "suppressed", "deceased")
    await told_of(system, death_date=DIED)
    assert await of_k1(system) == [("suppressed", "deceased")]
    await told_of(system, death_date=None)
    assert await of_k1(system) == [("suppressed", "death_lifted"), ("handed_over", None)]


async def test_a_death_lifted_before_the_notifier_was_asked_cancels_nothing(
    system: SchedulerSystem,
) -> None:
    await letters_handed_over(system)
    for death in (DIED, None):
        await system.customer("K-1", death_date=death)
        await system.finish_all_work(without=["run_day", "cancel_dispatches"])
    await system.finish_all_work(without=["run_day"])
    assert await of_k1(system) == [("handed_over", None)]
    assert system.notifier.cancelled == []


async def test_what_would_have_left_long_ago_is_not_ordered_again(system: SchedulerSystem) -> None:
    await letters_handed_over(system)
    await told_of(system, death_date=DIED)
    aged = "UPDATE touchpoint SET left_on = left_on - 31 WHERE reason = 'deceased' RETURNING 1"
    assert len(await system.rows(aged)) > 0
    await told_of(system, death_date=None)
    assert await of_k1(system) == [("cancelled", "deceased")]


async def test_two_letters_of_one_occurrence_after_a_merge_are_both_ordered_again(
    system: SchedulerSystem,
) -> None:
    await letters_handed_over(system)
    await system.tell_classifier(
        "POST", "/customers/K-2/merge", {"into": "K-1", "reason": "Dublette"}
    )
    await told_of(system, death_date=DIED)
    await told_of(system, death_date=None)
    assert await of_k1(system) == [("cancelled", "death_lifted")] * 2 + [("handed_over", None)] * 2


ALL_BUT_HEARING = ["run_day", "plan", "publish_changes", "stand_in", "cancel_dispatches"]
"""Jobs left out while a death is heard of, step by step."""


class HeldNotifier:
    """The notifier with two gates: before it cancels a message, and before its answer arrives."""

    def __init__(self, notifier: NotifierClient, *, too_late: bool = False) -> None:
        self.notifier, self.too_late = notifier, too_late
        self.asked, self.may_cancel = asyncio.Event(), asyncio.Event()
        self.cancelled, self.may_answer = asyncio.Event(), asyncio.Event()

    async def cancel_dispatch(self, agency: str, dispatch_id: str, *, reason: Withdrawal) -> None:
        self.asked.set()
        await self.may_cancel.wait()
        if not self.too_late:
            await self.notifier.cancel_dispatch(agency, dispatch_id, reason=reason)
        self.cancelled.set()
        await self.may_answer.wait()
        if self.too_late:
            raise ServiceRefused(status=409, slug="dispatch-under-way", detail="suppressed")


class Steps:
    """Walks one cancellation of K-1's letter step by step, in any order that can happen."""

    def __init__(self, system: SchedulerSystem, key: str, *, too_late: bool = False) -> None:
        self.system, self.key, self.too_late = system, key, too_late
        self.held = HeldNotifier(system.resources.calls.notifier, too_late=too_late)
        self.job: asyncio.Task[int] | None = None

    async def begin(self) -> None:
        self.job = asyncio.create_task(
            cancel_dispatches(
                database=self.system.resources.database,
                notifier=cast(NotifierClient, self.held),
                agency=AGENCY,
            )
        )
        asked = asyncio.create_task(self.held.asked.wait())
        await asyncio.wait([asked, self.job], return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()

    async def cancel(self) -> None:
        self.held.may_cancel.set()
        if self.held.asked.is_set():
            await self.held.cancelled.wait()

    async def store(self) -> None:
        assert self.job is not None
        self.held.may_answer.set()
        await self.job

    async def kill(self) -> None:
        assert self.job is not None
        self.job.cancel()
        await asyncio.wait([self.job])

    async def tell(self) -> None:
        """The end of the message arrives by the notifier's feed."""
        if self.held.asked.is_set():
            if self.too_late:
                self.system.notifier.tell(self.key, "suppressed", "deceased")
            else:
                self.system.notifier.tell(self.key, "cancelled", "cancelled")
        (follow,) = (each for each in jobs(self.system.resources) if each.name == "follow_notifier")
        await follow.run(AGENCY, UNLIMITED)

    async def lift(self) -> None:
        await self.system.customer("K-1", death_date=None)
        await self.system.finish_all_work(without=ALL_BUT_HEARING)


def _interleavings(last: str) -> list[tuple[str, ...]]:
    """Every order of the steps that can happen: who is asked cancels, answers and tells."""
    return [
        order
        for order in permutations(("begin", "cancel", last, "tell", "lift"))
        if order.index("begin") < order.index("cancel") < order.index(last)
        and order.index("cancel") < order.index("tell")
    ]


STORED = _interleavings("store")
KILLED = [order for order in _interleavings("kill") if order.index("lift") > order.index("cancel")]
HELD_BACK = [order for order in STORED if order.index("lift") < order.index("tell")]


@pytest.mark.parametrize(
    ("orders", "too_late"),
    [(STORED, False), (KILLED, False), (HELD_BACK, True)],
    ids=["answer_stored", "worker_killed", "held_back_by_the_notifier_itself"],
)
async def test_a_lifted_death_loses_no_letter_whatever_comes_first(
    system: SchedulerSystem, *, orders: list[tuple[str, ...]], too_late: bool
) -> None:
    await letters_handed_over(system)
    for order in orders:
        (key,) = await alive(system)
        await system.customer("K-1", death_date=DIED)
        await system.finish_all_work(without=ALL_BUT_HEARING)
        steps = Steps(system, key, too_late=too_late)
        for step in order:
            await getattr(steps, step)()
        await system.finish_all_work(without=["run_day", "plan"])
        (left,) = await alive(system)
        assert left in system.notifier.orders, order
        assert left not in system.notifier.cancelled, order
        assert (left == key) == (order[0] == "lift"), order
    assert await system.rows("SELECT 1 FROM dispatch_cancellation") == []


async def alive(system: SchedulerSystem) -> list[str]:
    """The letters of K-1 that are under way."""
    return [
        each["touchpoint_id"]
        for each in await newsletters(system)
        if each["customer_id"] == "K-1" and each["state"] == "handed_over"
    ]


async def test_a_death_that_is_told_once_more_stops_the_letter_that_was_lifted_before(
    system: SchedulerSystem,
) -> None:
    await letters_handed_over(system)
    (key,) = await alive(system)
    await system.customer("K-1", death_date=DIED)
    await system.finish_all_work(without=ALL_BUT_HEARING)
    steps = Steps(system, key)
    await steps.begin()
    await steps.lift()
    await system.customer("K-1", death_date=DIED)
    await system.finish_all_work(without=ALL_BUT_HEARING)
    await steps.cancel()
    await steps.store()
    await system.finish_all_work(without=["run_day"])
    assert await of_k1(system) == [("cancelled", "deceased")]
