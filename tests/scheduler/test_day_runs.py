"""Running a day: once, in order, and whole whatever is cut off in between."""

import asyncio
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from services.scheduler.store import day_runs, dispatches, work_marks
from services.scheduler.usecases.day_runs import run_day_by_time
from services.scheduler.usecases.dispatches import hand_over
from shared.clients.http import ServiceAway
from shared.jobs.jobs import MAX_TRIES
from tests.fixtures.turns import TurnOfSlices
from tests.scheduler.builders import AGENCY, MONDAY, SchedulerSystem
from tests.scheduler.test_follow_classifier import report
from tests.scheduler.test_standing_in import away

FOUR = time(4)
TUESDAY = MONDAY + timedelta(days=1)


async def with_newsletter_today(system: SchedulerSystem, customers: int = 3) -> None:
    """Customers of class B, whose printed newsletter of November leaves today."""
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    for number in range(customers):
        await system.customer(f"K-{number}")
    moved = await system.call("PUT", "/campaigns/newsletter/2026-11", json={"day": str(MONDAY)})
    assert moved.status_code == 200, moved.text
    await system.finish_all_work()


async def counts(system: SchedulerSystem, day: date = MONDAY) -> dict[str, Any]:
    answer = await system.run_day(day)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def newsletters(system: SchedulerSystem) -> list[dict[str, Any]]:
    return await system.touchpoints(service="newsletter", to=str(MONDAY))


async def test_the_newsletter_is_handed_over_as_letters_without_personal_data(
    system: SchedulerSystem,
) -> None:
    await with_newsletter_today(system)
    told = await counts(system)
    assert (told["letters"], told["handed_over"], told["already_run"]) == (3, 3, False)
    orders = list(system.notifier.orders.values())
    assert {(each["channel"], each["template"], each["purpose"]) for each in orders} == {
        ("letter", "newsletter", "newsletter")
    }
    assert orders[0]["data"] == {
        "service": "newsletter",
        "because": "campaign",
        "run_day": "2026-11-23",
        "due": "2026-11-23",
        "staff_id": "S-1",
    }
    assert {each["state"] for each in await newsletters(system)} == {"handed_over"}


async def test_a_day_run_twice_is_a_day_run_once(system: SchedulerSystem) -> None:
    await with_newsletter_today(system)
    first = await counts(system)
    asked = system.notifier.asked
    again = await counts(system)
    assert again == {**first, "already_run": True, "planned": again["planned"]}
    assert system.notifier.asked == asked


async def test_a_kill_between_order_and_commit_sends_nothing_twice(system: SchedulerSystem) -> None:
    await with_newsletter_today(system)
    system.notifier.lose_answers = 1
    answer = await system.run_day(MONDAY)
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (503, "service-away")
    waiting = [each for each in await newsletters(system) if each["state"] == "due"]
    assert {each["reason"] for each in waiting} == {"notifier_away"}
    told = await counts(system)
    assert (told["letters"], len(system.notifier.orders), system.notifier.asked) == (3, 3, 2)


async def test_what_a_killed_worker_had_claimed_is_handed_over_after_its_lease(
    system: SchedulerSystem,
) -> None:
    await with_newsletter_today(system)
    async with system.resources.database.transaction(AGENCY) as transaction:
        await day_runs.fall_due(transaction, MONDAY, {}, not_the_carers=())
        claimed = await dispatches.claim_messages(transaction, limit=500)
    notifier = system.resources.calls.notifier
    database = system.resources.database
    assert await hand_over(database=database, notifier=notifier, agency=AGENCY) == 0
    async with database.transaction(AGENCY) as transaction:
        await transaction.execute(
            "UPDATE touchpoint SET leased_until = now() WHERE agency_id = :agency "
            "AND lease_token = :token",
            {"token": claimed.token},
        )
    assert await hand_over(database=database, notifier=notifier, agency=AGENCY) == 3


async def test_while_the_notifier_is_away_nothing_is_lost(system: SchedulerSystem) -> None:
    await with_newsletter_today(system)
    async with system.resources.database.transaction(AGENCY) as transaction:
        await day_runs.fall_due(transaction, MONDAY, {}, not_the_carers=())
    system.notifier.lose_answers = 1
    notifier, database = system.resources.calls.notifier, system.resources.database
    with pytest.raises(ServiceAway):
        await hand_over(database=database, notifier=notifier, agency=AGENCY)
    assert await hand_over(database=database, notifier=notifier, agency=AGENCY) == 3
    assert len(system.notifier.orders) == 3


