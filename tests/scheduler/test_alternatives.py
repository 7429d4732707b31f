"""Other days for a contact over HTTP: what they predict comes true, and they come page by page."""

import random
from datetime import date
from typing import Any

import pytest

from tests.scheduler.builders import OWNER, SchedulerSystem
from tests.scheduler.test_pins import begun, choices, now, pin, review
from tests.scheduler.test_planning import planned


def week_of(day: str) -> tuple[int, int]:
    year, week, _ = date.fromisoformat(day).isocalendar()
    return year, week


async def loads_of(system: SchedulerSystem, each: dict[str, Any]) -> tuple[Any, ...]:
    """Minutes and share of the day, load of its week and of the person's fullest week, added up
    from what `GET /v1/capacity` shows of days; the year may end within a week."""
    capacity = await system.get("/capacity")
    days = [one for one in capacity["days"] if one["staff_id"] == each["staff_id"]]
    weeks: dict[tuple[int, int], list[int]] = {}
    for one in days:
        if one["plannable_minutes"] and week_of(one["day"]) != week_of(capacity["last_day"]):
            sums = weeks.setdefault(week_of(one["day"]), [0, 0])
            sums[0] += one["placed_minutes"]
            sums[1] += one["plannable_minutes"]
    (day,) = [one for one in days if one["day"] == each["day"]]
    taken, plannable = weeks[week_of(each["day"])]
    return (
        day["placed_minutes"],
        day["placed_minutes"] / day["plannable_minutes"],
        taken / plannable,
        max(taken / plannable for taken, plannable in weeks.values()),
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_taking_alternatives_over_http_gives_exactly_what_they_predicted(
    system: SchedulerSystem, seed: int
) -> None:
    dice = random.Random(seed)
    await planned(system, *(f"K-{number}" for number in range(8)))
    contacts = [
        each
        for each in await system.touchpoints(state="planned")
        if each["minutes"] and each["day"] and each["day"] < "2027-10-01"
    ]
    for contact in dice.sample(contacts, 12):
        listed = await choices(system, contact)
        each = dice.choice([one for one in listed if one["why_not"] in (None, "full")])
        answer = await pin(system, contact, each["day"], staff_id=each["staff_id"], over_share=True)
        assert answer.status_code == 200, answer.text
        for name in ("day", "staff_id", "travel"):
            assert answer.json()[name] == each[name], f"seed {seed}: {each}"
        assert await loads_of(system, each) == (
            each["load_minutes"], each["load_share"], each["week_load_after"],
            each["week_peak_after"],
        ), f"seed {seed}: {each}"  # fmt: skip


async def test_a_full_day_is_refused_and_taken_knowingly_and_the_rest_makes_way(
    system: SchedulerSystem,
) -> None:
    contact = await begun(system)
    await system.call("PUT", "/staff/S-1", json={**OWNER, "weekly_hours": 20})
    await system.finish_all_work()
    other = await review(system, "K-2")
    contact = await now(system, contact)
    assert other["day"] != contact["day"]
    refused = await pin(system, contact, other["day"])
    assert refused.json()["detail"].startswith("full"), refused.text
    taken = await pin(system, contact, other["day"], over_share=True)
    assert (taken.json()["pin"]["over_share"], taken.json()["reason"]) == (True, "over_free_share")
    await system.finish_all_work()
    assert ((await now(system, contact))["day"], (await now(system, contact))["reason"]) == (
        other["day"], None,
    )  # fmt: skip
    moved = await review(system, "K-2")
    assert moved["day"] not in (other["day"], None)


async def test_contacts_are_listed_page_by_page_and_within_days(system: SchedulerSystem) -> None:
    contact = await begun(system)
    whole = await choices(system, contact)
    path = f"/touchpoints/{contact['touchpoint_id']}/alternatives"
    found: list[Any] = []
    cursor = None
    while True:
        asked = {"limit": "40", **({"cursor": cursor} if cursor else {})}
        page = await system.get(path, params=asked)
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == whole
    assert [each for each in whole if each["current"]] == [
        each
        for each in whole
        if (each["day"], each["staff_id"]) == (contact["day"], contact["staff_id"])
    ]
    days = {"from": contact["day"], "to": contact["day"], "staff_id": "S-1"}
    assert [each["day"] for each in await choices(system, contact, **days)] == [contact["day"]]
    letters = await system.touchpoints(customer_id="K-1", service="newsletter", state="planned")
    of_letter = f"/touchpoints/{letters[0]['touchpoint_id']}/alternatives"
    assert (await system.get(of_letter))["why_none"] == "message"
