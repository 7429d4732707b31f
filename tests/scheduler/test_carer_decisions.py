"""Decisions about carers that meet each other: pins, applications, undoing, and the planner."""

import asyncio
from typing import Any

from tests.scheduler.builders import ADVISER, AGENCY, OWNER, SchedulerSystem
from tests.scheduler.test_carers import (
    TUESDAY,
    apply,
    carers_of,
    changes,
    introductions,
    lived_in,
    numbered,
    put,
    replanned,
)

FULL = {**OWNER, "capacity": 0}


async def pin(system: SchedulerSystem, customer_id: str, staff_id: str) -> None:
    answer = await system.call(
        "PUT", f"/customers/{customer_id}/carer", json={"staff_id": staff_id}
    )
    assert answer.status_code == 200, answer.text


async def undo(system: SchedulerSystem, applied: dict[str, Any]) -> dict[str, Any]:
    answer = await system.call("DELETE", f"/carers/applications/{applied['application_id']}")
    assert answer.status_code == 200, answer.text
    await system.finish_all_work()
    told: dict[str, Any] = answer.json()
    return told


async def test_a_pin_to_the_present_carer_withdraws_the_proposal(system: SchedulerSystem) -> None:
    await lived_in(system, "K-1", "K-2")
    await replanned(system, "S-1", FULL)
    await pin(system, "K-1", "S-1")
    assert [each["care_unit"] for each in await changes(system)] == ["K-2"]
    assert (await apply(system))["units"] == 1
    assert await carers_of(system) == {"K-1": "S-1", "K-2": "S-2"}
    assert await introductions(system) == [("K-2", "planned")]


async def test_nobody_is_given_to_somebody_who_left_since_the_proposal(
    system: SchedulerSystem,
) -> None:
    await lived_in(system, "K-1")
    await replanned(system, "S-1", FULL)
    await put(system, "S-2", {**ADVISER, "active": False})
    assert await changes(system) == []
    assert (await apply(system))["units"] == 0
    assert await carers_of(system) == {"K-1": "S-1"}


async def test_a_pinned_carer_is_not_taken_back(system: SchedulerSystem) -> None:
    await lived_in(system, "K-1")
    await replanned(system, "S-1", FULL)
    applied = await apply(system)
    await pin(system, "K-1", "S-2")
    assert (await undo(system, applied))["kept"] == [{"care_unit": "K-1", "because": "moved_on"}]
    assert await carers_of(system) == {"K-1": "S-2"}


async def test_who_never_heard_of_the_new_carer_hears_nothing_of_the_undoing(
    system: SchedulerSystem,
) -> None:
    await lived_in(system, *numbered(8))
    await replanned(system, "S-1", FULL)
    applied = await apply(system)
    assert applied["held"]
    await system.call("POST", "/carers/introductions/drop", json={"customers": "all"})
    assert await undo(system, applied) == {"units": 8, "kept": []}
    assert set((await carers_of(system)).values()) == {"S-1"}
    assert await introductions(system) == []
    assert (await system.get("/carers/introductions"))["items"] == []


async def test_an_introduction_that_was_suppressed_on_its_way_was_heard_by_nobody(
    system: SchedulerSystem,
) -> None:
    await lived_in(system, "K-1")
    await replanned(system, "S-1", FULL)
    applied = await apply(system)
    assert (await system.run_day(TUESDAY)).status_code == 200
    await system.rows(
        "UPDATE touchpoint SET state = 'suppressed' WHERE service = 'carer_introduction'"
        " RETURNING touchpoint_id"
    )
    assert await undo(system, applied) == {"units": 1, "kept": []}
    assert await carers_of(system) == {"K-1": "S-1"}
    assert await introductions(system) == [("K-1", "suppressed")]


async def test_the_proposed_person_answers_for_a_carer_who_left(system: SchedulerSystem) -> None:
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    other = {"role": "adviser", "name": "Ina Roth", "capacity": 500}
    for staff_id, person in (("S-1", FULL), ("S-2", ADVISER), ("S-3", other)):
        await put(system, staff_id, person)
    await system.customer("K-1")
    await system.finish_all_work()
    await system.open()
    await replanned(system, "S-2", {**ADVISER, "active": False})
    assert [(each["from"], each["to"]) for each in await changes(system)] == [("S-2", "S-3")]
    wish = {"kind": "callback", "customer_id": "K-1"}
    asked = await system.call("POST", "/requests", json=wish)
    assert asked.json()["staff_id"] == "S-3"


async def test_a_carer_counts_since_the_decision_that_gave_the_household(
    system: SchedulerSystem,
) -> None:
    async def told_since(staff_id: str) -> str:
        (customer,) = (await system.get(f"/staff/{staff_id}/customers"))["items"]
        since: str = customer["since"]
        return since

    await lived_in(system, "K-1")
    first = await told_since("S-1")
    await replanned(system, "S-1", FULL)
    applied = await apply(system)
    second = await told_since("S-2")
    await undo(system, applied)
    third = await told_since("S-1")
    await pin(system, "K-1", "S-2")
    fourth = await told_since("S-2")
    assert first < second < third < fourth
    await pin(system, "K-1", "S-2")
    assert await told_since("S-2") == fourth


async def test_decisions_about_carers_lock_the_plan_before_anything_the_planner_writes(
    system: SchedulerSystem,
) -> None:
    await lived_in(system, "K-1", "K-2")
    await replanned(system, "S-1", FULL)
    applied = await apply(system, ["K-1"])
    everything_but_the_plan = (
        "SELECT FROM carer FOR UPDATE NOWAIT",
        "SELECT FROM carer_proposal FOR UPDATE NOWAIT",
    )
    for method, path, body in (
        ("POST", "/carers/changes/application", {"units": "all"}),
        ("PUT", "/customers/K-2/carer", {"staff_id": "S-2"}),
        ("DELETE", "/customers/K-2/carer", None),
        ("DELETE", f"/carers/applications/{applied['application_id']}", None),
    ):
        async with system.resources.database.transaction(AGENCY) as planner:
            await planner.execute("UPDATE plan SET version = version + 1")
            decision = asyncio.create_task(system.call(method, path, json=body))
            while not (await planner.execute(_WAITING)).scalar_one():
                assert not decision.done(), path
                await asyncio.sleep(0)
            for statement in everything_but_the_plan:
                await planner.execute(statement)
        assert (await decision).status_code == 200, path


_WAITING = """
    SELECT EXISTS (SELECT FROM pg_locks
                    WHERE NOT granted
                      AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))
"""
