"""The work on the desks: read, put off, opened again, handed over; nothing is left lying."""

from datetime import date, timedelta
from typing import Any

from tests.scheduler.builders import MONDAY, SchedulerSystem
from tests.scheduler.test_standing_in import asked, away, open_tasks
from tests.scheduler.test_tasks import CAME, complete, with_welcome_today

TUESDAY = MONDAY + timedelta(days=1)
BY = {"reason": "Kunde bittet darum", "by": "S-1"}


async def said(system: SchedulerSystem, task_id: str, what: str, **body: Any) -> dict[str, Any]:
    answer = await system.call("POST", f"/tasks/{task_id}/{what}", json={**BY, **body})
    told: dict[str, Any] = answer.json()
    return told


def slug(told: dict[str, Any]) -> str:
    return str(told["type"]).rsplit("/", 1)[1]


async def listed(system: SchedulerSystem, **wanted: str) -> list[str]:
    return [each["task_id"] for each in (await system.get("/tasks", params=wanted))["items"]]


async def test_all_work_can_be_read(system: SchedulerSystem) -> None:
    welcome = await with_welcome_today(system)
    late = await system.call(
        "POST",
        "/requests",
        json={"kind": "claim", "customer_id": "K-1", "asked_at": "2026-11-19T10:00:00+01:00"},
    )
    claim = late.json()["task_id"]
    assert sorted(await listed(system)) == sorted([welcome, claim])
    assert await listed(system, overdue="true") == [claim]
    assert await listed(system, overdue="false", staff_id="S-1") == [welcome]
    assert await listed(system, kind="claim", state="open", customer_id="K-1") == [claim]
    assert await listed(system, customer_id="K-9") == []
    first = await system.get("/tasks", params={"limit": "1"})
    second = await system.get("/tasks", params={"limit": "1", "cursor": first["next_cursor"]})
    assert [each["items"][0]["task_id"] for each in (first, second)] == await listed(system)
    assert second["next_cursor"] is None
    task = await system.get(f"/tasks/{welcome}")
    assert (task["due_on"], task["escalates_on"], task["steps"]) == (
        str(MONDAY),
        str(MONDAY + timedelta(days=14)),
        [],
    )
    assert (await system.get(f"/touchpoints/{welcome}"))["state"] == "due"
    assert (await system.get(f"/requests/{claim}"))["state"] == "open"
    for path in (f"/touchpoints/{claim}", f"/requests/{welcome}"):
        assert (await system.call("GET", path)).status_code == 404
    (planned,) = await system.touchpoints(service="birthday")
    ahead = await system.call("GET", f"/tasks/{planned['touchpoint_id']}")
    assert slug(ahead.json()) == "task-not-due-yet"
    (theirs,) = (await system.get("/staff/S-1/customers"))["items"]
    assert (theirs["customer_id"], theirs["segment"], theirs["pinned"]) == ("K-1", "B", False)
    loads = {each["staff_id"]: each for each in (await system.get("/workloads"))["items"]}
    assert (loads["S-1"]["overdue_tasks"], loads["S-1"]["overdue_minutes"]) == (1, 30)
    assert (loads["S-1"]["open_tasks"], loads["S-2"]["open_tasks"]) == (2, 0)


async def test_a_task_is_put_off_with_its_reason_and_it_is_counted(
    system: SchedulerSystem,
) -> None:
    welcome = await with_welcome_today(system)
    sunday, tuesday = str(MONDAY + timedelta(days=6)), str(TUESDAY)
    for day in (str(MONDAY - timedelta(days=3)), sunday, "2028-01-03"):
        refused = await said(system, welcome, "postponement", to=day)
        assert slug(refused) == "postponement-not-allowed"
    told = await said(system, welcome, "postponement", to=tuesday)
    again = await said(system, welcome, "postponement", to=tuesday)
    assert (told["day"], told["postponed"], again["postponed"]) == (tuesday, 1, 1)
    (step,) = again["steps"]
    days = {"before": str(MONDAY), "after": tuesday}
    assert {name: step[name] for name in ("step", *BY, *days)} == {
        "step": "postponed",
        **BY,
        **days,
    }
    assert await open_tasks(system, "S-1") == set()
    assert await open_tasks(system, "S-1", TUESDAY) == {welcome}
    assert await open_tasks(system, "S-1", MONDAY + timedelta(days=2)) == set()
    assert (await system.get(f"/touchpoints/{welcome}"))["day"] == tuesday


