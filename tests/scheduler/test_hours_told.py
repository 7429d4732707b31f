"""A customer is told of an agreed hour: that it stands, moved, is near or is off; never twice."""

from datetime import date
from typing import Any

import pytest

from shared.clients.http import ServiceAway
from tests.scheduler.builders import AGENCY, SchedulerSystem
from tests.scheduler.test_appointments import AT, enter, with_review

MOVED = "2027-01-20T15:00:00+01:00"


def told(system: SchedulerSystem) -> list[tuple[str, str, int]]:
    """Template, hour and sequence of each message about an hour, in the order they were ordered."""
    return [
        (order["template"], order["data"]["at"], order["data"]["sequence"])
        for order in system.notifier.orders.values()
        if order["template"].startswith("appointment_")
    ]


async def state_of(system: SchedulerSystem, review: dict[str, Any]) -> str:
    path = f"/touchpoints/{review['touchpoint_id']}/appointment"
    return str((await system.get(path))["state"])


async def test_an_hour_is_confirmed_moved_and_taken_off_with_a_higher_sequence_each(
    system: SchedulerSystem,
) -> None:
    review = await with_review(system)
    touchpoint_id = review["touchpoint_id"]
    await enter(system, touchpoint_id, place="Café am Markt")
    system.notifier.lose_answers = 1
    with pytest.raises(ServiceAway):  # it was ordered, and nobody knows
        await system.finish_all_work()
    await system.finish_all_work()
    assert told(system) == [("appointment_confirmation", AT, 0)]
    assert await state_of(system, review) == "confirmed"
    (order,) = (each for each in system.notifier.orders.values() if "place" in each["data"])
    assert (order["channel"], order["purpose"]) == ("email", "service")
    await enter(system, touchpoint_id, MOVED)
    await system.finish_all_work()
    path = f"/touchpoints/{touchpoint_id}/appointment"
    assert (await system.call("DELETE", path)).is_success
    await system.finish_all_work()
    assert told(system)[1:] == [
        ("appointment_confirmation", MOVED, 1),
        ("appointment_cancelled", MOVED, 2),
    ]
    await enter(system, touchpoint_id)
    await system.finish_all_work()
    assert told(system)[3:] == [("appointment_confirmation", AT, 3)]


async def test_two_working_days_before_the_customer_is_reminded_once(
    system: SchedulerSystem,
) -> None:
    review = await with_review(system)
    await enter(system, review["touchpoint_id"])
    await system.finish_all_work()
    with system.not_before(date(2027, 1, 14)):
        await system.finish_all_work(without=["run_day"])
    assert [template for template, *_ in told(system)] == ["appointment_confirmation"]
    for _ in range(2):
        with system.not_before(date(2027, 1, 15)):
            await system.finish_all_work(without=["run_day"])
    assert told(system)[1:] == [("appointment_reminder", AT, 0)]


async def test_who_knows_already_is_told_nothing(system: SchedulerSystem) -> None:
    review = await with_review(system)
    await enter(system, review["touchpoint_id"], tell=False)
    await system.finish_all_work()
    path = f"/touchpoints/{review['touchpoint_id']}/appointment"
    assert (await system.call("DELETE", path)).is_success
    await system.finish_all_work()
    assert told(system) == []


async def test_what_was_told_is_told_on_when_it_moves_and_when_it_is_off(
    system: SchedulerSystem,
) -> None:
    review = await with_review(system)
    await enter(system, review["touchpoint_id"])
    await system.finish_all_work()
    await enter(system, review["touchpoint_id"], MOVED, tell=False)
    await system.finish_all_work()
    path = f"/touchpoints/{review['touchpoint_id']}/appointment"
    assert (await system.call("DELETE", path)).is_success
    await system.finish_all_work()
    assert told(system) == [
        ("appointment_confirmation", AT, 0),
        ("appointment_confirmation", MOVED, 1),
        ("appointment_cancelled", MOVED, 2),
    ], "else the old hour stays in their calendar"


async def test_hours_entered_while_the_agency_moves_in_are_told_to_nobody(
    system: SchedulerSystem,
) -> None:
    review = await with_review(system)
    async with system.resources.database.transaction(AGENCY) as transaction:
        await transaction.execute("UPDATE agency SET opened_at = NULL WHERE agency_id = :agency")
    await enter(system, review["touchpoint_id"])
    await system.finish_all_work()
    await system.open()
    await system.finish_all_work()
    assert told(system) == []
    await enter(system, review["touchpoint_id"], MOVED)
    await system.finish_all_work()
    assert told(system) == [("appointment_confirmation", MOVED, 1)]


async def test_without_an_address_the_confirmation_is_a_letter_and_nothing_reminds(
    system: SchedulerSystem,
) -> None:
    review = await with_review(system)
    await system.customer("K-1", earns=0, last_review_on="2026-03-10", email=None)
    await system.finish_all_work()
    await enter(system, review["touchpoint_id"])
    with system.not_before(date(2027, 1, 15)):
        await system.finish_all_work(without=["run_day"])
    orders = [o for o in system.notifier.orders.values() if o["template"].startswith("appoint")]
    assert [(each["template"], each["channel"]) for each in orders] == [
        ("appointment_confirmation", "letter")
    ]
