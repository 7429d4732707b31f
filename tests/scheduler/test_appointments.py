"""An hour that was agreed: entered, read and withdrawn, and what it holds in the plan."""

import asyncio
from datetime import date, timedelta
from typing import Any

from tests.scheduler.builders import MONDAY, SchedulerSystem
from tests.scheduler.test_merges import write_plan
from tests.scheduler.test_standing_in import away
from tests.scheduler.test_the_past import begun, reviews

LAST_YEAR = "2026-03-10"
"""Of a review whose next one is due from 13 January to 10 March 2027."""
AT = "2027-01-19T10:00:00+01:00"
MISTAKE = {"by": "S-1", "reason": "Vertippt."}


async def with_review(system: SchedulerSystem) -> dict[str, Any]:
    """A customer whose review, a visit by S-1, is planned for the winter."""
    await begun(system, last_review_on=LAST_YEAR)
    (review,) = await reviews(system, "K-1")
    assert (review["earliest"], review["latest"]) == ("2027-01-13", "2027-03-10")
    return review


async def enter(
    system: SchedulerSystem, touchpoint_id: str, at: str = AT, **said: Any
) -> dict[str, Any]:
    """Enter an hour that must be taken; returns the appointment."""
    answer = await system.call(
        "PUT", f"/touchpoints/{touchpoint_id}/appointment", json={"at": at, **said}
    )
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def refused(system: SchedulerSystem, touchpoint_id: str, **said: Any) -> tuple[str, int]:
    """The problem of an hour that is refused, and its status."""
    answer = await system.call(
        "PUT", f"/touchpoints/{touchpoint_id}/appointment", json={"at": AT, **said}
    )
    return str(answer.json()["type"]).rsplit("/", 1)[1], answer.status_code


async def test_an_agreed_hour_holds_its_contact_on_that_day(system: SchedulerSystem) -> None:
    review = await with_review(system)
    agreed = await enter(system, review["touchpoint_id"], minutes=60, place="Café am Markt")
    assert (agreed["state"], agreed["staff_id"], agreed["minutes"]) == ("agreed", "S-1", 60)
    assert (agreed["travel_minutes"], agreed["place"]) == (40, "Café am Markt")
    await system.finish_all_work()
    await system.staff()  # plans everything again
    await system.finish_all_work()
    (held,) = await reviews(system, "K-1")  # the next one lies beyond the plan
    assert held["touchpoint_id"] == review["touchpoint_id"]
    assert (held["day"], held["minutes"], held["state"]) == ("2027-01-19", 100, "planned")


async def test_the_same_hour_again_changes_nothing_and_another_one_moves_it(
    system: SchedulerSystem,
) -> None:
    review = await with_review(system)
    first = await enter(system, review["touchpoint_id"])
    assert await enter(system, review["touchpoint_id"]) == first
    moved = await enter(system, review["touchpoint_id"], "2027-01-20T15:00:00+01:00")
    assert moved["at"] == "2027-01-20T14:00:00Z"
    path = f"/touchpoints/{review['touchpoint_id']}/appointment"
    assert await system.get(path) == moved
    kinds = [each["kind"] for each in (await system.get("/changes"))["items"]]
    assert kinds.count("appointment.changed") == 2


NOT_AGREEABLE: list[tuple[dict[str, Any], str]] = [
    ({"at": "2026-11-20T10:00:00+01:00"}, "appointment-in-the-past"),
    ({"at": "2028-01-19T10:00:00+01:00"}, "appointment-too-far"),
    ({"at": "2027-01-12T10:00:00+01:00"}, "appointment-outside-window"),
    ({"at": "2027-01-17T10:00:00+01:00"}, "appointment-on-closed-day"),
    ({"at": "2027-03-28T02:30:00+01:00"}, "hour-does-not-exist"),
    ({"at": "2027-01-19T03:00:00+01:00"}, "hour-not-plausible"),
    ({"at": "2027-01-19T21:30:00+01:00"}, "hour-not-plausible"),
    ({"at": "2027-01-19T10:00:30+01:00"}, "hour-not-plausible"),
    ({"staff_id": "S-9"}, "appointment-person-unknown"),
    ({"minutes": -1}, "invalid-body"),
    ({"at": "2027-01-19T10:00:00"}, "invalid-body"),
    ({"at": "1999-01-19T10:00:00+01:00"}, "appointment-in-the-past"),
    ({"place": "\n"}, "invalid-body"),
    ({"place": "x" * 201}, "invalid-body"),
]


async def test_what_nobody_can_have_agreed_to_gets_one_clear_problem(
    system: SchedulerSystem,
) -> None:
    review = await with_review(system)
    for said, problem in NOT_AGREEABLE:
        told = await refused(system, review["touchpoint_id"], **said)
        assert told == (problem, 422), said
    none = await system.call("GET", f"/touchpoints/{review['touchpoint_id']}/appointment")
    assert none.status_code == 404, "nothing that was refused is kept"


