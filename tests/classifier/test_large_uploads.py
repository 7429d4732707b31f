"""A large file passes through the API in blocks: nobody ever holds it as a whole."""

import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator

import pytest

from tests.classifier.conftest import Agency

ROW = "K-{n:08};Müller;Ute;Lindenallee {n};06526;Sangerhausen;ute{n}@example.org\n"
HEAD = "Kundennummer;Nachname;Vorname;Straße;PLZ;Ort;E-Mail\n"
HELD_AT_MOST = 24 << 20
"""Bytes beyond what a process needs for a small file: some blocks of a megabyte as bytes, text
and lines. Any of these files held once would be more."""
MEASURED = """
import sys, tempfile
from datetime import date
from mmap import ACCESS_READ, mmap
from zoneinfo import ZoneInfo
from services.classifier.usecases.import_files import pieces_of, understood

def held():
    for line in open("/proc/self/status"):
        if line.startswith("RssAnon"):
            return int(line.split()[1]) * 1024

def passed_through(size, codec):
    most = kept = 0
    with tempfile.TemporaryFile() as file:
        file.write(HEAD.encode(codec))
        rows = "".join(ROW.format(n=n) for n in range(10_000))
        block = rows.encode(codec).removeprefix(b"\\xff\\xfe")
        while file.tell() < size:
            file.write(block)
        file.flush()
        content = mmap(file.fileno(), 0, access=ACCESS_READ)
        found = understood(content, filename="", kind=None, zone=ZoneInfo("UTC"),
                           as_of=date(2026, 11, 27))
        for number, piece in enumerate(pieces_of(content, found.text)):
            kept += len(piece)
            most = max(most, held())
    assert found.list_kind == "customers" and kept > size // 4, (found, kept)
    return most

small = passed_through(2_000_000, sys.argv[1])
print(passed_through(int(sys.argv[2]), sys.argv[1]) - small)
"""


@pytest.mark.parametrize(
    ("codec", "size"), [("utf-8", 100_000_000), ("cp1252", 40_000_000), ("utf-16", 40_000_000)]
)
def test_a_large_file_takes_no_more_memory_than_a_small_one(codec: str, size: int) -> None:
    program = f"HEAD = {HEAD!r}\nROW = {ROW!r}\n{MEASURED}"
    measured = subprocess.run(
        [sys.executable, "-c", program, codec, str(size)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert measured.returncode == 0, measured.stderr
    assert int(measured.stdout) < HELD_AT_MOST


async def test_an_upload_is_not_held_by_the_api(agency: Agency) -> None:
    rows = "".join(ROW.format(n=n) for n in range(12_000)).encode()

    async def sent() -> AsyncIterator[bytes]:
        yield HEAD.encode()
        for _ in range(32):
            for start in range(0, len(rows), 65_536):
                yield rows[start : start + 65_536]

    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        answer = await agency.call(
            "POST", "/imports", content=sent(), headers={"Content-Type": "text/csv"}
        )
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert answer.status_code == 202, answer.text
    job = await agency.get(f"/imports/{answer.json()['import_id']}")
    assert job["size_bytes"] == len(HEAD.encode()) + 32 * len(rows) > 25_000_000
    assert most - before < HELD_AT_MOST
