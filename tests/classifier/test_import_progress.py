"""Imports that go on where they stopped, are listed, and can be cancelled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from services.classifier.store import import_files
from services.classifier.usecases import import_files as kept_files
from services.classifier.usecases import import_sources
from services.classifier.usecases.import_runs import MOST_ATTEMPTS, run_imports
from shared.turns import Turn
from tests.classifier.conftest import Agency
from tests.classifier.test_imports import SAMPLE, imported, run, start

DELIVERY = SAMPLE / "bestand.gdv"


def customers(count: int, *, doubled: bool = False) -> bytes:
    """A list of so many customers; ``doubled``: the last row tells another name of the first."""
    rows = [f"K-{number};Müller {number};Ida\n" for number in range(count)]
    last = ["K-0;Anders;Ida\n"] if doubled else []
    return "".join(["Kundennummer;Nachname;Vorname\n", *rows, *last]).encode()


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices of seven rows, and pieces of a few lines."""
    monkeypatch.setattr(import_sources, "SLICE_ROWS", 7)
    monkeypatch.setattr(kept_files, "PIECE_BYTES", 128)


async def one_slice(agency: Agency) -> None:
    """What a turn that is over after the first slice does."""
    resources = agency.service.resources

    class Short(Turn):
        def goes_on(self) -> bool:
            self.asked = getattr(self, "asked", 0) + 1
            return self.asked == 1

    await run_imports(
        database=resources.database, clock=resources.clock, agency=agency.agency, turn=Short(0)
    )


async def job_of(agency: Agency, started: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = await agency.get(f"/imports/{started['import_id']}")
    return found


async def change(agency: Agency, statement: str) -> None:
    async with agency.service.resources.database.transaction(agency.agency) as transaction:
        await transaction.execute(statement)


@asynccontextmanager
async def stuck_reader(agency: Agency, customer_id: str) -> AsyncIterator["asyncio.Task[None]"]:
    """A reader that comes as far as this customer, and waits until the block ends."""
    await agency.customer(customer_id)
    database = agency.service.resources.database
    async with database.transaction(agency.agency) as transaction:
        await transaction.execute("SELECT 1 FROM customer WHERE agency_id = :agency FOR UPDATE")
        yield asyncio.create_task(run(agency))


async def test_a_job_tells_its_rows_from_the_start_and_how_many_are_done(
    agency: Agency, small_slices: None
) -> None:
    started = await start(agency, customers(40))
    waiting = await job_of(agency, started)
    assert (waiting["state"], waiting["rows_done"], waiting["rows_total"]) == ("waiting", 0, 40)
    await one_slice(agency)
    running = await job_of(agency, started)
    assert (running["state"], running["rows_done"]) == ("running", 7)
    assert running["written"]["customers"] == 7
    await run(agency)
    done = await job_of(agency, started)
    assert (done["state"], done["rows_done"], done["position"]) == ("done", 40, 40)
    assert await agency.rows("SELECT 1 FROM import_file UNION ALL SELECT 1 FROM import_seen") == []


async def test_a_reader_that_goes_on_needs_nothing_of_what_is_done(
    agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_sources, "SLICE_ROWS", 50)
    monkeypatch.setattr(kept_files, "PIECE_BYTES", 128)
    started = await start(agency, customers(400))
    for _ in range(7):
        await one_slice(agency)
    # Only the head, by which columns are found, is read again.
    head = len(b"".join(customers(400).splitlines(keepends=True)[:220]))
    (position,) = await agency.rows("SELECT position FROM import_job")
    await change(
        agency,
        "DELETE FROM import_file WHERE agency_id = :agency"
        f" AND start > {head} AND start < {position[0] - 128}",
    )
    await run(agency)
    job = await job_of(agency, started)
    assert (job["state"], job["written"]["customers"]) == ("done", 400)


async def test_a_number_that_stood_long_before_is_told_with_its_first_line(
    agency: Agency, small_slices: None
) -> None:
    started = await start(agency, customers(60, doubled=True))
    for _ in range(12):
        await one_slice(agency)
    job = await job_of(agency, started)
    assert (job["state"], job["written"]["customers"], job["rejected"]) == ("done", 60, 1)
    told = job["rejections"][0]
    assert (told["line"], told["code"]) == (62, "number-doubled")
    assert "Zeile 2 " in told["reason_de"]
    assert (await agency.get("/customers/K-0"))["last_name"] == "Müller 0"


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("DELETE FROM import_file WHERE agency_id = :agency AND start > 600", "file-missing"),
        ("DELETE FROM import_file WHERE agency_id = :agency", "file-missing"),
        (
            "UPDATE import_file SET content = overlay(content PLACING 'X' FROM 5)"
            " WHERE agency_id = :agency AND start > 600",
            "file-changed",
        ),
    ],
)
async def test_a_file_that_changed_or_is_gone_ends_the_job_with_what_was_taken(
    agency: Agency, small_slices: None, statement: str, problem: str
) -> None:
    started = await start(agency, customers(200))
    await one_slice(agency)
    await change(agency, statement)
    next_one = await start(agency, customers(3))
    await run(agency)
    job = await job_of(agency, started)
    assert (job["state"], job["problem"]) == ("failed", problem)
    assert job["problem_detail"]
    assert job["rows_done"] == job["written"]["customers"] >= 7
    assert (await job_of(agency, next_one))["state"] == "done"


