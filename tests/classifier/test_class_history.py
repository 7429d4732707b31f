"""What a customer was: page by page, and on a day of the past."""

from datetime import date, timedelta

import pytest

from tests.classifier.conftest import Agency, Send, event, person
from tests.classifier.rules import NEED, TODAY, activate, post, run_day, work
from tests.classifier.test_care_units import linked

HISTORY = "/customers/K-1/classifications"


async def test_a_long_history_is_read_page_by_page_and_nothing_twice(agency: Agency) -> None:
    for status in ("active", "former") * 5:
        await agency.customer("K-1", status=status)
        await work(agency)
    whole = (await agency.get(HISTORY))["items"]
    assert len(whole) == 5
    read, cursor = [], ""
    for expected in (2, 2, 1):
        page = await agency.get(f"{HISTORY}?limit=2{cursor}")
        assert len(page["items"]) == expected
        read += page["items"]
        cursor = f"&cursor={page['next_cursor']}"
    assert read == whole
    assert page["next_cursor"] is None


@pytest.mark.parametrize("cursor", ["gA", "SA", "MjAyNi0xMS0yMCB4IDEgSy0x"])
async def test_a_cursor_that_is_none_of_ours_is_refused(agency: Agency, cursor: str) -> None:
    await agency.customer("K-1")
    answer = await agency.call("GET", f"{HISTORY}?cursor={cursor}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"].endswith("/cursor-not-valid")


async def on(agency: Agency, customer_id: str, day: date) -> list[list[str]]:
    """The care units of the classes that a customer had on a day: one or none."""
    answer = await agency.get(f"/customers/{customer_id}/classifications?as_of={day}")
    return [each["care_unit"] for each in answer["items"]]


async def test_who_left_had_no_class_from_then_on_and_has_one_again_after_coming_back(
    agency: Agency,
) -> None:
    left, back = TODAY + timedelta(days=10), TODAY + timedelta(days=20)
    await agency.customer("K-1")
    await agency.customer("K-2", **linked("K-1"))
    await run_day(agency, TODAY)
    await work(agency)
    for day, status in ((left, "former"), (back, "active")):
        await run_day(agency, day)
        await work(agency)
        await agency.customer("K-2", status=status, **linked("K-1"))
        await work(agency)
    day_before = timedelta(days=1)
    both = [["K-1", "K-2"]]
    assert await on(agency, "K-2", left - day_before) == both
    assert await on(agency, "K-2", left) == await on(agency, "K-2", back - day_before) == []
    assert await on(agency, "K-2", back) == both
    assert await on(agency, "K-1", left) == [["K-1"]]


async def test_a_customer_alone_who_left_had_no_class_from_then_on(agency: Agency) -> None:
    await agency.customer("K-1")
    await run_day(agency, TODAY)
    await work(agency)
    await run_day(agency, TODAY + timedelta(days=10))
    await agency.customer("K-1", status="former")
    await work(agency)
    assert await on(agency, "K-1", TODAY + timedelta(days=9)) == [["K-1"]]
    assert await on(agency, "K-1", TODAY + timedelta(days=10)) == []


async def test_a_household_dissolves_by_event_and_each_has_a_class_of_their_own(
    agency: Agency, send: Send
) -> None:
    await agency.customer("K-1")
    await agency.customer("K-2", **linked("K-1"))
    await work(agency)
    told = event("customer.upserted", **{**person(), "customer_id": "K-2", "connections": []})
    answer = await send(told)
    assert answer.status_code == 202, answer.text
    await work(agency)
    for customer in ("K-1", "K-2"):
        found = await agency.get(f"/customers/{customer}/classification")
        assert found["care_unit"] == [customer]
    changes = await agency.changes("classification.changed")
    assert [change["payload"]["unit_id"] for change in changes[-2:]] == ["K-1", "K-2"]


async def test_gaps_are_told_with_the_most_valuable_first(agency: Agency) -> None:
    needs = [
        {**NEED, "line": line, "expected_cents": cents, "probability": probability}
        for line, cents, probability in (
            ("household", 10_000, 0.5),
            ("private_liability", 90_000, 0.1),
            ("legal", 20_000, 0.9),
        )
    ]
    await activate(agency, await post(agency, needs=needs))
    await agency.customer("K-1", life={"home": "owns"})
    await work(agency)
    gaps = (await agency.get("/customers/K-1/classification"))["gaps"]
    assert [(gap["line"], gap["value_cents"]) for gap in gaps] == [
        ("legal", 18_000),
        ("private_liability", 9_000),
        ("household", 5_000),
    ]
