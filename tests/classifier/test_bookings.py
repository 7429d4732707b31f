"""Contracts, commissions and interactions over HTTP."""

import json
from typing import Any

from tests.classifier.conftest import Agency

BOOKING = {
    "commission_id": "B-1",
    "customer_id": "K-0001",
    "contract_id": "C-1",
    "booked_on": "2026-01-02",
    "kind": "renewal",
    "amount_cents": 1200,
}
CONTACT = {
    "interaction_id": "I-1",
    "customer_id": "K-0001",
    "at": "2026-11-02T10:00:00+01:00",
    "direction": "in",
    "channel": "phone",
    "role": "owner",
    "minutes": 15,
}


async def test_a_contract_is_put_read_listed_and_removed(agency: Agency) -> None:
    await agency.customer("K-0001")
    body: dict[str, Any] = {
        "line": "motor",
        "premium_cents": 30000,
        "commission_rate": 0.1,
        "start": "2024-01-01",
        "end": "2027-01-01",
        "foreign": True,
    }
    assert (await agency.put("/customers/K-0001/contracts/C-1", body)).status_code == 201
    assert (await agency.put("/customers/K-0001/contracts/C-1", body)).status_code == 200
    stored = await agency.get("/customers/K-0001/contracts/C-1")
    assert body.items() <= stored.items()
    (listed,) = (await agency.get("/customers/K-0001/contracts"))["items"]
    assert listed == {**stored, "contract_id": "C-1"}
    gone = await agency.call("DELETE", "/customers/K-0001/contracts/C-1")
    assert gone.status_code == 204
    assert (await agency.call("GET", "/customers/K-0001/contracts/C-1")).status_code == 404


async def test_a_negative_premium_and_an_unknown_customer_are_refused(agency: Agency) -> None:
    await agency.customer("K-0001")
    body = {"line": "motor", "premium_cents": -1}
    answer = await agency.put("/customers/K-0001/contracts/C-1", body)
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/premium-negative")
    assert answer.json()["errors"][0]["pointer"] == "/premium_cents"
    both = await agency.put("/customers/K-0001/contracts/C-1", {**body, "start": "soon"})
    assert both.json()["type"].endswith("/invalid-body"), "several faults are told together"
    assert {error["pointer"] for error in both.json()["errors"]} == {"/premium_cents", "/start"}
    answer = await agency.put("/customers/K-9/contracts/C-1", {"line": "motor"})
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("/customer-not-found")
    assert await agency.rows("SELECT 1 FROM contract") == []


async def test_one_bad_item_does_not_refuse_the_others(agency: Agency) -> None:
    await agency.customer("K-0001")
    items = [
        BOOKING,
        {**BOOKING, "commission_id": "B-2", "customer_id": "K-9"},
        {**BOOKING, "commission_id": "B-3", "kind": "clawback"},
        {**BOOKING, "commission_id": "B-4"},
    ]
    answer = (await agency.call("POST", "/commissions", json={"items": items})).json()
    states = [(item["id"], item["state"]) for item in answer["items"]]
    assert states == [
        ("B-1", "created"),
        ("B-2", "refused"),
        ("B-3", "refused"),
        ("B-4", "created"),
    ]
    assert answer["items"][1]["problem"]["type"].endswith("/customer-not-found")
    assert "negative" in answer["items"][2]["problem"]["detail"]
    again = {"items": [BOOKING, {**BOOKING, "commission_id": "B-4", "amount_cents": 1}]}
    answer = (await agency.call("POST", "/commissions", json=again)).json()
    assert [item["state"] for item in answer["items"]] == ["unchanged", "updated"]


async def test_interactions_come_as_lines_too(agency: Agency) -> None:
    await agency.customer("K-0001")
    lines = [json.dumps(CONTACT), "{no json", json.dumps({**CONTACT, "minutes": -1})]
    answer = await agency.call(
        "POST",
        "/interactions",
        content="\n".join(lines),
        headers={"Content-Type": "application/x-ndjson"},
    )
    items = answer.json()["items"]
    assert [item["state"] for item in items] == ["created", "refused", "refused"]
    assert items[1]["problem"]["status"] == 400
    assert items[2]["problem"]["errors"][0]["pointer"] == "/minutes"
    assert await agency.rows("SELECT minutes FROM interaction") == [(15,)]


async def test_a_booking_marks_the_unit_once(agency: Agency) -> None:
    await agency.customer("K-0001")
    items = [{**BOOKING, "commission_id": f"B-{number}"} for number in range(20)]
    before = await agency.rows("SELECT marks FROM work_mark")
    await agency.call("POST", "/commissions", json={"items": items})
    assert await agency.rows("SELECT marks FROM work_mark") == [(before[0][0] + 1,)]


async def test_a_body_too_large_is_a_problem_and_changes_nothing(agency: Agency) -> None:
    body = json.dumps({"kind": "person", "last_name": "x" * 1_100_000})
    answer = await agency.call(
        "PUT", "/customers/K-0001", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 413
    assert answer.json()["type"].endswith("/body-too-large")


async def test_the_agency_knows_its_settings_and_keeps_them(agency: Agency) -> None:
    fresh = await agency.get("/agency")
    assert (fresh["time_zone"], fresh["day"]) == ("Europe/Berlin", None)
    sender = {
        "name": "Muster GmbH", "legal_form": "GmbH", "street": "Markt 3", "postcode": "06526",
        "city": "Sangerhausen", "managing_directors": ["Jana Muster"], "seat": "Sangerhausen",
        "register_court": "Amtsgericht Stendal", "register_number": "HRB 12345",
        "supervisory_authority": "IHK Halle-Dessau", "phone": "+49 3464 123456",
        "broker_register_number": "D-ABCD-12345-67", "email": "post@muster.example",
    }  # fmt: skip
    settings = {
        "federal_state": "ST",
        "sender": sender,
        "send_times": ["09:30"],
        "letter_form": "A",
    }
    stored = (await agency.put("/agency", settings)).json()
    assert stored == await agency.get("/agency")
    assert stored["sender"]["managing_directors"] == ["Jana Muster"]
    assert (stored["federal_state"], stored["send_times"]) == ("ST", ["09:30"])
    assert (fresh["letter_form"], stored["letter_form"]) == ("B", "A")
    assert (await agency.put("/agency", {"letter_form": "C"})).status_code == 422
    answer = await agency.put("/agency", {"time_zone": "Europe/Sangerhausen"})
    assert answer.status_code == 422
