"""A customer whose id is the name of a route is refused at every door, with one reason."""

import json
from typing import Any

import pytest

from tests.classifier.conftest import Agency, Send
from tests.classifier.test_imports import imported

PERSON: dict[str, Any] = {"kind": "person", "last_name": "Klein"}


def reason(answer: Any) -> tuple[int, str]:
    """Status and slug of a refusal."""
    return answer.status_code, answer.json()["type"].rsplit("/", 1)[1]


@pytest.mark.parametrize("word", ["duplicates", "lookup"])
async def test_such_an_id_is_refused_at_every_door(agency: Agency, send: Send, word: str) -> None:
    refused = (422, "id-reserved")
    assert reason(await agency.call("PUT", f"/customers/{word}", json=PERSON)) == refused
    body = {"type": "customer.upserted", "timestamp": "2026-11-20T09:00:00+01:00",
            "data": {"customer_id": word, **PERSON}}  # fmt: skip
    assert reason(await send(json.dumps(body).encode())) == refused
    job = await imported(agency, f"Kundennummer;Nachname\n{word};Klein\nK-2;Groß\n".encode())
    assert [each["code"] for each in job["rejections"]] == ["id-reserved"]
    assert (await agency.get("/customers/duplicates"))["items"] == []
    rows = await agency.rows("SELECT customer_id FROM customer ORDER BY 1")
    assert [row[0] for row in rows] == ["K-2"]


async def test_one_that_is_stored_from_before_can_be_changed_and_erased(agency: Agency) -> None:
    await agency.call("PUT", "/customers/K-1", json=PERSON)
    await agency.rows("UPDATE customer SET customer_id = 'lookup', unit_id = 'lookup' RETURNING 1")
    changed = await agency.call("PUT", "/customers/lookup", json={**PERSON, "last_name": "Neu"})
    assert (changed.status_code, changed.json()["last_name"]) == (200, "Neu")
    assert (await agency.call("DELETE", "/customers/lookup")).status_code == 204