async def test_imports_are_listed_the_newest_first_page_by_page(agency: Agency) -> None:
    started = [await start(agency, customers(count)) for count in (1, 2, 3)]
    await one_slice(agency)
    first = await agency.get("/imports?limit=2")
    assert [each["rows_total"] for each in first["items"]] == [3, 2]
    assert "rejections" not in first["items"][0]
    second = await agency.get(f"/imports?limit=2&cursor={first['next_cursor']}")
    assert [each["import_id"] for each in second["items"]] == [started[0]["import_id"]]
    assert second["next_cursor"] is None
    waiting = await agency.get("/imports?state=waiting")
    assert {each["rows_total"] for each in waiting["items"]} == {2, 3}
    other = agency.service.of("nachbar")
    assert (await other.get("/imports"))["items"] == []
    for cursor in ("bm9uZQ", "MjAyNi0wMS0wMVQwMDowMDowMCswMDowMHxub25l"):
        assert (await agency.call("GET", f"/imports?cursor={cursor}")).status_code == 422


async def test_a_waiting_import_is_cancelled_and_nothing_of_it_taken(agency: Agency) -> None:
    first, second = await start(agency, customers(3)), await start(agency, customers(5))
    answer = await agency.call("POST", f"/imports/{second['import_id']}/cancellation")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["rows_done"]) == ("cancelled", 0)
    await run(agency)
    assert (await job_of(agency, first))["state"] == "done"
    assert (await job_of(agency, second))["state"] == "cancelled"
    assert len((await agency.get("/customers"))["items"]) == 3


async def test_a_running_import_is_cancelled_behind_the_slice_being_written(
    agency: Agency, small_slices: None
) -> None:
    started = await start(agency, customers(60))
    async with stuck_reader(agency, "K-20") as reader:
        rows_done = 0
        while rows_done < 14:
            rows_done = (await job_of(agency, started))["rows_done"]
        path = f"/imports/{started['import_id']}/cancellation"
        cancelling = asyncio.create_task(agency.call("POST", path))
        # Nothing tells that a request waits: one that did not would have answered by then.
        await asyncio.sleep(0.05)
        assert not cancelling.done()
    answer = (await cancelling).json()
    await reader
    job = await job_of(agency, started)
    assert (job["state"], answer["state"]) == ("cancelled", "cancelled")
    assert job["written"] == answer["written"]
    assert job["rows_done"] == job["written"]["customers"] >= 21
    stored = await agency.rows("SELECT 1 FROM customer WHERE last_name LIKE 'Müller%'")
    assert len(stored) == job["written"]["customers"]
    assert await agency.rows("SELECT 1 FROM import_file UNION ALL SELECT 1 FROM import_seen") == []


