"""Moving in, changes of carers that wait for a person, and introductions that wait."""

from datetime import timedelta
from typing import Any

from tests.scheduler.builders import ADVISER, AGENCY, MONDAY, OWNER, SchedulerSystem

TUESDAY = MONDAY + timedelta(days=1)
LEFT = {**OWNER, "active": False}


async def lived_in(system: SchedulerSystem, *customers: str, opened: bool = True) -> None:
    """Staff, and customers who had their carer when the agency opened."""
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    for staff_id, person in (("S-1", OWNER), ("S-2", ADVISER)):
        await put(system, staff_id, person)
    for customer_id in customers:
        await system.customer(customer_id)
    await system.finish_all_work()
    if opened:
        await system.open()
        await system.finish_all_work()


async def put(system: SchedulerSystem, staff_id: str, person: dict[str, Any]) -> None:
    answer = await system.call("PUT", f"/staff/{staff_id}", json=person)
    assert answer.status_code in (200, 201), answer.text


async def replanned(system: SchedulerSystem, staff_id: str, person: dict[str, Any]) -> None:
    await put(system, staff_id, person)
    await system.finish_all_work()


async def changes(system: SchedulerSystem) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await system.get("/carers/changes"))["items"]
    return items


async def apply(system: SchedulerSystem, units: Any = "all", **more: Any) -> dict[str, Any]:
    answer = await system.call("POST", "/carers/changes/application", json={"units": units, **more})
    assert answer.status_code == 200, answer.text
    await system.finish_all_work()
    told: dict[str, Any] = answer.json()
    return told


async def carers_of(system: SchedulerSystem) -> dict[str, str | None]:
    return dict(await system.rows("SELECT unit_id, staff_id FROM carer"))


async def introductions(system: SchedulerSystem) -> list[tuple[str, str]]:
    found = await system.touchpoints(service="carer_introduction")
    return sorted((each["customer_id"], each["state"]) for each in found)


def numbered(count: int) -> list[str]:
    return [f"K-{number:02}" for number in range(count)]


async def test_a_capacity_typo_and_its_mending_write_no_letter(system: SchedulerSystem) -> None:
    await lived_in(system, "K-1", "K-2", "K-3")
    await replanned(system, "S-1", {**OWNER, "capacity": 0})
    proposed = await changes(system)
    assert [(each["care_unit"], each["from"], each["to"]) for each in proposed] == [
        ("K-1", "S-1", "S-2"),
        ("K-2", "S-1", "S-2"),
        ("K-3", "S-1", "S-2"),
    ]
    assert set((await carers_of(system)).values()) == {"S-1"}
    await replanned(system, "S-1", OWNER)
    assert await changes(system) == []
    assert await introductions(system) == []


async def test_a_proposal_keeps_the_instant_of_its_first_day(system: SchedulerSystem) -> None:
    await lived_in(system, "K-1")
    await replanned(system, "S-1", {**OWNER, "capacity": 0})
    before = await changes(system)
    assert (await system.run_day(TUESDAY)).status_code == 200
    assert await changes(system) == before


async def test_only_the_chosen_households_change_and_are_told(system: SchedulerSystem) -> None:
    await lived_in(system, "K-1", "K-2")
    await replanned(system, "S-1", {**OWNER, "capacity": 0})
    applied = await apply(system, ["K-2"])
    assert (applied["units"], applied["introductions"], applied["held"]) == (1, 1, False)
    assert await carers_of(system) == {"K-1": "S-1", "K-2": "S-2"}
    assert await introductions(system) == [("K-2", "planned")]
    (introduction,) = await system.touchpoints(service="carer_introduction")
    assert (introduction["staff_id"], introduction["because"]) == ("S-2", "carer_changed")
    assert [each["care_unit"] for each in await changes(system)] == ["K-1"]
    assert (await system.run_day(TUESDAY)).status_code == 200
    assert await introductions(system) == [("K-2", "handed_over")]


async def test_a_dry_run_tells_and_changes_nothing(system: SchedulerSystem) -> None:
    await lived_in(system, "K-1", "K-2")
    await replanned(system, "S-1", {**OWNER, "capacity": 0})
    told = await apply(system, dry_run=True)
    assert (told["application_id"], told["units"], told["introductions"]) == (None, 2, 2)
    assert len(await changes(system)) == 2
    assert set((await carers_of(system)).values()) == {"S-1"}


async def test_an_application_goes_back_until_it_is_told(system: SchedulerSystem) -> None:
    await lived_in(system, "K-1", "K-2")
    await replanned(system, "S-1", {**OWNER, "capacity": 0})
    applied = await apply(system)
    path = f"/carers/applications/{applied['application_id']}"
    assert (await system.call("DELETE", path)).json() == {"units": 2, "kept": []}
    await system.finish_all_work()
    assert set((await carers_of(system)).values()) == {"S-1"}
    assert await introductions(system) == [("K-1", "cancelled"), ("K-2", "cancelled")]
    assert (await system.call("DELETE", path)).json() == {"units": 0, "kept": []}


