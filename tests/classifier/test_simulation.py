"""A policy tried on the whole book over HTTP: nothing is written, and activation does the same."""

import asyncio
from collections import Counter
from datetime import date
from typing import Any

import httpx
import pytest

from services.classifier.domain.needs import default_policy
from services.classifier.usecases import slices
from services.classifier.worker import jobs
from shared.clients.classifier import ClassifierClient
from shared.clients.http import ServiceHttp
from shared.db.feed import follow_job
from shared.turns import UNLIMITED
from tests.classifier.conftest import Agency, bearer
from tests.fixtures.waiting import eventually

LIVES: tuple[dict[str, Any], ...] = (
    {"household": "family", "children": 2, "home": "owns", "employment": "employed", "vehicles": 1},
    {"household": "single", "home": "rents", "employment": "retired", "vehicles": 0, "pets": []},
    {},
)
CUSTOMERS = 30

Policy = dict[str, Any]


def amounts(revenue: int, potential: int) -> Policy:
    """The thresholds of a policy as amounts in cents."""
    return {
        "revenue": {"threshold": {"kind": "amount", "cents": revenue}},
        "potential": {"threshold": {"kind": "amount", "cents": potential}},
    }


TRIED: dict[str, Policy] = {
    "higher amounts": amounts(90_000, 6_000),
    "relative thresholds": {
        "revenue": {"threshold": {"kind": "pareto", "share": 0.6}},
        "potential": {"threshold": {"kind": "top_share", "share": 0.3}},
    },
    "three classes": {"model": "revenue_effort", **amounts(60_000, 10_000)},
    "other prices": {
        "earning_months": {"initial": 12, "increase": 12, "clawback": 12, "other": 24},
        "effort": {"hourly_cents": {"owner": 20_000, "adviser": 9_000, "back_office": 6_000}},
        "revenue": {"threshold": {"kind": "top_share", "share": 0.2}},
    },
}


async def work(agency: Agency) -> None:
    """Do what the worker would be woken for, except to follow the neighbours."""
    followed = {follow_job(name) for name in agency.service.resources.followers}
    for job in jobs(agency.service.resources):
        if job.name not in followed:
            await job.run(agency.agency, UNLIMITED)


