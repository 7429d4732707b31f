"""Signed events: kept once, carried out at once, told without free text."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.clients.webhooks import HEADERS, sign
from shared.contracts.event_examples import EVENT_EXAMPLES
from shared.contracts.events import EVENT_DATA
from shared.web.crowds import VALUES
from tests.classifier.conftest import SOURCE, Agency, Send, Service, event, person

DATA = EVENT_EXAMPLES
GUIDE = Path(__file__).parents[2] / "docs/integrator.md"


def test_the_guide_shows_every_type_with_the_example_that_is_sent_here() -> None:
    rows = re.findall(r"^\| `(\w+\.\w+)` \| .+ \| `(\{.+\})` \|$", GUIDE.read_text("utf-8"), re.M)
    assert {event_type: json.loads(data) for event_type, data in rows} == DATA
    assert DATA.keys() == EVENT_DATA.keys()


async def test_the_openapi_document_holds_the_shape_of_every_type(service: Service) -> None:
    document = (await service.client.get("/openapi.json")).json()
    route = document["paths"]["/v1/events/{agency_id}/{source}"]["post"]
    content = route["requestBody"]["content"]["application/json"]
    assert "$ref" not in json.dumps(content)
    shapes = {each["title"]: each["properties"]["data"] for each in content["schema"]["oneOf"]}
    assert shapes.keys() == EVENT_DATA.keys() == content["examples"].keys()
    for event_type, shape in shapes.items():
        sent = content["examples"][event_type]["value"]["data"]
        assert set(shape["required"]) <= set(sent) <= set(shape["properties"])


@pytest.mark.parametrize("event_type", sorted(DATA))
async def test_each_type_is_kept_once_and_has_the_customer_classified_again(
    agency: Agency, send: Send, ute: None, event_type: str
) -> None:
    body = event(event_type, **DATA[event_type])
    first, second = await send(body), await send(body)
    assert first.status_code == second.status_code == 202, first.text
    assert [first.json()["duplicate"], second.json()["duplicate"]] == [False, True]
    assert first.json()["event_id"] == second.json()["event_id"]
    assert await agency.rows("SELECT type FROM event") == [(event_type,)]
    assert await agency.marked_units() == {"K-0001"}


@pytest.mark.parametrize(
    ("event_type", "question", "answer"),
    [
        ("contract.cancelled",
         "SELECT status, ends_on::text, cancel_reason FROM contract",
         ("cancelled", "2026-12-31", "Wechsel")),
        ("customer.died", "SELECT death_date::text FROM customer", ("2026-11-01",)),
        ("customer.upserted", "SELECT first_name FROM customer", ("Ute",)),
        ("life.changed", "SELECT children FROM customer", (1,)),
        ("mandate.ended", "SELECT mandate_ended_on::text FROM customer", ("2026-11-19",)),
        ("commission.booked", "SELECT amount_cents FROM commission", (4200,)),
        ("interaction.logged", "SELECT minutes FROM interaction", (10,)),
        ("consent.changed", "SELECT state, wording FROM consent", ("granted", "Ja")),
        ("flag.set", "SELECT flag, author, ends_on::text FROM flag",
         ("promising", "Vogt", "2027-11-20")),
    ],
)  # fmt: skip
async def test_what_an_event_changes_is_changed_when_it_is_answered(
    agency: Agency, send: Send, ute: None, event_type: str, question: str, answer: tuple[Any, ...]
) -> None:
    assert (await send(event(event_type, **DATA[event_type]))).status_code == 202
    assert await agency.rows(question) == [answer]


@pytest.mark.parametrize(
    "other",
    [
        event("payment.late", contract_id="C-1", days=31),
        event("payment.late", contract_id="C-1", days=30, reminder=True),
        event("price.disputed", contract_id="C-1"),
        event("claim.reported", contract_id="C-1"),
        event("contract.cancelled", contract_id="C-1", cancelled_on="2026-11-01"),
        event("payment.late", contract_id="C-1", days=30).replace(b"10:00:00", b"10:00:01"),
    ],
)
async def test_key_reused_a_webhook_id_of_another_event_is_refused(
    agency: Agency, ute: None, send: Send, other: bytes
) -> None:
    late = event("payment.late", contract_id="C-1", days=30)
    assert (await send(late)).status_code == 202
    before = len(await agency.changes("event.recorded"))
    refused = await send(other)
    assert (refused.status_code, refused.json()["type"].rsplit("/", 1)[1]) == (
        422,
        "idempotency-key-reused",
    )
    spelt_otherwise = json.dumps(json.loads(late), indent=2, sort_keys=True).encode()
    assert (await send(spelt_otherwise)).json()["duplicate"] is True
    assert len(await agency.changes("event.recorded")) == before
    assert (await send(other, webhook_id="w-2")).json()["duplicate"] is False


async def test_the_feed_tells_what_others_act_on_and_no_free_text(
    agency: Agency, send: Send, ute: None
) -> None:
    for number, (event_type, data) in enumerate(DATA.items()):
        await send(event(event_type, **data), webhook_id=f"w-{number}")
    told = {each["payload"]["type"]: each for each in await agency.changes("event.recorded")}
    assert {"complaint.filed", "contract.cancelled", "referral.made", "life.changed",
            "request.made", "customer.died"} <= told.keys()  # fmt: skip
    assert told["complaint.filed"]["payload"]["cause"] == "callback"
    everything = json.dumps((await agency.get("/changes?limit=1000"))["items"])
    for words in ("Bergmann", "Wasser", "Danke", "abends", "Ausbau", "Wechsel", "Ute"):
        assert words not in everything


@pytest.mark.parametrize(
    ("body", "status", "slug", "pointer"),
    [
        (event("payment.late", days="20"), 422, "invalid-body", "/data/days"),
        (event("payment.late"), 422, "invalid-body", "/data/days"),
        (event("coffee.spilt"), 422, "event-type-unknown", None),
        (b"{", 400, "malformed-body", None),
        (b'{"type": "payment.late", "timestamp": 5, "data": {}}', 422, "invalid-body",
         "/timestamp"),
        (event("payment.late", customer_id="K-9", days=1), 404, "customer-not-found", None),
        (event("contract.cancelled", contract_id="C-9", cancelled_on="2026-11-01"), 404,
         "contract-not-found", None),
        (event("customer.died", died_on="2026-11-21"), 422, "death-date-in-future",
         "/death_date"),
        (event("customer.upserted", **person(birth_date="2026-11-21")), 422,
         "birth-date-in-future", "/birth_date"),
        (event("complaint.filed", text="a\x00b"), 422, "invalid-body", None),
        (event("contract.upserted", contract_id="C-3", line="motor", premium_cents=-1), 422,
         "premium-negative", "/data/premium_cents"),
    ],
)  # fmt: skip
async def test_an_event_that_cannot_be_changes_nothing(
    agency: Agency, send: Send, ute: None, body: bytes, status: int, slug: str, pointer: str | None
) -> None:
    answer = await send(body)
    assert answer.status_code == status, answer.text
    assert answer.json()["type"].endswith(f"/{slug}")
    if pointer:
        assert answer.json()["errors"][0]["pointer"] == pointer
    assert await agency.rows("SELECT 1 FROM event") == []
    assert await agency.marked_units() == set()


async def test_events_are_counted_by_their_route_like_all_requests(
    service: Service, send: Send, ute: None
) -> None:
    await send(event("payment.late", days=20))
    metrics = (await service.client.get("/metrics")).text
    labels = 'route="/events/{agency_id}/{source}",service="classifier",status="202"'
    assert f"http_requests_total{{{labels}}}" in metrics


async def test_an_event_of_more_than_a_megabyte_is_refused_whatever_length_it_declares(
    service: Service, agency: Agency
) -> None:
    async def in_parts() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b" " * 100_000

    for body in (b" " * 1_000_001, in_parts()):
        answer = await service.client.post(f"/v1/events/musterbetrieb/{SOURCE}", content=body)
        assert answer.status_code == 413
        assert answer.json()["type"].endswith("/body-too-large")


async def test_many_senders_at_once_lose_nothing_and_count_nothing_twice(
    agency: Agency, send: Send, ute: None
) -> None:
    for number in range(8):
        await agency.customer(f"K-1{number}")

    async def sender(place: int) -> None:
        for number in range(12):
            kind = (place + number) % 4
            data = {"customer_id": f"K-1{(place * 5 + number) % 8}"}
            body = (
                event("life.changed", change="birth", life={"children": number}, **data)
                if kind == 0
                else event("claim.reported", text="Wasser", **data)
            )
            for duplicate in (False, True):
                answer = await send(body, webhook_id=f"{place}-{number}")
                assert (answer.status_code, answer.json()["duplicate"]) == (202, duplicate)

    await asyncio.gather(*(sender(place) for place in range(16)))
    assert await agency.rows("SELECT count(*) FROM event") == [(16 * 12,)]
    changes = await agency.changes("event.recorded")
    assert len({change["subject"] for change in changes}) == len(changes) == 16 * 12
    everything = (await agency.get("/changes?limit=1000"))["items"]
    assert [change["revision"] for change in everything] == [*range(1, len(everything) + 1)]


@pytest.mark.parametrize(
    ("headers", "slug"),
    [
        ({"webhook-signature": "v1,AAAA"}, "signature-refused"),
        ({"webhook-signature": "§"}, "signature-refused"),
        ({"webhook-signature": ""}, "signature-refused"),
        ({"webhook-id": "another"}, "signature-refused"),
        ({"webhook-timestamp": "1"}, "timestamp-refused"),
        ({"webhook-timestamp": "soon"}, "signature-refused"),
    ],
)
async def test_a_forged_or_old_webhook_is_refused(
    agency: Agency, send: Send, ute: None, headers: dict[str, str], slug: str
) -> None:
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    answer = await send(event("payment.late", days=20), **encoded)
    assert answer.status_code == 401
    assert answer.json()["type"].endswith(f"/{slug}")
    assert await agency.rows("SELECT 1 FROM event") == []


@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
async def test_an_event_of_too_many_values_is_refused_before_it_is_read(
    send: Send, kind: str
) -> None:
    crowd = event("praise.received", pages=[{}] * 2 * VALUES)
    refused = await send(crowd, webhook_id="w-crowd", **{"Content-Type": kind})
    assert (refused.status_code, refused.json()["type"].rsplit("/", 1)[1]) == (422, "invalid-body")
    assert "too many values" in refused.json()["detail"]


async def test_a_rightly_signed_webhook_of_an_hour_ago_is_too_old(
    service: Service, agency: Agency
) -> None:
    body = event("payment.late", days=20)
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    headers = sign(await agency.secret(), webhook_id="w-1", body=body, at=hour_ago)
    answer = await service.client.post(
        f"/v1/events/musterbetrieb/{SOURCE}", content=body, headers=headers
    )
    assert answer.json()["type"].endswith("/timestamp-refused")


@pytest.mark.parametrize(
    "listed",
    [
        "v1,AAAA  {good}",
        "x  {good}",
        "{good}  v1,AAAA",
        "\t{good} ",
        "v1a,AAAA v2 {good}",
        "§ {good}",
    ],
)
async def test_signatures_in_a_list_are_each_tried(
    agency: Agency, service: Service, ute: None, listed: str
) -> None:
    body = event("payment.late", days=1)
    signed = sign(await agency.secret(), webhook_id="w-1", body=body)
    listed = listed.format(good=signed["webhook-signature"])
    headers = {k.encode(): v.encode() for k, v in signed.items()}
    headers[b"webhook-signature"] = listed.encode("latin-1")
    path = f"/v1/events/{agency.agency}/{SOURCE}"
    assert (await service.client.post(path, content=body, headers=headers)).status_code == 202


@pytest.mark.parametrize("doubled", HEADERS)
async def test_a_header_of_the_signature_stands_once(
    agency: Agency, service: Service, ute: None, doubled: str
) -> None:
    body = event("payment.late", days=1)
    signed = [*sign(await agency.secret(), webhook_id="w-1", body=body).items()]
    path = f"/v1/events/{agency.agency}/{SOURCE}"
    for headers in ([*signed, (doubled, "v1,x")], [(doubled, "v1,x"), *signed]):
        refused = await service.client.post(path, content=body, headers=headers)
        assert refused.status_code == 401
        assert doubled in refused.json()["detail"]


async def test_events_that_come_together_are_each_kept_and_a_bad_one_fails_alone(
    agency: Agency, send: Send, ute: None
) -> None:
    bodies = [event("payment.late", days=number % 25) for number in range(30)]
    bodies[7] = event("payment.late", customer_id="K-9", days=1)
    bodies[9] = event("contract.cancelled", contract_id="C-9", cancelled_on="2026-11-01")
    answers = await asyncio.gather(
        *(send(body, webhook_id=f"w-{number % 25}") for number, body in enumerate(bodies))
    )
    assert [answer.status_code for answer in answers].count(202) == 28
    assert (answers[7].status_code, answers[9].status_code) == (404, 404)
    assert sum(answer.json().get("duplicate", False) for answer in answers) == 5
    assert len(await agency.rows("SELECT 1 FROM event")) == 23


async def test_events_of_one_customer_are_carried_out_in_their_order(
    agency: Agency, send: Send, ute: None
) -> None:
    # The secret is known then, so that the events arrive in the order in which they are sent.
    await send(event("payment.late", days=1), webhook_id="first")
    bodies = [
        event("customer.upserted", customer_id="K-2", **person()),
        event("contract.upserted", customer_id="K-2", contract_id="C-7", line="motor"),
        event("contract.cancelled", customer_id="K-2", contract_id="C-7",
              cancelled_on="2026-11-01"),
        event("life.changed", customer_id="K-2", change="birth", life={"children": 1}),
        event("life.changed", customer_id="K-2", change="birth", life={"children": 2}),
    ]  # fmt: skip
    answers = await asyncio.gather(
        *(send(body, webhook_id=f"w-{number}") for number, body in enumerate(bodies))
    )
    assert [answer.status_code for answer in answers] == [202] * 5
    assert await agency.rows("SELECT status FROM contract WHERE customer_id = 'K-2'") == [
        ("cancelled",)
    ]
    assert await agency.rows("SELECT children FROM customer WHERE customer_id = 'K-2'") == [(2,)]


async def test_an_old_upsert_sent_again_does_not_undo_a_newer_one(
    agency: Agency, send: Send
) -> None:
    old, new = (event("customer.upserted", **person(first_name=name)) for name in ("Ute", "Uta"))
    await send(old, webhook_id="w-1")
    await send(new, webhook_id="w-2")
    assert (await send(old, webhook_id="w-1")).json()["duplicate"] is True
    assert (await agency.get("/customers/K-0001"))["first_name"] == "Uta"
