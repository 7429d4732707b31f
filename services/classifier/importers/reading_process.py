"""A list read beside its writer: the process that reads, as the process that writes sees it."""

import asyncio
import os
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, ClassVar, Final

from services.classifier.importers.reading_program import (
    HELD_BYTES,
    LENGTH,
    Opening,
    Piece,
    framed,
)
from services.classifier.importers.stored_lists import ListSlice
from shared.failures import Transient

AT_ONCE: Final = 2
"""So many of one worker: each holds some 150 MB, and a worker reads files of several agencies."""
PROGRAM: Final = "services.classifier.importers.reading_program"


class ReaderEnded(Transient):
    """The reading process ended before the list did."""


class ReadingProcess:
    """Reads one list, slice by slice, some slices ahead of whoever takes them.

    It knows no database: we feed it the pieces of the file. It ends with us, however we end,
    because both of its pipes are ours.
    """

    running: ClassVar[int] = 0

    def __init__(self, process: Process) -> None:
        self._process = process
        self._greeting = asyncio.ensure_future(self._received())
        self._feeding: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls) -> "ReadingProcess | None":
        """Start one; it is `ready` once it has loaded what it needs. None if enough are running."""
        if cls.running >= AT_ONCE:
            return None
        cls.running += 1
        try:
            return cls(await cls._program())
        except BaseException:
            cls.running -= 1
            raise

    @staticmethod
    async def _program() -> Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", PROGRAM,
            stdin=PIPE, stdout=PIPE, limit=HELD_BYTES,
            # Nothing else of our surroundings: there are secrets among them.
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )  # fmt: skip

    @property
    def pid(self) -> int:
        """Its id at the operating system."""
        return self._process.pid

    @property
    def ready(self) -> bool:
        """Whether it has loaded what it needs, and can be opened."""
        return self._greeting.done() and self._greeting.exception() is None

    def open(self, opening: Opening, pieces: AsyncIterator[Piece]) -> None:
        """Have it read the list that these pieces make, from the place at which they begin."""
        self._feeding = asyncio.create_task(self._feed(opening, pieces))

    async def _feed(self, opening: Opening, pieces: AsyncIterator[Piece]) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        with suppress(BrokenPipeError, ConnectionResetError):  # `next` tells that it ended
            await self._write(stdin, opening)
            async for piece in pieces:
                await self._write(stdin, piece)

    @staticmethod
    async def _write(stdin: asyncio.StreamWriter, content: Opening | Piece) -> None:
        if stdin.is_closing():  # uvloop raises a RuntimeError for what asyncio forgets in silence
            raise BrokenPipeError
        stdin.write(framed(content))
        await stdin.drain()

    async def next(self) -> ListSlice | None:
        """The next slice, None behind the last; raises what reading or feeding raised, and
        `ReaderEnded`."""
        await self._greeting
        received = asyncio.ensure_future(self._received())
        try:
            await self._received_or_not_fed(received)
            found = await received
        finally:
            received.cancel()
        if isinstance(found, Exception):
            raise found
        assert found is None or isinstance(found, ListSlice)
        return found

    async def _received_or_not_fed(self, received: "asyncio.Future[Any]") -> None:
        """Wait for an answer, or raise why there will be none."""
        if self._feeding is not None and not self._feeding.done():
            await asyncio.wait({received, self._feeding}, return_when=asyncio.FIRST_COMPLETED)
        if self._feeding is not None and self._feeding.done():
            self._feeding.result()

    async def _received(self) -> Any:
        stdout = self._process.stdout
        assert stdout is not None
        try:
            (length,) = LENGTH.unpack(await stdout.readexactly(LENGTH.size))
            content = await stdout.readexactly(length)
        except asyncio.IncompleteReadError:
            raise ReaderEnded from None
        return await asyncio.to_thread(pickle.loads, content)

    async def end(self) -> None:
        """End it, whatever it is doing; to be called once."""
        ReadingProcess.running -= 1
        with suppress(ProcessLookupError):
            self._process.kill()
        for task in (self._greeting, self._feeding):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
        await self._process.wait()
