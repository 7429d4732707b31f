"""Pinned classes and objections, over HTTP, and what the classes make of them."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.classifier.conftest import Agency
from tests.classifier.rules import activate, run_day, work

TODAY = date(2026, 11, 20)
PIN = {"segment": "A", "reason": "Hausverkauf steht an", "until": "2026-12-31", "author": "VJ"}


async def new_day(agency: Agency, day: date) -> None:
    await run_day(agency, day)
    await work(agency)


async def rule(agency: Agency, **changed: Any) -> int:
    """Let a policy rule that differs from the first one, over the whole book."""
    first = (await agency.get("/policies/1"))["policy"]
    created = await agency.call("POST", "/policies", json=first | changed)
    version = int(created.json()["version"])
    await activate(agency, version)
    await work(agency)
    return version


async def shown(agency: Agency, customer_id: str = "K-1") -> dict[str, Any]:
    found: dict[str, Any] = await agency.get(f"/customers/{customer_id}/classification")
    return found


async def pin(agency: Agency, customer_id: str = "K-1", **changed: Any) -> dict[str, Any]:
    answer = await agency.put(f"/customers/{customer_id}/override", PIN | changed)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.fixture
async def quiet(agency: Agency) -> Agency:
    """K-1: life known, nothing earned, nothing needed: C."""
    await agency.customer("K-1", life={"vehicles": 0})
    await work(agency)
    assert (await shown(agency))["segment"] == "C"
    return agency


async def test_a_pinned_class_shows_with_author_reason_and_last_day(quiet: Agency) -> None:
    await pin(quiet)
    assert await quiet.marked_units() == {"K-1"}
    await work(quiet)
    found = await shown(quiet)
    assert found["segment"] == "A"
    assert (found["service_level"], found["development"]) == ("high", "active")
    assert found["override"] == {
        "segment": "A",
        "reason": "Hausverkauf steht an",
        "author": "VJ",
        "until": "2026-12-31",
    }
    first = found["reasons"][0]
    assert first["rule"] == "override"
    assert first["de"] == "Von Hand auf A gesetzt von VJ, gültig bis 31.12.2026."
    assert first["en"] == "Set to A by hand by VJ, valid until 2026-12-31."
    # Beside it, what the figures alone would say.
    assert {"revenue.low", "potential.low"} <= {reason["rule"] for reason in found["reasons"]}
    assert [change["payload"]["segment"] for change in await changes(quiet)] == ["C", "A"]


async def changes(agency: Agency) -> list[dict[str, Any]]:
    return await agency.changes("classification.changed")


async def test_a_pin_ends_by_itself_with_the_day_run_after_its_last_one(quiet: Agency) -> None:
    await pin(quiet, until="2026-11-22")
    await work(quiet)
    for day in (TODAY, TODAY + timedelta(days=1), TODAY + timedelta(days=2)):
        await new_day(quiet, day)
        assert (await shown(quiet))["segment"] == "A"
    await new_day(quiet, TODAY + timedelta(days=3))
    found = await shown(quiet)
    assert (found["segment"], found["previous_segment"], found["override"]) == ("C", "A", None)
    history = (await quiet.get("/customers/K-1/classifications?as_of=2026-11-22"))["items"]
    assert history[0]["override"]["reason"] == "Hausverkauf steht an"
    (entry,) = (await quiet.get("/customers/K-1/overrides"))["items"]
    assert (entry["in_force"], entry["ended_at"]) == (False, None)


async def test_a_lifted_pin_gives_the_class_back_and_stays_in_the_history(quiet: Agency) -> None:
    await pin(quiet)
    await work(quiet)
    for _ in range(2):
        lifted = await quiet.call("DELETE", "/customers/K-1/override")
        assert lifted.status_code == 204, lifted.text
    await work(quiet)
    found = await shown(quiet)
    assert (found["segment"], found["override"]) == ("C", None)
    (entry,) = (await quiet.get("/customers/K-1/overrides"))["items"]
    assert (entry["author"], entry["ended_by"], entry["in_force"]) == ("VJ", "a test", False)
    segments = (await quiet.get("/customers/K-1/classifications"))["items"]
    assert [(each["segment"], bool(each["override"])) for each in segments] == [
        ("C", False),
        ("A", True),
        ("C", False),
    ]


async def test_the_latest_pin_of_any_member_holds_for_the_household(agency: Agency) -> None:
    await agency.customer("K-1", life={"vehicles": 0})
    await agency.customer("K-2", connections=[{"customer_id": "K-1", "kind": "household"}])
    await pin(agency, "K-1", segment="A")
    await pin(agency, "K-2", segment="B", author="HS")
    await work(agency)
    assert [(await shown(agency, each))["segment"] for each in ("K-1", "K-2")] == ["B", "B"]
    entries = (await agency.get("/customers/K-1/overrides"))["items"]
    assert [(each["customer_id"], each["in_force"]) for each in entries] == [
        ("K-2", True),
        ("K-1", False),
    ]
    assert entries[1]["ended_by"] == "HS"
    assert (await agency.call("DELETE", "/customers/K-1/override")).status_code == 204
    await work(agency)
    assert (await shown(agency, "K-2"))["override"] is None


async def test_households_that_join_keep_the_pin_that_was_set_last(agency: Agency) -> None:
    for customer in ("K-1", "K-2"):
        await agency.customer(customer, life={"vehicles": 0})
    await pin(agency, "K-1", segment="B")
    await pin(agency, "K-2", segment="A")
    await agency.customer("K-1", connections=[{"customer_id": "K-2", "kind": "household"}])
    await work(agency)
    assert (await shown(agency))["segment"] == "A"


async def test_the_same_pin_twice_is_one_and_a_new_reason_is_a_new_one(quiet: Agency) -> None:
    first = await pin(quiet)
    await work(quiet)
    again = await pin(quiet)
    assert again == first
    assert await quiet.marked_units() == set()
    await pin(quiet, reason="Verkauf verschoben")
    await work(quiet)
    assert (await shown(quiet))["override"]["reason"] == "Verkauf verschoben"
    page = await quiet.get("/customers/K-1/overrides?limit=1")
    assert [each["reason"] for each in page["items"]] == ["Verkauf verschoben"]
    rest = await quiet.get(f"/customers/K-1/overrides?limit=1&cursor={page['next_cursor']}")
    assert [each["reason"] for each in rest["items"]] == ["Hausverkauf steht an"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("customer", "changed", "status", "slug", "pointers"),
    [
        ("K-1", {"until": "2026-11-19"}, 422, "override-ends-in-past", ["/until"]),
        ("K-1", {"until": "9999-12-31"}, 422, "invalid-body", ["/until"]),
        ("K-1", {"segment": "D"}, 422, "invalid-body", ["/segment"]),
        ("K-1", {"reason": " "}, 422, "invalid-body", ["/reason"]),
        ("K-1", {"until": None}, 422, "invalid-body", ["/until"]),
        ("K-9", {}, 404, "customer-not-found", None),
        ("K-2", {}, 409, "customer-not-classified", None),
    ],
)
async def test_what_cannot_be_pinned_is_refused_with_the_place(
    quiet: Agency,
    customer: str,
    changed: dict[str, Any],
    status: int,
    slug: str,
    pointers: list[str] | None,
) -> None:
    await quiet.customer("K-2", status="prospect")
    answer = await quiet.put(f"/customers/{customer}/override", PIN | changed)
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert problem["type"].endswith(f"/{slug}")
    if pointers:
        assert [error["pointer"] for error in problem["errors"]] == pointers


async def test_three_classes_know_no_o_and_an_o_pinned_before_waits_unheard(quiet: Agency) -> None:
    await pin(quiet, segment="O")
    await work(quiet)
    assert (await shown(quiet))["segment"] == "O"
    await rule(quiet, model="revenue_effort")
    found = await shown(quiet)
    assert (found["model"], found["segment"], found["override"]) == ("revenue_effort", "C", None)
    refused = await quiet.put("/customers/K-1/override", PIN | {"segment": "O"})
    assert refused.status_code == 422
    assert refused.json()["type"].endswith("/segment-not-in-model")
    await pin(quiet, segment="B")
    await work(quiet)
    assert (await shown(quiet))["segment"] == "B"


async def test_a_new_policy_keeps_the_pin(quiet: Agency) -> None:
    await pin(quiet, segment="B")
    await work(quiet)
    version = await rule(quiet, name="Neue Fassung")
    found = await shown(quiet)
    assert (found["policy_version"], found["segment"]) == (version, "B")
    assert found["override"]["author"] == "VJ"


@pytest.mark.parametrize(
    "stated",
    [
        {"profiling": True},
        {"advertising": False, "profiling": True, "at": "2026-11-02T09:00:00+01:00"},
        {"advertising": None, "profiling": "2026-11-02T09:00:00+01:00"},
        {"profiling": {"objected": True, "at": "2026-11-02T09:00:00+01:00"}},
    ],
)
async def test_who_objects_to_profiling_is_c_without_facts_until_it_is_lifted(
    agency: Agency, stated: dict[str, Any]
) -> None:
    await agency.customer("K-1", life={"home": "owns", "children": 2})
    booking = {
        "commission_id": "B-1",
        "customer_id": "K-1",
        "booked_on": "2025-11-21",
        "kind": "other",
        "amount_cents": 90_000,
    }
    await agency.call("POST", "/commissions", json={"items": [booking]})
    await work(agency)
    before = await shown(agency)
    assert before["segment"] in "AB"

    answer = await agency.put("/customers/K-1/objections", stated)
    assert answer.status_code == 200, answer.text
    since = answer.json()["profiling"]
    assert since.startswith("2026-11-02T" if "2026" in str(stated) else "2026-11-20T")
    assert answer.json()["advertising"] is None
    again = await agency.put("/customers/K-1/objections", {"profiling": True})
    kept = datetime.fromisoformat(again.json()["profiling"])
    assert kept == datetime.fromisoformat(since), "the first word counts"
    await work(agency)
    found = await shown(agency)
    assert (found["segment"], found["facts"], found["gaps"]) == ("C", None, [])
    assert [reason["rule"] for reason in found["reasons"]] == ["objection"]
    assert found["axes"]["revenue"] == {"level": None, "below_since": None}
    assert (found["service_level"], found["development"]) == ("standard", "none")
    told = (await changes(agency))[-1]["payload"]
    assert (told["segment"], told["margin_cents"], told["potential_cents"]) == ("C", 0, 0)

    lifted = await agency.put("/customers/K-1/objections", {"profiling": False})
    assert lifted.json() == {"advertising": None, "profiling": None}
    await work(agency)
    after = await shown(agency)
    names = ("segment", "facts", "gaps", "reasons", "axes")
    assert {name: after[name] for name in names} == {name: before[name] for name in names}


async def test_an_objection_in_no_known_form_is_refused_with_the_place(quiet: Agency) -> None:
    for wrong in (7, "yesterday", {"at": "2026-11-02T09:00:00+01:00"}):
        answer = await quiet.put("/customers/K-1/objections", {"profiling": wrong})
        assert answer.status_code == 422, answer.text
        (error,) = answer.json()["errors"]
        assert error["pointer"].startswith("/profiling")


async def test_what_was_written_about_an_erased_customer_goes(quiet: Agency) -> None:
    await pin(quiet)
    await work(quiet)
    assert (await quiet.call("DELETE", "/customers/K-1")).status_code in (200, 202, 204)
    assert await quiet.rows("SELECT count(*) FROM override") == [(0,)]
