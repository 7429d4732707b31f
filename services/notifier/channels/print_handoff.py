"""Hands a print run to the print shop as a directory that appears whole or not at all.

The files are written to a directory ``<run>.tmp``, flushed to disk, and the directory is renamed.
Therefore a killed process leaves nothing that looks finished. Writing the same run again changes
nothing.
"""

import csv
import hashlib
import io
import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.notifier.channels.letters import RenderedLetter, RenderedRun
from services.notifier.domain.addresses import normal_postcode
from services.notifier.domain.letters import Letter
from services.notifier.domain.print_runs import (
    PrintRun,
    expected_postage,
    leitregion,
    promotional_content,
    refuse_wrong_product,
)
from services.notifier.domain.salutations import name_lines, one_line

SCHEMA_VERSION = 1
ADDRESS_COLUMNS = 3
LETTERS, RECIPIENTS, MANIFEST = "letters.pdf", "recipients.csv", "manifest.json"

HEADER = (
    *("seq", "recipient_id", "salutation", "title", "first", "last", "company"),
    *(f"address{number}" for number in range(1, ADDRESS_COLUMNS + 1)),
    *("street", "zip", "city", "country", "leitregion", "pages", "sheets", "weight_g"),
    *("pdf_file", "pdf_page_from", "pdf_page_to", "sha256"),
)
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class RunIdUnsafe(Exception):
    """{run_id!r} cannot name a directory."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        super().__init__(f"{run_id!r} cannot name a directory.")


class PrintRunDiffers(Exception):
    """The print run {run_id} was handed off before with another {file}."""

    def __init__(self, run_id: str, file: str) -> None:
        self.run_id, self.file = run_id, file
        super().__init__(f"The print run {run_id} was handed off before with another {file}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOffFile:
    """One file of a run as it lies there."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOffRun:
    """A run that the print shop may fetch; ``repeated`` if it was there already."""

    path: Path
    files: tuple[HandedOffFile, ...]
    repeated: bool


def hand_off(rendered: RenderedRun, *, run: PrintRun, directory: Path) -> HandedOffRun:
    """Put the run into ``directory`` under its id. Blocking: call it off the event loop.

    Raises:
        RunIdUnsafe: the run's id is no plain name.
        ContentNotPromotional: the run is to go as Dialogpost and may not.
        PrintRunDiffers: another run lies there under this id, or its files were changed.
    """
    if not _RUN_ID.fullmatch(run.run_id):
        raise RunIdUnsafe(run.run_id)
    final, aside = directory / run.run_id, directory / f"{run.run_id}.tmp"
    refuse_wrong_product(run.product, [letter.letter for letter in rendered.letters])
    recipients = recipients_csv(rendered.letters)
    if final.exists():
        return _found(final, run.run_id, recipients)
    directory.mkdir(parents=True, exist_ok=True)
    _clean(aside)
    aside.mkdir()
    shutil.copyfile(rendered.pdf, aside / LETTERS)
    (aside / RECIPIENTS).write_bytes(recipients)
    files = (_measured(aside / LETTERS), _measured(aside / RECIPIENTS))
    manifest = _manifest(rendered, run, files)
    (aside / MANIFEST).write_bytes(json.dumps(manifest, ensure_ascii=False, indent=2).encode())
    for file in (*aside.iterdir(), aside):
        make_durable(file)
    aside.rename(final)
    make_durable(directory)
    return HandedOffRun(path=final, files=(*files, _measured(final / MANIFEST)), repeated=False)


