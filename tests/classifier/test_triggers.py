"""What is reported ends in a class, soon and once; what only informs leaves the class alone."""

import asyncio
from collections import Counter
from typing import Any

import pytest

from services.classifier.usecases.classification import Classified, reclassify_marked
from shared.contracts.event_examples import EVENT_EXAMPLES
from tests.classifier.case_runner import CaseRunner
from tests.classifier.conftest import Agency, Send, event
from tests.classifier.domain.case_steps import OUR_CUSTOMER, booked, contract, customer
from tests.classifier.domain.worked_policies import FOUR, NOTHING, OWNS, THREE


async def classify(agency: Agency) -> Classified:
    """One turn of the worker."""
    resources = agency.service.resources
    return await reclassify_marked(
        database=resources.database, agency=agency.agency, now=resources.clock.now()
    )


async def shown(agency: Agency, customer_id: str = OUR_CUSTOMER) -> str:
    found = await agency.get(f"/customers/{customer_id}/classification")
    return f"{found['segment']} {found['service_level']}/{found['development']}"


async def test_five_hundred_events_on_one_customer_cost_one_classification(
    agency: Agency, send: Send
) -> None:
    await CaseRunner(agency).set_out(THREE, customer(**NOTHING), booked(300))
    assert await shown(agency) == "A high/none"
    rows = await agency.rows("SELECT count(*) FROM classification")
    bodies = [
        event(("payment.late", "price.disputed", "complaint.filed", "claim.reported")[number % 4],
              customer_id=OUR_CUSTOMER,
              **({"days": 20}, {}, {"text": "Ärger"}, {})[number % 4])
        for number in range(500)
    ]  # fmt: skip
    answers = await asyncio.gather(
        *(send(body, webhook_id=f"w-{number}") for number, body in enumerate(bodies))
    )
    assert Counter(answer.status_code for answer in answers) == {202: 500}
    assert await agency.marked_units() == {OUR_CUSTOMER}
    assert await classify(agency) == Classified(units=1, changed=1)
    assert await agency.marked_units() == set()
    assert await shown(agency) == "B standard/none"
    assert await agency.rows("SELECT count(*) FROM classification") == [(rows[0][0] + 1,)]
    facts = (await agency.get(f"/customers/{OUR_CUSTOMER}/classification"))["facts"]
    assert (facts["late_payments"], facts["price_disputes"], facts["complaints"]) == (125, 125, 125)


async def test_a_storm_under_a_working_worker_writes_a_class_only_where_it_is_another(
    agency: Agency, send: Send
) -> None:
    await CaseRunner(agency).set_out(THREE, customer(**NOTHING), booked(300))
    told = len(await agency.changes("classification.changed"))
    over = asyncio.Event()

    async def worker() -> int:
        turns = 0
        while not over.is_set():
            turns += (await classify(agency)).units
            await asyncio.sleep(0)
        return turns

    working = asyncio.create_task(worker())
    body = event("payment.late", customer_id=OUR_CUSTOMER, days=20)
    await asyncio.gather(*(send(body, webhook_id=f"w-{number}") for number in range(500)))
    over.set()
    turns = await working + (await classify(agency)).units
    assert await shown(agency) == "B standard/none"
    assert len(await agency.changes("classification.changed")) == told + 1
    assert 1 <= turns <= 100, "events that come together are classified together"


HOUSE = {"contract_id": "C-1", "line": "building"}


@pytest.mark.parametrize(
    ("event_type", "data", "segment"),
    [
        ("commission.booked", {"commission_id": "B-1", "booked_on": "2025-11-21",
                               "kind": "renewal", "amount_cents": 30000}, "A"),
        ("contract.upserted", HOUSE, "C"),
        ("life.changed", {"change": "move", "life": {"home": "rents"}}, "C"),
        ("customer.died", {"died_on": "2026-11-01"}, "C"),
        ("customer.upserted", {"kind": "person", "last_name": "M",
                               "life": {"vehicles": 0, "home": None}}, "C"),
    ],
)  # fmt: skip
async def test_what_moves_a_class_has_moved_it_after_one_classification(
    agency: Agency, send: Send, event_type: str, data: dict[str, Any], segment: str
) -> None:
    await CaseRunner(agency).set_out(FOUR, customer(**OWNS))
    assert await shown(agency) == "O standard/active"
    assert (await send(event(event_type, customer_id=OUR_CUSTOMER, **data))).status_code == 202
    assert await classify(agency) == Classified(units=1, changed=1)
    assert (await shown(agency))[0] == segment


@pytest.mark.parametrize(
    "event_type",
    ["consent.changed", "mandate.ended", "claim.reported", "praise.received", "request.made",
     "complaint.filed", "price.disputed", "business.announced", "referral.made"],
)  # fmt: skip
async def test_what_only_informs_or_counts_once_leaves_the_class(
    agency: Agency, send: Send, event_type: str
) -> None:
    await CaseRunner(agency).set_out(THREE, customer(**OWNS), contract("C-1", "motor"), booked(300))
    data = {**EVENT_EXAMPLES[event_type], "customer_id": OUR_CUSTOMER}
    assert (await send(event(event_type, **data))).status_code == 202
    assert await classify(agency) == Classified(units=1, changed=0)
    assert await shown(agency) == "A high/active"


async def test_a_mandate_never_told_of_is_unknown_and_not_refused(agency: Agency) -> None:
    await agency.customer("K-1")
    await agency.customer("K-2", mandate={"contract": False})
    lookup = {"customer_ids": ["K-1", "K-2"]}
    found = (await agency.call("POST", "/contacts/lookup", json=lookup)).json()["items"]
    mandates = {each["customer_id"]: each["mandate"] for each in found}
    assert mandates["K-1"] is None
    assert mandates["K-2"]["contract"] is False
    planned = (await agency.call("POST", "/customers/lookup", json=lookup)).json()["items"]
    states = {each["customer_id"]: each["mandate"] for each in planned}
    assert states == {"K-1": "held", "K-2": "pending"}
