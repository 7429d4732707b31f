"""What no system should send is refused with its place, and never breaks what others read."""

import base64
import json
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.classifier.worker import jobs
from shared.db.feed import follow_job
from shared.turns import UNLIMITED
from tests.classifier.conftest import Agency, Send, Service, event, person

FARTHEST = ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00")


@pytest.fixture
def agency(lasting_service: Service) -> Agency:
    """An agency of its own for each test."""
    return lasting_service.of(f"agency-{uuid4().hex[:12]}")


@pytest.fixture
def service(lasting_service: Service) -> Service:
    """The service that ``send`` posts to."""
    return lasting_service


async def work(agency: Agency) -> None:
    """Do what the worker would be woken for, except to follow the neighbours."""
    followed = {follow_job(name) for name in agency.service.resources.followers}
    for job in jobs(agency.service.resources):
        if job.name not in followed:
            await job.run(agency.agency, UNLIMITED)


def places(answer: httpx.Response) -> tuple[int, list[str]]:
    """The status, and where the refusal points."""
    return answer.status_code, [each["pointer"] for each in answer.json()["errors"]]


def contact(interaction_id: str, at: str) -> dict[str, Any]:
    """A phone call of ten minutes."""
    return {
        "interaction_id": interaction_id, "customer_id": "K-0001", "at": at, "direction": "in",
        "channel": "phone", "role": "owner", "minutes": 10,
    }  # fmt: skip


@pytest.mark.parametrize("instant", FARTHEST)
async def test_an_instant_that_some_time_zones_cannot_show_is_refused_with_its_place(
    agency: Agency, instant: str
) -> None:
    await agency.customer("K-0001")
    batch = [contact("I-1", instant), contact("I-2", "2026-11-19T09:00:00+01:00")]

    sent = await agency.call("POST", "/interactions", json={"items": batch})
    objected = await agency.put("/customers/K-0001/objections", {"profiling": instant})
    word = {"state": "granted", "at": instant}
    agreed = await agency.put("/customers/K-0001/consents/newsletter/email", word)

    assert [item["state"] for item in sent.json()["items"]] == ["refused", "created"]
    assert places(objected) == (422, ["/profiling"])
    assert places(agreed) == (422, ["/at"])


@pytest.mark.parametrize("instant", FARTHEST)
async def test_an_event_at_an_instant_that_some_time_zones_cannot_show_is_refused(
    agency: Agency, send: Send, instant: str
) -> None:
    await agency.customer("K-0001")
    body = {**json.loads(event("price.disputed")), "timestamp": instant}

    assert places(await send(json.dumps(body).encode())) == (422, ["/timestamp"])


async def test_amounts_that_no_commission_has_are_refused_and_many_large_ones_can_be_read(
    agency: Agency,
) -> None:
    await agency.customer("K-0001")
    booking = {
        "customer_id": "K-0001", "booked_on": "2026-01-01", "kind": "other",
        "amount_cents": 10**11,
    }  # fmt: skip
    many = [{**booking, "commission_id": f"B-{number}"} for number in range(200)]
    absurd = {**booking, "commission_id": "B-X", "amount_cents": 10**13}

    sent = await agency.call("POST", "/commissions", json={"items": [*many, absurd]})
    await work(agency)

    answers = sent.json()["items"]
    assert [item["index"] for item in answers if item["state"] == "refused"] == [200]
    read = await agency.get("/customers/K-0001/classification")
    assert read["facts"]["revenue_cents"] > 10**13
    for path in ("/classifications", "/portfolio"):
        await agency.get(path)
    tried = await agency.call("POST", "/policies/1/simulation", json={})
    assert tried.status_code == 200, tried.text


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "2101-01-01", "9999-12-31"])
async def test_a_day_out_of_reach_is_not_run(agency: Agency, day: str) -> None:
    await agency.customer("K-0001")

    assert places(await agency.call("POST", f"/days/{day}/run")) == (422, ["/date"])
    assert (await agency.get("/agency"))["day"] is None


@pytest.mark.parametrize("day", ["2026-11-21", "2027-11-20", "2099-12-31"])
async def test_a_day_ahead_is_not_run(agency: Agency, day: str) -> None:
    answer = await agency.call("POST", f"/days/{day}/run")

    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (422, "day-not-begun")
    assert (await agency.get("/agency"))["day"] is None
    assert (await agency.call("POST", "/days/2026-11-20/run")).status_code == 202


async def test_today_is_where_the_agency_is(agency: Agency) -> None:
    await agency.put("/agency", {"time_zone": "Pacific/Honolulu"})  # eleven in the evening before

    assert (await agency.call("POST", "/days/2026-11-20/run")).status_code == 422
    assert (await agency.call("POST", "/days/2026-11-19/run")).status_code == 202


