"""A list read by a process of its own: the same items, the same errors, and no process left."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from services.classifier.importers import reading_process
from services.classifier.importers.any_file import read
from services.classifier.importers.broker_csv import HEAD_LINES, decided_list
from services.classifier.importers.reading import Item
from services.classifier.importers.reading_process import ReaderEnded, ReadingProcess
from services.classifier.importers.reading_program import Opening, Piece, stored_list
from services.classifier.importers.stored_lists import FileChanged
from shared.csv.text import open_sheet
from tests.classifier.importers.test_stored_lists import AS_OF, BERLIN, SAMPLE, TORN

ROOT = Path(__file__).parents[3]
LISTS = [
    f"Kundennummer;Nachname;Vorname\n{TORN}".encode(),
    *((SAMPLE / name).read_bytes() for name in ("kunden.csv", "vertraege.csv", "courtagen.csv")),
]


def opening_of(data: bytes) -> Opening:
    """The list from its first row on."""
    head = open_sheet(data).lines[:HEAD_LINES]
    opening = Opening(
        plan=decided_list(head, as_of=AS_OF, kind=None), zone=BERLIN.key, as_of=AS_OF,
        file=None, own_words={}, seen=b"", rows_done=0, position=0, slice_rows=17,
    )  # fmt: skip
    header = "".join(head[: stored_list(opening).header_ends])
    return replace(opening, position=len(header.encode()))


async def pieces(text: bytes, *, size: int = 999) -> AsyncIterator[Piece]:
    for start in range(0, len(text), size):
        yield Piece(content=text[start : start + size], last=start + size >= len(text))


@pytest.fixture
async def process() -> AsyncIterator[ReadingProcess]:
    started = await ReadingProcess.start()
    assert started is not None
    yield started
    await started.end()


@pytest.mark.parametrize("data", LISTS, ids=("torn", "customers", "contracts", "statement"))
async def test_a_list_read_by_another_process_gives_what_it_gives_at_once(
    process: ReadingProcess, data: bytes
) -> None:
    opening = opening_of(data)
    process.open(opening, pieces("".join(open_sheet(data).lines).encode()[opening.position :]))
    items: list[Item] = list(_before_the_rows(data))
    while (found := await process.next()) is not None:
        items += found.told.items()
    assert items == list(read(data, zone=BERLIN, as_of=AS_OF).items)


def _before_the_rows(data: bytes) -> Iterator[Item]:
    """What is told of the file as a whole."""
    codes = {"encoding-guessed", "column-unknown"}
    for item in read(data, zone=BERLIN, as_of=AS_OF).items:
        if getattr(item, "code", "") in codes:
            yield item


async def test_what_reading_and_feeding_raise_is_raised_here(process: ReadingProcess) -> None:
    opening = opening_of(LISTS[0])
    process.open(opening, pieces(b"K-1;M\xffller;Ida\n"))
    with pytest.raises(FileChanged) as raised:
        await process.next()
    assert "nicht mehr die gesendete" in raised.value.reason_de


async def test_a_piece_that_is_gone_ends_the_reading(process: ReadingProcess) -> None:
    async def none() -> AsyncIterator[Piece]:
        yield Piece(content=b"K-1;Meier;Ida\n", last=False)
        raise FileChanged

    process.open(opening_of(LISTS[0]), none())
    with pytest.raises(FileChanged):
        await process.next()


async def test_a_reader_that_was_killed_is_told_as_something_that_mends(
    process: ReadingProcess,
) -> None:
    process.open(opening_of(LISTS[0]), pieces(LISTS[0]))
    psutil.Process(process.pid).kill()
    with pytest.raises(ReaderEnded):
        while await process.next() is not None:
            pass


async def test_one_worker_has_few_readers_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_process, "AT_ONCE", 1)
    first = await ReadingProcess.start()
    assert first is not None
    assert await ReadingProcess.start() is None
    await first.end()
    second = await ReadingProcess.start()
    assert second is not None
    await second.end()


KILLED = """
import asyncio, os, signal
from services.classifier.importers.reading_process import ReadingProcess

async def main():
    process = await ReadingProcess.start()
    print(process.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def test_a_reader_ends_with_the_process_that_started_it() -> None:
    starter = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await starter.communicate()
    assert starter.returncode == -signal.SIGKILL
    with suppress(psutil.NoSuchProcess):
        await asyncio.to_thread(psutil.Process(int(told)).wait, 10)
