"""Values at the edge of what an address or a body can hold never break the notifier."""

import json

import httpx
import pytest

from tests.notifier.conftest import Notifier, order

ODD = ("a%00b", "%ED%A0%80", "x" * 300, "%2e%2e", "a%0Ab", "%F0%9F%98%80", "0", "-1")
PATHS = (
    ("GET", "/messages/{}"), ("POST", "/messages/{}/resend"), ("GET", "/print-runs/{}"),
    ("POST", "/print-runs/{}/release"), ("DELETE", "/dispatches/{}"), ("GET", "/unsubscribe/{}"),
    ("POST", "/answers/{}"), ("GET", "/messages?cursor={}"), ("GET", "/messages?limit={}"),
    ("GET", "/print-runs?cursor={}"),
)  # fmt: skip
BODIES = (b"\xff", b"", b"null", b'{"a":' * 3000, b'{"items":[null,1,"x",[]]}')


def is_clear(answer: httpx.Response) -> bool:
    kind = answer.headers.get("content-type", "")
    ok = answer.status_code not in (500, 502)
    return ok and (
        answer.status_code < 400 or kind.startswith(("application/problem", "text/html"))
    )


@pytest.mark.parametrize("odd", ODD)
async def test_odd_addresses_get_a_clear_answer(notifier: Notifier, odd: str) -> None:
    for method, path in PATHS:
        answer = await notifier.call(method, path.format(odd))
        assert is_clear(answer), (method, path, answer.text)


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson", "", "text/xml"])
async def test_odd_bodies_get_a_clear_answer(notifier: Notifier, kind: str) -> None:
    for body in BODIES:
        headers = {"Content-Type": kind, "Idempotency-Key": "k"}
        answer = await notifier.call("POST", "/dispatches", content=body, headers=headers)
        assert is_clear(answer), (body[:20], answer.text)


async def test_a_name_twice_in_one_line_is_told_of_this_line(notifier: Notifier) -> None:
    line = json.dumps(order(1))
    lines = "\n".join((json.dumps(order(2)), line[:-1] + ', "template": "birthday"}', "")).encode()
    kind = {"Content-Type": "application/x-ndjson"}
    answer = await notifier.call("POST", "/dispatches", content=lines, headers=kind)
    taken, refused = answer.json()["items"]
    assert (answer.status_code, taken["state"], refused["state"]) == (202, "accepted", None)
    assert "'template' stands twice" in refused["errors"][0]["detail"]


async def test_an_order_of_too_many_names_or_faults_is_told_shortly(notifier: Notifier) -> None:
    kind = {"Content-Type": "application/x-ndjson"}
    names = {f"k{number}": 1 for number in range(50_000)}
    for content in (json.dumps(names).encode(), b"\n" * 5_000):
        answer = await notifier.call("POST", "/dispatches", content=content, headers=kind)
        assert answer.status_code == 422
    wrong = order(data={f"K{number}": 1 for number in range(40)})
    (told,) = await notifier.dispatch(wrong)
    assert len(told["errors"]) == 20


async def test_an_item_with_a_name_twice_leaves_the_others_alone(notifier: Notifier) -> None:
    twice = json.dumps(order(1))[:-1] + ', "template": "birthday"}'
    body = f'{{"items": [{twice}, {json.dumps(order(2))}]}}'.encode()
    answer = await notifier.call("POST", "/dispatches", content=body)
    refused, taken = answer.json()["items"]
    assert (answer.status_code, taken["state"], refused["state"]) == (202, "accepted", None)
    assert "'template' stands twice" in refused["errors"][0]["detail"]
