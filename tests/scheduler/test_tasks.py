"""Tasks: a person's day, and the ways a task ends."""

from datetime import date
from typing import Any

from tests.scheduler.world import MONDAY, World


async def with_task(world: World, *, away: bool = False) -> dict[str, Any]:
    """The first day with a review of customer K-0 is run; gives the review."""
    await world.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await world.staff()
    await world.customer("K-0", customer_since="2025-12-23")
    await world.settle()
    (review, *_) = await world.touchpoints(service="yearly_review", state="planned")
    day = date.fromisoformat(review["day"])
    if away:
        absence = {"first_day": str(day), "last_day": str(day), "kind": "training"}
        await world.rows("SELECT 1")
        await world.call("POST", "/staff/S-1/absences", json=absence)
    async with world.resources.database.transaction("musterbetrieb") as transaction:
        await transaction.execute(
            "UPDATE touchpoint SET day = :monday WHERE agency_id = :agency "
            "AND service = 'yearly_review'",
            {"monday": MONDAY},
        )
    answer = await world.run_day(MONDAY)
    assert answer.status_code == 200, answer.text
    return review


async def complete(world: World, task_id: str, **said: Any) -> tuple[int, dict[str, Any]]:
    answer = await world.call("POST", f"/tasks/{task_id}/completion", json=said)
    return answer.status_code, answer.json()


async def slug(world: World, task_id: str, **said: Any) -> str:
    _, problem = await complete(world, task_id, **said)
    return str(problem["type"]).rsplit("/", 1)[1]
