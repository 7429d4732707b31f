"""From the classifier's feed to a plan, and what planning again leaves alone."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.scheduler.store import work_marks
from services.scheduler.usecases.follow_classifier import apply_classifier_changes
from services.scheduler.usecases.planning import plan_marked_units
from services.scheduler.usecases.planning_waits import Patience, seconds_to_wait
from services.scheduler.worker import jobs
from shared.turns import Turn
from tests.scheduler.builders import AGENCY, MONDAY, SchedulerSystem
from tests.scheduler.test_follow_classifier import report

YEAR = {"from": str(MONDAY), "to": str(MONDAY + timedelta(days=366))}


async def planned(system: SchedulerSystem, *customers: str) -> None:
    """Staff, these customers, and a plan for them."""
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    for customer_id in customers:
        await system.customer(customer_id)
    await system.finish_all_work()


async def test_who_is_classified_gets_a_carer_and_a_year_of_contacts(
    system: SchedulerSystem,
) -> None:
    await planned(system, "K-1")
    found = await system.touchpoints(customer_id="K-1", state="planned")
    services = {each["service"] for each in found}
    assert {"yearly_review", "newsletter"} <= services
    assert {each["staff_id"] for each in found} == {"S-1"}
    summary = await system.get("/plan")
    assert summary["touchpoints"] == len(found)
    assert summary["carers"] == [{"staff_id": "S-1", "units": 1, "customers": 1}]


async def test_the_first_carer_is_told_and_introduced_to_nobody(system: SchedulerSystem) -> None:
    await planned(system, "K-1")
    changes = (await system.get("/changes"))["items"]
    told = [change for change in changes if change["kind"] == "carer.changed"]
    assert [change["payload"]["staff_id"] for change in told] == ["S-1"]
    assert not await system.touchpoints(service="carer_introduction")


async def test_a_carer_who_leaves_before_anybody_met_them_is_replaced_at_once(
    system: SchedulerSystem,
) -> None:
    await planned(system, "K-1")
    left = {"role": "owner", "name": "Jana Vogt", "active": False}
    assert (await system.call("PUT", "/staff/S-1", json=left)).status_code == 200
    await system.finish_all_work()
    assert not await system.touchpoints(service="carer_introduction")
    assert not (await system.get("/carers/changes"))["items"]
    assert {each["staff_id"] for each in await system.touchpoints(state="planned")} == {"S-2"}


async def test_the_feed_tells_every_planned_contact_once(system: SchedulerSystem) -> None:
    await planned(system, "K-1")
    found = await system.touchpoints(customer_id="K-1", state="planned")
    changes = (await system.get("/changes", params={"limit": "1000"}))["items"]
    told = [each["subject"] for each in changes if each["kind"] == "touchpoint.planned"]
    assert sorted(told) == sorted(each["touchpoint_id"] for each in found)


async def test_planning_again_moves_nothing(system: SchedulerSystem) -> None:
    await planned(system, "K-1", "K-2", "K-3")
    before = await system.touchpoints()
    await system.staff()
    await system.finish_all_work()
    assert await system.touchpoints() == before


async def test_one_customer_more_moves_nobody_elses_days(system: SchedulerSystem) -> None:
    await planned(system, "K-1", "K-2")
    before = await system.touchpoints(customer_id="K-1")
    await system.customer("K-3")
    await system.finish_all_work()
    assert await system.touchpoints(customer_id="K-1") == before
    assert await system.touchpoints(customer_id="K-3", state="planned")


async def test_a_page_applied_again_changes_nothing(system: SchedulerSystem) -> None:
    await planned(system, "K-1")
    feed = system.resources.calls.classifier
    page = await feed.changes(AGENCY, after=0, after_change_id=None, limit=500)
    before = await system.touchpoints()
    async with system.resources.database.transaction(AGENCY) as transaction:
        await apply_classifier_changes(transaction, page.items)
    await system.finish_all_work()
    assert await system.touchpoints() == before


async def test_no_day_of_anybody_is_fuller_than_plannable(system: SchedulerSystem) -> None:
    await planned(system, *(f"K-{number}" for number in range(25)))
    capacity = await system.get("/capacity")
    assert capacity["fits"]
    assert any(day["placed_minutes"] for day in capacity["days"])
    assert all(day["placed_minutes"] <= day["plannable_minutes"] for day in capacity["days"])


async def test_what_does_not_fit_is_said_with_hours(system: SchedulerSystem) -> None:
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    alone = {"role": "owner", "name": "Jana Vogt", "weekly_hours": 0.5}
    await system.call("PUT", "/staff/S-1", json=alone)
    for number in range(4):
        await system.customer(f"K-{number}")
    await system.finish_all_work()
    capacity = await system.get("/capacity")
    assert not capacity["fits"]
    reviews = [each for each in capacity["unplaced"] if each["service"] == "yearly_review"]
    assert reviews[0]["reason"] == "no_room_in_window"
    assert reviews[0]["hours"] > 2
    unplaced = [each for each in await system.touchpoints() if each["day"] is None]
    assert {each["reason"] for each in unplaced if each["state"] == "planned"} == {
        "no_room_in_window"
    }


async def test_after_a_death_nothing_stays_but_the_condolence(system: SchedulerSystem) -> None:
    await planned(system, "K-1")
    await system.customer("K-1", death_date="2026-11-20", earns=0)
    await system.finish_all_work()
    found = await system.touchpoints(customer_id="K-1")
    still = [each["service"] for each in found if each["state"] == "planned"]
    assert still == ["condolence"]
    assert {each["reason"] for each in found if each["state"] == "cancelled"} == {"deceased"}


async def test_who_is_erased_leaves_no_facts_behind(system: SchedulerSystem) -> None:
    await planned(system, "K-1")
    await system.tell_classifier("DELETE", "/customers/K-1")
    await system.finish_all_work()
    assert await system.rows("SELECT customer_id FROM customer") == []
    found = await system.touchpoints(customer_id="K-1")
    assert {each["state"] for each in found} <= {"cancelled", "suppressed"}


@pytest.mark.parametrize("one_by_one", [False, True])
async def test_the_rhythm_of_a_household_outlives_an_erased_member(
    system: SchedulerSystem, one_by_one: bool
) -> None:
    await planned(system, "K-1")
    wife = {"customer_id": "K-1", "kind": "household"}
    for other in ("K-2", "K-3"):
        await system.customer(other, connections=[wife])
    await system.finish_all_work()
    (review,) = await system.touchpoints(service="yearly_review")
    said = {"on": "2026-11-20", "minutes": 60}
    path = f"/touchpoints/{review['touchpoint_id']}/held"
    assert (await system.call("POST", path, json=said)).is_success
    await system.finish_all_work()
    for erased in ("K-1", "K-2"):
        await system.tell_classifier("DELETE", f"/customers/{erased}")
        if one_by_one:
            await system.finish_all_work()
    await system.finish_all_work()
    following = await system.touchpoints(service="yearly_review", state="planned")
    assert review["customer_id"] == "K-1"
    assert [(each["customer_id"], each["latest"]) for each in following] == [("K-3", "2027-11-20")]


async def test_an_absence_keeps_its_days_free(system: SchedulerSystem) -> None:
    await planned(system, *(f"K-{number}" for number in range(12)))
    absence = {"first_day": "2026-11-24", "last_day": "2027-02-26", "kind": "sickness"}
    answer = await system.call("POST", "/staff/S-1/absences", json=absence)
    assert answer.status_code == 200
    await system.finish_all_work()
    found = await system.touchpoints(staff_id="S-1", state="planned", **YEAR)
    away = (date(2026, 11, 24), date(2027, 2, 26))
    assert found
    assert not [
        each
        for each in found
        if each["minutes"] and away[0] <= date.fromisoformat(each["day"]) <= away[1]
    ]


async def test_what_falls_due_while_the_carer_is_away_is_planned_for_who_stands_in(
    system: SchedulerSystem,
) -> None:
    await planned(system, "K-1")
    absence = {"first_day": str(MONDAY), "last_day": "2026-12-18", "kind": "sickness"}
    answer = await system.call("POST", "/staff/S-1/absences", json=absence)
    assert answer.status_code == 200
    await report(system, "life.changed", change="birth")
    (call,) = await system.touchpoints(service="life_event")
    assert (call["staff_id"], call["state"]) == ("S-2", "planned")
    assert call["day"] is not None
    await system.call("DELETE", f"/staff/S-1/absences/{MONDAY}")
    await system.finish_all_work()
    (back,) = await system.touchpoints(service="life_event")
    assert (back["touchpoint_id"], back["staff_id"]) == (call["touchpoint_id"], "S-1")


async def test_planning_waits_for_the_end_of_an_import_and_never_for_ever(
    system: SchedulerSystem,
) -> None:
    database, units = system.resources.database, [f"U-{number}" for number in range(30)]

    async def waits(quiet: float, at_most: float) -> float:
        patience = Patience(quiet_seconds=quiet, at_most_seconds=at_most)
        return await seconds_to_wait(database=database, agency=AGENCY, patience=patience)

    async with database.transaction(AGENCY) as transaction:
        await work_marks.mark_units(transaction, units[:20])
    assert await waits(600, 600) == 0, "a few changes are planned at once"
    async with database.transaction(AGENCY) as transaction:
        await work_marks.mark_units(transaction, units)
    assert 0 < await waits(600, 900) <= 600
    assert await waits(0, 600) == 0, "it has been quiet"
    assert await waits(600, 0) == 0, "it waited long enough"


async def test_while_an_import_goes_on_planning_gives_its_place_back(
    system: SchedulerSystem,
) -> None:
    await planned(system, *(f"K-{number}" for number in range(3)))
    database = system.resources.database
    async with database.transaction(AGENCY) as transaction:
        await work_marks.mark_units(transaction, [f"U-{number}" for number in range(30)])
    patience = Patience(quiet_seconds=600, at_most_seconds=600)
    (plan,) = (
        job for job in jobs(replace(system.resources, patience=patience)) if job.name == "plan"
    )
    turn = Turn(30)
    await plan.run(AGENCY, turn)
    assert 0 < turn.put_off_seconds <= 600
    assert AGENCY in await plan.pending()


async def test_the_instant_of_a_mark_is_when_it_was_made_and_not_when_its_transaction_began(
    system: SchedulerSystem,
) -> None:
    async with system.resources.database.transaction(AGENCY) as transaction:
        await transaction.execute("SELECT pg_sleep(0.2)")
        await work_marks.mark_units(transaction, ["U-1"])
        burst = await work_marks.burst_of_units(transaction)
    assert burst.quiet_seconds < 0.2


async def test_customers_who_change_one_after_the_other_hold_nobody_elses_plan_up_for_ever(
    system: SchedulerSystem,
) -> None:
    await planned(system, "K-1", "K-2")
    before = await system.touchpoints(customer_id="K-1")
    await system.customer("K-3")
    await system.finish_all_work(without=["plan"])
    database, resources = system.resources.database, system.resources
    async with database.transaction(AGENCY) as transaction:
        await work_marks.mark_customers(transaction, ["K-1"])

    async def plan(facts_wait_seconds: float) -> bool:
        done = await plan_marked_units(
            database=database,
            classifier=resources.calls.classifier,
            agency=AGENCY,
            now=resources.clock.now(),
            freeze_working_days=10,
            facts_wait_seconds=facts_wait_seconds,
        )
        return done is not None

    assert not await plan(600)
    assert await plan(0)
    assert await system.touchpoints(customer_id="K-3", state="planned")
    assert await system.touchpoints(customer_id="K-1") == before
    await system.finish_all_work()
    assert await system.rows("SELECT unit_id FROM unit_mark") == []


async def test_a_plan_of_the_whole_book_leaves_those_out_whose_facts_are_open(
    system: SchedulerSystem,
) -> None:
    await planned(system, "K-1", "K-2")
    async with system.resources.database.transaction(AGENCY) as transaction:
        await work_marks.mark_units(transaction, [work_marks.EVERY_UNIT])
        await work_marks.mark_customers(transaction, ["K-1"])
    done = await plan_marked_units(
        database=system.resources.database,
        classifier=system.resources.calls.classifier,
        agency=AGENCY,
        now=system.resources.clock.now(),
        freeze_working_days=10,
        facts_wait_seconds=0,
    )
    assert done is not None
    assert (done.units, done.customers, done.taken_back) == (1, 1, 0)
    left = await system.rows("SELECT unit_id FROM unit_mark")
    assert [unit for (unit,) in left] == ["K-1"]


async def window_is_over_without_a_day(system: SchedulerSystem, purpose: str) -> None:
    """A welcome whose window ended before today, on days without a run, and the plan after it."""
    await planned(system, "K-1")
    await system.rows(
        f"""
        UPDATE touchpoint SET day = NULL, latest = DATE '2026-11-20', earliest = DATE '2026-11-01',
                              reason = 'no_room_in_window', service = 'welcome', occurrence = '9',
                              purpose = '{purpose}', touchpoint_id = gen_random_uuid()
         WHERE service = 'yearly_review' RETURNING 1
        """
    )
    await system.staff()
    await system.finish_all_work()


async def test_advertising_without_a_day_ends_when_it_is_owed_no_more(
    system: SchedulerSystem,
) -> None:
    await window_is_over_without_a_day(system, "advertising")
    ended = await system.touchpoints(service="welcome", state="cancelled")
    assert [each["reason"] for each in ended] == ["no_room_in_window"]


async def test_a_welcome_whose_window_ended_on_a_day_without_a_run_reaches_a_desk(
    system: SchedulerSystem,
) -> None:
    await window_is_over_without_a_day(system, "service")
    assert (await system.run_day(MONDAY)).is_success
    (welcome,) = await system.touchpoints(service="welcome")
    assert (welcome["state"], welcome["staff_id"]) == ("due", "S-1")
    assert (await system.get(f"/tasks/{welcome['touchpoint_id']}"))["day"] == str(MONDAY)


async def test_a_duty_without_room_comes_over_the_free_share_and_says_so(
    system: SchedulerSystem,
) -> None:
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    alone = {"role": "owner", "name": "Jana Vogt", "weekly_hours": 0.5}
    await system.call("PUT", "/staff/S-1", json=alone)
    await system.customer("K-1", customer_since=str(MONDAY))
    await system.finish_all_work()
    (welcome,) = await system.touchpoints(service="welcome")
    assert welcome["day"] is not None
    assert welcome["reason"] == "over_free_share"


async def test_a_stranger_sees_nothing_of_the_plan(system: SchedulerSystem) -> None:
    await planned(system, "K-1")
    theirs = await system.get("/touchpoints", agency="another-agency")
    assert theirs == {"items": [], "next_cursor": None}
    mine = await system.touchpoints()
    task = f"/tasks/{mine[0]['touchpoint_id']}/completion"
    answer = await system.call("POST", task, agency="another-agency", json={"outcome": "done"})
    assert answer.status_code == 404


async def test_row_level_security_stands_where_the_filter_is_forgotten(
    system: SchedulerSystem,
) -> None:
    await planned(system, "K-1")
    async with system.resources.database.transaction("another-agency") as transaction:
        found = await transaction.execute("SELECT count(*) FROM touchpoint")
        assert found.scalar_one() == 0


async def test_a_promise_outlives_an_objection_to_profiling_until_its_next_date(
    system: SchedulerSystem,
) -> None:
    await planned(system, "K-1")

    async def standing() -> dict[str, tuple[str, str]]:
        found = await system.touchpoints(state="planned", **YEAR)
        return {each["touchpoint_id"]: (each["service"], each["day"]) for each in found}

    before = await standing()
    (review,) = [kept for kept in before.items() if kept[1][0] == "yearly_review"]
    await system.tell_classifier("PUT", "/customers/K-1/objections", {"profiling": True})
    await system.finish_all_work()
    after = await standing()
    assert review in after.items(), "the review that was promised stays on its day"
    assert set(before) - set(after), "what else their class was owed is taken back"
    for again in range(2):
        await system.staff()
        await system.finish_all_work()
        assert await standing() == after, f"planned again, {again}"
    day = date.fromisoformat(review[1][1])
    assert (await system.run_day(day)).status_code == 200
    later = await system.touchpoints(
        customer_id="K-1", service="yearly_review", **{"from": str(day + timedelta(days=1))}
    )
    assert not later, "then the base service"
