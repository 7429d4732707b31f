"""Households: linked both ways and onwards, and dissolved when the link goes."""

import random

from hypothesis import given
from hypothesis import strategies as st

from services.classifier.domain.care_units import care_units
from tests.classifier.conftest import Agency
from tests.classifier.rules import work

HOUSEHOLD = "household"


def linked(*others: str) -> dict[str, object]:
    return {"connections": [{"customer_id": other, "kind": HOUSEHOLD} for other in others]}


async def units(agency: Agency) -> dict[str, str]:
    """Each customer's unit."""
    items = (await agency.get("/customers"))["items"]
    return {item["customer_id"]: item["unit_id"] for item in items}


async def clean(agency: Agency) -> None:
    async with agency.service.resources.database.transaction(agency.agency) as transaction:
        await transaction.execute("DELETE FROM work_mark WHERE agency_id = :agency")


async def test_a_link_works_both_ways_and_onwards(agency: Agency) -> None:
    await agency.customer("K-3")
    await agency.customer("K-2", **linked("K-3"))
    await agency.customer("K-1", **linked("K-2"))
    assert await units(agency) == {"K-1": "K-1", "K-2": "K-1", "K-3": "K-1"}
    assert await agency.marked_units() == {"K-1", "K-2", "K-3"}


async def test_a_link_to_somebody_unknown_holds_once_they_come(agency: Agency) -> None:
    await agency.customer("K-1", **linked("K-2"))
    await agency.customer("K-3", **linked("K-2"))
    assert await units(agency) == {"K-1": "K-1", "K-3": "K-3"}
    await agency.customer("K-2")
    assert await units(agency) == {"K-1": "K-1", "K-2": "K-1", "K-3": "K-1"}


async def test_a_household_that_dissolves_leaves_two_units_to_classify(agency: Agency) -> None:
    await agency.customer("K-1")
    await agency.customer("K-2", **linked("K-1"))
    await clean(agency)
    await agency.customer("K-2")
    assert await units(agency) == {"K-1": "K-1", "K-2": "K-2"}
    assert await agency.marked_units() == {"K-1", "K-2"}
    told = [change["payload"]["unit_id"] for change in await agency.changes("customer.changed")]
    assert told[-1] == "K-2"


async def test_when_the_one_who_names_a_unit_is_erased_the_others_stay_together(
    agency: Agency,
) -> None:
    await agency.customer("K-1", **linked("K-2"))
    await agency.customer("K-2", **linked("K-3"))
    await agency.customer("K-3")
    await clean(agency)
    await agency.call("DELETE", "/customers/K-1")
    assert await units(agency) == {"K-2": "K-2", "K-3": "K-2"}
    assert await agency.marked_units() == {"K-1", "K-2"}


async def test_acquaintances_form_no_household(agency: Agency) -> None:
    await agency.customer("K-1")
    connection = {"customer_id": "K-1", "kind": "acquainted"}
    await agency.customer("K-2", connections=[connection])
    assert await units(agency) == {"K-1": "K-1", "K-2": "K-2"}


ids = st.integers(0, 12).map(str)


@given(st.lists(st.tuples(ids, ids), max_size=30), st.randoms(use_true_random=False))
def test_units_do_not_depend_on_the_order_or_direction_of_links(
    links: list[tuple[str, str]], order: random.Random
) -> None:
    customers = {each for link in links for each in link}
    turned = [(other, one) for one, other in links]
    order.shuffle(turned)
    found = care_units(customers, links)
    assert found == care_units(customers, turned)
    for one, other in links:
        assert found[one] == found[other]
    for customer, unit in found.items():
        assert unit == min(each for each in customers if found[each] == found[customer])


async def test_who_left_and_comes_back_is_classified_and_the_history_goes_on(
    agency: Agency,
) -> None:
    for status in ("active", "former", "active"):
        await agency.customer("K-1", status=status)
        await work(agency)
    assert (await agency.get("/customers/K-1/classification"))["state"] == "current"
    assert len((await agency.get("/customers/K-1/classifications"))["items"]) == 2


async def test_a_household_that_forms_dissolves_and_forms_again_has_a_class_each_time(
    agency: Agency,
) -> None:
    await agency.customer("K-1")
    carried = []
    for links in ({}, linked("K-1"), {}, linked("K-1")):
        await agency.customer("K-2", **links)
        await work(agency)
        carried.append((await agency.get("/customers/K-2/classification"))["care_unit"])
    assert carried == [["K-2"], ["K-1", "K-2"], ["K-2"], ["K-1", "K-2"]]
    history = (await agency.get("/customers/K-2/classifications"))["items"]
    assert [each["care_unit"] for each in history] == carried[::-1]


async def test_erasing_somebody_erases_their_past_classes_and_leaves_the_others_theirs(
    agency: Agency,
) -> None:
    await agency.customer("K-1", life={"home": "owns"})
    await work(agency)
    await agency.customer("K-2", **linked("K-1"))
    await work(agency)
    await agency.call("DELETE", "/customers/K-1")
    await work(agency)
    history = await agency.rows("SELECT members FROM classification ORDER BY classified_at")
    assert history == [(["K-2"],), (["K-2"],)]
    told = (await agency.get("/customers/K-2/classifications"))["items"]
    assert [each["care_unit"] for each in told] == [["K-2"], ["K-2"]]