async def test_planning_and_appointments_never_wait_for_each_other(system: SchedulerSystem) -> None:
    """A planner takes the plan before the touchpoints; whoever enters an hour does as well."""
    review = await with_review(system)
    path = f"/touchpoints/{review['touchpoint_id']}/appointment"
    for _ in range(8):
        _, entered = await asyncio.gather(
            write_plan(system), system.call("PUT", path, json={"at": AT})
        )
        assert entered.is_success, entered.text
        _, withdrawn = await asyncio.gather(write_plan(system), system.call("DELETE", path))
        assert withdrawn.is_success, withdrawn.text


async def test_evenings_saturdays_and_days_outside_of_the_window_are_the_customers_wish(
    system: SchedulerSystem,
) -> None:
    review = await with_review(system)
    evening = await enter(system, review["touchpoint_id"], "2027-01-19T19:00:00+01:00")
    assert evening["state"] == "agreed"
    await enter(system, review["touchpoint_id"], "2027-01-23T10:00:00+01:00")
    later = "2027-04-01T10:00:00+02:00"
    assert await refused(system, review["touchpoint_id"], at=later) == (
        "appointment-outside-window",
        422,
    )
    await enter(system, review["touchpoint_id"], later, outside_window=True)
    await system.finish_all_work()
    held, *_ = await reviews(system, "K-1")
    assert held["day"] == "2027-04-01"


async def test_an_absent_carer_and_an_hour_that_is_taken_are_refused(
    system: SchedulerSystem,
) -> None:
    await begun(system, last_review_on=LAST_YEAR)
    await system.customer("K-2", last_review_on=LAST_YEAR)
    await system.finish_all_work()
    (mine,), (other,) = await reviews(system, "K-1"), await reviews(system, "K-2")
    await enter(system, mine["touchpoint_id"])
    near = {"at": "2027-01-19T11:00:00+01:00", "staff_id": "S-1"}
    assert await refused(system, other["touchpoint_id"], **near) == ("appointment-overlaps", 409)
    await enter(system, other["touchpoint_id"], "2027-01-19T11:30:00+01:00", staff_id="S-1")
    await away(system, "S-1", first_day="2027-01-18", last_day="2027-01-22")
    assert await refused(system, mine["touchpoint_id"], minutes=80) == (
        "appointment-person-away",
        409,
    )
    told = await enter(system, mine["touchpoint_id"], minutes=80, staff_id="S-2")
    assert told["staff_id"] == "S-2"


async def test_what_is_withdrawn_is_planned_again_and_can_be_agreed_anew(
    system: SchedulerSystem,
) -> None:
    review = await with_review(system)
    path = f"/touchpoints/{review['touchpoint_id']}/appointment"
    assert (await system.call("GET", path)).status_code == 404
    assert (await system.call("DELETE", path)).status_code == 404
    await enter(system, review["touchpoint_id"], minutes=60)
    await system.finish_all_work()
    for _ in range(2):
        withdrawn = await system.call("DELETE", path)
        assert (withdrawn.status_code, withdrawn.json()["state"]) == (200, "withdrawn")
    await system.finish_all_work()
    (planned,) = await reviews(system, "K-1")
    assert planned["minutes"] == 130
    assert planned["detail"] is None
    assert date.fromisoformat(planned["day"]) >= date(2027, 1, 13)
    assert (await enter(system, review["touchpoint_id"]))["state"] == "agreed"


async def test_a_letter_needs_no_appointment_and_an_ended_contact_takes_none(
    system: SchedulerSystem,
) -> None:
    review = await with_review(system)
    (letter, *_) = await system.touchpoints(customer_id="K-1", service="newsletter")
    assert await refused(system, letter["touchpoint_id"]) == ("appointment-not-wanted", 409)
    held = {"on": str(MONDAY), "minutes": 60}
    answer = await system.call("POST", f"/touchpoints/{review['touchpoint_id']}/held", json=held)
    assert answer.is_success
    assert await refused(system, review["touchpoint_id"]) == ("touchpoint-not-open", 409)


async def test_its_minutes_are_taken_before_anything_else_is_placed(
    system: SchedulerSystem,
) -> None:
    review = await with_review(system)
    await enter(system, review["touchpoint_id"], minutes=240)
    for number in range(2, 30):
        await system.customer(f"K-{number}", last_review_on=LAST_YEAR)
    await system.finish_all_work()
    on_that_day = [
        each["minutes"]
        for each in await system.touchpoints(staff_id="S-1", state="planned")
        if each["day"] == "2027-01-19"
    ]
    assert sum(on_that_day) <= 288, "what may be planned on a day"
    assert 280 in on_that_day


