"""A body that holds a name twice is refused at every door, whoever reads it."""

import pytest

from tests.classifier.conftest import Agency, Send

JSON, NDJSON, PATCH = "application/json", "application/x-ndjson", "application/merge-patch+json"


@pytest.mark.parametrize(
    ("method", "path", "kind", "body"),
    [
        ("PUT", "/customers/K-1", JSON, '{"kind": "person", "last_name": "A", "last_name": "B"}'),
        ("PATCH", "/customers/K-1", PATCH, '{"email": null, "email": "a@example.org"}'),
        ("POST", "/commissions", JSON, '{"items": [], "items": [{"amount_cents": 1}]}'),
    ],
)
async def test_a_name_twice_is_refused(
    agency: Agency, method: str, path: str, kind: str, body: str
) -> None:
    await agency.customer("K-1")
    before = await agency.get("/customers/K-1")
    answer = await agency.call(method, path, content=body.encode(), headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (422, "invalid-body")
    assert "twice" in answer.json()["detail"]
    assert await agency.get("/customers/K-1") == before


async def test_a_line_with_a_name_twice_leaves_the_others_alone(agency: Agency) -> None:
    await agency.customer("K-1")
    lines = [
        f'{{"commission_id": "B-{number}", "customer_id": "K-1", "booked_on": "2025-11-01", '
        f'"kind": "renewal", "amount_cents": 1{more}}}'
        for number, more in enumerate(("", ', "amount_cents": 2', ""))
    ]
    answer = await agency.call(
        "POST", "/commissions", content="\n".join(lines), headers={"Content-Type": NDJSON}
    )
    items = answer.json()["items"]
    assert [each["state"] for each in items] == ["created", "refused", "created"]
    assert "'amount_cents' stands twice" in items[1]["problem"]["detail"]


async def test_an_item_with_a_name_twice_leaves_the_others_alone(agency: Agency) -> None:
    await agency.customer("K-1")
    items = [
        f'{{"interaction_id": "I-{number}", "customer_id": "K-1", "direction": "in", '
        f'"at": "2026-11-01T09:00:00+01:00", "channel": "phone", "role": "owner"{more}}}'
        for number, more in enumerate((', "minutes": 1', ', "minutes": 1, "minutes": 90'))
    ]
    items.append("[" + items[1] + "]")
    answer = await agency.call(
        "POST", "/interactions", content=f'{{"items": [{", ".join(items)}]}}',
        headers={"Content-Type": JSON},
    )  # fmt: skip
    told = answer.json()["items"]
    assert [each["state"] for each in told] == ["created", "refused", "refused"]
    assert all("'minutes' stands twice" in each["problem"]["detail"] for each in told[1:])


async def test_an_event_with_a_name_twice_is_refused(agency: Agency, send: Send) -> None:
    await agency.customer("K-1")
    body = (
        b'{"type": "price.disputed", "timestamp": "2026-11-20T09:00:00+01:00",'
        b' "data": {"customer_id": "K-1", "customer_id": "K-2"}}'
    )
    answer = await send(body)
    assert answer.status_code == 422
    assert "'customer_id' stands twice" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/policies/1/calibrations", '{"as_of": "2099-01-01"}'),
        ("/reclassifications", '{"from": "2099-01-01"}'),
        ("/reclassifications", "[1]"),
        ("/days/2026-11-20/run", '{"day": "2026-11-19"}'),
    ],
)
@pytest.mark.parametrize("kind", [JSON, "application/x-www-form-urlencoded", None])
async def test_a_body_that_nothing_reads_is_refused(
    agency: Agency, path: str, body: str, kind: str | None
) -> None:
    headers = {"Content-Type": kind} if kind else {}
    refused = await agency.call("POST", path, content=body.encode(), headers=headers)
    assert (refused.status_code, refused.json()["type"].rsplit("/", 1)[1]) == (422, "invalid-body")
    for nothing in ("", " {} ", "null"):
        taken = await agency.call("POST", path, content=nothing.encode(), headers=headers)
        assert taken.status_code in (200, 202), taken.text


async def test_a_text_with_a_nul_is_pointed_to_at_every_door(agency: Agency, send: Send) -> None:
    await agency.customer("K-1")
    before = await agency.get("/customers/K-1")
    headers = {"Content-Type": JSON}
    body = '{"kind": "person", "last_name": "Kern", "came_by": "a\\u0000"}'
    for method in ("PUT", "PATCH"):
        answer = await agency.call(method, "/customers/K-1", content=body, headers=headers)
        told = (answer.status_code, answer.json()["errors"][0]["pointer"])
        assert told == (422, "/came_by"), answer.text
    assert await agency.get("/customers/K-1") == before

    item = (
        '{"interaction_id": "I-1\\u0000", "customer_id": "K-1", "direction": "in", '
        '"at": "2026-11-01T09:00:00+01:00", "channel": "phone", "role": "owner"}'
    )
    for kind, content in ((JSON, f'{{"items": [{item}]}}'), (NDJSON, item)):
        answer = await agency.call(
            "POST", "/interactions", content=content, headers={"Content-Type": kind}
        )
        (told_item,) = answer.json()["items"]
        assert told_item["state"] == "refused"
        assert told_item["problem"]["errors"][0]["pointer"] == "/interaction_id"

    answer = await send(
        b'{"type": "price.disputed", "timestamp": "2026-11-20T09:00:00+01:00",'
        b' "data": {"customer_id": "K-1\\u0000"}}'
    )
    assert answer.json()["errors"][0]["pointer"] == "/data/customer_id"
