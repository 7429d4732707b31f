"""Large lists, which a process of its own reads while what it read is written."""

import asyncio

import psutil
import pytest

from services.classifier.importers.reading_process import ReaderEnded, ReadingProcess
from services.classifier.importers.stored_lists import StoredList
from services.classifier.usecases import import_sources
from tests.classifier.conftest import Agency
from tests.classifier.test_import_progress import customers, job_of, one_slice, small_slices
from tests.classifier.test_imports import imported, run, start

__all__ = ["small_slices"]


@pytest.fixture
def read_apart(monkeypatch: pytest.MonkeyPatch, small_slices: None) -> list[ReadingProcess]:
    """Every list is read by a process of its own from the first row on; these were started."""
    started: list[ReadingProcess] = []
    start_one = ReadingProcess.start

    async def ready() -> ReadingProcess:
        process = await start_one()
        assert process is not None
        started.append(process)
        await asyncio.wait({process._greeting})
        return process

    monkeypatch.setattr(import_sources, "READ_APART_BYTES", 0)
    monkeypatch.setattr(ReadingProcess, "start", ready)
    return started


async def test_a_list_read_apart_leaves_what_it_leaves_otherwise(
    agency: Agency, small_slices: None, request: pytest.FixtureRequest
) -> None:
    content = customers(90, doubled=True) + b";;\nK-7;;\n"
    other = agency.service.of("nachbar")
    here = await imported(other, content)
    request.getfixturevalue("read_apart")
    apart = await imported(agency, content)
    told = ("state", "written", "rejected", "warnings", "rows_done", "rejections")
    assert {each: apart[each] for each in told} == {each: here[each] for each in told}
    listed = "/customers?limit=200"
    assert (await agency.get(listed))["items"] == (await other.get(listed))["items"]


async def test_reading_goes_on_where_it_was_handed_over(
    agency: Agency, small_slices: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_sources, "READ_APART_BYTES", 0)
    slices_read_here = 0
    monkeypatch.setattr(ReadingProcess, "ready", property(lambda _: slices_read_here > 2))
    take = StoredList.take

    def counted(self: StoredList, rows: int) -> object:
        nonlocal slices_read_here
        slices_read_here += 1
        return take(self, rows)

    monkeypatch.setattr(StoredList, "take", counted)
    job = await imported(agency, customers(90, doubled=True))
    assert slices_read_here == 3
    assert (job["state"], job["written"]["customers"], job["rejected"]) == ("done", 90, 1)
    assert "Zeile 2 " in job["rejections"][0]["reason_de"]


async def test_an_import_whose_reader_was_killed_goes_on_when_it_is_tried_again(
    agency: Agency, read_apart: list[ReadingProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    started = await start(agency, customers(60))
    await one_slice(agency)
    next_one = ReadingProcess.next

    async def killed(self: ReadingProcess) -> object:
        psutil.Process(self.pid).kill()
        return await next_one(self)

    with monkeypatch.context() as broken:
        broken.setattr(ReadingProcess, "next", killed)
        with pytest.raises(ReaderEnded):
            await run(agency)
    assert (await job_of(agency, started))["state"] == "running"
    async with agency.service.resources.database.transaction(agency.agency) as transaction:
        await transaction.execute(
            "UPDATE import_job SET leased_until = NULL WHERE agency_id = :agency"
        )
    await run(agency)
    job = await job_of(agency, started)
    assert (job["state"], job["rows_done"], job["written"]["customers"]) == ("done", 60, 60)
    assert len(read_apart) == 3
