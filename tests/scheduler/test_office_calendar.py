"""The agency's own calendar over HTTP: deadlines, hours and the plan follow it."""

from datetime import timedelta
from typing import Any

from tests.scheduler.builders import MONDAY, SchedulerSystem

MORNING = [{"opens": "09:00", "closes": "12:30"}]
DAY = [*MORNING, {"opens": "14:00", "closes": "17:30"}]
WEEK = {
    "monday": DAY, "tuesday": DAY, "wednesday": DAY, "thursday": DAY, "friday": MORNING,
    "saturday": [{"opens": "10:00", "closes": "12:00"}],
}  # fmt: skip
ASKED = {"kind": "callback", "customer_id": "K-C"}


async def put(system: SchedulerSystem, body: dict[str, Any], **headers: str) -> Any:
    answer = await system.call("PUT", "/agency/calendar", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def refused(system: SchedulerSystem, path: str, body: dict[str, Any]) -> list[str]:
    answer = await system.call("PUT", path, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"].endswith("invalid-body")
    return [each["pointer"] for each in answer.json()["errors"]]


async def test_who_says_nothing_has_the_usual_hours_and_can_put_them_again(
    system: SchedulerSystem,
) -> None:
    usual = await system.get("/agency/calendar")
    assert usual["week"]["friday"][1] == {"opens": "13:00", "closes": "17:30"}
    assert [each["name"] for each in usual["special_days"]] == ["Heiligabend", "Silvester"]
    assert usual["plannable_share"] == 0.6
    assert await put(system, usual) == await put(system, {}) == usual


async def test_deadlines_follow_the_calendar_and_those_told_stay(system: SchedulerSystem) -> None:
    await system.staff()
    await system.customer("K-C", earns=0)
    await system.finish_all_work()
    told = (await system.call("POST", "/requests", json=ASKED)).json()
    assert told["deadline"].startswith("2026-11-24T16:30")
    tuesday = {"name": "Betriebsausflug", "first_day": str(MONDAY + timedelta(days=1))}
    await put(system, {"week": WEEK, "special_days": [tuesday]})
    await system.finish_all_work()
    after = (await system.call("POST", "/requests", json=ASKED)).json()
    assert after["deadline"].startswith("2026-11-25T16:30")
    stays = await system.get(f"/requests/{told['request_id']}")
    assert stays["deadline"] == told["deadline"]


async def test_only_contacts_of_days_that_close_are_moved(system: SchedulerSystem) -> None:
    await system.staff()
    for number in range(12):
        await system.customer(f"K-{number}")
    await system.finish_all_work()
    before = {each["touchpoint_id"]: each for each in await personal(system)}
    closed = sorted({each["day"] for each in before.values()})[len(before) // 2]
    day = {"name": "Betriebsruhe", "first_day": closed}
    await put(system, {"special_days": [day]})
    await system.finish_all_work()
    after = {each["touchpoint_id"]: each for each in await personal(system)}
    moved = {key for key, each in after.items() if each["day"] != before[key]["day"]}
    assert before.keys() == after.keys()
    assert moved == {key for key, each in before.items() if each["day"] == closed}
    unchanged = await system.rows("SELECT version FROM plan")
    await put(system, {"special_days": [day]})
    assert await system.rows("SELECT version FROM plan") == unchanged


async def personal(system: SchedulerSystem) -> list[dict[str, Any]]:
    found = await system.touchpoints(state="planned")
    return [each for each in found if each["minutes"] and each["day"]]


async def test_blocks_are_planned_time_and_lie_within_the_hours(system: SchedulerSystem) -> None:
    await put(system, {"week": WEEK, "plannable_share": 0.5})
    mail = [
        {"weekday": "monday", "begins": begins, "ends": ends, "kind": "mail"}
        for begins, ends in (("09:00", "09:30"), ("14:00", "14:15"))
    ]
    person = {"role": "owner", "name": "Jana Vogt", "blocks": mail}
    put_person = await system.call("PUT", "/staff/S-1", json=person)
    assert put_person.status_code == 201, put_person.text
    assert put_person.json()["blocks"] == mail
    monday = await system.get(f"/staff/S-1/days/{MONDAY}")
    assert (monday["working_minutes"], monday["blocked_minutes"]) == (420, 45)
    assert (monday["plannable_minutes"], monday["free_minutes"]) == (210 - 45, 375)
    assert monday["blocks"] == mail
    friday = await system.get(f"/staff/S-1/days/{MONDAY + timedelta(days=4)}")
    assert (friday["working_minutes"], friday["plannable_minutes"]) == (210, 105)
    assert friday["blocks"] == []
    outside = {**mail[0], "weekday": "friday", "begins": "14:00", "ends": "15:00"}
    bad = {**person, "blocks": [*mail, outside]}
    assert await refused(system, "/staff/S-1", bad) == ["/blocks/2"]
    twice = {**person, "blocks": [mail[0], {**mail[0], "kind": "focus"}]}
    assert await refused(system, "/staff/S-1", twice) == ["/blocks"]
    kept = "Kürzel;Name;Rolle\nS-1;Jana Vogt-Kern;Inhaberin\n".encode()
    assert (await system.call("POST", "/staff/imports", content=kept)).status_code == 200
    assert (await system.get("/staff/S-1"))["blocks"] == mail, "no file has them"
    await put(system, {"week": WEEK | {"monday": MORNING}})
    faults = [each["kind"] for each in (await system.get("/staff"))["faults"]]
    assert "block_outside_hours" in faults, "new hours are not refused, but told"
    monday = await system.get(f"/staff/S-1/days/{MONDAY}")
    assert (monday["blocked_minutes"], len(monday["blocks"])) == (30, 1)


async def test_a_calendar_that_cannot_be_is_refused_with_its_place(system: SchedulerSystem) -> None:
    known = await system.call("GET", "/agency/calendar")
    far = {"name": "Fest", "first_day": "2099-08-08"}
    long = {"name": "Ferien", "first_day": "2027-05-01", "last_day": "2027-08-31"}
    late = {"opens": "09:00", "closes": "25:00"}
    for body, place in (
        ({"special_days": [far]}, "/special_days/0"),
        ({"special_days": [long]}, "/special_days"),
        ({"special_days": [{**long, "last_day": "2027-04-30"}]}, "/special_days/0"),
        ({"week": WEEK | {"monday": [late]}}, "/week/monday/0/closes"),
        ({"week": WEEK | {"monday": [*DAY, *MORNING]}}, "/week/monday"),
        ({"plannable_share": 0.95}, "/plannable_share"),
    ):
        assert await refused(system, "/agency/calendar", body) == [place]
    body, stale = {"plannable_share": 0.5}, {"If-Match": '"another"'}
    late_writer = await system.call("PUT", "/agency/calendar", json=body, headers=stale)
    assert late_writer.status_code == 412
    assert (await system.call("GET", "/agency/calendar")).json() == known.json()
