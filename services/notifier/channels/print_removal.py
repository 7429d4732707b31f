"""Takes letters out of the files of a run: their pages, their rows, and their share of the sums.

The reduced files are written aside and put in place by renames. Taking the same letters out again
changes nothing, so a killed process may begin anew.
"""

import csv
import io
import json
import shutil
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pypdfium2 as pdfium

from services.notifier.channels.letters.readback import PDFIUM
from services.notifier.channels.print_handoff import (
    HEADER,
    LETTERS,
    MANIFEST,
    RECIPIENTS,
    file_sums,
    make_durable,
)

_A4_POINTS = (210 / 25.4 * 72, 297 / 25.4 * 72)
Row = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReducedRun:
    """What is left of a run."""

    letters: int
    pages: int


def take_out(run: Path, letter_ids: Collection[str], *, postage_cents: int | None) -> ReducedRun:
    """Take letters out of the files of a run, which lie in the folder ``run``. Blocking.

    ``postage_cents`` is what the others cost; None if no price is known for their day.
    """
    rows = _rows(run)
    kept = [row for row in rows if row["recipient_id"] not in letter_ids]
    manifest = json.loads((run / MANIFEST).read_bytes())
    if len(kept) == len(rows):
        return ReducedRun(letters=len(kept), pages=manifest["pages"])
    aside = run.with_name(f"{run.name}.reduced")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    pages = _write_pages(run / LETTERS, aside / LETTERS, kept, duplex=manifest["duplex"])
    (aside / RECIPIENTS).write_bytes(_csv(kept))
    manifest |= {
        "count": len(kept),
        "pages": pages,
        "sheets": sum(int(row["sheets"]) for row in kept),
        "weight_g": sum(int(row["weight_g"]) for row in kept),
        "postage_cents": postage_cents,
        "files": file_sums(aside / LETTERS, aside / RECIPIENTS),
    }
    (aside / MANIFEST).write_bytes(json.dumps(manifest, ensure_ascii=False, indent=2).encode())
    for file in (*aside.iterdir(), aside):
        make_durable(file)
    for name in (LETTERS, RECIPIENTS, MANIFEST):
        (aside / name).replace(run / name)
    aside.rmdir()
    make_durable(run)
    return ReducedRun(letters=len(kept), pages=pages)


def _rows(run: Path) -> list[Row]:
    text = (run / RECIPIENTS).read_bytes().decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def _write_pages(source: Path, target: Path, kept: Sequence[Row], *, duplex: bool) -> int:
    """Write the pages of the letters that stay, and number them anew in their rows."""
    with (
        PDFIUM,
        closing(pdfium.PdfDocument(source)) as before,
        closing(pdfium.PdfDocument.new()) as after,
    ):
        for number, row in enumerate(kept, start=1):
            first, last = int(row["pdf_page_from"]), int(row["pdf_page_to"])
            begin = len(after)
            after.import_pages(before, list(range(first - 1, last)))
            if duplex and (last - first) % 2 == 0:
                after.new_page(*_A4_POINTS).close()
            row["seq"] = str(number)
            row["pdf_page_from"] = str(begin + 1)
            row["pdf_page_to"] = str(begin + 1 + last - first)
        after.save(target)
        return len(after)


def _csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, HEADER, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()
