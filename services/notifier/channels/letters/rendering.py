"""Renders a whole print run: sorts it, typesets chunks, reads them back, joins them to one file.

Chunks keep memory flat: one document of 5,000 letters needs gigabytes, while chunks of twenty-five
letters need the same for any number of letters. While one chunk is read back, threads set the next.
"""

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pypdfium2 as pdfium

from services.notifier.channels.letters.pages import (
    PreparedLetter,
    prepared,
    return_line,
    sender_page,
)
from services.notifier.channels.letters.readback import PDFIUM, ReadLetter, read_back
from services.notifier.channels.letters.typesetting import NotSet, SetChunk, Typesetter
from services.notifier.domain.letters import Letter
from services.notifier.domain.print_runs import (
    MAX_SHEETS,
    PrintRun,
    posting_order,
    sheets_of,
    weight_of,
)
from shared.contracts.identities import SenderIdentity
from shared.typesetting import REPLACEMENT, Substitutions, printable

CHUNK_LETTERS = 25
"""Letters in one compile. The compiler keeps its last ten: 50 take 480 MB, 100 take 860 MB."""

SETTERS = 2
"""Chunks set at once, while a finished one is read back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedLetter:
    """A letter in the joined file: pages counted from 1, both ends included."""

    letter: Letter
    page_from: int
    page_to: int
    sheets: int
    weight_g: int
    content_sha256: str

    @property
    def pages(self) -> int:
        return self.page_to - self.page_from + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFailure:
    """A letter that is not in the file, and why."""

    letter_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedRun:
    """The joined file and its letters; each letter is either among ``letters`` or ``failures``."""

    pdf: Path
    pages: int
    letters: tuple[RenderedLetter, ...]
    failures: tuple[LetterFailure, ...]
    substituted_characters: int


class RenderingStopped(Exception):
    """whoever wanted the run does not want it any more"""


@dataclass(slots=True)
class _Assembly:
    """The joined file while letters are added to it."""

    run: PrintRun
    document: pdfium.PdfDocument
    pages: int = 0
    letters: list[RenderedLetter] = field(default_factory=list)
    failures: list[LetterFailure] = field(default_factory=list)


def render_run(
    letters: Sequence[Letter],
    *,
    identity: SenderIdentity,
    run: PrintRun,
    pdf: Path,
    stop: threading.Event | None = None,
) -> RenderedRun:
    """Set all letters in posting order, check every page, and write the good ones to ``pdf``.

    It takes seconds for a thousand letters, so call it off the event loop. One bad letter fails
    alone. If the run is printed on both sides, every letter begins on a new sheet.

    Raises RenderingStopped within a chunk of letters once ``stop`` is set.
    """
    counted = Substitutions()
    ordered = sorted(letters, key=posting_order)
    with PDFIUM:
        assembly = _Assembly(run=run, document=pdfium.PdfDocument.new())
    sender_line = return_line(identity)
    chunks = _chunks(ordered, counted, assembly.failures)
    try:
        for chunk in _set_ahead(_until(stop, chunks), identity, run):
            for part in chunk:
                if isinstance(part, NotSet):
                    _fail(assembly, part.letter, part.reason)
                else:
                    _take(assembly, part, sender_line)
        with PDFIUM:
            assembly.document.save(pdf)
    finally:
        with PDFIUM:
            assembly.document.close()
    return RenderedRun(
        pdf=pdf,
        pages=assembly.pages,
        letters=tuple(assembly.letters),
        failures=tuple(assembly.failures),
        substituted_characters=counted.total,
    )


def _until(
    stop: threading.Event | None, chunks: Iterator[list[PreparedLetter]]
) -> Iterator[list[PreparedLetter]]:
    """Yield the chunks; raise before the next one if nobody wants it."""
    for chunk in chunks:
        if stop is not None and stop.is_set():
            raise RenderingStopped
        yield chunk


def _chunks(
    letters: Iterable[Letter], counted: Substitutions, failures: list[LetterFailure]
) -> Iterator[list[PreparedLetter]]:
    remaining = iter(letters)
    while batch := list(islice(remaining, CHUNK_LETTERS)):
        chunk = []
        for letter in (prepared(letter, counted) for letter in batch):
            if _can_be_delivered(letter):
                chunk.append(letter)
            else:
                reason = "a line of its address holds characters that cannot be printed"
                failures.append(LetterFailure(letter_id=letter.letter.letter_id, reason=reason))
        if chunk:
            yield chunk


def _set_ahead(
    chunks: Iterator[list[PreparedLetter]], identity: SenderIdentity, run: PrintRun
) -> Iterator[list[SetChunk | NotSet]]:
    """Yield the set chunks in order, while threads set the next (typst needs no Python lock)."""
    sender = sender_page(identity)
    setters = deque(Typesetter(sender=sender, run=run) for _ in range(SETTERS))
    under_way: deque[tuple[Typesetter, Future[list[SetChunk | NotSet]]]] = deque()
    with ThreadPoolExecutor(SETTERS, thread_name_prefix="typesetter") as pool:
        for chunk in chunks:
            if not setters:
                setter, done = under_way.popleft()
                result = done.result()
                setters.append(setter)
                under_way.append(_start(pool, setters.popleft(), chunk))
                yield result
            else:
                under_way.append(_start(pool, setters.popleft(), chunk))
        for _, done in under_way:
            yield done.result()


def _start(
    pool: ThreadPoolExecutor, setter: Typesetter, chunk: list[PreparedLetter]
) -> tuple[Typesetter, Future[list[SetChunk | NotSet]]]:
    return setter, pool.submit(lambda: list(setter.set(chunk)))


def _take(assembly: _Assembly, chunk: SetChunk, sender_line: str) -> None:
    with PDFIUM:
        source, found = read_back(chunk, sender_line=sender_line, form=assembly.run.form)
        with closing(source):
            pages: list[int] = []
            for letter in found:
                fault = letter.fault or _too_thick(letter, assembly.run)
                if fault:
                    _fail(assembly, letter.letter, fault)
                    continue
                pages += range(letter.first_page, letter.first_page + letter.pages)
                _enter(assembly, letter)
                if assembly.run.duplex and letter.pages % 2:
                    _join(assembly, source, pages)
                    pages = []
                    assembly.document.new_page(*_A4_POINTS).close()
                    assembly.pages += 1
            _join(assembly, source, pages)


def _join(assembly: _Assembly, source: pdfium.PdfDocument, pages: list[int]) -> None:
    if pages:
        assembly.document.import_pages(source, pages)


def _enter(assembly: _Assembly, letter: ReadLetter) -> None:
    sheets = sheets_of(letter.pages, duplex=assembly.run.duplex)
    assembly.letters.append(
        RenderedLetter(
            letter=letter.letter.letter,
            page_from=assembly.pages + 1,
            page_to=assembly.pages + letter.pages,
            sheets=sheets,
            weight_g=weight_of(sheets),
            content_sha256=letter.letter.content_sha256,
        )
    )
    assembly.pages += letter.pages


def _can_be_delivered(letter: PreparedLetter) -> bool:
    """Whether each line says something, and street and place are whole. A name with a gap in it
    is still found at its street; a street with a gap is nowhere."""
    address = letter.letter.address
    place = " ".join(filter(None, (address.street, address.postcode, address.city)))
    whole = REPLACEMENT not in printable(place, Substitutions())
    return whole and all(any(map(str.isalnum, line)) for line in letter.recipient)


def _too_thick(letter: ReadLetter, run: PrintRun) -> str | None:
    sheets = sheets_of(letter.pages, duplex=run.duplex)
    return f"{sheets} sheets do not fit the envelope" if sheets > MAX_SHEETS else None


def _fail(assembly: _Assembly, letter: PreparedLetter, reason: str) -> None:
    failure = LetterFailure(letter_id=letter.letter.letter_id, reason=reason)
    assembly.failures.append(failure)


_A4_POINTS = (210 / 25.4 * 72, 297 / 25.4 * 72)
