"""Visits in the list say how they lie beside the others of their day."""

from services.scheduler.domain.travel import travel_word
from tests.scheduler.builders import SchedulerSystem

TOWN = {"street": "Lindenallee 4", "postcode": "06526", "city": "Sangerhausen"}
VILLAGE = {"street": "Am Anger 1", "postcode": "06542", "city": "Allstedt"}


async def test_each_visit_with_a_day_says_whether_it_is_joined_alone_or_split(
    system: SchedulerSystem,
) -> None:
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    homes = {f"K-{n}": TOWN if n % 3 else VILLAGE for n in range(9)}
    for customer_id, address in homes.items():
        await system.customer(customer_id, address=address)
    await system.finish_all_work()
    found = await system.touchpoints(state="planned")
    visits = [each for each in found if each["channel"] == "visit" and each["day"]]
    assert len(visits) >= len(homes)
    for visit in visits:
        others = [
            homes[each["customer_id"]]["postcode"]
            for each in visits
            if (each["staff_id"], each["day"]) == (visit["staff_id"], visit["day"])
            and each is not visit
        ]
        expected = travel_word(homes[visit["customer_id"]]["postcode"], others)
        assert visit["travel"] == expected
        assert (await system.get(f"/touchpoints/{visit['touchpoint_id']}"))["travel"] == expected
    assert {each["travel"] for each in found if each["channel"] != "visit"} == {None}


async def test_who_moves_house_is_visited_with_other_neighbours(system: SchedulerSystem) -> None:
    await system.tell_classifier("PUT", "/agency", {"federal_state": "ST"})
    await system.staff()
    await system.customer("K-1", address=TOWN)
    await system.finish_all_work()
    async with system.resources.database.transaction("musterbetrieb") as transaction:
        query = "SELECT visit_area FROM customer WHERE agency_id = :agency"
        assert (await transaction.execute(query)).scalar_one() == "DE-06526"
    await system.customer("K-1", address=VILLAGE)
    await system.finish_all_work()
    async with system.resources.database.transaction("musterbetrieb") as transaction:
        assert (await transaction.execute(query)).scalar_one() == "DE-06542"
