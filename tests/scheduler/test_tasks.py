"""Tasks: a person's day, and the ways a task ends."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.scheduler.builders import ADVISER, MONDAY, OWNER, SchedulerSystem

CAME = str(MONDAY - timedelta(days=100))
"""Whoever came a hundred days ago is welcomed today or never."""


async def with_welcome_today(system: SchedulerSystem) -> str:
    """A customer whose welcome is planned for the day that is run; gives its id."""
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    await system.customer("K-1", customer_since=CAME)
    await system.finish_all_work()
    (welcome,) = await system.touchpoints(service="welcome")
    assert welcome["day"] == str(MONDAY)
    answer = await system.run_day(MONDAY)
    assert answer.json()["tasks"] == 1, answer.text
    return str(welcome["touchpoint_id"])


async def complete(system: SchedulerSystem, task_id: str, **said: Any) -> dict[str, Any]:
    answer = await system.call("POST", f"/tasks/{task_id}/completion", json=said)
    told: dict[str, Any] = answer.json()
    return told


async def slug(system: SchedulerSystem, task_id: str, **said: Any) -> str:
    return str((await complete(system, task_id, **said))["type"]).rsplit("/", 1)[1]


async def test_a_personal_contact_becomes_a_task_of_the_carers_day(system: SchedulerSystem) -> None:
    task_id = await with_welcome_today(system)
    day = await system.get(f"/staff/S-1/days/{MONDAY}")
    assert [task["task_id"] for task in day["tasks"]] == [task_id]
    assert (day["working_minutes"], day["plannable_minutes"]) == (480, 288)
    assert (day["planned_minutes"], day["free_minutes"]) == (60, 420)


async def test_a_task_done_ends_its_touchpoint_and_is_told(system: SchedulerSystem) -> None:
    task_id = await with_welcome_today(system)
    told = await complete(system, task_id, outcome="done", minutes=45)
    assert (told["state"], told["minutes_spent"], told["repeated"]) == ("done", 45, False)
    await system.finish_all_work()
    (welcome,) = await system.touchpoints(service="welcome")
    assert welcome["state"] == "done"
    changes = (await system.get("/changes", params={"limit": "1000"}))["items"]
    (ended,) = [
        each["payload"]
        for each in changes
        if each["kind"] == "touchpoint.ended" and each["subject"] == task_id
    ]
    assert (ended["minutes"], ended["role"], ended["state"]) == (45, "owner", "done")
    (task,) = [each["payload"] for each in changes if each["kind"] == "task.ended"]
    assert (task["state"], task["staff_id"], task["minutes"]) == ("done", "S-1", 45)


async def test_saying_it_again_changes_nothing(system: SchedulerSystem) -> None:
    task_id = await with_welcome_today(system)
    await complete(system, task_id, outcome="done", minutes=45)
    again = await complete(system, task_id, outcome="done", minutes=45)
    assert (again["repeated"], again["minutes_spent"]) == (True, 45)
    assert await slug(system, task_id, outcome="discarded", reason="x") == "task-already-ended"


async def test_another_end_of_the_same_kind_is_refused_and_not_lost(
    system: SchedulerSystem,
) -> None:
    task_id = await with_welcome_today(system)
    await complete(system, task_id, outcome="done", minutes=45)
    for other in ({"minutes": 50}, {"minutes": 0}, {}):
        assert await slug(system, task_id, outcome="done", **other) == "task-already-ended"
    shown = await system.get(f"/tasks/{task_id}")
    assert (shown["state"], shown["minutes_spent"]) == ("done", 45)


async def test_the_planned_minutes_are_those_of_who_tells_none(system: SchedulerSystem) -> None:
    task_id = await with_welcome_today(system)
    await complete(system, task_id, outcome="done")
    assert (await complete(system, task_id, outcome="done"))["repeated"]
    assert (await complete(system, task_id, outcome="done", minutes=60))["repeated"]


async def test_who_says_so_is_somebody_on_the_staff(system: SchedulerSystem) -> None:
    task_id = await with_welcome_today(system)
    said = {"reason": "Termin", "by": "S-999"}
    thursday = str(MONDAY + timedelta(days=3))
    for way, more in (("postponement", {"to": thursday}), ("handover", {"to": "S-2"}),
                      ("reopening", {})):  # fmt: skip
        answer = await system.call("POST", f"/tasks/{task_id}/{way}", json={**said, **more})
        assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (
            422,
            "delegate-unknown",
        )
    assert (await system.get(f"/tasks/{task_id}"))["steps"] == []


async def test_before_the_opening_the_day_shows_no_advertising(system: SchedulerSystem) -> None:
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    for staff_id, person in (("S-1", OWNER), ("S-2", ADVISER)):
        await system.call("PUT", f"/staff/{staff_id}", json=person)
    await system.customer("K-1", customer_since=CAME, birth_date=f"1980-{MONDAY:%m-%d}")
    await system.finish_all_work()
    (birthday,) = await system.touchpoints(service="birthday")
    assert (birthday["state"], birthday["day"]) == ("planned", str(MONDAY))
    day = await system.get(f"/staff/S-1/days/{MONDAY}")
    assert [task["service"] for task in day["tasks"]] == ["welcome"]
    assert day["planned_minutes"] == 60
    await system.open()
    day = await system.get(f"/staff/S-1/days/{MONDAY}")
    assert {task["service"] for task in day["tasks"]} == {"welcome", "birthday"}


async def test_a_delegated_task_goes_on_with_somebody_else(system: SchedulerSystem) -> None:
    task_id = await with_welcome_today(system)
    told = await complete(system, task_id, outcome="delegated", to="S-2", reason="Termin")
    assert (told["state"], told["staff_id"]) == ("open", "S-2")
    theirs = await system.get(f"/staff/S-2/days/{MONDAY}")
    assert [task["task_id"] for task in theirs["tasks"]] == [task_id]


async def test_an_end_that_breaks_the_rules_is_refused_and_changes_nothing(
    system: SchedulerSystem,
) -> None:
    task_id = await with_welcome_today(system)
    assert await slug(system, task_id, outcome="discarded") == "reason-missing"
    assert await slug(system, task_id, outcome="delegated", reason="x") == "delegate-missing"
    assert await slug(system, task_id, outcome="delegated", to="S-9", reason="x") == (
        "delegate-unknown"
    )
    assert await slug(system, task_id, outcome="done", result="won") == "result-not-wanted"
    assert await slug(system, str(MONDAY), outcome="done") == "invalid-parameter"
    day = await system.get(f"/staff/S-1/days/{MONDAY}")
    assert [task["state"] for task in day["tasks"]] == ["open"]


async def test_a_task_whose_day_has_not_come_cannot_be_ended(system: SchedulerSystem) -> None:
    await with_welcome_today(system)
    (later,) = await system.touchpoints(service="birthday")
    assert await slug(system, later["touchpoint_id"], outcome="done") == "task-not-due-yet"


async def test_the_deputy_does_what_falls_due_while_the_carer_is_away(
    system: SchedulerSystem,
) -> None:
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    await system.customer("K-1", customer_since=CAME)
    await system.finish_all_work()
    absence = {"first_day": str(MONDAY), "last_day": "2027-06-30", "kind": "sickness"}
    await system.call("POST", "/staff/S-1/absences", json=absence)
    asked = await system.call("POST", "/requests", json={"kind": "callback", "customer_id": "K-1"})
    assert (asked.status_code, asked.json()["staff_id"]) == (201, "S-2")


async def test_a_request_is_owed_by_the_promise_of_the_class(system: SchedulerSystem) -> None:
    await with_welcome_today(system)
    body = {"kind": "callback", "customer_id": "K-1", "asked_at": "2026-11-20T15:30:00+01:00"}
    key = {"Idempotency-Key": "ring-1"}
    first = await system.call("POST", "/requests", json=body, headers=key)
    again = await system.call("POST", "/requests", json=body, headers=key)
    assert first.json() == again.json()
    # Asked after 15:00: by noon of the next working day.
    assert first.json()["deadline"] == "2026-11-23T11:00:00Z"
    day = await system.get(f"/staff/S-1/days/{MONDAY}")
    assert day["tasks"][0]["request_id"] == first.json()["request_id"]
    await complete(system, first.json()["task_id"], outcome="done")
    listed = await system.get("/requests", params={"state": "closed"})
    assert [each["outcome"] for each in listed["items"]] == ["done"]


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "claim", "customer_id": "K-1"},
        {"kind": "callback", "customer_id": "K-2"},
        {"kind": "callback", "customer_id": "K-1", "asked_at": "2026-11-23T08:00:00+01:00"},
    ],
)
async def test_key_reused_for_another_request_is_refused_and_hides_no_claim(
    system: SchedulerSystem, other: dict[str, str]
) -> None:
    await with_welcome_today(system)
    await system.customer("K-2")
    await system.finish_all_work()
    callback = {"kind": "callback", "customer_id": "K-1"}
    key = {"Idempotency-Key": "ring-1"}
    first = await system.call("POST", "/requests", json=callback, headers=key)
    refused = await system.call("POST", "/requests", json=other, headers=key)
    assert (refused.status_code, refused.json()["type"].rsplit("/", 1)[1]) == (
        422,
        "idempotency-key-reused",
    )
    again = await system.call("POST", "/requests", json=callback, headers=key)
    assert (first.status_code, again.json()) == (201, first.json())
    anew = await system.call("POST", "/requests", json=other, headers={"Idempotency-Key": "2"})
    assert anew.status_code == 201
    assert len((await system.get("/requests"))["items"]) == 2


async def test_a_request_that_is_late_is_told_once(system: SchedulerSystem) -> None:
    await with_welcome_today(system)
    body = {"kind": "claim", "customer_id": "K-1", "asked_at": "2026-11-19T10:00:00+01:00"}
    assert (await system.call("POST", "/requests", json=body)).status_code == 201
    await system.finish_all_work()
    await system.finish_all_work()
    changes = (await system.get("/changes", params={"limit": "1000"}))["items"]
    kinds = [each["kind"] for each in changes if each["kind"].startswith("request")]
    assert kinds == ["request.opened", "request.breached"]
    (listed,) = (await system.get("/requests"))["items"]
    assert listed["late"]


async def test_a_request_was_not_asked_tomorrow(system: SchedulerSystem) -> None:
    await with_welcome_today(system)
    body = {"kind": "claim", "customer_id": "K-1", "asked_at": "2026-11-24T10:00:00+01:00"}
    refused = await system.call("POST", "/requests", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/asked_at")


async def test_a_gap_that_was_won_is_not_offered_again_while_its_contract_is_on_the_way(
    system: SchedulerSystem,
) -> None:
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    family = {"household": "family", "children": 2, "home": "owns", "employment": "employed"}
    await system.customer("K-1", life=family)
    consent = {"state": "granted", "basis": "consent", "at": "2026-11-01T10:00:00+01:00"}
    told = {**consent, "wording": "Ja, bitte anrufen.", "source": "Formular"}
    await system.tell_classifier("PUT", "/customers/K-1/consents/advertising/phone", told)
    await system.finish_all_work()

    async def lines_ahead() -> list[str]:
        found = await system.touchpoints(service="development", state="planned")
        return [each["detail"] for each in found]

    first = (await system.touchpoints(service="development", state="planned"))[0]
    day = date.fromisoformat(first["day"])
    assert (await system.run_day(day)).is_success
    with system.not_before(day):
        ended = await complete(system, first["touchpoint_id"], outcome="done", result="won")
        assert ended["state"] == "done"
        await system.finish_all_work(without=["run_day"])
    assert await system.rows("SELECT line, until FROM rested_gap") == [
        (first["detail"], day + timedelta(days=60))
    ]
    ahead = await lines_ahead()
    assert ahead
    assert first["detail"] not in ahead
