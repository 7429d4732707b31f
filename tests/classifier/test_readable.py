"""What was accepted can be read: one set of rules for requests, events and files."""

import json
import random
from typing import Any

import pytest

from tests.classifier.conftest import Agency, Send, event, person
from tests.classifier.test_imports import imported

DAYS = (None, "0002-01-01", "1950-03-01", "2026-06-30", "2026-11-20", "2027-01-01", "2071-07-01")


async def test_unreadable_contract_withdrawn_before_it_starts(agency: Agency, send: Send) -> None:
    await agency.customer("K-0001")
    await agency.put("/customers/K-0001/contracts/C-1", {"line": "motor", "start": "2027-01-01"})
    told = event(
        "contract.cancelled", contract_id="C-1", cancelled_on="2026-11-19",
        effective_on="2026-12-01",
    )  # fmt: skip
    assert (await send(told)).status_code == 202
    contract = await agency.get("/customers/K-0001/contracts/C-1")
    assert (contract["status"], contract["start"], contract["end"]) == (
        "cancelled", "2027-01-01", "2027-01-01",
    )  # fmt: skip
    assert (await agency.get("/customers/K-0001/contracts"))["items"][0]["end"] == "2027-01-01"


@pytest.mark.parametrize(
    "told",
    [
        event("customer.died", died_on="1980-01-01"),
        event("customer.upserted", **person(death_date="1980-01-01")),
        event("customer.upserted", **person(birth_date="2026-10-10")),
        event("contract.upserted", contract_id="C-1", line="motor", end="2020-01-01"),
    ],
)
async def test_an_event_that_contradicts_what_is_known_is_refused(
    agency: Agency, send: Send, told: bytes
) -> None:
    await agency.customer("K-0001", birth_date="1984-03-12", death_date="2026-02-01")
    await agency.put("/customers/K-0001/contracts/C-1", {"line": "motor", "start": "2027-01-01"})
    before = await agency.get("/customers/K-0001")
    answer = await send(told)
    assert answer.status_code == 422, answer.text
    assert await agency.get("/customers/K-0001") == before
    assert await agency.rows("SELECT 1 FROM event") == []


async def test_a_row_that_contradicts_what_is_known_is_rejected(agency: Agency) -> None:
    await agency.customer("K-1", birth_date="1984-03-12")
    job = await imported(agency, b"Kundennummer;Nachname;Verstorben am\nK-1;Bergmann;01.01.1980\n")
    assert (job["state"], job["rejected"], job["written"]["customers"]) == ("done", 1, 0)
    assert job["rejections"][0]["code"] == "record-contradictory"
    assert (await agency.get("/customers/K-1"))["death_date"] is None


def a_word(dice: random.Random, number: int) -> tuple[str, str, Any]:
    """Something that anybody might send of the customer or the contract."""

    def day() -> str | None:
        return dice.choice(DAYS)

    customer = {
        "kind": dice.choice(("person", "company")), "last_name": "B",
        "birth_date": day(), "death_date": day(),
        "mandate": {"since": day(), "ended_on": day()}, "customer_since": day(),
    }  # fmt: skip
    contract = {"line": "motor", "start": day(), "end": day(), "cancelled_on": day()}
    part = {name: customer[name] for name in dice.sample(sorted(customer), 3)}
    return dice.choice(
        [
            ("PUT", "/customers/K-0001", customer),
            ("PATCH", "/customers/K-0001", part),
            ("PUT", "/customers/K-0001/contracts/C-1", contract),
            ("PATCH", "/contracts/C-1", {"start": day()}),
            ("event", "customer.upserted", {**customer, "kind": "person"}),
            ("event", "customer.died", {"died_on": day()}),
            ("event", "mandate.ended", {"ended_on": day()}),
            ("event", "contract.upserted", {"contract_id": "C-1", **contract}),
            ("event", "contract.cancelled",
             {"contract_id": "C-1", "cancelled_on": day() or "2026-11-01", "effective_on": day()}),
            ("event", "life.changed", {"change": "birth", "life": {"children": dice.choice(
                (0, 30, 31, -1))}}),
        ]
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_was_accepted_can_be_read(agency: Agency, send: Send, seed: int) -> None:
    dice = random.Random(seed)
    await agency.customer("K-0001")
    await agency.put("/customers/K-0001/contracts/C-1", {"line": "motor"})
    for number in range(50):
        how, where, body = a_word(dice, number)
        if how == "event":
            answer = await send(event(where, **body), webhook_id=f"w-{number}")
        else:
            answer = await agency.call(
                how, where, content=json.dumps(body), headers={"Content-Type": "application/json"}
            )
        assert answer.status_code < 500, (how, where, body, answer.text)
        customer = await agency.get("/customers/K-0001")
        contract = await agency.get("/customers/K-0001/contracts/C-1")
        await agency.get("/customers/K-0001/contracts")
        await agency.get("/customers")
    assert (await agency.put("/customers/K-0001", customer)).status_code == 200
    assert (await agency.put("/customers/K-0001/contracts/C-1", contract)).status_code == 200