def recipients_csv(letters: tuple[RenderedLetter, ...]) -> bytes:
    """Return a CSV with one row for each letter: ``;`` between fields, UTF-8, no byte order mark.

    ``recipient_id`` is the letter's id, a pseudonym; ``sha256`` is over the letter's words.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADER)
    for number, letter in enumerate(letters, start=1):
        writer.writerow(_row(number, letter))
    return text.getvalue().encode()


def _row(number: int, rendered: RenderedLetter) -> tuple[object, ...]:
    letter, address = rendered.letter, rendered.letter.address
    person, lines = letter.person, _name_lines(letter)
    return (
        number,
        letter.letter_id,
        *_cells(person.salutation, person.title, person.first_name, person.last_name),
        *_cells(person.company_name, *lines, *[None] * (ADDRESS_COLUMNS - len(lines))),
        *_cells(address.street, normal_postcode(address), address.city, address.country.upper()),
        leitregion(address),
        rendered.pages,
        rendered.sheets,
        rendered.weight_g,
        LETTERS,
        rendered.page_from,
        rendered.page_to,
        rendered.content_sha256,
    )


def _name_lines(letter: Letter) -> tuple[str, ...]:
    """Return whom the envelope names, the contact person too; the rest has columns of its own.

    More lines than columns share the last one, so that nobody is lost.
    """
    lines = tuple(line for line in name_lines(letter.person) if line)
    if len(lines) <= ADDRESS_COLUMNS:
        return lines
    first = ADDRESS_COLUMNS - 1
    return (*lines[:first], ", ".join(lines[first:]))


def _cells(*values: str | None) -> tuple[str, ...]:
    """Return each value on one line; quote a formula sign, which a spreadsheet would run."""
    texts = (one_line(value) for value in values)
    return tuple(f"'{text}" if text.startswith(("=", "+", "-", "@")) else text for text in texts)


def _manifest(
    rendered: RenderedRun, run: PrintRun, files: tuple[HandedOffFile, ...]
) -> dict[str, Any]:
    letters = rendered.letters
    return {
        "schema_version": SCHEMA_VERSION,
        "agency": run.agency,
        "run_id": run.run_id,
        "count": len(letters),
        "pages": rendered.pages,
        "sheets": sum(letter.sheets for letter in letters),
        "weight_g": sum(letter.weight_g for letter in letters),
        "postage_cents": _postage_cents(letters, run),
        "product": run.product,
        "colour": run.colour,
        "duplex": run.duplex,
        "envelope": "C6/5 window",
        "content": promotional_content(letter.letter for letter in letters),
        "created_on": run.created_on.isoformat(),
        "due_on": run.due_on.isoformat(),
        "files": [
            {"name": file.name, "bytes": file.bytes, "sha256": file.sha256} for file in files
        ],
    }


def _postage_cents(letters: tuple[RenderedLetter, ...], run: PrintRun) -> int | None:
    """Return the expected postage; None if the table has no price for the posting day."""
    total = 0
    for letter in letters:
        cents = expected_postage(run, address=letter.letter.address, grams=letter.weight_g)
        if cents is None:
            return None
        total += cents
    return total


def _found(final: Path, run_id: str, recipients: bytes) -> HandedOffRun:
    """Check that the files there are this run's, undamaged."""
    files = tuple(_measured(final / name) for name in (LETTERS, RECIPIENTS, MANIFEST))
    named = json.loads((final / MANIFEST).read_bytes())["files"]
    for file, entry in zip(files, named, strict=False):
        if file.sha256 != entry["sha256"]:
            raise PrintRunDiffers(run_id, file.name)
    if (final / RECIPIENTS).read_bytes() != recipients:
        raise PrintRunDiffers(run_id, RECIPIENTS)
    return HandedOffRun(path=final, files=files, repeated=True)


def file_sums(*paths: Path) -> list[dict[str, Any]]:
    """Return name, size and sum of files, as the manifest lists them."""
    files = [_measured(path) for path in paths]
    return [{"name": file.name, "bytes": file.bytes, "sha256": file.sha256} for file in files]


def _measured(path: Path) -> HandedOffFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return HandedOffFile(name=path.name, bytes=path.stat().st_size, sha256=digest)


def _clean(aside: Path) -> None:
    if aside.exists():
        shutil.rmtree(aside)


def make_durable(path: Path) -> None:
    """Flush a file or a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
