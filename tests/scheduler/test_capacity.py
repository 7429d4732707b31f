"""The capacity answer on a small book, and catalogues tried on it."""

from typing import Any

from services.scheduler.domain.starting_catalogues import starting_catalogue
from services.scheduler.store import planning
from tests.scheduler.builders import ADVISER, AGENCY, MONDAY, OWNER, SchedulerSystem


async def planned(
    system: SchedulerSystem, count: int, *, adviser: dict[str, Any] = ADVISER, **owner: Any
) -> None:
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    for staff_id, person in (("S-1", {**OWNER, **owner}), ("S-2", adviser)):
        answer = await system.call("PUT", f"/staff/{staff_id}", json=person)
        assert answer.status_code == 201, answer.text
    for number in range(count):
        await system.customer(f"K-{number}")
    await system.finish_all_work()


async def test_a_year_of_demand_stands_against_the_hours_of_the_same_year(
    system: SchedulerSystem,
) -> None:
    await planned(system, 3, capacity=2)
    capacity = await system.get("/capacity")
    assert (capacity["first_day"], capacity["last_day"]) == ("2026-11-23", "2027-11-22")
    assert {each["month"] for each in capacity["months"]} <= {
        f"{2026 + (10 + n) // 12}-{(10 + n) % 12 + 1:02}-01" for n in range(13)
    }
    personal = [each for each in await system.touchpoints(state="planned") if each["minutes"] > 0]
    hours = sum(each["minutes"] for each in personal) / 60
    for told in (
        sum(each["demanded_hours"] for each in capacity["months"]),
        sum(each["demanded_hours"] for each in capacity["people"]),
        sum(each["hours"] for each in capacity["services"]),
        sum(each["placed_hours"] for each in capacity["weeks"]),
    ):
        assert round(told, 6) == round(hours, 6)
    assert {each["customers"] for each in capacity["people"]} == {2, 1}
    assert capacity["moving_in"]
    assert capacity["faults"] == []
    creeping = capacity["creeping_hours"]
    assert creeping["needed_alike"] >= creeping["needed_by_catalogue"] > 0
    assert [each["hours_a_day"] for each in creeping["days"]] == [8, 10, 12, 14]


async def test_places_beyond_and_places_not_stated_are_told_with_the_staff(
    system: SchedulerSystem,
) -> None:
    await planned(system, 3)
    await system.open()
    await system.call("PUT", "/staff/S-1", json={**OWNER, "capacity": 1})
    await system.finish_all_work()
    for answer in (await system.get("/staff"), await system.get("/capacity")):
        (fault,) = answer["faults"]
        assert (fault["kind"], fault["staff_id"], fault["customers"]) == (
            "beyond_places",
            "S-1",
            2,
        )
    endless = {"role": "owner", "name": "Jana Vogt"}
    await system.call("PUT", "/staff/S-1", json=endless)
    (fault,) = (await system.get("/staff"))["faults"]
    assert (fault["kind"], fault["staff_id"]) == ("places_not_stated", "S-1")


async def test_carers_whom_a_list_tells_and_nobody_knows_are_faults(
    system: SchedulerSystem,
) -> None:
    await planned(system, 2)
    await system.customer("K-8", carer="S-9")
    await system.customer("K-9", carer="S-9")
    await system.finish_all_work()
    for answer in (await system.get("/staff"), await system.get("/capacity")):
        told = [each for each in answer["faults"] if each["kind"] == "told_carer_unknown"]
        assert [(each["staff_id"], each["customers"]) for each in told] == [("S-9", 2)]
    await system.call("PUT", "/staff/S-9", json={**OWNER, "capacity": 5})
    kinds = {each["kind"] for each in (await system.get("/staff"))["faults"]}
    assert "told_carer_unknown" not in kinds


async def test_a_person_above_their_hours_is_a_fault(system: SchedulerSystem) -> None:
    await planned(system, 4, adviser={**ADVISER, "weekly_hours": 0.2}, weekly_hours=0.2)
    capacity = await system.get("/capacity")
    faults = [(each["kind"], each["staff_id"]) for each in capacity["faults"]]
    assert faults == [("beyond_hours", "S-1")]
    assert capacity["breaks_first"] == "S-1"
    assert capacity["breaking_book_size"] < 4


async def test_whose_reviews_a_colleague_takes_over_is_not_above_their_hours(
    system: SchedulerSystem,
) -> None:
    await planned(system, 4, weekly_hours=0.2)
    reviews = await system.touchpoints(service="yearly_review", state="planned")
    assert {each["staff_id"] for each in reviews} == {"S-2"}
    assert (await system.get("/capacity"))["faults"] == []


