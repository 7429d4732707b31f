"""Orders and batches that come again, as they were or changed."""

from datetime import datetime
from typing import Any

import pytest

from shared.clock import Clock
from tests.notifier.conftest import Notifier, order
from tests.notifier.neighbours import Neighbours

INVITATION = order(
    template="event_invitation",
    purpose="events",
    data={
        "title": "Wein & Wissen",
        "starts_at": "2026-12-03T18:30:00+01:00",
        "place": "Altes Rathaus",
    },
)


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


async def test_an_order_repeated_when_its_event_has_begun_is_told_as_a_repetition(
    notifier: Notifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at(instant: str) -> None:
        monkeypatch.setattr(Clock, "now", lambda _: datetime.fromisoformat(instant))

    at("2026-11-23T09:00:00+01:00")
    (first,) = await notifier.dispatch(INVITATION)
    at("2026-12-04T09:00:00+01:00")
    late = {**INVITATION, "dispatch_id": "d-2"}
    again, changed, refused = await notifier.dispatch(
        INVITATION, {**INVITATION, "customer_id": "K-0002"}, late
    )
    assert (again["message_id"], again["duplicate"], again["errors"]) == (
        first["message_id"],
        True,
        [],
    )
    assert changed["errors"][0]["pointer"] == "/dispatch_id"
    assert (refused["message_id"], refused["errors"][0]["pointer"]) == (None, "/data/starts_at")


async def test_an_order_repeated_when_a_colleague_has_left_is_told_as_a_repetition(
    notifier: Notifier, neighbours: Neighbours
) -> None:
    named = order(data={"staff_id": "S-9"})
    neighbours.away = True  # nobody can say yet that there is no S-9
    (first,) = await notifier.dispatch(named)
    neighbours.away = False
    again, other = await notifier.dispatch(named, {**named, "dispatch_id": "d-2"})
    assert (again["message_id"], again["duplicate"]) == (first["message_id"], True)
    assert other["errors"][0]["pointer"] == "/data/staff_id"