async def test_what_was_told_is_not_taken_back(system: SchedulerSystem) -> None:
    await lived_in(system, "K-1")
    await replanned(system, "S-1", {**OWNER, "capacity": 0})
    applied = await apply(system)
    assert (await system.run_day(TUESDAY)).status_code == 200
    answer = await system.call("DELETE", f"/carers/applications/{applied['application_id']}")
    assert answer.json() == {"units": 0, "kept": [{"care_unit": "K-1", "because": "told"}]}
    assert await carers_of(system) == {"K-1": "S-2"}


async def test_an_application_that_never_was_cannot_be_taken_back(system: SchedulerSystem) -> None:
    await lived_in(system)
    nobodys = "/carers/applications/00000000-0000-4000-8000-000000000000"
    answer = await system.call("DELETE", nobodys)
    assert (answer.status_code, answer.json()["title"]) == (
        404,
        "Changes of carers were never applied under this id",
    )


async def test_a_household_without_a_proposal_refuses_the_whole_application(
    system: SchedulerSystem,
) -> None:
    await lived_in(system, "K-1", "K-2")
    await replanned(system, "S-1", {**OWNER, "capacity": 0})
    answer = await system.call(
        "POST", "/carers/changes/application", json={"units": ["K-1", "K-9"]}
    )
    assert answer.status_code == 409
    assert "K-9" in answer.json()["detail"]
    assert len(await changes(system)) == 2


async def test_the_work_of_a_carer_who_left_is_done_before_anybody_decides(
    system: SchedulerSystem,
) -> None:
    await lived_in(system, "K-1")
    await replanned(system, "S-1", LEFT)
    assert [(each["to"], each["because"]) for each in await changes(system)] == [("S-2", "left")]
    assert {each["staff_id"] for each in await system.touchpoints(state="planned")} == {"S-2"}
    assert await introductions(system) == []
    assert (await system.get("/plan"))["carers"] == [{"staff_id": None, "units": 1, "customers": 1}]
    told = [
        each["payload"]["staff_id"]
        for each in (await system.get("/changes", params={"limit": "1000"}))["items"]
        if each["kind"] == "carer.changed"
    ]
    assert told == ["S-1", None]


async def test_nobody_keeps_customers_if_everybody_left(system: SchedulerSystem) -> None:
    await lived_in(system, "K-1")
    for staff_id, person in (("S-1", OWNER), ("S-2", ADVISER)):
        await put(system, staff_id, {**person, "active": False})
    await system.finish_all_work()
    assert (await system.get("/plan"))["carers"] == [{"staff_id": None, "units": 1, "customers": 1}]
    planned = await system.touchpoints(state="planned")
    assert {each["staff_id"] for each in planned} == {None}
    await replanned(system, "S-2", ADVISER)
    assert [(each["from"], each["to"]) for each in await changes(system)] == [("S-1", "S-2")]


async def test_many_introductions_of_a_day_wait_and_are_released_or_dropped(
    system: SchedulerSystem,
) -> None:
    await lived_in(system, *numbered(8))
    await replanned(system, "S-1", {**OWNER, "capacity": 0})
    applied = await apply(system)
    assert (applied["introductions"], applied["held"]) == (8, True)
    assert await introductions(system) == []
    held = (await system.get("/carers/introductions"))["items"]
    assert [each["customer_id"] for each in held] == numbered(8)
    assert {(each["staff_id"], each["previous_staff_id"]) for each in held} == {("S-2", "S-1")}
    dropped = {"customers": ["K-00"]}
    answer = await system.call("POST", "/carers/introductions/drop", json=dropped)
    assert answer.json() == {"customers": 1}
    again = await system.call("POST", "/carers/introductions/drop", json=dropped)
    assert again.status_code == 409
    everybody = {"customers": "all"}
    await put(system, "S-2", {**ADVISER, "active": False})
    refused = await system.call("POST", "/carers/introductions/release", json=everybody)
    assert (refused.status_code, refused.json()["title"]) == (
        409,
        "This person is nobody's carer any more",
    )
    await put(system, "S-2", ADVISER)
    await system.call("POST", "/carers/introductions/release", json=everybody)
    await system.finish_all_work()
    assert await introductions(system) == [(each, "planned") for each in numbered(8)[1:]]
    assert (await system.get("/carers/introductions"))["items"] == []


async def test_who_goes_back_before_being_told_hears_of_nobody(system: SchedulerSystem) -> None:
    await lived_in(system, "K-1")
    for staff_id in ("S-2", "S-1"):
        answer = await system.call("PUT", "/customers/K-1/carer", json={"staff_id": staff_id})
        assert answer.json() == {"care_unit": "K-1", "staff_id": staff_id, "pinned": True}
        await system.finish_all_work()
    assert await introductions(system) == [("K-1", "cancelled")]


