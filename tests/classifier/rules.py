"""Builders: policies posted and activated over HTTP, a small book, and the worker's turn."""

from datetime import date
from typing import Any

from services.classifier.usecases.classification import reclassify_book, reclassify_marked
from tests.classifier.conftest import Agency

TODAY = date(2026, 11, 20)
NEED = {
    "line": "household",
    "when": {"home": ["owns"]},
    "expected_cents": 40000,
    "probability": 0.5,
    "reason_de": "Hausrat",
    "source": "Annahme",
}
PARETO = {"revenue": {"threshold": {"kind": "pareto", "share": 0.8}}}


def policy(**fields: Any) -> dict[str, Any]:
    return {"needs": [NEED], **fields}


async def post(agency: Agency, **fields: Any) -> int:
    created = await agency.call("POST", "/policies", json=policy(**fields))
    assert created.status_code == 201, created.text
    return int(created.json()["version"])


async def activate(agency: Agency, version: int, **body: Any) -> dict[str, Any]:
    answer = await agency.call("POST", f"/policies/{version}/activation", json=body)
    assert answer.status_code == 202, answer.text
    activated: dict[str, Any] = answer.json()
    return activated


async def work(agency: Agency) -> None:
    """What the worker does when it is rung."""
    resources = agency.service.resources
    now = resources.clock.now()
    await reclassify_marked(database=resources.database, agency=agency.agency, now=now)
    await reclassify_book(database=resources.database, agency=agency.agency, now=now)


async def run_day(agency: Agency, day: date) -> dict[str, Any]:
    with agency.service.not_before(day):
        answer = await agency.call("POST", f"/days/{day}/run")
    assert answer.status_code == 202, answer.text
    run: dict[str, Any] = answer.json()
    return run


async def commission(agency: Agency, customer: str, cents: int) -> None:
    booking = {
        "commission_id": f"{customer}-{cents}",
        "customer_id": customer,
        "booked_on": "2025-11-21",
        "kind": "other",
        "amount_cents": cents,
    }
    answer = await agency.call("POST", "/commissions", json={"items": [booking]})
    assert answer.status_code == 200, answer.text


async def four_customers(agency: Agency) -> Agency:
    """Four customers who earned 1,000, 500, 200 and 100 euros, classified by the default policy."""
    for customer, cents in (("K-1", 100_000), ("K-2", 50_000), ("K-3", 20_000), ("K-4", 10_000)):
        await agency.customer(customer, life={"vehicles": 0})
        await commission(agency, customer, cents)
    await work(agency)
    return agency


async def segments(agency: Agency) -> str:
    items = (await agency.get("/classifications"))["items"]
    return "".join(each["segment"] for each in items)


async def run_of(agency: Agency, activated: dict[str, Any]) -> dict[str, Any]:
    run: dict[str, Any] = await agency.get(f"/reclassifications/{activated['reclassification_id']}")
    return run
