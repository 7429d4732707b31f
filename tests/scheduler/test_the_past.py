"""What an agency brings along, and contacts that are held elsewhere."""

from datetime import date, timedelta
from typing import Any

from tests.scheduler.builders import ADVISER, AGENCY, MONDAY, SchedulerSystem


async def reviews(system: SchedulerSystem, customer_id: str) -> list[dict[str, Any]]:
    """The customer's yearly reviews, in order of their last days."""
    found = await system.touchpoints(customer_id=customer_id, service="yearly_review")
    return sorted(found, key=lambda each: each["latest"])


async def begun(system: SchedulerSystem, **past: Any) -> None:
    """The agency with its staff and one customer with this past, planned."""
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    await system.customer("K-1", **past)
    await system.finish_all_work()


async def visited(system: SchedulerSystem, interaction_id: str, at: str, **said: Any) -> None:
    """A visit that the broker system logged."""
    visit = {
        "interaction_id": interaction_id,
        "customer_id": "K-1",
        "at": at,
        "direction": "out",
        "channel": "visit",
        "role": "owner",
        "minutes": 90,
        **said,
    }
    await system.tell_classifier("POST", "/interactions", {"items": [visit]})
    await system.finish_all_work()


async def test_a_review_held_before_we_came_is_followed_a_year_later(
    system: SchedulerSystem,
) -> None:
    await begun(system, last_review_on="2026-10-20")
    (review,) = await reviews(system, "K-1")
    assert (review["latest"], review["earliest"]) == ("2027-10-20", "2027-08-25")
    assert date.fromisoformat(review["day"]) > MONDAY + timedelta(days=60)


async def test_an_imported_visit_counts_as_the_last_review_under_the_same_id(
    system: SchedulerSystem,
) -> None:
    await begun(system)
    (before,) = await reviews(system, "K-1")
    await visited(system, "old", "2026-09-01T10:00:00+02:00")
    (after,) = await reviews(system, "K-1")
    assert after["latest"] == "2027-09-01"
    assert after["touchpoint_id"] == before["touchpoint_id"]


async def test_a_visit_that_is_logged_ends_the_review_that_was_planned(
    system: SchedulerSystem,
) -> None:
    await begun(system, last_review_on="2026-03-10")
    (planned,) = await reviews(system, "K-1")
    await visited(system, "now", "2026-11-23T09:00:00+01:00")
    (ended,) = await reviews(system, "K-1")  # a year from today lies a day beyond the plan
    assert ended["touchpoint_id"] == planned["touchpoint_id"]
    assert (ended["state"], ended["reason"]) == ("done", "held_elsewhere")
    assert (await system.run_day(MONDAY + timedelta(days=1))).is_success
    _, following = await reviews(system, "K-1")
    assert (following["state"], following["latest"]) == ("planned", "2027-11-23")


async def test_a_paper_at_the_door_is_no_review(system: SchedulerSystem) -> None:
    await begun(system, last_review_on="2026-03-10")
    await visited(system, "door", "2026-11-23T09:30:00+01:00", minutes=5)
    (planned,) = await reviews(system, "K-1")
    assert (planned["state"], planned["latest"]) == ("planned", "2027-03-10")


async def test_a_record_that_leaves_the_past_out_does_not_forget_it(
    system: SchedulerSystem,
) -> None:
    await begun(system, last_review_on="2026-10-20", carer="S-2")
    await system.customer("K-1")
    kept = await system.tell_classifier("GET", "/customers/K-1")
    assert (kept["last_review_on"], kept["carer"]) == ("2026-10-20", "S-2")


async def test_the_carer_that_the_broker_system_tells_is_where_planning_begins(
    system: SchedulerSystem,
) -> None:
    await begun(system, carer="S-3")
    assert (await reviews(system, "K-1"))[0]["staff_id"] == "S-3"
    assert (await system.get("/carers/changes"))["items"][0]["to"] == "S-1"
    await system.customer("K-2", carer="nobody")
    await system.customer("K-3", carer="s-3")
    await system.finish_all_work()
    assert (await reviews(system, "K-2"))[0]["staff_id"] == "S-1"
    assert (await reviews(system, "K-3"))[0]["staff_id"] == "S-3", "capitals tell nobody apart"
    await system.call("PUT", "/staff/s-3", json=ADVISER)
    await system.customer("K-4", carer="s-3")
    await system.customer("K-5", carer="S-3")
    await system.finish_all_work()
    told = {who: (await reviews(system, who))[0]["staff_id"] for who in ("K-4", "K-5")}
    assert told == {"K-4": "s-3", "K-5": "S-3"}, "but for two people who differ by them alone"