async def test_an_end_is_taken_back_and_the_request_with_it(system: SchedulerSystem) -> None:
    welcome = await with_welcome_today(system)
    callback = await asked(system, "callback")
    assert slug(await said(system, welcome, "reopening")) == "task-not-ended"
    await complete(system, welcome, outcome="done", minutes=50)
    await complete(system, callback["task_id"], outcome="discarded", reason="falsch verbunden")
    for task_id in (welcome, callback["task_id"]):
        told = await said(system, task_id, "reopening")
        assert (told["state"], told["reopened"], told["reason"]) == ("open", 1, None)
    assert await open_tasks(system, "S-1") == {welcome, callback["task_id"]}
    assert (await system.get(f"/touchpoints/{welcome}"))["state"] == "due"
    request = await system.get(f"/requests/{callback['request_id']}")
    assert (request["state"], request["deadline"]) == ("open", callback["deadline"])
    ended = await complete(system, welcome, outcome="done", minutes=10)
    assert ended["minutes_spent"] == 60, "what was spent before counts too"


async def test_a_task_is_handed_over_by_name(system: SchedulerSystem) -> None:
    welcome = await with_welcome_today(system)
    told = await said(system, welcome, "handover", to="S-2")
    again = await said(system, welcome, "handover", to="S-2")
    assert (told["staff_id"], told["delegated"], again["delegated"]) == ("S-2", 1, 1)
    assert slug(await said(system, welcome, "handover", to="S-7")) == "delegate-unknown"
    assert await listed(system, staff_id="S-2") == [welcome]


async def test_what_a_stand_in_has_begun_stays_with_them_and_the_rest_goes_back(
    system: SchedulerSystem,
) -> None:
    welcome = await with_welcome_today(system)
    callback = await asked(system, "callback")
    await away(system, "S-1")
    await said(system, welcome, "postponement", to=str(MONDAY + timedelta(days=3)), by="S-2")
    await system.call("DELETE", f"/staff/S-1/absences/{MONDAY}")
    assert await listed(system, staff_id="S-2") == [welcome]
    assert await listed(system, staff_id="S-1") == [callback["task_id"]]


async def test_work_of_who_is_on_no_list_any_more_is_a_fault_until_there_is_an_owner(
    system: SchedulerSystem,
) -> None:
    welcome = await with_welcome_today(system)
    for staff_id in ("S-1", "S-2", "S-3"):
        person = await system.get(f"/staff/{staff_id}")
        del person["staff_id"]
        gone = {**person, "active": False}
        assert (await system.call("PUT", f"/staff/{staff_id}", json=gone)).status_code == 200
    (load,) = (await system.get("/workloads"))["items"]
    assert (load["nobody"], load["open_tasks"]) == (True, 1)
    new = {"role": "owner", "name": "Pia Lang"}
    assert (await system.call("PUT", "/staff/S-4", json=new)).status_code == 201
    assert await listed(system, staff_id="S-4") == [welcome]


async def with_birthday_call_today(system: SchedulerSystem) -> str:
    """A customer of class B who allowed calls, and whose birthday call is on the desk."""
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    await system.customer("K-1", birth_date=f"1980-{MONDAY:%m-%d}")
    await consent(system, "granted")
    await system.finish_all_work()
    (call,) = await system.touchpoints(service="birthday", to=str(MONDAY + timedelta(days=7)))
    assert (call["channel"], call["state"]) == ("phone", "planned")
    day = MONDAY + (date.fromisoformat(call["day"]) - MONDAY)
    assert (await system.run_day(day)).is_success
    return str(call["touchpoint_id"])


async def consent(system: SchedulerSystem, state: str, channel: str = "phone") -> None:
    told = {"state": state, "basis": "consent", "at": "2026-11-01T10:00:00+01:00"}
    words = {"wording": "Ja, bitte anrufen.", "source": "Formular"}
    await system.tell_classifier(
        "PUT", f"/customers/K-1/consents/advertising/{channel}", {**told, **words}
    )


async def test_a_call_that_was_withdrawn_becomes_a_card_and_lapses_with_the_objection(
    system: SchedulerSystem,
) -> None:
    task_id = await with_birthday_call_today(system)
    await consent(system, "withdrawn")
    await system.finish_all_work(without=["run_day"])
    task = await system.get(f"/tasks/{task_id}")
    assert (task["state"], task["channel"], task["minutes"]) == ("open", "card", 10)
    (step,) = task["steps"]
    assert (step["step"], step["reason"], step["before"], step["after"]) == (
        "rejudged",
        "no_phone_consent",
        "phone",
        "card",
    )
    objection = {"advertising": "2026-11-23T09:00:00+01:00"}
    await system.tell_classifier("PUT", "/customers/K-1/objections", objection)
    await system.finish_all_work(without=["run_day"])
    task = await system.get(f"/tasks/{task_id}")
    assert (task["state"], task["reason"]) == ("discarded", "advertising_objected")
    ended = await system.get(f"/touchpoints/{task_id}")
    assert (ended["state"], ended["reason"]) == ("suppressed", "advertising_objected")
    refused = await said(system, task_id, "reopening")
    assert slug(refused) == "contact-not-permitted"
    await system.tell_classifier("PUT", "/customers/K-1/objections", {"advertising": None})
    await system.finish_all_work(without=["run_day"])
    assert (await said(system, task_id, "reopening"))["state"] == "open"