async def test_on_its_day_the_task_tells_the_hour(system: SchedulerSystem) -> None:
    await begun(system, last_review_on="2025-12-05")
    (review,) = await reviews(system, "K-1")
    day = MONDAY + timedelta(days=2)
    await enter(system, review["touchpoint_id"], f"{day}T16:00:00+01:00")
    assert (await system.run_day(day)).is_success
    (task,) = [
        each
        for each in (await system.get(f"/staff/S-1/days/{day}"))["tasks"]
        if each["service"] == "yearly_review"
    ]
    assert task["detail"].startswith("2026-11-25")


async def stands(system: SchedulerSystem, touchpoint_id: str) -> tuple[str, str | None, str]:
    """The state of an appointment, its reason, and whose it is."""
    told = await system.get(f"/touchpoints/{touchpoint_id}/appointment")
    return told["state"], told["reason"], told["customer_id"]


async def test_a_contact_that_is_done_ends_its_appointment_as_held_until_it_is_opened_again(
    system: SchedulerSystem,
) -> None:
    await begun(system, last_review_on="2025-12-05")
    (review,) = await reviews(system, "K-1")
    day, touchpoint_id = MONDAY + timedelta(days=2), review["touchpoint_id"]
    await enter(system, touchpoint_id, f"{day}T16:00:00+01:00")
    assert (await system.run_day(day)).is_success
    said = {"outcome": "done", "minutes": 100}
    path = f"/tasks/{touchpoint_id}"
    assert (await system.call("POST", f"{path}/completion", json=said)).is_success
    await system.finish_all_work()
    assert await stands(system, touchpoint_id) == ("held", None, "K-1")
    assert (await system.call("POST", f"{path}/reopening", json=MISTAKE)).is_success
    await system.finish_all_work()
    assert await stands(system, touchpoint_id) == ("confirmed", None, "K-1")


async def test_a_cancelled_contact_frees_the_hour_of_who_was_to_come(
    system: SchedulerSystem,
) -> None:
    await begun(system, last_review_on=LAST_YEAR)
    await system.customer("K-2", last_review_on=LAST_YEAR)
    await system.finish_all_work()
    (mine,), (other,) = await reviews(system, "K-1"), await reviews(system, "K-2")
    await enter(system, mine["touchpoint_id"], staff_id="S-1")
    assert await refused(system, other["touchpoint_id"], staff_id="S-1") == (
        "appointment-overlaps",
        409,
    )
    await system.customer("K-1", earns=0, last_review_on=LAST_YEAR, death_date="2026-11-20")
    await system.finish_all_work()
    assert await stands(system, mine["touchpoint_id"]) == ("withdrawn", "deceased", "K-1")
    await enter(system, other["touchpoint_id"], staff_id="S-1")


async def test_an_agreed_hour_follows_a_customer_who_is_merged_and_comes_back(
    system: SchedulerSystem,
) -> None:
    review = await with_review(system)
    await system.customer("K-2")
    await system.finish_all_work()
    await enter(system, review["touchpoint_id"])
    order = {"into": "K-2", "reason": "Dubletten"}
    told = await system.tell_classifier("POST", "/customers/K-1/merge", order)
    await system.finish_all_work()
    assert await stands(system, review["touchpoint_id"]) == ("confirmed", None, "K-2")
    await system.tell_classifier("DELETE", f"/merges/{told['merge_id']}")
    await system.finish_all_work()
    assert await stands(system, review["touchpoint_id"]) == ("confirmed", None, "K-1")


async def test_an_hour_agreed_with_others_since_does_not_come_back(
    system: SchedulerSystem,
) -> None:
    await begun(system, last_review_on="2025-12-05")
    await system.customer("K-2", last_review_on="2025-12-05")
    await system.finish_all_work()
    (mine,), (other,) = await reviews(system, "K-1"), await reviews(system, "K-2")
    hour = "2026-12-02T16:00:00+01:00"
    await enter(system, mine["touchpoint_id"], hour, staff_id="S-1")
    assert (await system.run_day(date(2026, 12, 2))).is_success
    said = {"outcome": "done", "minutes": 100}
    path = f"/tasks/{mine['touchpoint_id']}"
    assert (await system.call("POST", f"{path}/completion", json=said)).is_success
    await system.finish_all_work()
    await enter(system, other["touchpoint_id"], hour, staff_id="S-1")
    assert (await system.call("POST", f"{path}/reopening", json=MISTAKE)).is_success
    await system.finish_all_work()
    assert await stands(system, mine["touchpoint_id"]) == ("withdrawn", "hour_taken", "K-1")
