"""If somebody is away or a customer is gone, open work does not wait for them."""

from datetime import timedelta
from typing import Any

from tests.scheduler.builders import AGENCY, MONDAY, SchedulerSystem
from tests.scheduler.test_tasks import complete, with_welcome_today

SICK = {"first_day": str(MONDAY), "last_day": str(MONDAY + timedelta(days=1)), "kind": "sickness"}
LATER = MONDAY + timedelta(days=2)


async def asked(system: SchedulerSystem, kind: str, customer_id: str = "K-1") -> dict[str, Any]:
    answer = await system.call("POST", "/requests", json={"kind": kind, "customer_id": customer_id})
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def away(system: SchedulerSystem, staff_id: str, **absence: str) -> None:
    answer = await system.call("POST", f"/staff/{staff_id}/absences", json={**SICK, **absence})
    assert answer.status_code == 200, answer.text


async def open_tasks(system: SchedulerSystem, staff_id: str, on: Any = MONDAY) -> set[str]:
    """The open tasks that somebody finds on the day."""
    day = await system.get(f"/staff/{staff_id}/days/{on}")
    return {task["task_id"] for task in day["tasks"] if task["state"] == "open"}


async def responsible(system: SchedulerSystem) -> list[str]:
    return [each["staff_id"] for each in (await system.get("/requests"))["items"]]


async def test_falls_ill(system: SchedulerSystem) -> None:
    welcome = await with_welcome_today(system)
    claim = await asked(system, "claim")
    assert await open_tasks(system, "S-1") == {welcome, claim["task_id"]}
    await away(system, "S-1")
    assert await open_tasks(system, "S-1") == set()
    assert await open_tasks(system, "S-2") == {welcome, claim["task_id"]}
    assert await responsible(system) == ["S-2"]
    day = await system.get(f"/staff/S-2/days/{MONDAY}")
    assert {task["stands_in_for"] for task in day["tasks"] if task["state"] == "open"} == {"S-1"}


async def test_the_deputy_falls_ill_too_and_then_the_deputys_deputy(
    system: SchedulerSystem,
) -> None:
    welcome = await with_welcome_today(system)
    await away(system, "S-2")
    await away(system, "S-1")
    assert await open_tasks(system, "S-3") == {welcome}, "with the deputy's deputy"
    await away(system, "S-3")
    assert await open_tasks(system, "S-1") == {welcome}, "nobody is here"
    answer = await system.call("DELETE", f"/staff/S-2/absences/{MONDAY}")
    assert answer.status_code == 204
    assert await open_tasks(system, "S-2") == {welcome}


async def test_an_absence_cancelled_brings_the_work_back(system: SchedulerSystem) -> None:
    welcome = await with_welcome_today(system)
    callback = await asked(system, "callback")
    await away(system, "S-1")
    await complete(system, callback["task_id"], outcome="done")
    await system.call("DELETE", f"/staff/S-1/absences/{MONDAY}")
    assert await open_tasks(system, "S-1") == {welcome}
    assert await open_tasks(system, "S-2") == set(), "what was done meanwhile stays with who did it"


async def test_an_absence_told_late_moves_the_work_and_one_shortened_brings_it_back(
    system: SchedulerSystem,
) -> None:
    welcome = await with_welcome_today(system)
    friday, sunday = str(MONDAY - timedelta(days=3)), str(MONDAY - timedelta(days=1))
    await away(system, "S-1", first_day=friday)
    assert await open_tasks(system, "S-2") == {welcome}
    owner = await system.get("/staff/S-1")
    del owner["staff_id"]
    owner["absences"] = [{"first_day": friday, "last_day": sunday, "kind": "sickness"}]
    assert (await system.call("PUT", "/staff/S-1", json=owner)).status_code == 200
    assert await open_tasks(system, "S-1") == {welcome}


async def test_who_comes_back_early_is_told_by_the_same_absence_with_another_end(
    system: SchedulerSystem,
) -> None:
    welcome = await with_welcome_today(system)
    friday, sunday = str(MONDAY - timedelta(days=3)), str(MONDAY - timedelta(days=1))
    await away(system, "S-1", first_day=friday, kind="holiday")
    await away(system, "S-1", first_day=friday, last_day=sunday)
    assert await open_tasks(system, "S-1") == {welcome}
    told = {"first_day": friday, "last_day": sunday, "kind": "sickness"}
    assert (await system.get("/staff/S-1"))["absences"] == [told]
    await away(system, "S-1", first_day=friday)
    assert await open_tasks(system, "S-2") == {welcome}, "ill again after all"


async def test_work_moves_on_the_first_day_of_an_absence_told_before_and_returns_after(
    system: SchedulerSystem,
) -> None:
    await with_welcome_today(system)
    claim = (await asked(system, "claim"))["task_id"]
    tomorrow = str(MONDAY + timedelta(days=1))
    await away(system, "S-1", first_day=tomorrow, last_day=tomorrow, kind="training")
    assert claim in await open_tasks(system, "S-1"), "today they are here"
    with system.not_before(MONDAY + timedelta(days=1)):
        await system.finish_all_work(without=["run_day"])
        assert claim in await open_tasks(system, "S-2", tomorrow)
        assert claim not in await open_tasks(system, "S-1", tomorrow)
    with system.not_before(LATER):
        await system.finish_all_work(without=["run_day"])
        assert claim in await open_tasks(system, "S-1", LATER)
        assert claim not in await open_tasks(system, "S-2", LATER)


