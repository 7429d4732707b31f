"""Orders and batches that come again, as they were or changed."""

from typing import Any

import pytest

from tests.notifier.conftest import Notifier, order


@pytest.mark.parametrize(
    "other",
    [
        {"customer_id": "K-0002"},
        {"data": {}},
        {"priority": "waiting_customer"},
        {"not_before": "2026-12-24T08:00:00+01:00"},
        {"last_sensible_day": "2026-12-31"},
    ],
)
async def test_another_order_under_a_known_dispatch_id_is_refused(
    notifier: Notifier, other: dict[str, Any]
) -> None:
    (first,) = await notifier.dispatch(order())
    same, changed = await notifier.dispatch(order(), order(**other))
    assert (same["message_id"], same["duplicate"]) == (first["message_id"], True)
    assert (changed["state"], changed["duplicate"]) == (None, False)
    assert changed["message_id"] == first["message_id"]
    assert changed["errors"][0]["pointer"] == "/dispatch_id"
    assert "idempotency-key-reused" in changed["errors"][0]["detail"]


async def test_two_orders_under_one_id_in_one_batch_are_told(notifier: Notifier) -> None:
    first, changed = await notifier.dispatch(order(), order(customer_id="K-0002"))
    assert (first["state"], changed["state"]) == ("accepted", None)
    assert changed["errors"][0]["pointer"] == "/dispatch_id"


async def test_a_batch_repeated_under_a_key_gets_the_first_answer(notifier: Notifier) -> None:
    key, body = {"Idempotency-Key": "batch-1"}, {"items": [order()]}
    first = await notifier.call("POST", "/dispatches", json=body, headers=key)
    again = await notifier.call("POST", "/dispatches", json=body, headers=key)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    body["items"].append(order(dispatch_id="d-2"))
    refused = await notifier.call("POST", "/dispatches", json=body, headers=key)
    assert refused.json()["type"].endswith("/idempotency-key-reused")