async def test_cancelling_again_is_harmless_and_what_has_ended_is_refused(agency: Agency) -> None:
    cancelled = await start(agency, customers(3))
    path = f"/imports/{cancelled['import_id']}/cancellation"
    once, again = await agency.call("POST", path), await agency.call("POST", path)
    assert once.json() == again.json()
    done = await imported(agency, customers(3))
    refused = await agency.call("POST", f"/imports/{done['import_id']}/cancellation")
    assert (refused.status_code, refused.json()["type"].rsplit("/")[-1]) == (409, "import-ended")
    nobodys = "00000000-0000-4000-8000-000000000000"
    unknown = await agency.call("POST", f"/imports/{nobodys}/cancellation")
    assert unknown.status_code == 404
    other = agency.service.of("nachbar")
    strange = await other.call("POST", f"/imports/{done['import_id']}/cancellation")
    assert strange.status_code == 404


async def test_two_readers_of_one_agency_take_every_row_once(
    agency: Agency, small_slices: None
) -> None:
    started = [await start(agency, customers(60)), await start(agency, customers(80))]
    await asyncio.gather(*(run(agency) for _ in range(3)))
    await run(agency)
    jobs = [await job_of(agency, each) for each in started]
    assert [job["state"] for job in jobs] == ["done", "done"]
    assert [job["written"]["customers"] for job in jobs] == [60, 80]
    changes = (await agency.get("/changes?limit=1000"))["items"]
    subjects = [each["subject"] for each in changes if each["kind"] == "customer.changed"]
    assert len(subjects) == len(set(subjects)) == 80


async def test_a_delivery_of_an_insurer_goes_on_without_being_read_again(
    agency: Agency, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_sources, "SLICE_ROWS", 4)
    started = await start(agency, DELIVERY.read_bytes())
    assert (await job_of(agency, started))["rows_total"] is None
    await one_slice(agency)
    running = await job_of(agency, started)
    assert (running["state"], running["rows_done"]) == ("running", 4)

    def read_again(*_: object, **__: object) -> None:
        raise AssertionError("a delivery is read once")

    monkeypatch.setattr(import_sources, "read_gdv", read_again)
    await run(agency)
    job = await job_of(agency, started)
    assert (job["state"], job["rows_done"]) == ("done", job["rows_total"])
    assert len((await agency.get("/customers"))["items"]) == job["written"]["customers"]


async def test_a_file_whose_readers_all_die_ends_with_the_reason(agency: Agency) -> None:
    started = await start(agency, customers(3))
    await change(
        agency, f"UPDATE import_job SET attempts = {MOST_ATTEMPTS} WHERE agency_id = :agency"
    )
    await run(agency)
    job = await job_of(agency, started)
    assert (job["state"], job["problem"]) == ("failed", "readers-ended")


async def test_a_file_kept_by_older_code_is_looked_at_when_it_is_read(agency: Agency) -> None:
    started = await start(agency, customers(3))
    await change(
        agency,
        "UPDATE import_job SET list_kind = NULL, stored_bytes = NULL WHERE agency_id = :agency",
    )
    await run(agency)
    job = await job_of(agency, started)
    assert (job["state"], job["written"]["customers"]) == ("done", 3)


async def test_one_line_of_a_million_signs_is_refused_at_once(agency: Agency) -> None:
    line = b"K-1;" + b"x" * (kept_files.LONGEST_LINE + 1) + b"\n"
    answer = await agency.call(
        "POST",
        "/imports",
        content=b"Kundennummer;Nachname\n" + line,
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 422
    assert "Zeile 2" in answer.text or "Line 2" in answer.text
    assert await agency.rows("SELECT 1 FROM import_job") == []


def test_pieces_of_a_file_are_small() -> None:
    pieces = list(kept_files.pieces_of(b"x" * (import_files.PIECE_BYTES + 1), None))
    assert [len(piece) for piece in pieces] == [import_files.PIECE_BYTES, 1]
    assert Path(DELIVERY).exists()