async def test_notice_of_the_mandate_takes_the_greeting_off_the_desk_and_leaves_the_service(
    system: SchedulerSystem,
) -> None:
    greeting = await with_birthday_call_today(system)
    claim = (await asked(system, "claim"))["task_id"]
    await system.tell_classifier("PATCH", "/customers/K-1", {"mandate": {"ended_on": "2027-06-30"}})
    await system.finish_all_work(without=["run_day"])
    task = await system.get(f"/tasks/{greeting}")
    assert (task["state"], task["reason"]) == ("discarded", "mandate_ending")
    assert await listed(system, state="open") == [claim]
    assert slug(await said(system, greeting, "reopening")) == "contact-not-permitted"
    await system.tell_classifier("PATCH", "/customers/K-1", {"mandate": {"ended_on": None}})
    await system.finish_all_work(without=["run_day"])
    assert (await said(system, greeting, "reopening"))["state"] == "open"


async def test_a_call_that_was_withdrawn_leaves_as_a_letter_by_itself(
    system: SchedulerSystem,
) -> None:
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    family = {"household": "family", "children": 2, "home": "owns", "employment": "employed"}
    await system.customer("K-1", life=family)
    await consent(system, "granted")
    await system.finish_all_work()
    call = (await system.touchpoints(service="development", state="planned"))[0]
    day, task_id = date.fromisoformat(call["day"]), call["touchpoint_id"]
    assert (await system.run_day(day)).is_success
    with system.not_before(day):
        await consent(system, "withdrawn")
        await system.finish_all_work(without=["run_day"])
        assert (await system.get(f"/tasks/{task_id}"))["reason"] == "no_phone_consent"
        assert (await system.get(f"/touchpoints/{task_id}"))["state"] == "handed_over"
        assert system.notifier.orders[task_id]["channel"] == "letter"
        await consent(system, "granted")
        await system.finish_all_work(without=["run_day"])
        assert slug(await said(system, task_id, "reopening")) == "task-already-ended"


async def test_who_is_no_customer_any_more_leaves_the_desk_but_for_what_they_asked(
    system: SchedulerSystem,
) -> None:
    welcome = await with_welcome_today(system)
    callback = await asked(system, "callback")
    await system.customer("K-1", status="former", customer_since=CAME)
    await system.finish_all_work(without=["run_day"])
    assert await listed(system, state="open") == [callback["task_id"]]
    assert (await system.get(f"/tasks/{welcome}"))["reason"] == "no_longer_owed"


async def test_what_was_planned_with_the_stand_in_goes_to_the_carer_who_is_back_early(
    system: SchedulerSystem,
) -> None:
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    await away(system, "S-1")
    await system.customer("K-1", customer_since=CAME)
    await system.finish_all_work()
    (welcome,) = await system.touchpoints(service="welcome")
    assert welcome["staff_id"] == "S-2", "its whole window lies in the absence"
    assert (await system.run_day(MONDAY)).is_success
    (task,) = (await system.get("/tasks"))["items"]
    assert (task["staff_id"], task["stands_in_for"]) == ("S-2", "S-1")
    await system.call("DELETE", f"/staff/S-1/absences/{MONDAY}")
    assert await listed(system, staff_id="S-1") == [welcome["touchpoint_id"]]


async def test_what_finds_no_room_is_on_a_desk_or_has_an_end_when_its_window_is_over(
    system: SchedulerSystem,
) -> None:
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    for staff_id in ("S-1", "S-2", "S-3"):
        person = await system.get(f"/staff/{staff_id}")
        del person["staff_id"]
        short = {**person, "weekly_hours": 0.0}
        assert (await system.call("PUT", f"/staff/{staff_id}", json=short)).status_code == 200
    await system.customer("K-1", customer_since=CAME, birth_date=f"1980-{MONDAY:%m-%d}")
    await consent(system, "granted")
    await system.finish_all_work()
    later = MONDAY + timedelta(days=7)
    assert (await system.run_day(MONDAY)).is_success
    assert (await system.run_day(later)).is_success
    with system.not_before(later):
        (welcome,) = await system.touchpoints(service="welcome")
        assert (welcome["state"], welcome["staff_id"]) == ("due", "S-1")
        assert await listed(system, state="open") == [welcome["touchpoint_id"]]
        (greeting,) = await system.touchpoints(service="birthday", state="suppressed")
        assert greeting["reason"] == "no_working_day_in_window", "of people without hours"