async def test_the_end_of_a_message_ends_its_touchpoint(system: SchedulerSystem) -> None:
    await with_newsletter_today(system)
    await counts(system)
    first, second, third = sorted(system.notifier.orders)
    system.notifier.tell(first, "sent")
    system.notifier.tell(second, "suppressed", "objected")
    system.notifier.tell(third, "unknown")
    await system.finish_all_work()
    found = {each["touchpoint_id"]: each for each in await newsletters(system)}
    assert (found[first]["state"], found[first]["reason"]) == ("sent", None)
    assert (found[second]["state"], found[second]["reason"]) == ("suppressed", "objected")
    assert (found[third]["state"], found[third]["reason"]) == ("failed", "unknown")
    changes = (await system.get("/changes", params={"limit": "1000"}))["items"]
    ended = {each["subject"] for each in changes if each["kind"] == "touchpoint.ended"}
    assert {first, second, third} <= ended


async def test_what_was_handed_over_is_left_alone_by_planning(system: SchedulerSystem) -> None:
    await with_newsletter_today(system)
    await counts(system)
    before = await newsletters(system)
    await system.staff()
    await system.finish_all_work()
    assert await newsletters(system) == before


async def test_a_death_calls_back_what_was_handed_over(system: SchedulerSystem) -> None:
    await with_newsletter_today(system)
    await counts(system)
    await system.customer("K-1", death_date="2026-11-22", earns=0)
    await system.finish_all_work()
    (letter,) = [each for each in await newsletters(system) if each["customer_id"] == "K-1"]
    assert system.notifier.cancelled == [letter["touchpoint_id"]]
    assert (letter["state"], letter["reason"]) == ("cancelled", "deceased")


async def test_what_an_event_raises_after_the_day_was_run_leaves_the_same_day(
    system: SchedulerSystem,
) -> None:
    await with_newsletter_today(system)
    contract = {"line": "household", "status": "active"}
    await system.tell_classifier("PUT", "/customers/K-1/contracts/V-1", contract)
    await counts(system)
    await report(system, "contract.cancelled", contract_id="V-1", cancelled_on=str(MONDAY))
    await system.finish_all_work()
    (confirmation,) = await system.touchpoints(service="cancellation_confirmation")
    assert (confirmation["day"], confirmation["state"]) == (str(MONDAY), "handed_over")
    assert confirmation["touchpoint_id"] in system.notifier.orders


async def test_missed_days_run_in_order(system: SchedulerSystem) -> None:
    await with_newsletter_today(system)
    await counts(system)
    thursday = MONDAY + timedelta(days=3)
    await counts(system, thursday)
    run = await system.rows("SELECT day FROM day_run WHERE finished_at IS NOT NULL ORDER BY day")
    assert [day for (day,) in run] == [MONDAY + timedelta(days=n) for n in range(4)]


async def test_the_day_runs_by_itself_once_it_has_begun_where_the_agency_is(
    system: SchedulerSystem,
) -> None:
    await with_newsletter_today(system)

    async def has_come(instant: str) -> bool:
        return AGENCY in await day_runs.agencies_whose_day_has_come(
            system.resources.sweep, now=datetime.fromisoformat(instant), begins=FOUR
        )

    assert not await has_come("2026-11-24T12:00:00+01:00"), "an agency still moving in"
    await counts(system)
    assert not await has_come("2026-11-24T03:59:00+01:00")
    assert await has_come("2026-11-24T04:00:00+01:00")
    with system.not_before(date(2026, 11, 28)) as clock:
        saturday = replace(system.resources.runner, clock=clock)
        async with system.working_classifier():
            await run_day_by_time(runner=saturday, agency=AGENCY, begins=FOUR)
            await run_day_by_time(runner=saturday, agency=AGENCY, begins=FOUR)
    run = await system.rows("SELECT day FROM day_run WHERE finished_at IS NOT NULL ORDER BY day")
    assert [day for (day,) in run] == [MONDAY + timedelta(days=n) for n in range(6)]
    assert not await has_come("2026-11-29T03:59:00+01:00")


async def test_a_day_longer_than_one_turn_is_no_failed_try_and_gets_another(
    system: SchedulerSystem,
) -> None:
    await with_newsletter_today(system)
    await counts(system)
    with system.not_before(TUESDAY) as clock:
        tuesday = replace(system.resources.runner, clock=clock)
        for _ in range(MAX_TRIES + 1):
            turn = TurnOfSlices(0)
            await run_day_by_time(runner=tuesday, agency=AGENCY, begins=FOUR, turn=turn)
            assert turn.cut_short
        async with system.working_classifier():
            await run_day_by_time(runner=tuesday, agency=AGENCY, begins=FOUR)
    run = await system.rows("SELECT day FROM day_run WHERE finished_at IS NOT NULL ORDER BY day")
    assert [day for (day,) in run] == [MONDAY, TUESDAY]


