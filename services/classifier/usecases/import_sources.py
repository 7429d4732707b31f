"""Where the slices of an import come from: a kept list, or a delivery read into entries."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice
from typing import Final, Protocol, cast
from zoneinfo import ZoneInfo

from services.classifier.importers.any_file import read_gdv
from services.classifier.importers.broker_csv import HEAD_LINES, OwnWords
from services.classifier.importers.file_words import FileWord
from services.classifier.importers.reading import ListKind
from services.classifier.importers.reading_process import ReadingProcess
from services.classifier.importers.reading_program import Opening, Piece, stored_list
from services.classifier.importers.staged_items import read_again, written
from services.classifier.importers.stored_lists import (
    FileChanged,
    FileMissing,
    LineBuffer,
    ListSlice,
    StoredList,
)
from services.classifier.importers.told_items import ToldItems
from services.classifier.store import import_files, import_words, imports
from services.classifier.store.imports import ClaimedImport
from services.classifier.usecases.import_files import plan_of
from services.classifier.usecases.import_words import own_words_of
from shared.db.database import Transaction

SLICE_ROWS: Final = 2000
"""Subjects of one transaction: the feed's counter stays locked from the append to the commit."""

Open = Callable[[], AbstractAsyncContextManager[Transaction]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What a part of a file tells, and where the job stands once it is written."""

    told: ToldItems
    position: int
    rows_done: int
    seen: bytes = b""


class Source(Protocol):
    """Gives one slice after the other, from where the job stands."""

    async def next(self) -> Slice | None:
        """The next slice; None behind the last one."""
        ...

    async def close(self) -> None:
        """End what reads."""
        ...


READ_APART_BYTES = 2 << 20
"""Of a list with so much left a process of its own is worth what it costs to start: the processor
seconds of some 10,000 rows."""


def file_word_of(claimed: ClaimedImport) -> FileWord:
    """When a job's file came, and what its empty cells say."""
    return FileWord(at=claimed.created_at, clears_empty=claimed.clears_empty)


class _File:
    """The kept pieces of a job's file."""

    def __init__(self, open_transaction: Open, claimed: ClaimedImport) -> None:
        self._open = open_transaction
        self._claimed = claimed
        self.size = claimed.stored_bytes or 0

    async def piece(self, position: int) -> tuple[int, bytes]:
        """The piece that holds this position, and where it begins; raises `FileMissing` and
        `FileChanged`."""
        async with self._open() as transaction:
            piece = await import_files.piece_at(transaction, self._claimed.import_id, position)
        if piece is None or position >= piece.start + len(piece.content):
            raise FileMissing
        if not piece.sound:
            raise FileChanged
        return piece.start, piece.content

    async def feed(self, buffer: LineBuffer, position: int) -> int:
        """Feed the buffer what stands at this position; returns the position behind it."""
        if position >= self.size:
            buffer.feed(b"", last=True)
            return position
        start, content = await self.piece(position)
        end = start + len(content)
        buffer.feed(content[position - start :], last=end >= self.size)
        return end

    async def pieces_from(self, position: int) -> AsyncIterator[Piece]:
        """What stands from this position on, a kept piece at a time."""
        while position < self.size:
            start, content = await self.piece(position)
            begin, position = position, start + len(content)
            yield Piece(content=content[begin - start :], last=position >= self.size)


class ListSource:
    """A list, read on from the byte at which the last slice ended.

    The rows of a large list are read by a process of its own, beside what we write. It takes a
    moment to start, so the first slices are read here.
    """

    def __init__(self, file: _File, stored: StoredList, opening: Opening, *, fed: int) -> None:
        self._file = file
        self._stored = stored
        self._opening = opening
        self._fed = fed
        self._seen = [opening.seen]
        self._apart = file.size - opening.position >= READ_APART_BYTES
        self._process: ReadingProcess | None = None
        self._handed_over = False

    @classmethod
    async def open(
        cls, open_transaction: Open, claimed: ClaimedImport, *, zone: ZoneInfo, as_of: date
    ) -> "ListSource":
        """The source of a claimed job."""
        file = _File(open_transaction, claimed)
        head = LineBuffer(position=0, line=0)
        fed = 0
        while not head.ended and len(head.lines) < HEAD_LINES:
            fed = await file.feed(head, fed)
        async with open_transaction() as transaction:
            entries = await import_files.seen_entries(transaction, claimed.import_id)
            mapped = await import_words.mapped_words(transaction)
        opening = Opening(
            plan=plan_of(cast(ListKind, claimed.list_kind), head.lines),
            # What a full delivery contains is noted item by item.
            file=None if claimed.full_delivery else file_word_of(claimed),
            zone=zone.key,
            as_of=as_of,
            own_words=own_words_of(mapped),
            seen=entries,
            rows_done=claimed.rows_done,
            position=claimed.position,
            slice_rows=SLICE_ROWS,
        )
        stored = await asyncio.to_thread(stored_list, opening)
        if claimed.position == 0:
            head.drop(stored.header_ends)
            stored.buffer = head
        else:
            fed = claimed.position
        return cls(file, stored, opening, fed=fed)

    async def next(self) -> Slice | None:
        """The next rows, read off the event loop."""
        found = await self._next()
        if found is None:
            return None
        return Slice(
            told=found.told,
            position=found.position,
            rows_done=found.line - self._stored.header_ends,
            seen=found.seen,
        )

    async def _next(self) -> ListSlice | None:
        if self._apart and self._process is None:
            self._process = await ReadingProcess.start()
        if self._process is not None and self._process.ready:
            if not self._handed_over:
                self._hand_over(self._process)
            return await self._process.next()
        while self._stored.buffer.wants(SLICE_ROWS):
            self._fed = await self._file.feed(self._stored.buffer, self._fed)
        found = await asyncio.to_thread(self._stored.take, SLICE_ROWS)
        if found is not None and self._apart:
            self._seen.append(found.seen)
        return found

    def _hand_over(self, process: ReadingProcess) -> None:
        """Have the process read on behind what was read here."""
        buffer = self._stored.buffer
        opening = replace(
            self._opening,
            seen=b"".join(self._seen),
            position=buffer.position,
            rows_done=buffer.line - self._stored.header_ends,
        )
        process.open(opening, self._file.pieces_from(buffer.position))
        self._handed_over = True
        self._seen.clear()
        buffer.lines.clear()

    async def close(self) -> None:
        """End the process that reads, if there is one."""
        if self._process is not None:
            await self._process.end()


class StagedSource:
    """The entries of a delivery, a kept piece at a time."""

    def __init__(self, open_transaction: Open, claimed: ClaimedImport) -> None:
        self._file = _File(open_transaction, claimed)
        self._open = open_transaction
        self._claimed = claimed
        self._position = claimed.position

    async def next(self) -> Slice | None:
        """The entries of the next piece; positions count entries."""
        if self._position >= self._file.size:
            return None
        async with self._open() as transaction:
            piece = await import_files.piece_at(
                transaction, self._claimed.import_id, self._position
            )
        if piece is None or piece.start != self._position:
            raise FileMissing
        if not piece.sound:
            raise FileChanged
        items = await asyncio.to_thread(read_again, piece.content)
        self._position += len(items)
        return Slice(told=ToldItems(items), position=self._position, rows_done=self._position)

    async def close(self) -> None:
        """Nothing is open between two pieces."""


async def stage(open_transaction: Open, claimed: ClaimedImport, *, as_of: date) -> int:
    """Read a delivery as a whole, because only the whole tells who is who, and keep its entries
    in its stead; returns their number, or -1 if the job is no longer ours."""
    async with open_transaction() as transaction:
        own = own_words_of(await import_words.mapped_words(transaction))
    data = await _whole_file(open_transaction, claimed)
    pieces = _staged_pieces(data, as_of=as_of, own_words=own)
    # All of it is read for the first piece: outside of any transaction.
    piece = await asyncio.to_thread(next, pieces, None)
    entries = 0
    async with open_transaction() as transaction:
        if not await imports.hold_import(transaction, claimed):
            return -1
        await import_files.forget_file(transaction, claimed.import_id)
        while piece is not None:
            count, text = piece
            await import_files.keep_piece(
                transaction, claimed.import_id, start=entries, content=text
            )
            entries += count
            piece = await asyncio.to_thread(next, pieces, None)
        await imports.set_staged(transaction, claimed, entries=entries, stored_bytes=entries)
    return entries


async def _whole_file(open_transaction: Open, claimed: ClaimedImport) -> bytes:
    file = _File(open_transaction, claimed)
    pieces, position = [], 0
    while position < file.size:
        start, content = await file.piece(position)
        pieces.append(content)
        position = start + len(content)
    return b"".join(pieces)


def _staged_pieces(data: bytes, *, as_of: date, own_words: OwnWords) -> Iterator[tuple[int, bytes]]:
    """How many entries a piece has, and their text: they are never there all at once."""
    items = read_gdv(data, as_of=as_of, own_words=own_words).items
    while batch := list(islice(items, SLICE_ROWS)):
        yield len(batch), written(batch)
