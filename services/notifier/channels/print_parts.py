"""The parts of a print run while it is rendered: pages and letters of each section in one file.

A run of thousands is rendered section by section. What is done lies here, so that the next turn of
the job goes on where the last one ended, and the parts are joined when all are there.
"""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pypdfium2 as pdfium
from pydantic import TypeAdapter

from services.notifier.channels.letters import RenderedLetter, RenderedRun, RenderingStopped
from services.notifier.channels.letters.readback import PDFIUM
from services.notifier.channels.print_files import kept_pages
from services.notifier.domain.print_runs import PrintRun
from shared.contracts.agencies import LetterForm

_LENGTH_BYTES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Letters of one section, their pages counted from 1 in the part.

    ``bases`` says what permits each letter; all are written by one version of their template.
    """

    letters: tuple[RenderedLetter, ...]
    bases: Mapping[str, str]
    template_version: str
    form: LetterForm = "B"


_PART = TypeAdapter(Part)


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedParts:
    """A whole run, with what its parts say of each letter."""

    run: RenderedRun
    bases: Mapping[str, str]
    versions: Mapping[str, str]
    missing: Collection[str]
    """Letters that should be there and lie in no part: their file is lost, or of another form."""


def write_part(folder: Path, number: int, part: Part, pdf: bytes) -> None:
    """Put a part into the folder, whole or not at all; one of this number is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    # The words are on the pages; what the list of recipients needs is enough.
    letters = tuple(
        replace(each, letter=replace(each.letter, blocks=(), notice=None)) for each in part.letters
    )
    told = _PART.dump_json(replace(part, letters=letters))
    aside = folder / f"{number:06}.tmp"
    aside.write_bytes(len(told).to_bytes(_LENGTH_BYTES) + told + pdf)
    aside.replace(folder / f"{number:06}.part")


def join_parts(
    folder: Path, *, wanted: Collection[str], order: PrintRun, pdf: Path, stop: threading.Event
) -> JoinedParts:
    """Join the parts of a run to one file of the wanted letters, in their order. Blocking.

    Parts of another form are left out: a machine folds all letters of a run in one place.

    Raises RenderingStopped behind a part once ``stop`` is set.
    """
    letters: list[RenderedLetter] = []
    bases: dict[str, str] = {}
    versions: dict[str, str] = {}
    with PDFIUM, closing(pdfium.PdfDocument.new()) as joined:
        for part, pages in _parts(folder):
            if part.form != order.form:
                continue
            kept = [each for each in part.letters if each.letter.letter_id in wanted]
            letters += _with_pages(joined, pages, kept, duplex=order.duplex)
            for each in kept:
                bases[each.letter.letter_id] = part.bases[each.letter.letter_id]
                versions[each.letter.letter_id] = part.template_version
            if stop.is_set():
                raise RenderingStopped
        joined.save(pdf)
        count = len(joined)
    run = RenderedRun(
        pdf=pdf, pages=count, letters=tuple(letters), failures=(), substituted_characters=0
    )
    return JoinedParts(run=run, bases=bases, versions=versions, missing=set(wanted) - bases.keys())


def _with_pages(
    joined: pdfium.PdfDocument, pages: bytes, kept: Sequence[RenderedLetter], *, duplex: bool
) -> list[RenderedLetter]:
    """Add the pages of these letters; return them with their places in the joined file."""
    if not kept:
        return []
    begin = len(joined)
    chosen, spans = kept_pages([(one.page_from, one.page_to) for one in kept], duplex=duplex)
    with closing(pdfium.PdfDocument(pages)) as source:
        joined.import_pages(source, chosen)
    return [
        replace(each, page_from=begin + first, page_to=begin + last)
        for each, (first, last) in zip(kept, spans, strict=True)
    ]


def _parts(folder: Path) -> Iterator[tuple[Part, bytes]]:
    for path in sorted(folder.glob("*.part")):
        content = memoryview(path.read_bytes())
        end = _LENGTH_BYTES + int.from_bytes(content[:_LENGTH_BYTES])
        yield _PART.validate_json(bytes(content[_LENGTH_BYTES:end])), bytes(content[end:])