async def post(agency: Agency, path: str, body: Any) -> Any:
    """The JSON of a POST that must succeed."""
    answer = await agency.call("POST", path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


async def fill(agency: Agency) -> None:
    """Households and others, some who objected, some pinned; revenue from nothing to 1,450 €."""
    for number in range(CUSTOMERS):
        link = (
            [{"customer_id": f"K-{number - 1:02}", "kind": "household"}] if number % 6 == 5 else []
        )
        life = LIVES[number % 3]
        await agency.customer(f"K-{number:02}", life=life, connections=link)
    bookings = [
        {"commission_id": f"C-{n}", "customer_id": f"K-{n:02}", "booked_on": "2026-03-01",
         "kind": "other" if n % 2 else "initial", "amount_cents": 5_000 * n}
        for n in range(CUSTOMERS)
    ]  # fmt: skip
    contacts = [
        {"interaction_id": f"I-{n}", "customer_id": f"K-{n:02}", "at": "2026-05-04T10:00:00+02:00",
         "direction": "out", "channel": "phone", "role": "adviser", "minutes": 10 + n}
        for n in range(0, CUSTOMERS, 4)
    ]  # fmt: skip
    await post(agency, "/commissions", {"items": bookings})
    await post(agency, "/interactions", {"items": contacts})
    for objecting in ("K-07", "K-29"):
        answer = await agency.put(
            f"/customers/{objecting}/objections",
            {"profiling": "2026-06-01T10:00:00+02:00"},
        )
        assert answer.is_success, answer.text
    for pinned, segment in (("K-04", "O"), ("K-12", "A"), ("K-29", "B")):
        pin = {"segment": segment, "reason": "so besprochen", "until": "2027-01-31"}
        answer = await agency.put(f"/customers/{pinned}/override", pin)
        assert answer.is_success, answer.text
    await work(agency)


async def add_policy(agency: Agency, **changes: Any) -> int:
    """A version that differs from the default in these fields."""
    body = default_policy().model_dump(mode="json", exclude_none=True) | changes
    return int((await post(agency, "/policies", body))["version"])


async def activate(agency: Agency, version: int) -> None:
    """Let a version rule and wait until the book is classified by it."""
    answer = await post(agency, f"/policies/{version}/activation", {})

    async def done() -> bool:
        await work(agency)
        run = await agency.get(f"/reclassifications/{answer['reclassification_id']}")
        return bool(run["state"] == "done")

    await eventually(done)


async def classes(agency: Agency) -> dict[str, str]:
    """The stored class of every customer."""
    items = (await agency.get("/classifications?limit=500"))["items"]
    return {item["customer_id"]: item["segment"] for item in items}


def numbers(figures: list[dict[str, Any]]) -> Counter[str]:
    """Customers per class, as simulated."""
    return Counter({each["segment"]: each["customers"] for each in figures if each["customers"]})


@pytest.mark.parametrize("changes", TRIED.values(), ids=TRIED)
async def test_what_is_simulated_is_what_activation_then_does(
    agency: Agency, changes: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(agency)
    monkeypatch.setattr(slices, "SLICE_UNITS", 4)
    version = await add_policy(agency, **changes)
    before = await classes(agency)
    tried = await post(agency, f"/policies/{version}/simulation", {})
    assert numbers(tried["now"]) == Counter(before.values())
    assert await classes(agency) == before
    await activate(agency, version)
    after = await classes(agency)
    assert numbers(tried["then"]) == Counter(after.values())
    moved = {mover: row for row in tried["movers"] for mover in row["care_unit"]}
    assert moved
    assert {each for each in after if after[each] != before[each]} == set(moved)
    for customer_id, row in moved.items():
        now = await agency.get(f"/customers/{customer_id}/classification")
        assert (now["segment"], now["reasons"]) == (row["segment_then"], row["reasons"])
        assert now["care_unit"] == row["care_unit"]
    for border in tried["borders"]:
        for near in (*border["above"], *border["below"]):
            assert near["value_cents"] - border["threshold_cents"] == near["distance_cents"]
            assert {after[member] for member in near["care_unit"]} == {near["segment_then"]}
    again = await post(agency, f"/policies/{version}/simulation", {})
    assert (again["units_moving"], again["movers"]) == (0, [])
    assert again["now"] == again["then"] == tried["then"]


async def test_a_simulation_writes_nothing(agency: Agency) -> None:
    await fill(agency)
    version = await add_policy(agency, **TRIED["relative thresholds"])
    counted = """
        SELECT (SELECT count(*) FROM change), (SELECT count(*) FROM classification),
               (SELECT count(*) FROM calibration), (SELECT count(*) FROM activation),
               (SELECT count(*) FROM reclassification), (SELECT count(*) FROM work_mark)
    """
    before = await agency.rows(counted)
    await post(agency, f"/policies/{version}/simulation", {})
    assert await agency.rows(counted) == before


async def test_a_book_without_classes_is_shown_as_none_yet(agency: Agency) -> None:
    await agency.customer("K-1", birth_date="1984-03-12", life=LIVES[0])
    tried = await post(agency, "/policies/1/simulation", {})
    none_yet = tried["now"][-1]
    assert (none_yet["segment"], none_yet["units"], none_yet["customers"]) == (None, 1, 1)
    assert none_yet["potential_cents"] == tried["then"][2]["potential_cents"] > 15_000
    assert [(move["segment_now"], move["segment_then"]) for move in tried["moves"]] == [(None, "O")]
    (mover,) = tried["movers"]
    assert "ausbaufähig" in mover["reasons"][1]["de"]
    assert "high potential" in mover["reasons"][1]["en"]


async def test_figures_of_the_classes_add_up_to_the_book(agency: Agency) -> None:
    await fill(agency)
    version = await add_policy(agency, **TRIED["higher amounts"])
    tried = await post(agency, f"/policies/{version}/simulation", {})
    for name in ("units", "customers", "effort_minutes", "effort_cents", "revenue_cents"):
        sums = {sum(each[name] for each in tried[side]) for side in ("now", "then", "moves")}
        assert len(sums) == 1, name
        assert sums != {0}, name
    assert tried["customers"] == CUSTOMERS
    assert tried["units"] == CUSTOMERS - 5


async def test_who_objected_just_now_moves_to_c_without_figures(agency: Agency) -> None:
    await fill(agency)
    assert (await classes(agency))["K-25"] != "C"
    answer = await agency.put("/customers/K-25/objections", {"profiling": True})
    assert answer.is_success, answer.text
    tried = await post(agency, "/policies/1/simulation", {})
    (mover,) = tried["movers"]
    assert (mover["care_unit"], mover["segment_then"]) == (["K-25"], "C")
    assert [reason["rule"] for reason in mover["reasons"]] == ["objection"]
    assert (mover["revenue_cents"], mover["potential_cents"]) == (None, None)


async def test_a_simulation_sees_the_book_as_of_the_day_asked_for(agency: Agency) -> None:
    await agency.customer("K-1", life=LIVES[1])
    booking = {"commission_id": "C", "customer_id": "K-1", "booked_on": "2025-12-01",
               "kind": "other", "amount_cents": 40_000}  # fmt: skip
    await post(agency, "/commissions", {"items": [booking]})
    service = agency.service
    token = bearer(agency.agency)["Authorization"].removeprefix("Bearer ")
    classifier = ClassifierClient(ServiceHttp(url="", token=token, client=service.client))
    today = await classifier.simulate_policy(None, 1)
    in_a_year = await classifier.simulate_policy(None, 1, as_of=date(2027, 11, 20))
    assert today.as_of == date(2026, 11, 20)
    assert [mover.segment_then for mover in today.movers] == ["B"]
    assert [mover.segment_then for mover in in_a_year.movers] == ["C"]


async def test_a_second_simulation_of_one_agency_is_asked_to_come_back(agency: Agency) -> None:
    other = agency.service.of("anderer-betrieb")
    await fill(agency)

    async def ask(who: Agency) -> httpx.Response:
        return await who.call("POST", "/policies/1/simulation", json={})

    answers = await asyncio.gather(ask(agency), ask(agency), ask(other))
    assert sorted(answer.status_code for answer in answers[:2]) == [200, 429]
    assert answers[2].status_code == 200
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["type"].endswith("/simulation-running")
    assert (await ask(agency)).status_code == 200


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/policies/99/simulation", {}, 404),
        ("/policies/1/simulation", {"as_of": "0001-01-01"}, 422),
        ("/policies/1/simulation", {"until": "2026-11-20"}, 422),
    ],
)
async def test_what_cannot_be_tried_is_refused(
    agency: Agency, path: str, body: Any, status: int
) -> None:
    answer = await agency.call("POST", path, json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
