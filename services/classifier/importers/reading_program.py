"""Reads the rows of one list for another process: the bytes of the file come in, slices go out.

Run as `python -m services.classifier.importers.reading_program`. Frames (`framed`) go both ways:
an :class:`Opening` and then :class:`Piece` after piece come in; a greeting, slices and at last
None go out. Whoever started it bounds it: it reads no further piece before the last slice was
taken off the pipe, and ends as soon as either pipe is closed, as when its starter was killed.
"""

import fcntl
import gc
import os
import pickle
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import count
from struct import Struct
from typing import Any, BinaryIO, Final
from zoneinfo import ZoneInfo

from services.classifier.importers.broker_csv import ListPlan, ListReader, OwnWords, SeenNumbers
from services.classifier.importers.file_words import FileWord
from services.classifier.importers.stored_lists import LineBuffer, ListSlice, StoredList

LENGTH: Final = Struct("<Q")
"""What stands in front of each frame: its length in bytes."""
HELD_BYTES: Final = 1 << 20
"""What the pipe of slices holds, and again what is taken off it ahead: about a slice each."""
GREETING: Final = "ready"
SLICES_UNLOOKED_AT: Final = 8
"""As of the writer: after so many slices the garbage collector looks at what is young."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """All that decides how rows are read: the list's plan, and what stood before ``position``.

    ``position`` counts bytes and ``rows_done`` the lines between it and the header; ``seen`` are
    the digests of the rows before. A slice has ``slice_rows``. ``file`` is given if records may
    be told as rows.
    """

    plan: ListPlan
    file: FileWord | None
    zone: str
    as_of: date
    own_words: OwnWords
    seen: bytes
    position: int
    rows_done: int
    slice_rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """The next bytes of the file."""

    content: bytes
    last: bool


def framed(value: object) -> bytes:
    """A value as it goes through a pipe."""
    content = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(content)) + content


def main() -> None:
    """Read until the list ends or the pipe is closed."""
    incoming, outgoing = sys.stdin.buffer, sys.stdout.buffer
    with suppress(OSError, AttributeError):  # only on Linux; else we wait more often
        fcntl.fcntl(outgoing, fcntl.F_SETPIPE_SZ, HELD_BYTES)
    try:
        _send(outgoing, GREETING)
        opening = _received(incoming)
        if opening is not None:
            _read(opening, incoming, outgoing)
    except BrokenPipeError:
        os._exit(1)  # nobody takes what is still buffered; flushing it would fail once more


def _read(opening: Opening, incoming: BinaryIO, outgoing: BinaryIO) -> None:
    gc.disable()
    try:
        stored = stored_list(opening)
        for number in count():
            while stored.buffer.wants(opening.slice_rows):
                piece = _received(incoming)
                if piece is None:
                    return
                stored.buffer.feed(piece.content, last=piece.last)
            found: ListSlice | None = stored.take(opening.slice_rows)
            _send(outgoing, found)
            if found is None:
                return
            if number % SLICES_UNLOOKED_AT == 0:
                gc.collect(1)
    except BrokenPipeError:
        raise
    except Exception as error:
        _send(outgoing, _portable(error))


def _portable(error: Exception) -> Exception:
    """The error if it survives the pipe, else one that tells of it."""
    with suppress(Exception):
        pickle.loads(pickle.dumps(error))
        return error
    return RuntimeError(f"{type(error).__name__}: {error}")


def stored_list(opening: Opening) -> StoredList:
    """The list from where the opening says, still to be fed."""
    seen = SeenNumbers(opening.seen)
    reader = ListReader(
        opening.plan,
        zone=ZoneInfo(opening.zone),
        as_of=opening.as_of,
        seen=seen,
        own_words=opening.own_words,
    )
    buffer = LineBuffer(position=opening.position, line=reader.header_ends + opening.rows_done)
    return StoredList(buffer, reader, seen, file=opening.file)


def _send(outgoing: BinaryIO, value: object) -> None:
    outgoing.write(framed(value))
    outgoing.flush()


def _received(incoming: BinaryIO) -> Any:
    """The next value; None if the other end is closed."""
    head = incoming.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    return pickle.loads(incoming.read(LENGTH.unpack(head)[0]))


if __name__ == "__main__":
    main()
