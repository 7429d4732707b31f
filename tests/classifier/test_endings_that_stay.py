"""A contract that has ended stays so until a word takes that back, whichever door others use."""

from typing import Any

import pytest

from tests.classifier.conftest import Agency, Send, event
from tests.classifier.test_imports import imported, run

CANCELLED = {"status": "cancelled", "cancelled_on": "2026-11-02", "end": "2026-12-31"}
RUNNING = {"status": "active", "cancelled_on": None, "end": None, "cancel_reason": None}
COLUMNS = "Kundennummer;Vertragsnummer;Sparte;Status;Ablauf;Storno am;Kündigung zum"


async def cancelled(agency: Agency, send: Send) -> None:
    """K-0001 has a contract AB1 whose cancellation was reported and confirmed."""
    await agency.customer("K-0001")
    await agency.put(
        "/customers/K-0001/contracts/AB1",
        {"line": "household", "contract_number": "AB1", "premium_cents": 12000},
    )
    await send(
        event(
            "contract.cancelled", contract_id="AB1", cancelled_on="2026-11-02",
            effective_on="2026-12-31", reason="Umzug",
        )
    )  # fmt: skip


async def stands(agency: Agency, wanted: dict[str, Any]) -> None:
    """The contract's state, and how it ends."""
    [contract] = (await agency.get("/customers/K-0001/contracts"))["items"]
    assert {name: contract[name] for name in wanted} == wanted


@pytest.mark.parametrize(
    "cells", ["aktiv;;;", "ruhend;;;", "aktiv;01.07.2027;;", "aktiv;;;31.10.2026"]
)
async def test_a_list_that_says_active_revives_no_cancelled_contract(
    agency: Agency, send: Send, cells: str
) -> None:
    await cancelled(agency, send)
    job = await imported(agency, f"{COLUMNS}\nK-0001;AB1;Hausrat;{cells}\n".encode())
    assert (job["state"], job["rejected"]) == ("done", 0)
    await stands(agency, CANCELLED | {"cancel_reason": "Umzug"})
    told = [each for each in job["rejections"] if each["code"] == "kept-own-word"]
    assert "status" in {each["column"] for each in told}
    assert all("PATCH" in each["reason_de"] for each in told)


async def test_what_a_list_ended_no_later_list_revives_unasked(agency: Agency) -> None:
    await agency.customer("K-0001")
    rows = ("aktiv;;;", "storniert;;02.11.2026;31.12.2026", "aktiv;;;")
    for cells in rows:
        job = await imported(agency, f"{COLUMNS}\nK-0001;AB1;Hausrat;{cells}\n".encode())
    await stands(agency, CANCELLED)
    assert ("status", "kept-own-word") in {(e["column"], e["code"]) for e in job["rejections"]}


async def test_an_emptied_day_of_cancellation_takes_it_back_where_the_import_says_so(
    agency: Agency, send: Send
) -> None:
    await cancelled(agency, send)
    content = f"{COLUMNS}\nK-0001;AB1;Hausrat;aktiv;;;\n".encode()
    await agency.call(
        "POST", "/imports?empty_cells=clear", content=content, headers={"Content-Type": "text/csv"}
    )
    await run(agency)
    await stands(agency, RUNNING)


async def test_an_expired_contract_runs_on_if_a_list_tells_a_later_end(agency: Agency) -> None:
    await agency.customer("K-0001")
    head = "Kundennummer;Vertragsnummer;Sparte;Status;Ablauf\nK-0001;AB1;Hausrat;"
    await imported(agency, f"{head}abgelaufen;30.09.2026\n".encode())
    await imported(agency, f"{head}aktiv;30.09.2026\n".encode())
    await stands(agency, {"status": "expired", "end": "2026-09-30"})
    await imported(agency, f"{head}aktiv;30.09.2027\n".encode())
    await stands(agency, {"status": "active", "end": "2027-09-30"})


async def test_another_system_revives_a_contract_only_if_it_takes_the_cancellation_back(
    agency: Agency, send: Send
) -> None:
    await agency.customer("K-0001")
    body = {"line": "household", **CANCELLED}
    await agency.put("/customers/K-0001/contracts/AB1", body)
    record = {"contract_id": "AB1", "line": "household", "status": "active"}
    await send(event("contract.upserted", **record))
    await stands(agency, CANCELLED)
    await send(event("contract.upserted", **record, cancelled_on=None), webhook_id="w-2")
    await stands(agency, RUNNING)


async def test_a_system_that_corrects_its_own_cancellation_leaves_nothing_of_it(
    agency: Agency, send: Send
) -> None:
    await cancelled(agency, send)
    body = event("contract.upserted", contract_id="AB1", line="household", status="active")
    await send(body, webhook_id="w-2")
    await stands(agency, RUNNING)


@pytest.mark.parametrize(
    "body", [{"status": "active"}, {"status": "active", "cancelled_on": None, "end": None}]
)
async def test_a_patch_takes_a_cancellation_back_as_a_whole(
    agency: Agency, send: Send, body: dict[str, Any]
) -> None:
    await cancelled(agency, send)
    answer = await agency.call("PATCH", "/customers/K-0001/contracts/AB1", json=body)
    assert answer.status_code == 200
    await stands(agency, RUNNING)


async def test_a_patch_moves_the_end_of_a_cancelled_contract(agency: Agency, send: Send) -> None:
    await cancelled(agency, send)
    await agency.call("PATCH", "/customers/K-0001/contracts/AB1", json={"end": "2027-03-31"})
    await stands(agency, CANCELLED | {"end": "2027-03-31"})


async def test_a_new_row_that_is_active_with_a_past_day_of_cancellation_has_none(
    agency: Agency,
) -> None:
    await agency.customer("K-0001")
    await imported(agency, f"{COLUMNS}\nK-0001;AB1;Hausrat;aktiv;;02.11.2025;\n".encode())
    await stands(agency, {"status": "active", "cancelled_on": None})
