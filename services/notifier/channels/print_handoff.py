"""Hands a print run to the print shop as a directory that appears whole or not at all.

The files are written to a directory ``<run>.tmp``, flushed to disk, and the directory is renamed.
Therefore a killed process leaves nothing that looks finished. Writing the same run again changes
nothing.
"""

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.notifier.channels.letters import RenderedRun
from services.notifier.channels.print_files import (
    LETTERS,
    MANIFEST,
    RECIPIENTS,
    SCHEMA_VERSION,
    HandedOffFile,
    Row,
    csv_of,
    file_sums,
    make_durable,
    measured,
    rows_of,
    sums_of,
)
from services.notifier.domain.print_runs import (
    PrintRun,
    promotional_content,
    refuse_wrong_product,
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
class HandedOffRun:
    """A run that the print shop may fetch; ``repeated`` if it was there already."""

    path: Path
    rows: Sequence[Row]
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
    rows = rows_of(rendered.letters, product=run.product, due_on=run.due_on)
    if final.exists():
        return _found(final, run.run_id, rows)
    directory.mkdir(parents=True, exist_ok=True)
    if aside.exists():
        shutil.rmtree(aside)
    aside.mkdir()
    shutil.copyfile(rendered.pdf, aside / LETTERS)
    (aside / RECIPIENTS).write_bytes(csv_of(rows))
    manifest = _manifest(rendered, run, rows, aside)
    (aside / MANIFEST).write_bytes(json.dumps(manifest, ensure_ascii=False, indent=2).encode())
    for file in (*aside.iterdir(), aside):
        make_durable(file)
    aside.rename(final)
    make_durable(directory)
    return HandedOffRun(path=final, rows=rows, files=_files(final), repeated=False)


def _manifest(
    rendered: RenderedRun, run: PrintRun, rows: Sequence[Row], folder: Path
) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "agency": run.agency,
        "run_id": run.run_id,
        **sums_of(rows),
        "pages": rendered.pages,
        "product": run.product,
        "colour": run.colour,
        "duplex": run.duplex,
        "envelope": "C6/5 window",
        "letter_form": run.form,
        "content": promotional_content(letter.letter for letter in rendered.letters),
        "created_on": run.created_on.isoformat(),
        "due_on": run.due_on.isoformat(),
        "files": file_sums(folder / LETTERS, folder / RECIPIENTS),
    }


def _found(final: Path, run_id: str, rows: Sequence[Row]) -> HandedOffRun:
    """Check that the files there are this run's, undamaged."""
    files = _files(final)
    named = json.loads((final / MANIFEST).read_bytes())["files"]
    for file, entry in zip(files, named, strict=False):
        if file.sha256 != entry["sha256"]:
            raise PrintRunDiffers(run_id, file.name)
    if (final / RECIPIENTS).read_bytes() != csv_of(rows):
        raise PrintRunDiffers(run_id, RECIPIENTS)
    return HandedOffRun(path=final, rows=rows, files=files, repeated=True)


def _files(folder: Path) -> tuple[HandedOffFile, ...]:
    return tuple(measured(folder / name) for name in (LETTERS, RECIPIENTS, MANIFEST))