async def test_a_policy_with_a_text_that_cannot_be_stored_is_refused(agency: Agency) -> None:
    policy = (await agency.get("/policies/1"))["policy"]

    answer = await agency.call("POST", "/policies", json={**policy, "name": "a\0b"})

    assert answer.status_code == 422
    assert "U+0000" in answer.json()["detail"]


async def test_a_need_for_ages_that_nobody_reaches_is_refused_with_its_place(
    agency: Agency,
) -> None:
    policy = (await agency.get("/policies/1"))["policy"]
    for when in ({"age": {"min": 10**30}}, {"employees": [10**30]}):
        needs = [{**policy["needs"][0], "when": when}]
        status, found = places(
            await agency.call("POST", "/policies", json={**policy, "needs": needs})
        )
        assert status == 422
        assert found[0].startswith(f"/needs/0/when/{next(iter(when))}")


async def test_a_key_used_again_for_another_policy_is_refused(agency: Agency) -> None:
    policy = (await agency.get("/policies/1"))["policy"]
    key = {"Idempotency-Key": "spring"}
    first = await agency.call("POST", "/policies", json=policy, headers=key)
    again = await agency.call("POST", "/policies", json=policy, headers=key)
    other = await agency.call("POST", "/policies", json={**policy, "name": "B"}, headers=key)

    assert again.json() == first.json()
    assert other.status_code == 422
    assert other.json()["type"].endswith("/idempotency-key-reused")


async def test_a_cursor_with_an_instant_that_some_time_zones_cannot_show_is_none_of_ours(
    agency: Agency,
) -> None:
    await agency.customer("K-0001")
    cursor = base64.urlsafe_b64encode(f"0001-01-01 {FARTHEST[0]} 1 K-0001".encode()).decode()

    answer = await agency.call("GET", f"/customers/K-0001/classifications?cursor={cursor}")

    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/cursor-not-valid")


async def test_an_empty_cursor_begins_every_list_at_its_beginning(agency: Agency) -> None:
    for path in ("/policies", "/portfolio/parting-candidates", "/activations", "/classifications"):
        assert (await agency.get(f"{path}?cursor="))["next_cursor"] is None


async def test_a_body_sent_as_something_else_than_json_is_told_so(agency: Agency) -> None:
    answer = await agency.call(
        "PUT", "/customers/K-0001", content=b'{"kind": "person", "last_name": "Bergmann"}',
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )  # fmt: skip

    assert answer.status_code == 422
    assert "Content-Type: application/json" in answer.json()["detail"]


async def test_a_refusal_speaks_of_days_and_rules_not_of_python(agency: Agency) -> None:
    early = await agency.call("GET", "/policies/active?day=1899-12-31")
    nameless = await agency.put("/customers/K-0001", {"kind": "person"})

    assert early.json()["errors"] == [
        {"pointer": "/day", "detail": "Input should be greater than or equal to 1900-01-01"}
    ]
    assert nameless.json()["errors"][0]["detail"] == "a person needs last_name or first_name"


async def test_a_refused_signature_is_told_in_one_line(
    agency: Agency, send: Send, service: Service
) -> None:
    answer = await send(event("price.disputed"), **{"webhook-signature": "v1,AAAA"})

    assert answer.status_code == 401
    assert "\n" not in answer.json()["detail"]


async def test_the_interface_description_says_as_what_a_refusal_is_sent(agency: Agency) -> None:
    refused = await agency.call("GET", "/customers/nobody")
    described = (await agency.service.client.get("/openapi.json")).json()

    sent_as = {
        media_type
        for operations in described["paths"].values()
        for operation in operations.values()
        for status, answer in operation["responses"].items()
        if status.startswith("4")
        for media_type in answer["content"]
    }
    assert sent_as == {refused.headers["content-type"]}


async def test_what_is_wrong_with_a_body_that_nothing_reads_is_described(agency: Agency) -> None:
    described = (await agency.service.client.get("/openapi.json")).json()
    told = described["paths"]["/v1/reclassifications"]["post"]["responses"]

    for sent in (
        {"content": b"x", "headers": {"Content-Encoding": "gzip"}},
        {"content": b"x" * 3_000_000},
        {"content": b"x"},
    ):
        answer = await agency.call("POST", "/reclassifications", **sent)
        assert str(answer.status_code) in told, answer.text
        assert answer.status_code in (413, 415, 422)
        slug = answer.json()["type"].rsplit("/", 1)[1]
        assert f"`{slug}`" in told[str(answer.status_code)]["description"]


async def test_a_name_that_fits_no_pattern_is_refused_and_described_so(agency: Agency) -> None:
    described = (await agency.service.client.get("/openapi.json")).json()
    told = described["components"]["schemas"]["Customer"]["properties"]["identities"]
    person = {"kind": "person", "last_name": "Muster", "identities": {"A B": "7"}}

    answer = await agency.put("/customers/F-1", person)

    assert (answer.status_code, told["additionalProperties"]) == (422, False)


