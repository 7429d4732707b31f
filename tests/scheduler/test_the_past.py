"""What an agency brings along, and contacts that are held elsewhere."""

from datetime import date, timedelta
from typing import Any

from tests.scheduler.builders import MONDAY, SchedulerSystem


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
    await system.finish_all_work()
    assert (await reviews(system, "K-2"))[0]["staff_id"] == "S-1"
