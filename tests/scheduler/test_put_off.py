"""Work that is put off, handed on or given back keeps its last day and its day for the owner."""

from datetime import date, timedelta
from typing import Any

from tests.scheduler.builders import AGENCY, MONDAY, SchedulerSystem
from tests.scheduler.test_desks import BY, said, slug, with_birthday_call_today
from tests.scheduler.test_standing_in import asked, away
from tests.scheduler.test_tasks import complete, with_welcome_today


async def test_putting_off_and_reopening_move_neither_the_last_day_nor_the_owners(
    system: SchedulerSystem,
) -> None:
    call = await with_birthday_call_today(system)
    before = await system.get(f"/tasks/{call}")
    last = date.fromisoformat(before["last_sensible_day"])
    put_off = await said(system, call, "postponement", to=str(last))
    assert (put_off["day"], put_off["last_sensible_day"]) == (str(last), str(last))
    refused = await said(system, call, "postponement", to=str(last + timedelta(days=7)))
    assert slug(refused) == "postponement-not-allowed"
    await complete(system, call, outcome="done")
    with system.not_before(last):
        told = await said(system, call, "reopening")
    assert (told["due_on"], told["last_sensible_day"]) == (before["due_on"], str(last))


async def test_a_complaint_put_off_for_a_year_is_the_owners_two_days_after_its_deadline(
    system: SchedulerSystem,
) -> None:
    await with_welcome_today(system)
    complaint = (await asked(system, "complaint"))["task_id"]
    await said(system, complaint, "handover", to="S-2")
    await said(system, complaint, "postponement", to="2027-11-18")
    named = date.fromisoformat((await system.get(f"/tasks/{complaint}"))["escalates_on"])
    assert (await system.run_day(named - timedelta(days=1))).is_success
    waits = await system.get(f"/tasks/{complaint}")
    assert (waits["staff_id"], waits["day"]) == ("S-2", "2027-11-18")
    assert (await system.run_day(named)).is_success
    told = await system.get(f"/tasks/{complaint}")
    assert (told["staff_id"], told["escalated_from"]) == ("S-1", "S-2")
    assert told["day"] <= str(named + timedelta(days=3))

    with system.not_before(named):
        back = await said(system, complaint, "handover", to="S-2")
        assert (back["escalated_from"], back["escalates_on"]) == (
            None,
            str(named + timedelta(days=2)),
        )
        await said(system, complaint, "postponement", to="2027-11-18")
    assert (await system.run_day(named + timedelta(days=1))).is_success
    assert (await system.get(f"/tasks/{complaint}"))["staff_id"] == "S-2", "it was just given back"
    assert (await system.run_day(named + timedelta(days=2))).is_success
    again = await system.get(f"/tasks/{complaint}")
    assert (again["staff_id"], again["escalated_from"]) == ("S-1", "S-2")


async def test_what_is_handed_over_to_somebody_absent_is_handed_over_once(
    system: SchedulerSystem,
) -> None:
    welcome = await with_welcome_today(system)
    await away(system, "S-2")
    told = await said(system, welcome, "handover", to="S-2")
    assert (told["staff_id"], told["stands_in_for"], told["delegated"]) == ("S-3", "S-2", 1)
    tomorrow = str(MONDAY + timedelta(days=1))
    await said(system, welcome, "postponement", to=tomorrow, reason="krank")
    again = await said(system, welcome, "handover", to="S-2")
    assert [each["step"] for each in again["steps"]] == ["handed_over", "postponed"]
    assert again["delegated"] == 1
    callback = (await asked(system, "callback"))["task_id"]
    words = {"outcome": "delegated", "to": "S-2", "reason": BY["reason"], "minutes": 5}
    first = await complete(system, callback, **words)
    second = await complete(system, callback, **words)
    assert (first["repeated"], second["repeated"], second["minutes_spent"]) == (False, True, 5)


async def test_an_overdue_review_without_room_is_on_a_desk_when_its_one_window_is_over(
    system: SchedulerSystem,
) -> None:
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    for staff_id in ("S-1", "S-2", "S-3"):
        person = await system.get(f"/staff/{staff_id}")
        del person["staff_id"]
        short = {**person, "weekly_hours": 0.0}
        assert (await system.call("PUT", f"/staff/{staff_id}", json=short)).status_code == 200
    await system.customer("K-1", customer_since="2025-09-01")
    await system.finish_all_work()
    async with system.resources.database.transaction(AGENCY) as transaction:
        await transaction.execute("UPDATE customer SET care_since = '2025-10-01'")
    assert (await system.run_day(MONDAY)).is_success
    review = await overdue_review(system)
    assert (review["state"], review["day"]) == ("planned", None)
    assert (await system.run_day(MONDAY + timedelta(days=1))).is_success
    assert (await overdue_review(system))["latest"] == review["latest"]
    last = MONDAY + timedelta(days=2)
    async with system.resources.database.transaction(AGENCY) as transaction:
        await transaction.execute(
            "UPDATE touchpoint SET latest = :last WHERE because = 'overdue'", {"last": last}
        )
    assert (await system.run_day(last)).is_success
    review = await overdue_review(system)
    assert (review["state"], review["staff_id"]) == ("due", "S-1")
    assert (await system.get(f"/tasks/{review['touchpoint_id']}"))["day"] == str(last)


async def overdue_review(system: SchedulerSystem) -> dict[str, Any]:
    found = await system.touchpoints(service="yearly_review")
    (review,) = [each for each in found if each["because"] == "overdue"]
    return review
