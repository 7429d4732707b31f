"""What fits into spare minutes: the most important first, and never what is not allowed now."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.scheduler.usecases.fill import Spare, fill
from tests.scheduler.builders import AGENCY, SchedulerSystem
from tests.scheduler.test_pins import begun, pin

GRANTED = {
    "state": "granted", "basis": "consent", "at": "2026-01-05T10:00:00+01:00",
    "wording": "Ja, rufen Sie mich an.", "source": "letter",
}  # fmt: skip


async def offered(system: SchedulerSystem, **asked: Any) -> Any:
    return await system.get("/staff/S-1/fill", params=asked)


async def with_calls(system: SchedulerSystem) -> None:
    """Three customers who may be called, whose calls are planned, and a callback of one."""
    await begun(system)
    for number in (1, 2, 3):
        consent = f"/customers/K-{number}/consents/advertising/phone"
        await system.tell_classifier("PUT", consent, GRANTED)
    await system.finish_all_work()


async def test_who_waits_comes_first_and_planned_contacts_may_be_brought_forward(
    system: SchedulerSystem,
) -> None:
    await with_calls(system)
    asked = {"kind": "callback", "customer_id": "K-3"}
    assert (await system.call("POST", "/requests", json=asked)).status_code == 201
    found = await offered(system, minutes="30")
    first, *rest = found["items"]
    assert (first["rank"], first["customer_id"], first["service"]) == ("request", "K-3", "callback")
    assert first["task_id"] is not None
    assert first["de"].startswith("Anliegen des Kunden, bis heute")
    ranks = [each["rank"] for each in found["items"]]
    order = ["legal_duty", "request", "guaranteed", "service", "development", "appreciation"]
    assert ranks == sorted(ranks, key=order.index)
    for each in rest:
        contact = await system.get(f"/touchpoints/{each['touchpoint_id']}")
        assert contact["earliest"] <= "2026-11-23" <= contact["latest"]
        assert each["minutes"] <= 30
        assert each["channel"] not in ("visit", "office", "video")


async def test_a_review_is_never_held_on_the_spur_of_the_moment(system: SchedulerSystem) -> None:
    contact = await begun(system)
    found = await offered(system, minutes="480", day=contact["earliest"])
    assert contact["touchpoint_id"] not in {each["touchpoint_id"] for each in found["items"]}
    assert found["left_out"]["needs_appointment"] >= 1


async def test_nobody_is_called_in_the_evening(system: SchedulerSystem) -> None:
    await with_calls(system)
    assert (
        await system.call("POST", "/requests", json={"kind": "callback", "customer_id": "K-3"})
    ).is_success
    evening = datetime(2026, 11, 23, 19, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    spare = Spare(staff_id="S-1", minutes=60, day=None, limit=10)
    found = await fill(database=system.resources.database, agency=AGENCY, spare=spare, now=evening)
    assert not [each for each in found.items if each.channel == "phone"]
    assert found.left_out["outside_office_hours"] >= 1
    sunday = replace(spare, day=evening.date().replace(day=29))
    quiet = await fill(database=system.resources.database, agency=AGENCY, spare=sunday, now=evening)
    assert not [each for each in quiet.items if each.channel == "phone"]


async def test_what_is_fixed_for_another_day_stays_there(system: SchedulerSystem) -> None:
    await with_calls(system)
    calls = await system.touchpoints(service="how_are_you", state="planned")
    call = min(calls, key=lambda each: (each["earliest"], each["touchpoint_id"]))
    day = max(call["earliest"], "2026-11-24")
    before = await offered(system, minutes="30", day=day, limit="100")
    known = {each["touchpoint_id"] for each in before["items"]}
    assert call["touchpoint_id"] in known
    later = next(
        each["day"]
        for each in reversed(
            (
                await system.get(
                    f"/touchpoints/{call['touchpoint_id']}/alternatives",
                    params={"admissible": "true", "limit": "500"},
                )
            )["items"]
        )
    )
    assert (await pin(system, call, later)).is_success
    after = await offered(system, minutes="30", day=day, limit="100")
    assert {each["touchpoint_id"] for each in after["items"]} == known - {call["touchpoint_id"]}
    assert after["left_out"]["fixed"] == 1


async def test_the_dead_and_who_objects_are_offered_nothing(system: SchedulerSystem) -> None:
    await with_calls(system)
    await system.tell_classifier("PUT", "/customers/K-1/objections", {"advertising": True})
    await system.customer("K-2", death_date="2026-11-20", earns=0, last_review_on="2026-01-15")
    await system.finish_all_work()
    for day in ("2026-11-23", "2026-12-08", "2027-03-08"):
        items = (await offered(system, minutes="480", day=day, limit="100"))["items"]
        services = {(each["customer_id"], each["service"]) for each in items}
        assert ("K-1", "how_are_you") not in services
        assert {service for who, service in services if who == "K-2"} <= {"condolence"}


async def test_nobody_of_this_id_is_told(system: SchedulerSystem) -> None:
    await begun(system)
    assert (await system.call("GET", "/staff/S-9/fill")).status_code == 404
    assert (await system.call("GET", "/staff/S-1/fill?minutes=0")).status_code == 422