async def test_what_took_hours_and_what_followed_from_it(system: SchedulerSystem) -> None:
    await planned(system, 0)
    await system.customer("K-0", birth_date=f"1980-{MONDAY:%m-%d}")
    await system.finish_all_work()
    await system.open()
    assert (await system.get("/capacity"))["to_leave"] == []
    assert (await system.run_day(MONDAY)).status_code == 200
    (task,) = (await system.get(f"/staff/S-1/days/{MONDAY}"))["tasks"]
    done = {"outcome": "done", "minutes": 30}
    ended = await system.call("POST", f"/tasks/{task['task_id']}/completion", json=done)
    assert ended.status_code == 200, ended.text
    (listed,) = (await system.get("/capacity"))["to_leave"]
    assert (listed["service"], listed["touchpoints"], listed["hours"]) == ("birthday", 1, 0.5)
    assert (listed["cost_cents"], listed["asked"]) == (6_000, 0)
    assert listed["planned_hours"] == 0
    wish = {"kind": "callback", "customer_id": "K-0"}
    assert (await system.call("POST", "/requests", json=wish)).status_code == 201
    (listed,) = (await system.get("/capacity"))["to_leave"]
    assert listed["asked"] == 1


async def test_who_left_does_not_break_the_promise_and_has_no_work(system: SchedulerSystem) -> None:
    await planned(system, 0)
    await system.customer("K-0", birth_date=f"1980-{MONDAY:%m-%d}")
    await system.finish_all_work()
    await system.open()
    assert (await system.run_day(MONDAY)).status_code == 200
    await system.call("PUT", "/staff/S-1", json={**OWNER, "active": False})
    await system.finish_all_work()
    (task,) = (await system.get(f"/staff/S-2/days/{MONDAY}"))["tasks"]
    assert task["service"] == "birthday"
    capacity = await system.get("/capacity")
    assert (capacity["breaking_book_size"], capacity["breaks_first"]) == (None, None)
    assert {each["staff_id"] for each in capacity["services"]} == {"S-2"}
    tried = (await system.call("POST", "/catalogues/1/simulation")).json()
    assert {each["staff_id"] for each in tried["people"]} == {"S-2"}


async def test_a_catalogue_is_tried_before_it_rules(system: SchedulerSystem) -> None:
    await planned(system, 2)
    catalogue = starting_catalogue("revenue_potential").model_dump(mode="json")
    catalogue["services"] = [each for each in catalogue["services"] if each["key"] != "birthday"]
    before = await system.touchpoints()
    created = await system.call("POST", "/catalogues", json=catalogue)
    assert created.status_code == 201, created.text
    version = created.json()["version"]
    answer = await system.call("POST", f"/catalogues/{version}/simulation")
    assert answer.status_code == 200, answer.text
    tried = answer.json()
    assert (tried["version"], tried["compared_with"], tried["looked_at"]) == (version, 1, 2)
    assert tried["hours"] < tried["hours_before"]
    assert tried["cost_cents"] < tried["cost_cents_before"]
    lost = {each["service"] for each in tried["changes"] if each["change"] == "lost"}
    assert lost == {"birthday"}
    assert sum(each["touchpoints_before"] for each in tried["months"]) == len(
        [each for each in before if each["state"] == "planned"]
    )
    assert await system.touchpoints() == before
    assert (await system.call("POST", "/catalogues/99/simulation")).status_code == 404


async def test_a_part_of_a_large_book_is_spread_over_it(system: SchedulerSystem) -> None:
    await planned(system, 4)
    async with system.resources.database.transaction(AGENCY) as transaction:
        assert await planning.planned_size(transaction) == 4
        assert await planning.every_nth_unit(transaction, nth=2) == ["K-1", "K-3"]


async def test_what_does_not_fit_is_proven_to_the_minute(system: SchedulerSystem) -> None:
    await planned(system, 4, adviser={**ADVISER, "weekly_hours": 10}, weekly_hours=10)
    capacity = await system.get("/capacity")
    assert not capacity["fits"]
    without_day = [
        each["touchpoint_id"]
        for each in await system.touchpoints(state="planned")
        if each["day"] is None
    ]
    proofs = capacity["certificates"]
    explained = [each for proof in proofs for each in proof["unplaced"]]
    assert len(explained) + capacity["uncertified"] == len(without_day)
    assert set(explained) <= set(without_day)
    plannable = {
        (each["staff_id"], each["day"]): each["plannable_minutes"] for each in capacity["days"]
    }
    for proof in proofs:
        contacts = [await system.get(f"/touchpoints/{each}") for each in proof["touchpoints"]]
        assert sum(each["minutes"] for each in contacts) == proof["needed_minutes"]
        for each in proof["days"]:
            assert each["plannable_minutes"] == plannable[each["staff_id"], each["day"]]
            assert proof["from"] <= each["day"] <= proof["to"]
        assert proof["there_minutes"] == sum(each["there_minutes"] for each in proof["days"])
        assert proof["needed_minutes"] > proof["there_minutes"]
        assert (proof["shown_by"], proof["minimal"]) == ("sum", True)


