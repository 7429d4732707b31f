"""The published examples, sent to the running services exactly as written.

Names and shapes at the borders are promised to integrators: what stands here is text, not values
of our own models, so that a field renamed or narrowed is found.
"""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from kundentakt.demo.context import SETTINGS
from kundentakt.sample.rows import STAFF_HEADER, STAFF_ROWS
from kundentakt.supervisor.system import System
from shared.clients.webhooks import sign
from shared.contracts.events import EVENT_DATA
from tests.fixtures.running import NOW, TODAY, Office, office
from tests.fixtures.waiting import eventually

CUSTOMER = """
{
  "kind": "person", "status": "active",
  "salutation": "frau", "title": "Dr.", "first_name": "Ute", "last_name": "Bergmann",
  "company_name": null, "contact_person": null, "form_of_address": "sie",
  "language": "de", "birth_date": "1984-03-12", "death_date": null,
  "address": {"street": "Lindenallee 4", "postcode": "06526", "city": "Sangerhausen",
              "country": "DE", "state": "ST"},
  "email": "ute.bergmann@example.org", "phone": "+49 3464 5555",
  "customer_since": "2011-05-01", "came_by": "recommendation",
  "mandate": {"contract": true, "power_of_attorney": true, "since": "2011-05-01",
              "ended_on": null},
  "life": {"household": "family", "children": 2, "home": "owns", "employment": "employed",
           "vehicles": 1, "pets": ["dog"], "industry": null, "employees": null,
           "income_band": null},
  "flags": {"favourite": false, "useful": false, "promising": false, "conduct": false,
            "no_gifts": false},
  "connections": [{"customer_id": "K-0815", "kind": "household"}],
  "identities": {"gdv": "9999:4711"}
}
"""
CONTRACT = """
{
  "insurer": "Muster Versicherung AG", "insurer_number": "9999", "contract_number": "59999999995",
  "line": "household", "gdv_line": "040", "product": "Hausrat Plus", "status": "active",
  "start": "2020-01-01", "end": null, "main_due_date": "--01-01", "notice_months": 3,
  "premium_cents": 12000, "instalments_per_year": 1, "commission_rate": 0.2,
  "cancelled_on": null, "cancel_reason": null, "foreign": false
}
"""
COMMISSION = """
{"commission_id": "C-1", "customer_id": "K-0001", "contract_id": "9999:1",
 "booked_on": "2026-01-15", "kind": "renewal", "amount_cents": 2400}
"""
INTERACTION = """
{"interaction_id": "I-1", "customer_id": "K-0001", "at": "2026-05-04T14:30:00+02:00",
 "direction": "in", "channel": "phone", "role": "adviser", "staff_id": "BM", "minutes": 15,
 "kilometres": 0, "gift_cents": 0, "topic": "advice", "beyond_package": false}
"""
CONSENT = """
{"state": "granted", "basis": "consent", "at": "2026-05-04T14:30:00+02:00",
 "wording": "Ja, ich möchte den Newsletter per E-Mail erhalten.", "source": "Web-Formular"}
"""
POLICY = """
{"model": "revenue_potential", "name": "Ertrag × Potenzial",
 "revenue": {"threshold": {"kind": "amount", "cents": 30000}},
 "potential": {"threshold": {"kind": "amount", "cents": 15000}},
 "needs": [{"line": "disability",
            "when": {"employment": ["employed", "self_employed"], "age": {"max": 55}},
            "expected_cents": 18000, "probability": 0.4, "reason_de": "…", "source": "…"}],
 "effort": {"hourly_cents": {"owner": 12000, "adviser": 7000, "back_office": 4500},
            "kilometre_cents": 42, "ratio_limit": 0.5},
 "earning_months": {"initial": 60, "increase": 60, "clawback": 60, "other": 12},
 "counts": {"late_payments": 2, "price_disputes": 3, "announced_not_delivered": 2,
            "idle_contacts": 12},
 "health_data": false,
 "stability": {"band": 0.10, "hold_days": 90, "upgrade_immediately": true}}
"""
CATALOGUE = """
{"services": [{"key": "yearly_review", "name_de": "Jahresgespräch", "duty": false,
  "segments": {"A": {"every_months": 12, "channel": "visit", "minutes": 90, "who": "carer",
                     "window_days": 30},
               "C": {"on_request": true, "channel": "office", "minutes": 45}}},
  {"key": "claim", "name_de": "Schaden", "duty": true, "purpose": "service", "occasion": "raised",
   "segments": {"A": {"channel": "phone", "minutes": 30, "answer": {"working_days": 0}},
                "B": {"channel": "phone", "minutes": 30, "answer": {"working_days": 0}},
                "C": {"channel": "phone", "minutes": 30, "answer": {"working_days": 0}}}},
  {"key": "complaint", "name_de": "Beschwerde", "duty": true, "purpose": "service",
   "occasion": "raised",
   "segments": {"A": {"channel": "phone", "minutes": 45, "answer": {"working_days": 1}},
                "B": {"channel": "phone", "minutes": 45, "answer": {"working_days": 1}},
                "C": {"channel": "phone", "minutes": 45, "answer": {"working_days": 1}}}}]}
"""
"""The contract leaves out the rows behind the first; these two must be there."""
DISPATCHES = """
{"items": [
  {"dispatch_id": "0a4e1a9e-2f0d-5c3b-9d4e-5b9f6a7c8d90", "customer_id": "K-0001",
   "channel": "email", "purpose": "newsletter", "template": "newsletter", "data": {},
   "not_before": "2026-11-23T10:00:00+01:00", "priority": "normal"},
  {"dispatch_id": "bad", "customer_id": "K-0001", "channel": "pigeon", "purpose": "service",
   "template": "newsletter", "data": {}, "priority": "waiting_customer"}
]}
"""
EVENTS = {
    "customer.died": '{"customer_id": "K-0002", "died_on": "2026-11-20"}',
    "contract.cancelled": """{"customer_id": "K-0001", "contract_id": "9999:1",
        "cancelled_on": "2026-11-20", "effective_on": "2026-12-31", "reason": "zu teuer"}""",
    "payment.late": """{"customer_id": "K-0001", "contract_id": "9999:1", "days": 20,
        "reminder": true}""",
    "price.disputed": '{"customer_id": "K-0001"}',
    "business.announced": '{"customer_id": "K-0001"}',
    "business.delivered": '{"customer_id": "K-0001"}',
    "complaint.filed": '{"customer_id": "K-0001", "text": "zu spät", "cause": "delay"}',
    "referral.made": '{"customer_id": "K-0001", "referred_customer_id": "K-0002"}',
    "life.changed": """{"customer_id": "K-0001", "change": "birth", "life": {"children": 3}}""",
    "flag.set": """{"customer_id": "K-0001", "flag": "favourite", "value": true,
        "reason": "Freund des Hauses", "author": "VJ"}""",
    "mandate.ended": '{"customer_id": "K-0002"}',
    "claim.reported": '{"customer_id": "K-0001"}',
    "praise.received": '{"customer_id": "K-0001", "staff_id": "BM", "text": "sehr nett"}',
    "request.made": '{"customer_id": "K-0001", "request": "callback"}',
    "touchpoint.result": """{"customer_id": "K-0001",
        "touchpoint_id": "0a4e1a9e-2f0d-5c3b-9d4e-5b9f6a7c8d90", "result": "not_now"}""",
    "customer.upserted": '{"customer_id": "K-0001", ' + CUSTOMER.strip().removeprefix("{"),
    "contract.upserted": '{"customer_id": "K-0001", "contract_id": "9999:1", '
    + CONTRACT.strip().removeprefix("{"),
    "commission.booked": COMMISSION,
    "interaction.logged": INTERACTION,
    "consent.changed": '{"customer_id": "K-0001", "purpose": "newsletter", "channel": "email", '
    + CONSENT.strip().removeprefix("{"),
}
CLASSIFICATION = """
state customer_id care_unit segment previous_segment model policy_version as_of calibration
classified_at revision service_level development facts gaps reasons axes override held
"""
FACTS = """
revenue_cents revenue_estimated effort_minutes effort_cents margin_cents effort_ratio
potential_cents potential_assumed contracts lines referrals referral_value_cents late_payments
price_disputes complaints announced_not_delivered idle_contacts
"""
TOUCHPOINT = """
touchpoint_id customer_id service channel staff_id day minutes state reason because
"""


