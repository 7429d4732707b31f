"""The other side of ``bench.classify``: a process that holds what the classifier's worker holds.

Reads one line for each run it is to do and answers with a line of JSON: seconds, and the most
memory this process ever took. The run is the real path: queued, facts from Postgres, classes,
reasons, history and feed.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from subprocess import PIPE, Popen
from time import perf_counter
from typing import Self
from uuid import uuid4

from bench.book import AGENCY, AS_OF
from services.classifier import worker as held_by_the_worker
from services.classifier.store.reclassifications import queue_run
from services.classifier.usecases.classification import reclassify_book
from shared.db.database import Database
from shared.db.rings import Ring

NOW = datetime(2026, 11, 20, 22, tzinfo=UTC)
END_SECONDS = 30


async def unheard(rings: Sequence[Ring]) -> None:
    """No worker follows in this bench."""


async def ours(database: Database) -> float:
    """Seconds of a run over the book, from its queuing to its end."""
    started = perf_counter()
    async with database.transaction(AGENCY) as transaction:
        await queue_run(transaction, reclassification_id=uuid4(), reason="requested", as_of=AS_OF)
    units = 1
    while units:  # turns end after some seconds and ring again
        units = (await reclassify_book(database=database, agency=AGENCY, now=NOW)).units
    return perf_counter() - started


@dataclass(frozen=True, slots=True)
class Run:
    """What a run took."""

    seconds: float
    peak_gigabytes: float


class WorkerProcess(AbstractContextManager["WorkerProcess"]):
    """The process, from outside."""

    def __init__(self, *, url: str) -> None:
        command = [sys.executable, "-m", "bench.class_worker", url]
        self._process = Popen(command, stdin=PIPE, stdout=PIPE, text=True, env=_environment())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=END_SECONDS)

    async def run(self) -> Run:
        """Have it classify the book."""
        return await asyncio.to_thread(self._run)

    def _run(self) -> Run:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("run\n")
        self._process.stdin.flush()
        return Run(**json.loads(self._process.stdout.readline()))


def _environment() -> Mapping[str, str]:
    return {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


def peak_gigabytes() -> float:
    """The most memory of this process since it was started, as the kernel counted it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024 / 1024
    raise AssertionError("the kernel does not say how much memory a process took")


async def _serve(url: str) -> None:
    assert held_by_the_worker.__file__
    database = Database(service="classifier", url=url, ring=unheard)
    while await asyncio.to_thread(sys.stdin.readline):
        seconds = await ours(database)
        print(json.dumps({"seconds": seconds, "peak_gigabytes": peak_gigabytes()}), flush=True)
    await database.close()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