async def without_a_day(system: SchedulerSystem) -> set[str]:
    found = await system.touchpoints(state="planned")
    return {each["touchpoint_id"] for each in found if each["day"] is None}


async def mending_of(system: SchedulerSystem, kind: str) -> tuple[dict[str, Any], set[str]]:
    """The mending of this kind of the first certificate, and what it would give a day."""
    capacity = await system.get("/capacity")
    assert capacity["mendings_complete"]
    (mending,) = (
        each for each in capacity["mendings"] if (each["kind"], each["certificate"]) == (kind, 0)
    )
    explained = set(capacity["certificates"][0]["unplaced"])
    assert explained <= await without_a_day(system)
    return mending, explained


async def test_more_hours_as_told_give_everything_of_a_certificate_a_day(
    system: SchedulerSystem,
) -> None:
    await planned(system, 4, adviser={**ADVISER, "weekly_hours": 10}, weekly_hours=10)
    before = await without_a_day(system)
    mending, explained = await mending_of(system, "hours")
    # An adviser's hour costs less than the owner's.
    assert mending["staff_id"] == "S-2"
    assert mending["hours"] == (mending["weekly_hours"] - 10) * 52
    assert mending["cost_cents"] == mending["hours"] * 7_000
    more = {**ADVISER, "weekly_hours": mending["weekly_hours"]}
    await system.call("PUT", "/staff/S-2", json=more)
    await system.finish_all_work()
    assert await without_a_day(system) <= before - explained


async def test_a_milder_row_as_told_gives_everything_of_a_certificate_a_day(
    system: SchedulerSystem,
) -> None:
    await planned(system, 4, adviser={**ADVISER, "weekly_hours": 10}, weekly_hours=10)
    before = await without_a_day(system)
    mending, explained = await mending_of(system, "catalogue")
    assert (mending["service"], mending["field"], mending["value"]) == (
        "yearly_review",
        "channel",
        "office",
    )
    assert mending["hours"] > 0 > mending["cost_cents"]
    catalogue = starting_catalogue("revenue_potential").model_dump(mode="json")
    (row,) = (each for each in catalogue["services"] if each["key"] == mending["service"])
    cell = row["segments"][mending["segment"]]
    cell |= {"channel": "office", "travel_minutes": 0, "minutes": 60}
    created = await system.call("POST", "/catalogues", json=catalogue)
    assert created.status_code == 201, created.text
    version = created.json()["version"]
    activated = await system.call("POST", f"/catalogues/{version}/activation", json={})
    assert activated.status_code in (200, 202), activated.text
    await system.finish_all_work()
    assert not explained & await without_a_day(system)
    assert len(await without_a_day(system)) <= len(before - explained)


async def test_customers_for_a_colleague_as_told_give_everything_of_a_certificate_a_day(
    system: SchedulerSystem,
) -> None:
    # Birthdays and the like live on the carer, and are not handed to a colleague.
    await planned(system, 6, weekly_hours=1)
    before = await without_a_day(system)
    mending, explained = await mending_of(system, "capacity")
    assert (mending["staff_id"], mending["to_staff_id"]) == ("S-1", "S-2")
    # An adviser's hour costs less than the owner's, so moving saves.
    assert mending["cost_cents"] < 0 < mending["hours"]
    for customer_id in mending["customers"]:
        moved = await system.call(
            "PUT", f"/customers/{customer_id}/carer", json={"staff_id": "S-2"}
        )
        assert moved.status_code == 200, moved.text
    await system.finish_all_work()
    assert not explained & await without_a_day(system)
    assert len(await without_a_day(system)) <= len(before - explained)


async def test_what_fits_has_no_certificate(system: SchedulerSystem) -> None:
    await planned(system, 2)
    capacity = await system.get("/capacity")
    assert (capacity["fits"], capacity["certificates"], capacity["uncertified"]) == (True, [], 0)
