"""Makes the files of a run anew for its release: without some letters, and for its day of posting.

Pages, rows, sums, product and postage follow from the letters that stay. The files are written
aside and their folder replaces the run's, because pages and rows belong together. Doing the same
again changes nothing, so a killed process may begin anew.
"""

import json
import shutil
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium

from services.notifier.channels.letters.readback import PDFIUM
from services.notifier.channels.print_files import (
    LETTERS,
    MANIFEST,
    RECIPIENTS,
    SCHEMA_VERSION,
    Row,
    csv_of,
    file_sums,
    kept_pages,
    make_durable,
    net_cents_of,
    postage_of,
    price,
    read_rows,
    sums_of,
)
from services.notifier.channels.print_folders import replace_folder
from services.notifier.domain.print_runs import TotalPostage, cheapest_product


@dataclass(frozen=True, slots=True, kw_only=True)
class ReissuedRun:
    """What is in the files of a run now; the net price of each letter by its id."""

    letters: int
    pages: int
    postage: TotalPostage | None
    net_cents: dict[str, int | None]


def reissue(run: Path, *, without: Collection[str], due_on: date) -> ReissuedRun:
    """Take letters out of the files in the folder ``run``, which is posted on the day. Blocking.

    A run that has become too small for Dialogpost goes as ordinary letters.
    """
    rows = read_rows(run)
    manifest = json.loads((run / MANIFEST).read_bytes())
    kept = [row for row in rows if row["recipient_id"] not in without]
    if len(kept) < len(rows) or manifest["due_on"] != due_on.isoformat():
        _rewrite(run, kept, manifest, due_on=due_on, same_letters=len(kept) == len(rows))
    return ReissuedRun(
        letters=len(kept),
        pages=manifest["pages"],
        postage=postage_of(kept),
        net_cents={row["recipient_id"]: net_cents_of(row) for row in kept},
    )


def _rewrite(
    run: Path, kept: Sequence[Row], manifest: dict[str, Any], *, due_on: date, same_letters: bool
) -> None:
    """Write the files of what is kept aside and put them in place; the manifest is the last."""
    aside = run.with_name(f"{run.name}.reissued")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    if same_letters:
        shutil.copyfile(run / LETTERS, aside / LETTERS)
    else:
        duplex = manifest["duplex"]
        manifest["pages"] = _write_pages(run / LETTERS, aside / LETTERS, kept, duplex=duplex)
    product = cheapest_product(manifest["content"], (row["leitregion"] for row in kept))
    price(kept, product=product, due_on=due_on)
    (aside / RECIPIENTS).write_bytes(csv_of(kept))
    manifest.pop("postage_cents", None)  # of the first version, which mixed net and gross
    manifest |= {**sums_of(kept), "product": product, "due_on": due_on.isoformat()}
    manifest["schema_version"] = SCHEMA_VERSION
    manifest["files"] = file_sums(aside / LETTERS, aside / RECIPIENTS)
    (aside / MANIFEST).write_bytes(json.dumps(manifest, ensure_ascii=False, indent=2).encode())
    for file in (*aside.iterdir(), aside):
        make_durable(file)
    replace_folder(run, aside)


def _write_pages(source: Path, target: Path, kept: Sequence[Row], *, duplex: bool) -> int:
    """Write the pages of the letters that stay, and number them anew in their rows.

    All at once: each call would bring its own copy of the fonts.
    """
    spans = [(int(row["pdf_page_from"]), int(row["pdf_page_to"])) for row in kept]
    pages, placed = kept_pages(spans, duplex=duplex)
    for number, (row, (first, last)) in enumerate(zip(kept, placed, strict=True), start=1):
        row["seq"] = str(number)
        row["pdf_page_from"], row["pdf_page_to"] = str(first), str(last)
    with (
        PDFIUM,
        closing(pdfium.PdfDocument(source)) as before,
        closing(pdfium.PdfDocument.new()) as after,
    ):
        if pages:
            after.import_pages(before, pages)
        after.save(target)
    return len(pages)