async def test_a_pin_holds_against_the_rank_until_it_is_lifted(system: SchedulerSystem) -> None:
    await lived_in(system, "K-1")
    await system.call("PUT", "/customers/K-1/carer", json={"staff_id": "S-2"})
    await system.finish_all_work()
    assert (await carers_of(system), await changes(system)) == ({"K-1": "S-2"}, [])
    assert await introductions(system) == [("K-1", "planned")]
    await replanned(system, "S-3", {"role": "owner", "name": "Ina Roth"})
    assert await changes(system) == []
    lifted = await system.call("DELETE", "/customers/K-1/carer")
    assert lifted.json() == {"care_unit": "K-1", "staff_id": "S-2", "pinned": False}
    await system.finish_all_work()
    assert [(each["from"], each["because"]) for each in await changes(system)] == [("S-2", "rank")]


async def test_nobody_who_left_is_pinned(system: SchedulerSystem) -> None:
    await lived_in(system, "K-1")
    await put(system, "S-2", {**ADVISER, "active": False})
    answer = await system.call("PUT", "/customers/K-1/carer", json={"staff_id": "S-2"})
    assert answer.status_code == 409
    unknown = await system.call("PUT", "/customers/K-9/carer", json={"staff_id": "S-1"})
    assert unknown.status_code == 404


async def test_an_agency_that_moves_in_gives_carers_by_rank_and_tells_nobody(
    system: SchedulerSystem,
) -> None:
    await lived_in(system, "K-1", "K-2", opened=False)
    assert (await system.get("/agency/opening")) == {"state": "moving_in", "opened_at": None}
    await replanned(system, "S-1", {**OWNER, "capacity": 0})
    assert set((await carers_of(system)).values()) == {"S-2"}
    assert await changes(system) == []
    assert await introductions(system) == []
    await system.open()
    assert (await system.get("/agency/opening"))["state"] == "open"
    await system.open()
    told = (await system.get("/changes", params={"limit": "1000"}))["items"]
    assert [each["subject"] for each in told if each["kind"] == "agency.opened"] == [AGENCY]
    await replanned(system, "S-1", OWNER)
    assert set((await carers_of(system)).values()) == {"S-2"}
    assert len(await changes(system)) == 2


async def test_contracts_that_arrive_a_day_after_the_customers_announce_nobody(
    system: SchedulerSystem,
) -> None:
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await put(system, "S-1", {**OWNER, "capacity": 1})
    await put(system, "S-2", ADVISER)
    for customer_id in ("K-1", "K-2"):
        await system.customer(customer_id, earns=0)
    await system.finish_all_work()
    assert (await system.run_day(MONDAY)).status_code == 200
    assert await carers_of(system) == {"K-1": "S-1", "K-2": "S-2"}
    await system.customer("K-2")
    await system.finish_all_work()
    assert (await system.run_day(TUESDAY)).status_code == 200
    assert await carers_of(system) == {"K-1": "S-2", "K-2": "S-1"}
    assert (await introductions(system), await changes(system)) == ([], [])


async def test_nothing_advertising_leaves_before_the_opening(system: SchedulerSystem) -> None:
    await lived_in(system, opened=False)
    for customer_id, birth_date in (("K-1", "1980-11-17"), ("K-2", "1980-11-23")):
        await system.customer(customer_id, birth_date=birth_date)
    await system.finish_all_work()
    newsletter = next(
        each
        for each in (await system.get("/campaigns"))["items"]
        if each["service"] == "newsletter"
    )
    moved = f"/campaigns/newsletter/{newsletter['month']}"
    await system.call("PUT", moved, json={"day": str(MONDAY)})
    await system.finish_all_work()
    assert (await system.run_day(MONDAY)).json()["moving_in"]
    assert not system.notifier.orders
    waiting = [each for each in await system.touchpoints() if each["reason"] == "moving_in"]
    assert {each["service"] for each in waiting} == {"birthday", "newsletter"}
    assert {each["state"] for each in waiting} == {"planned"}
    await system.run_day(TUESDAY)
    lapsed = await system.run_day(MONDAY + timedelta(days=2))
    assert lapsed.json()["suppressed"] == 1
    await system.open()
    after = (await system.run_day(MONDAY + timedelta(days=3))).json()
    assert not after["moving_in"]
    birthdays = await system.touchpoints(service="birthday")
    assert {(each["customer_id"], each["state"]) for each in birthdays} >= {
        ("K-1", "suppressed"),
        ("K-2", "due"),
    }
    newsletters = await system.touchpoints(service="newsletter", to=str(MONDAY))
    assert {each["state"] for each in newsletters} == {"suppressed"}
