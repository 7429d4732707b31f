"""Imports: every row is taken or told, whatever happens to who reads the file."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from services.classifier.store.imports import agencies_with_imports
from services.classifier.usecases import import_runs, import_sources
from tests.classifier.conftest import Agency

SAMPLE = Path(__file__).parents[2] / "examples" / "sample-agency"
LISTS = ("kunden.csv", "vertraege.csv", "courtagen.csv", "kontakte.csv")

CUSTOMERS = """Kundennummer;Nachname;Vorname;Geburtsdatum;Haushalt mit;Verstorben am
K-1;Bergmann;Ute;12.03.1984;;
K-2;Bergmann;Jan;;;31.02.2020
K-3;Bergmann;Ida;12.03.2010;K-1;
K-4;Klein;Eva;21.11.2026;;
K-5;Groß;Udo;01.01.1970;;
""".encode("cp1252")
CONTRACTS = b"""Kundennummer;Vertragsnummer;Sparte;Nettobeitrag
K-1;AB-1;Hausrat;120,50
K-9;AB-2;Hausrat;1,00
K-5;AB-3;Hausrat;-1,00
"""


async def start(agency: Agency, content: bytes, **headers: str) -> dict[str, Any]:
    """The job of a file sent as a form."""
    answer = await agency.call(
        "POST", "/imports", files={"file": ("liste.csv", content)}, headers=headers
    )
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    return job


async def run(agency: Agency) -> None:
    """What the worker does when it is rung."""
    resources = agency.service.resources
    await import_runs.run_imports(
        database=resources.database, clock=resources.clock, agency=agency.agency
    )


async def imported(agency: Agency, content: bytes) -> dict[str, Any]:
    """The finished job of a file."""
    job = await start(agency, content)
    await run(agency)
    finished: dict[str, Any] = await agency.get(f"/imports/{job['import_id']}")
    return finished


async def test_bad_rows_are_told_with_place_and_reason_and_the_others_taken(
    agency: Agency,
) -> None:
    job = await imported(agency, CUSTOMERS)
    assert (job["state"], job["written"]["customers"], job["rejected"]) == ("done", 4, 1)
    told = [
        (each["line"], each["column"], each["value"], each["code"])
        for each in job["rejections"]
        if not each["warning"]
    ]
    assert told == [
        (3, "Verstorben am", "31.02.2020", "day-unreadable"),
    ]
    items = (await agency.get("/customers"))["items"]
    units = {item["customer_id"]: item["unit_id"] for item in items}
    assert units == {"K-1": "K-1", "K-3": "K-1", "K-4": "K-4", "K-5": "K-5"}
    assert await agency.marked_units() >= {"K-1", "K-5"}


async def test_a_row_of_an_unknown_customer_is_told_too(agency: Agency) -> None:
    await imported(agency, CUSTOMERS)
    job = await imported(agency, CONTRACTS)
    assert (job["written"]["contracts"], job["rejected"]) == (2, 1)
    codes = {each["line"]: (each["code"], each["warning"]) for each in job["rejections"]}
    assert codes[3] == ("customer-unknown", False)
    assert codes[4] == ("money-negative", True)


async def test_importing_a_file_twice_changes_nothing(agency: Agency) -> None:
    await imported(agency, CUSTOMERS)
    before = await agency.get("/changes?limit=1000")
    job = await imported(agency, CUSTOMERS)
    assert job["written"]["customers"] == 4
    assert await agency.get("/changes?limit=1000") == before


async def test_an_erased_customer_stays_erased_when_the_old_file_comes_again(
    agency: Agency,
) -> None:
    await imported(agency, CUSTOMERS)
    await agency.call("DELETE", "/customers/K-5")
    job = await imported(agency, CUSTOMERS)
    assert "customer-erased" in {each["code"] for each in job["rejections"]}
    assert (await agency.call("GET", "/customers/K-5")).status_code == 404


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7 no list at all", b"a;b\n1;2\n", b"PK\x03\x04 a workbook"]
)
async def test_a_file_that_is_none_gets_one_clear_problem(agency: Agency, content: bytes) -> None:
    answer = await agency.call(
        "POST", "/imports", content=content, headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/file-unreadable")
    assert await agency.rows("SELECT 1 FROM import_job") == []


async def test_the_same_key_finds_the_first_job_again(agency: Agency) -> None:
    first = await start(agency, CUSTOMERS, **{"Idempotency-Key": "monday"})
    again = await start(agency, CUSTOMERS, **{"Idempotency-Key": "monday"})
    headers = {"Content-Type": "text/csv", "Idempotency-Key": "monday"}
    thrice = await agency.call("POST", "/imports", content=CUSTOMERS, headers=headers)
    assert thrice.headers["Idempotency-Replayed"] == "true"
    form = {"files": {"file": ("a.csv", CUSTOMERS)}, "headers": {"Idempotency-Key": "monday"}}
    assert (await agency.call("POST", "/imports", **form)).json()["duplicate"]
    other = await start(agency, CUSTOMERS, **{"Idempotency-Key": "tuesday"})
    assert again == {**first, "duplicate": True}
    assert other["import_id"] != first["import_id"]


async def test_the_same_key_with_another_file_is_refused(agency: Agency) -> None:
    await start(agency, CUSTOMERS, **{"Idempotency-Key": "monday"})
    key = {"Content-Type": "text/csv", "Idempotency-Key": "monday"}
    other = await agency.call("POST", "/imports", content=CUSTOMERS + CUSTOMERS, headers=key)
    assert (other.status_code, other.json()["type"].rsplit("/", 1)[1]) == (
        422,
        "idempotency-key-reused",
    )
    assert len(await agency.rows("SELECT 1 FROM import_job")) == 1


async def test_another_agency_sees_no_import(agency: Agency) -> None:
    job = await imported(agency, CUSTOMERS)
    answer = await agency.service.of("nachbar").call("GET", f"/imports/{job['import_id']}")
    assert answer.status_code == 404


async def test_what_could_not_be_taken_is_told_page_by_page(agency: Agency) -> None:
    rows = "".join(f"K-{number};Klein;31.02.1980\n" for number in range(5))
    job = await imported(agency, b"Kundennummer;Nachname;Geburtsdatum\n" + rows.encode())
    path = f"/imports/{job['import_id']}?limit=2"
    lines, cursor = [], ""
    while cursor is not None:
        page = await agency.get(path + (f"&cursor={cursor}" if cursor else ""))
        lines += [each["line"] for each in page["rejections"]]
        cursor = page["next_cursor"]
    assert lines == [2, 3, 4, 5, 6]


async def test_a_reader_killed_between_slices_is_followed_by_one_that_goes_on(
    agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_sources, "SLICE_ROWS", 7)
    job = await start(agency, (SAMPLE / "kunden.csv").read_bytes())
    await agency.customer("K-0020")
    async with agency.service.resources.database.transaction(agency.agency) as transaction:
        # Whoever reads the file comes as far as this customer, and waits.
        await transaction.execute("SELECT 1 FROM customer WHERE agency_id = :agency FOR UPDATE")
        killed = asyncio.create_task(run(agency))
        position = 0
        while position == 0:
            position = (await agency.get(f"/imports/{job['import_id']}"))["position"]
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
    stopped = await agency.get(f"/imports/{job['import_id']}")
    assert stopped["state"] == "running"
    assert 0 < stopped["written"]["customers"] < 20

    await run(agency)
    assert (await agency.get(f"/imports/{job['import_id']}"))["position"] == stopped["position"]
    async with agency.service.resources.database.transaction(agency.agency) as transaction:
        await transaction.execute(
            "UPDATE import_job SET leased_until = now() - interval '1 second' "
            "WHERE agency_id = :agency"
        )
    assert await agencies_with_imports(agency.service.resources.sweep) == ["musterbetrieb"]
    await run(agency)
    done = await agency.get(f"/imports/{job['import_id']}")
    assert done["state"] == "done"
    stored = len((await agency.get("/customers"))["items"])
    assert stored == done["written"]["customers"] > 20
    assert await agency.rows("SELECT 1 FROM import_file") == []
    assert await agencies_with_imports(agency.service.resources.sweep) == []


async def test_files_are_read_in_the_order_in_which_they_came(agency: Agency) -> None:
    jobs = [await start(agency, (SAMPLE / name).read_bytes()) for name in LISTS]
    await run(agency)
    reports = [await agency.get(f"/imports/{job['import_id']}") for job in jobs]
    assert [report["state"] for report in reports] == ["done"] * 4
    for report, kind in zip(
        reports, ("customers", "contracts", "commissions", "interactions"), strict=True
    ):
        assert report["written"][kind] > 20
    linked = await agency.rows("SELECT count(contract_id) * 1.0 / count(*) FROM commission")
    assert linked[0][0] > 0.9


async def test_a_stock_file_of_an_insurer_is_taken_too(agency: Agency) -> None:
    job = await imported(agency, (SAMPLE / "bestand.gdv").read_bytes())
    assert job["state"] == "done"
    assert job["written"]["customers"] > 0
    assert job["written"]["contracts"] > 0