async def test_a_turn_that_goes_on_with_a_day_marks_nobody_again(system: SchedulerSystem) -> None:
    await with_newsletter_today(system)
    await counts(system)
    with system.not_before(TUESDAY) as clock:
        tuesday = replace(system.resources.runner, clock=clock)

        async def cut_short() -> list[tuple[Any, ...]]:
            turn = TurnOfSlices(0)
            await run_day_by_time(runner=tuesday, agency=AGENCY, begins=FOUR, turn=turn)
            return await system.rows(
                "SELECT customer_id, marks FROM customer_mark"
                " UNION ALL SELECT unit_id, marks FROM unit_mark ORDER BY 1"
            )

        assert await cut_short() == [], "the classifier has not run the day yet"
        await system.finish_all_work(without=["run_day"])
        marked = await cut_short()
        assert [name for name, _ in marked] == ["*", "K-0", "K-1", "K-2"]
        assert await cut_short() == marked
        await run_day_by_time(runner=tuesday, agency=AGENCY, begins=FOUR)
    run = await system.rows("SELECT day FROM day_run WHERE finished_at IS NOT NULL ORDER BY day")
    assert [day for (day,) in run] == [MONDAY, TUESDAY]


async def test_a_day_cut_off_on_its_way_is_run_by_itself(system: SchedulerSystem) -> None:
    await with_newsletter_today(system)
    async with system.resources.database.transaction(AGENCY) as transaction:
        await day_runs.begin_run(transaction, MONDAY)
    waiting = await day_runs.agencies_whose_day_has_come(
        system.resources.sweep, now=system.resources.clock.now(), begins=FOUR
    )
    assert waiting == [AGENCY]


async def test_a_day_before_the_first_run_cannot_be_run(system: SchedulerSystem) -> None:
    await with_newsletter_today(system)
    await counts(system)
    answer = await system.run_day(MONDAY - timedelta(days=1))
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (
        409,
        "day-already-passed",
    )


async def refused_day(system: SchedulerSystem, day: str) -> tuple[int, str]:
    answer = await system.call("POST", f"/days/{day}/run")
    return answer.status_code, answer.json()["type"].rsplit("/", 1)[1]


async def test_a_day_ahead_is_not_run_and_closes_nothing(system: SchedulerSystem) -> None:
    await with_newsletter_today(system)
    for day in ("2099-12-31", "2026-11-24", "2027-11-23", "2100-12-31"):
        assert await refused_day(system, day) == (422, "day-not-begun"), day
    assert await system.rows("SELECT day FROM day_run") == []
    told = await counts(system)
    assert told["letters"] == 3
    assert await refused_day(system, "2026-11-24") == (422, "day-not-begun")


async def test_a_first_day_years_ago_is_not_run(system: SchedulerSystem) -> None:
    await with_newsletter_today(system)
    for day in ("2000-01-01", "2026-10-22"):
        assert await refused_day(system, day) == (422, "first-day-too-early"), day
    assert await system.rows("SELECT day FROM day_run") == []


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1999-12-31"])
async def test_a_day_beyond_every_calendar_is_refused(system: SchedulerSystem, day: str) -> None:
    assert await refused_day(system, day) == (422, "invalid-parameter")
    answer = await system.call("GET", f"/staff/S-1/days/{day}")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/date")


async def test_every_due_contact_is_in_the_ledger_once(system: SchedulerSystem) -> None:
    await with_newsletter_today(system)
    await counts(system)
    page = await system.get("/operations/ledger", params={"date": str(MONDAY), "limit": "2"})
    seen = list(page["items"])
    while page["next_cursor"]:
        page = await system.get(
            "/operations/ledger",
            params={"date": str(MONDAY), "limit": "2", "cursor": page["next_cursor"]},
        )
        seen += page["items"]
    ids = [each["touchpoint_id"] for each in seen]
    assert len(ids) == len(set(ids)) >= 3
    assert {each["state"] for each in seen if each["service"] == "newsletter"} == {"handed_over"}


async def test_a_day_is_run_to_its_end_while_units_are_marked_all_the_time(
    system: SchedulerSystem,
) -> None:
    database, over = system.resources.database, asyncio.Event()

    async def changes_come() -> None:
        while not over.is_set():
            async with database.transaction(AGENCY) as transaction:
                await work_marks.mark_units(transaction, ["U-busy"])

    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    await system.customer("K-1")
    await system.finish_all_work()
    coming = asyncio.create_task(changes_come())
    try:
        async with asyncio.timeout(20):
            assert (await system.run_day(MONDAY)).is_success
    finally:
        over.set()
        await coming


async def test_a_message_of_who_is_away_is_ordered_with_who_stands_in(
    system: SchedulerSystem,
) -> None:
    await with_newsletter_today(system)
    await away(system, "S-1")
    assert (await system.run_day(MONDAY)).is_success
    await system.finish_all_work()
    told = [each["data"] for each in system.notifier.orders.values()]
    of_away = [each for each in told if each.get("staff_id") == "S-1"]
    assert of_away
    assert {each.get("stand_in_id") for each in of_away} == {"S-2"}
