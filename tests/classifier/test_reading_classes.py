"""Reading a class while it is being made anew: of one instant, told as stale, waited for."""

import asyncio
from typing import Any

import httpx
import pytest

from services.classifier.store import classifications, work_marks
from services.classifier.usecases import classification_reading
from tests.classifier.conftest import Agency, Send, event
from tests.classifier.rules import activate, post, work

PATH = "/customers/K-1/classification"
BOOKING: dict[str, Any] = {
    "commission_id": "b-1", "customer_id": "K-1", "booked_on": "2025-12-01", "kind": "renewal",
    "amount_cents": 90_000,
}  # fmt: skip


async def book(agency: Agency, **fields: Any) -> httpx.Response:
    answer = await agency.call("POST", "/commissions", json={"items": [{**BOOKING, **fields}]})
    assert answer.status_code == 200, answer.text
    return answer


@pytest.fixture
async def known(agency: Agency) -> Agency:
    """An agency with one classified customer who brings nothing yet."""
    await agency.customer("K-1")
    await work(agency)
    return agency


async def test_a_class_that_is_being_made_anew_is_stale_until_it_is(known: Agency) -> None:
    before = await known.get(PATH)
    assert before["state"] == "current"
    await book(known)
    meanwhile = await known.get(PATH)
    assert (meanwhile["state"], meanwhile["segment"]) == ("stale", before["segment"])
    await work(known)
    after = await known.get(PATH)
    assert (after["state"], after["previous_segment"]) == ("current", before["segment"])


async def test_a_new_policy_makes_classes_stale(known: Agency) -> None:
    await activate(known, await post(known, name="B"))
    assert (await known.get(PATH))["state"] == "stale"
    await work(known)
    assert (await known.get(PATH))["state"] == "current"


WRITES = {
    "customer": ("PUT", "/customers/K-1", {"kind": "person", "last_name": "Neu"}),
    "the same again": ("PUT", "/customers/K-1", {"kind": "person", "last_name": "Neu"}),
    "patch": ("PATCH", "/customers/K-1", {"email": "neu@example.org"}),
    "contract": ("PUT", "/customers/K-1/contracts/V-1", {"line": "household"}),
    "contract's patch": ("PATCH", "/contracts/V-1", {"premium_cents": 900}),
    "bookings": ("POST", "/commissions", {"items": [BOOKING]}),
    "consent": (
        "PUT", "/customers/K-1/consents/newsletter/email",
        {"state": "granted", "basis": "consent", "at": "2026-05-01T08:00:00Z", "wording": "Ja",
         "source": "form"},
    ),
    "objection": ("PUT", "/customers/K-1/objections", {"profiling": True}),
    "no contract": ("DELETE", "/customers/K-1/contracts/V-1", None),
    "erasure": ("DELETE", "/customers/K-1", None),
}  # fmt: skip


async def test_every_write_tells_the_revision_to_wait_for(known: Agency) -> None:
    last = 0
    for name, (method, path, body) in WRITES.items():
        answer = await known.call(method, path, json=body)
        assert answer.status_code < 300, (name, answer.text)
        revision = int(answer.headers["Kundentakt-Revision"])
        head = (await known.get("/changes?limit=1"))["head"]
        assert last <= revision <= head, name
        last = revision
        if name in ("customer", "the same again", "patch", "contract", "bookings"):
            assert answer.json()["revision"] == revision, name
    assert "Kundentakt-Revision" not in (await known.call("GET", "/customers")).headers
    refused = await known.call("PUT", "/customers/K-2", json={})
    assert "Kundentakt-Revision" not in refused.headers


async def test_an_event_tells_it_where_others_act_on_it(known: Agency, send: Send) -> None:
    cancelled = await send(event("complaint.filed", customer_id="K-1", text="So nicht."))
    assert cancelled.status_code == 202, cancelled.text
    revision = int(cancelled.headers["Kundentakt-Revision"])
    assert cancelled.json()["revision"] == revision
    assert revision == (await known.get("/changes?limit=1"))["head"]


async def test_waiting_for_a_write_gives_the_class_it_makes(known: Agency) -> None:
    answer = await book(known)
    revision = answer.headers["Kundentakt-Revision"]
    reading = asyncio.create_task(known.get(f"{PATH}?wait_for={revision}"))
    # Nothing tells that a request waits: one that did not would have answered by then.
    await asyncio.sleep(0.1)
    assert not reading.done()
    await work(known)
    read = await reading
    assert (read["state"], read["segment"]) == ("current", "A")
    assert (await known.get(f"{PATH}?wait_for=0"))["state"] == "current"


async def test_waiting_ends_in_time_and_says_so(
    known: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classification_reading, "WAIT_SECONDS", 0.2)
    await book(known)
    assert (await known.get(f"{PATH}?wait_for=1"))["state"] == "stale"
    await work(known)
    assert (await known.get(f"{PATH}?wait_for={2**63 - 1}"))["state"] == "stale", "not reached"
    await known.customer("K-2")
    assert await known.get("/customers/K-2/classification?wait_for=1") == {"state": "pending"}
    for wrong in ("-1", str(2**63), "soon", ""):
        assert (await known.call("GET", f"{PATH}?wait_for={wrong}")).status_code == 422
    assert (await known.call("GET", "/customers/K-9/classification?wait_for=1")).status_code == 404


async def test_class_and_revision_are_of_one_instant(
    known: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await known.get(PATH)
    await book(known)
    standing = classifications.standing

    async def classified_meanwhile(*args: Any) -> Any:
        found = await standing(*args)
        monkeypatch.setattr(classifications, "standing", standing)
        await work(known)
        return found

    monkeypatch.setattr(classifications, "standing", classified_meanwhile)
    torn = await known.get(PATH)
    assert (torn["segment"], torn["revision"]) == (before["segment"], before["revision"])
    assert torn["state"] == "stale"
    after = await known.get(PATH)
    assert after["revision"] > before["revision"]
    assert after["segment"] != before["segment"]


async def test_two_classifications_of_one_turn_have_their_own_instants(
    known: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, claims = work_marks.claim, 0

    async def booked_before_the_second_claim(*args: Any, **named: Any) -> Any:
        nonlocal claims
        claims += 1
        if claims == 2:
            await book(known, amount_cents=-BOOKING["amount_cents"], commission_id="b-2")
        return await claim(*args, **named)

    await book(known)
    monkeypatch.setattr(work_marks, "claim", booked_before_the_second_claim)
    await work(known)
    history = (await known.get("/customers/K-1/classifications"))["items"]
    instants = [each["classified_at"] for each in history]
    assert len(history) == 3
    assert instants == sorted(set(instants), reverse=True)