async def held(system: SchedulerSystem, touchpoint_id: str, **said: Any) -> tuple[int, Any]:
    answer = await system.call("POST", f"/touchpoints/{touchpoint_id}/held", json=said)
    return answer.status_code, answer.json()


async def test_a_review_held_early_ends_and_comes_again_a_year_after_that_day(
    system: SchedulerSystem,
) -> None:
    await begun(system, last_review_on="2026-03-10")
    (planned,) = await reviews(system, "K-1")
    said = {"on": "2026-11-20", "minutes": 75}
    status, told = await held(system, planned["touchpoint_id"], **said)
    assert (status, told["state"], told["day"]) == (200, "done", "2026-11-20")
    assert await held(system, planned["touchpoint_id"], **said) == (200, told)
    await system.finish_all_work()
    ended, following = await reviews(system, "K-1")
    assert ended["touchpoint_id"] == planned["touchpoint_id"]
    assert following["latest"] == "2027-11-20"
    changes = (await system.get("/changes", params={"limit": "1000"}))["items"]
    (task,) = [each["payload"] for each in changes if each["kind"] == "task.ended"]
    assert (task["minutes"], task["touchpoint_id"]) == (75, planned["touchpoint_id"])


async def test_what_was_held_lies_behind_and_is_known(system: SchedulerSystem) -> None:
    await begun(system)
    (planned,) = await reviews(system, "K-1")
    touchpoint_id = planned["touchpoint_id"]
    status, ahead = await held(system, touchpoint_id, on="2026-11-24", minutes=5)
    assert (status, ahead["errors"][0]["pointer"]) == (422, "/on")
    status, nobody = await held(system, touchpoint_id, on="2026-11-23", minutes=5, staff_id="S-9")
    assert (status, nobody["type"].rsplit("/", 1)[1]) == (422, "held-by-nobody")
    status, result = await held(system, touchpoint_id, on="2026-11-23", minutes=5, result="won")
    assert (status, result["type"].rsplit("/", 1)[1]) == (422, "result-not-wanted")
    unknown = "00000000-0000-4000-8000-000000000009"
    assert (await held(system, unknown, on="2026-11-23", minutes=5))[0] == 404
    assert (await system.touchpoints(customer_id="K-1", service="yearly_review")) == [planned]


async def test_whose_won_contract_does_not_arrive_the_carer_is_asked_and_nothing_is_offered(
    system: SchedulerSystem,
) -> None:
    family = {"household": "family", "children": 2, "home": "owns", "employment": "employed"}
    await begun(system, life=family)
    first, *_ = await system.touchpoints(customer_id="K-1", service="development")
    status, told = await held(
        system, first["touchpoint_id"], on=str(MONDAY), minutes=20, result="won"
    )
    assert status == 200, told
    async with system.resources.database.transaction(AGENCY) as transaction:
        await transaction.execute("UPDATE rested_gap SET until = :on", {"on": MONDAY})
    await system.finish_all_work()
    assert (await system.run_day(MONDAY + timedelta(days=1))).is_success
    asked = (await system.get("/tasks", params={"customer_id": "K-1", "state": "open"}))["items"]
    (task,) = [each for each in asked if each["because"] == "won_not_arrived"]
    assert (task["detail"], task["staff_id"]) == (first["detail"], "S-1")
    ahead = await system.touchpoints(service="development", state="planned")
    assert first["detail"] not in [each["detail"] for each in ahead]
    said = {"outcome": "done", "minutes": 5, "result": "no"}
    done = await system.call("POST", f"/tasks/{task['task_id']}/completion", json=said)
    assert done.status_code == 200, done.text
    (rested,) = await system.rows("SELECT won, until > '2028-11-01' FROM rested_gap")
    assert rested == (False, True)