async def test_a_contract_with_a_rate_that_no_float_holds_is_refused_with_its_place(
    agency: Agency,
) -> None:
    body = b'{"line": "household", "commission_rate": 1' + b"0" * 400 + b"}"
    kind = {"Content-Type": "application/json"}
    await agency.put("/customers/F-1", {"kind": "person", "last_name": "Muster"})

    answer = await agency.call("PUT", "/customers/F-1/contracts/V-1", content=body, headers=kind)

    assert places(answer) == (422, ["/commission_rate"])


async def test_a_line_that_is_not_in_the_table_is_refused_not_taken_for_unknown(
    agency: Agency,
) -> None:
    await agency.customer("K-0001")

    misspelt = await agency.put("/customers/K-0001/contracts/C-1", {"line": "houshold"})
    unknown = await agency.put("/customers/K-0001/contracts/C-1", {"line": "unknown"})

    assert places(misspelt) == (422, ["/line"])
    assert unknown.status_code == 201


@pytest.mark.parametrize("path", ["/commissions", "/interactions"])
@pytest.mark.parametrize("many", [20_000, 5_000])
async def test_unbounded_a_batch_of_nothing_is_refused_within_a_moment(
    agency: Agency, path: str, many: int
) -> None:
    began = time.process_time()
    answer = await agency.call("POST", path, json={"items": [{}] * many})
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (422, "invalid-body")
    lines = {"content": b"{}\n" * many, "headers": {"Content-Type": "application/x-ndjson"}}
    assert (await agency.call("POST", path, **lines)).status_code == 422
    assert len(answer.content) < 2_000
    assert time.process_time() - began < 5


async def test_unbounded_a_body_wrong_in_many_places_tells_the_first(agency: Agency) -> None:
    lookup = {f"field-{number}": 1 for number in range(20_000)}
    answer = await agency.call("POST", "/customers/lookup", json=lookup)
    assert (answer.status_code, len(answer.json()["errors"])) == (422, 100)


@pytest.mark.parametrize("path", ["/commissions", "/interactions"])
async def test_unbounded_an_item_of_too_many_names_refuses_the_batch(
    agency: Agency, path: str
) -> None:
    item = {f"k{number}": 1 for number in range(20_000)}
    batches = (
        {"json": {"items": [item]}},
        {"content": json.dumps(item).encode(), "headers": {"Content-Type": "application/x-ndjson"}},
        {"content": b"\n" * 50_000, "headers": {"Content-Type": "application/x-ndjson"}},
    )
    for batch in batches:
        answer = await agency.call("POST", path, **batch)
        told = (answer.status_code, answer.json()["type"].rsplit("/", 1)[1])
        assert told == (422, "invalid-body")


async def test_nobody_is_connected_with_themselves_or_recommends_us_to_themselves(
    agency: Agency, send: Send
) -> None:
    itself = [{"customer_id": "K-1", "kind": "household"}]
    assert places(await agency.put("/customers/K-1", person(connections=itself)))[0] == 422
    assert (await agency.put("/customers/K-1", person())).status_code == 201
    told = {"customer_id": "K-1", "referred_customer_id": "K-1"}
    answer = await agency.call("PATCH", "/customers/K-1", json={"connections": itself})
    assert places(answer) == (422, ["/connections"])
    refused = await send(event("referral.made", **told))
    assert (refused.status_code, "/data/referred_customer_id" in refused.text) == (422, True)
    upserted = event("customer.upserted", customer_id="K-1", **person(connections=itself))
    refused = await send(upserted, webhook_id="w-2")
    assert (refused.status_code, "/data/customer_id" in refused.text) == (422, True)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson", "text/plain"])
async def test_a_batch_in_another_encoding_than_utf_8_writes_nothing(
    agency: Agency, encoding: str, kind: str
) -> None:
    await agency.customer("K-1")
    line = json.dumps({"commission_id": "B-1", "customer_id": "K-1", "booked_on": "2026-01-15",
                       "kind": "renewal", "amount_cents": 4200})  # fmt: skip
    body = line if kind == "application/x-ndjson" else f'{{"items": [{line}]}}'
    headers = {"Content-Type": kind}
    answer = await agency.call(
        "POST", "/commissions", content=body.encode(encoding), headers=headers
    )
    lines = answer.json().get("items", [{"problem": answer.json()}])
    assert {each["problem"]["type"].rsplit("/", 1)[1] for each in lines} == {"malformed-body"}
    taken = await agency.call("POST", "/commissions", content=body.encode(), headers=headers)
    assert [each["state"] for each in taken.json()["items"]] == ["created"]