class Wire:
    """What an integrator's own program sends: text and headers, none of our models."""

    def __init__(self, office: Office) -> None:
        self.office = office

    async def send(
        self,
        service: str,
        method: str,
        path: str,
        body: str | None = None,
        kind: str = "application/json",
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.office.token}", "Content-Type": kind}
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            return await client.request(
                method,
                f"{self.office.system.url(service)}/v1{path}",
                content=body.encode() if body is not None else None,
                headers=headers,
            )

    async def read(self, service: str, path: str) -> dict[str, Any]:
        answer = await self.send(service, "GET", path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture(scope="module")
async def wire(system: System) -> AsyncIterator[Wire]:
    """An agency with the customer of the examples and a second one."""
    async with office(system, f"contract-{uuid4().hex[:8]}") as ours:
        await ours.classifier.put_agency(ours.agency, SETTINGS)
        staff = "\r\n".join(";".join(cells) for cells in (STAFF_HEADER, *STAFF_ROWS))
        await ours.scheduler.import_staff(ours.agency, staff.encode())
        wire = Wire(ours)
        for customer in ("K-0001", "K-0002"):
            await wire.send("classifier", "PUT", f"/customers/{customer}", CUSTOMER)
        await wire.send("classifier", "PUT", "/customers/K-0001/contracts/9999:1", CONTRACT)
        yield wire


async def test_a_customer_is_created_replaced_and_given_back_as_sent(wire: Wire) -> None:
    created = await wire.send("classifier", "PUT", "/customers/K-4711", CUSTOMER)
    replaced = await wire.send("classifier", "PUT", "/customers/K-4711", CUSTOMER)
    assert (created.status_code, replaced.status_code) == (201, 200)
    assert created.headers["etag"]
    shown = await wire.read("classifier", "/customers/K-4711")
    sent = json.loads(CUSTOMER)
    assert {name: shown[name] for name in sent} == sent


@pytest.mark.parametrize(
    "answer", ["contract", "commission", "interaction", "consent", "objections"]
)
async def test_what_belongs_to_a_customer_is_taken_as_written(wire: Wire, answer: str) -> None:
    one_each = {
        "contract": ("PUT", "/customers/K-0001/contracts/9999:2", CONTRACT, 201),
        "commission": ("POST", "/commissions", f'{{"items": [{COMMISSION}]}}', 200),
        "interaction": ("POST", "/interactions", f'{{"items": [{INTERACTION}]}}', 200),
        "consent": ("PUT", "/customers/K-0001/consents/newsletter/email", CONSENT, 200),
        "objections": (
            "PUT",
            "/customers/K-0002/objections",
            '{"advertising": "2026-05-04T14:30:00+02:00", "profiling": null}',
            200,
        ),
    }
    method, path, body, status = one_each[answer]
    taken = await wire.send("classifier", method, path, body)
    assert taken.status_code in (status, 200, 204), taken.text
    if method == "POST":
        lines = " ".join(body.removeprefix('{"items": [').removesuffix("]}").split())
        again = await wire.send("classifier", method, path, lines, kind="application/x-ndjson")
        assert len(taken.json()["items"]) == len(again.json()["items"]) == 1
        assert "errors" not in taken.json()["items"][0] or not taken.json()["items"][0]["errors"]


async def test_an_unknown_field_is_refused_by_a_problem_that_points_at_it(wire: Wire) -> None:
    body = json.dumps({**json.loads(CUSTOMER), "hobby": "Angeln"})
    refused = await wire.send("classifier", "PUT", "/customers/K-0009", body)
    problem = refused.json()
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance", "errors", "trace_id"} <= set(problem)
    assert problem["type"].startswith("https://kundentakt.example/problems/")
    assert [error["pointer"] for error in problem["errors"]] == ["/hobby"]


@pytest.mark.parametrize("kind", EVENTS)
async def test_every_event_is_accepted_once_and_known_the_second_time(
    wire: Wire, kind: str
) -> None:
    ours = wire.office
    secret = (await ours.classifier.put_webhook_source(ours.agency, "makler")).secret
    stamp = NOW.isoformat()
    body = f'{{"type": "{kind}", "timestamp": "{stamp}", "data": {EVENTS[kind]}}}'.encode()
    url = f"{ours.system.url('classifier')}/v1/events/{ours.agency}/makler"
    answers = []
    async with httpx.AsyncClient(trust_env=False) as client:
        for _ in range(2):
            headers = sign(secret, webhook_id=f"webhook-{kind}", body=body)
            answers.append(await client.post(url, content=body, headers=headers))
    assert [answer.status_code for answer in answers] == [202, 202], answers[0].text
    first, second = (answer.json() for answer in answers)
    assert set(first) == {"event_id", "duplicate", "revision"}
    assert (first["duplicate"], second["duplicate"]) == (False, True)
    assert first["event_id"] == second["event_id"]


def test_every_type_of_event_has_its_example() -> None:
    assert set(EVENTS) == set(EVENT_DATA)


async def test_a_classification_has_every_promised_name(wire: Wire) -> None:
    async def classified() -> bool:
        seen = await wire.read("classifier", "/customers/K-0001/classification")
        assert seen == {"state": "pending"} or seen["state"] in {"stale", "current"}
        return bool(seen["state"] == "current")

    await eventually(classified)
    seen = await wire.read("classifier", "/customers/K-0001/classification")
    assert set(CLASSIFICATION.split()) <= set(seen)
    assert set(FACTS.split()) <= set(seen["facts"])
    assert set(seen["axes"]) == {"revenue", "potential"}
    assert {"level", "below_since"} <= set(seen["axes"]["revenue"])
    assert all({"line", "kind", "expected_cents", "because"} <= set(gap) for gap in seen["gaps"])
    names = {"rule", "value", "threshold", "distance", "de", "en"}
    assert seen["reasons"]
    assert all(names <= set(reason) for reason in seen["reasons"])


async def test_a_policy_is_stored_as_written_and_activated_now_or_later(wire: Wire) -> None:
    created = await wire.send("classifier", "POST", "/policies", POLICY)
    assert created.status_code == 201, created.text
    version = created.json()["version"]
    shown = (await wire.read("classifier", f"/policies/{version}"))["policy"]
    for name, value in json.loads(POLICY).items():
        if name != "needs":
            assert shown[name] == value
    (need,) = json.loads(POLICY)["needs"]
    assert {name: shown["needs"][0][name] for name in need if name != "when"} == {
        name: value for name, value in need.items() if name != "when"
    }
    later = await wire.send(
        "classifier", "POST", f"/policies/{version}/activation", '{"from": "2026-12-01"}'
    )
    now = await wire.send("classifier", "POST", f"/policies/{version}/activation", "{}")
    assert (later.status_code, now.status_code) == (202, 202), (later.text, now.text)


async def test_a_catalogue_is_taken_as_written(wire: Wire) -> None:
    taken = await wire.send("scheduler", "POST", "/catalogues", CATALOGUE)
    assert taken.status_code == 201, taken.text
    page = await wire.read("scheduler", "/catalogues")
    assert taken.json()["version"] in [item["version"] for item in page["items"]]


async def test_a_request_becomes_a_task_that_ends_by_the_promised_words(wire: Wire) -> None:
    asked = await wire.send(
        "scheduler", "POST", "/requests", '{"kind": "callback", "customer_id": "K-0001"}'
    )
    assert asked.status_code == 201, asked.text
    path = f"/tasks/{asked.json()['task_id']}/completion"
    given = await wire.send(
        "scheduler", "POST", path, '{"outcome": "delegated", "to": "HS", "reason": "krank"}'
    )
    done = await wire.send(
        "scheduler", "POST", path, '{"outcome": "done", "minutes": 25, "result": null}'
    )
    assert (given.status_code, done.status_code) == (200, 200), (given.text, done.text)
    plan = await wire.read("scheduler", f"/staff/HS/days/{TODAY}")
    assert {"staff_id", "day", "tasks"} <= set(plan)


async def test_touchpoints_carry_every_promised_name(wire: Wire) -> None:
    async def planned() -> bool:
        page = await wire.read("scheduler", "/touchpoints?customer_id=K-0001")
        return bool(page["items"])

    await eventually(planned)
    page = await wire.read("scheduler", f"/touchpoints?customer_id=K-0001&from={TODAY}")
    assert set(page) == {"items", "next_cursor"}
    assert all(set(TOUCHPOINT.split()) <= set(item) for item in page["items"])


async def test_a_good_dispatch_is_accepted_beside_a_bad_one(wire: Wire) -> None:
    answers = await wire.send("notifier", "POST", "/dispatches", DISPATCHES)
    assert answers.status_code == 202, answers.text
    good, bad = answers.json()["items"]
    assert good["dispatch_id"] == json.loads(DISPATCHES)["items"][0]["dispatch_id"]
    assert (good["state"], good["duplicate"], bool(good["message_id"])) == ("accepted", False, True)
    assert (bad["dispatch_id"], bad["message_id"]) == ("bad", None)
    again = (await wire.send("notifier", "POST", "/dispatches", DISPATCHES)).json()["items"][0]
    assert (again["message_id"], again["duplicate"]) == (good["message_id"], True)


@pytest.mark.parametrize("service", ["classifier", "scheduler", "notifier"])
async def test_every_feed_has_the_promised_shape(wire: Wire, service: str) -> None:
    await eventually(lambda: _told(wire, service))
    page = await wire.read(service, "/changes?after=0&limit=500")
    assert {"items", "head"} <= set(page)
    names = {"revision", "change_id", "kind", "subject", "at", "payload"}
    assert all(set(change) == names for change in page["items"])
    assert [c["revision"] for c in page["items"]] == list(range(1, len(page["items"]) + 1))


async def _told(wire: Wire, service: str) -> bool:
    return bool((await wire.read(service, "/changes?after=0&limit=500"))["items"])