async def test_what_is_asked_for_or_delegated_during_an_absence_is_with_the_deputy(
    system: SchedulerSystem,
) -> None:
    welcome = await with_welcome_today(system)
    await away(system, "S-2")
    told = await complete(system, welcome, outcome="delegated", to="S-2", reason="Fachgebiet")
    assert told["state"] == "open"
    assert await open_tasks(system, "S-3") == {welcome}
    await away(system, "S-1")
    callback = await asked(system, "callback")
    assert (callback["staff_id"], await open_tasks(system, "S-3")) == (
        "S-3",
        {welcome, callback["task_id"]},
    )
    await system.call("DELETE", f"/staff/S-1/absences/{MONDAY}")
    await system.call("DELETE", f"/staff/S-2/absences/{MONDAY}")
    assert await open_tasks(system, "S-1") == {callback["task_id"]}
    assert await open_tasks(system, "S-2") == {welcome}, (
        "delegated work returns to whom it was given"
    )


async def test_who_leaves_the_agency_leaves_the_work_to_the_deputy(system: SchedulerSystem) -> None:
    welcome = await with_welcome_today(system)
    gone = {"role": "owner", "name": "Jana Vogt", "deputy": "S-2", "active": False}
    assert (await system.call("PUT", "/staff/S-1", json=gone)).status_code == 200
    assert await open_tasks(system, "S-2") == {welcome}


async def test_work_of_the_erased_is_discarded_with_its_reason(system: SchedulerSystem) -> None:
    await with_welcome_today(system)
    claim = await asked(system, "claim")
    await system.tell_classifier("DELETE", "/customers/K-1")
    await system.finish_all_work()
    assert await open_tasks(system, "S-1") == set()
    assert await ends(system) == [
        ("claim", "discarded", "erased"),
        ("welcome", "discarded", "erased"),
    ]
    (request,) = (await system.get("/requests"))["items"]
    assert (request["state"], request["outcome"]) == ("closed", "discarded")
    changes = (await system.get("/changes", params={"limit": "1000"}))["items"]
    told = {(each["kind"], each["subject"]) for each in changes}
    assert {("request.closed", claim["request_id"]), ("task.ended", claim["task_id"])} <= told


async def test_work_of_the_dead_is_discarded_but_what_heirs_need(
    system: SchedulerSystem,
) -> None:
    await with_welcome_today(system)
    await asked(system, "callback")
    claim = await asked(system, "claim")
    await died(system)
    await system.finish_all_work()
    assert ("callback", "discarded", "deceased") in await ends(system)
    assert ("welcome", "discarded", "deceased") in await ends(system)
    assert claim["task_id"] in await open_tasks(system, "S-1")
    heirs = await asked(system, "callback")
    await died(system, street="Ring 2")
    await system.finish_all_work()
    assert heirs["task_id"] in await open_tasks(system, "S-1"), "the heirs asked for it"


async def test_a_change_to_the_record_of_the_dead_raises_nothing_again(
    system: SchedulerSystem,
) -> None:
    await with_welcome_today(system)
    await died(system)
    await system.finish_all_work()
    (condolence,) = await system.touchpoints(service="condolence")
    # What a colleague still has to do with the heirs was put back on the desk.
    await system.rows(
        "UPDATE task SET state = 'open', reason = NULL WHERE service = 'welcome' RETURNING task_id"
    )
    for street in ("Ring 2", "Ring 3"):
        await died(system, street=street)
        await system.finish_all_work()
    assert await system.touchpoints(service="condolence") == [condolence]
    assert [each for each in await ends(system) if each[2] == "deceased"] == []


async def test_whoever_died_long_ago_and_comes_with_an_old_file_is_not_mourned_now(
    system: SchedulerSystem,
) -> None:
    await with_welcome_today(system)
    await system.customer("K-1", death_date="2019-03-02")
    await system.finish_all_work()
    await system.customer("K-1", death_date="2019-03-02", first_name="Uta")
    await system.finish_all_work()
    assert await system.touchpoints(service="condolence") == []
    assert ("welcome", "discarded", "deceased") in await ends(system)


async def died(system: SchedulerSystem, street: str = "Lindenallee 4") -> None:
    address = {"street": street, "postcode": "06526", "city": "Sangerhausen"}
    await system.customer("K-1", death_date="2026-11-20", address=address)


async def ends(system: SchedulerSystem) -> list[tuple[Any, ...]]:
    return sorted(
        await system.rows(
            "SELECT service, state, reason FROM task WHERE state <> 'open'"
            f" AND agency_id = '{AGENCY}'"
        )
    )
