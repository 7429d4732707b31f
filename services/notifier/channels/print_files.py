"""The files of a print run: the list of its recipients, and what the manifest sums up of it."""

import csv
import hashlib
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from services.notifier.channels.letters import RenderedLetter
from services.notifier.domain.addresses import PostalAddress, normal_postcode
from services.notifier.domain.print_runs import (
    Postage,
    Product,
    TotalPostage,
    expected_postage,
    leitregion,
    total_postage,
)
from services.notifier.domain.salutations import Person, name_lines, one_line

LETTERS, RECIPIENTS, MANIFEST = "letters.pdf", "recipients.csv", "manifest.json"
SCHEMA_VERSION = 2
"""Of the manifest. Since 2 it tells postage net, tax and gross, and so does each row."""
ADDRESS_COLUMNS = 3
RECIPIENT = (
    *("salutation", "title", "first", "last", "company"),
    *(f"address{number}" for number in range(1, ADDRESS_COLUMNS + 1)),
    *("street", "zip", "city", "country"),
)
HEADER = (
    *("seq", "recipient_id", *RECIPIENT),
    *("leitregion", "pages", "sheets", "weight_g"),
    *("pdf_file", "pdf_page_from", "pdf_page_to", "sha256"),
    *("postage_net_cents", "vat_percent"),
)
Row = dict[str, str]
"""One letter in ``recipients.csv``, by column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOffFile:
    """One file of a run as it lies there."""

    name: str
    bytes: int
    sha256: str


def rows_of(letters: Iterable[RenderedLetter], *, product: Product, due_on: date) -> list[Row]:
    """Return the rows of a run's letters, with what each costs on the day of posting.

    ``recipient_id`` is the letter's id, a pseudonym; ``sha256`` is over the letter's words.
    """
    rows = [
        dict(zip(HEADER, map(str, _row(number, letter)), strict=False))
        for number, letter in enumerate(letters, start=1)
    ]
    price(rows, product=product, due_on=due_on)
    return rows


def price(rows: Iterable[Row], *, product: Product, due_on: date) -> None:
    """Write what each letter costs into its row; nothing if no price is known for the day."""
    for row in rows:
        cost = expected_postage(
            product, domestic=row["country"] == "DE", grams=int(row["weight_g"]), day=due_on
        )
        row["postage_net_cents"] = str(cost.net_cents) if cost else ""
        row["vat_percent"] = str(cost.vat_percent) if cost else ""


def net_cents_of(row: Row) -> int | None:
    """Return what the letter costs, net; None if no price was known."""
    cost = _cost(row)
    return cost.net_cents if cost else None


def postage_of(rows: Iterable[Row]) -> TotalPostage | None:
    """Return what the letters cost together; None if the price of one is not known."""
    return total_postage(map(_cost, rows))


def sums_of(rows: Sequence[Row]) -> dict[str, Any]:
    """Return what the manifest tells of all letters together."""
    total = postage_of(rows)
    return {
        "count": len(rows),
        "sheets": sum(int(row["sheets"]) for row in rows),
        "weight_g": sum(int(row["weight_g"]) for row in rows),
        "postage_net_cents": total.net_cents if total else None,
        "postage_vat_cents": total.vat_cents if total else None,
        "postage_gross_cents": total.gross_cents if total else None,
    }


def csv_of(rows: Iterable[Row]) -> bytes:
    """Return ``recipients.csv``: ``;`` between fields, UTF-8, no byte order mark."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, HEADER, delimiter=";", lineterminator="\r\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def read_rows(run: Path) -> list[Row]:
    """Return the rows of a run's list. Blocking."""
    text = (run / RECIPIENTS).read_bytes().decode("utf-8")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def addressed_to(run: Path) -> dict[str, tuple[str, ...]]:
    """Return whom and where the letters of a run go, by letter, as its list says. Blocking."""
    return {
        row["recipient_id"]: tuple(row.get(column, "") for column in RECIPIENT)
        for row in read_rows(run)
    }


def recipient_cells(person: Person, address: PostalAddress) -> tuple[str, ...]:
    """Return what the columns :data:`RECIPIENT` say of whom a letter goes to, and where."""
    lines = _name_lines(person)
    return (
        *_cells(person.salutation, person.title, person.first_name, person.last_name),
        *_cells(person.company_name, *lines, *[None] * (ADDRESS_COLUMNS - len(lines))),
        *_cells(address.street, normal_postcode(address), address.city, address.country.upper()),
    )


def kept_pages(
    spans: Sequence[tuple[int, int]], *, duplex: bool
) -> tuple[list[int], list[tuple[int, int]]]:
    """Return the pages of some letters of a file, counted from 0, and where the letters then lie.

    ``spans`` are first and last page, counted from 1, and so are the results. In a file for both
    sides of the paper, the empty back of a letter's last sheet goes with it.
    """
    pages: list[int] = []
    placed: list[tuple[int, int]] = []
    for first, last in spans:
        placed.append((len(pages) + 1, len(pages) + 1 + last - first))
        empty_back = 1 if duplex and (last - first) % 2 == 0 else 0
        pages += range(first - 1, last + empty_back)
    return pages, placed


def measured(path: Path) -> HandedOffFile:
    """Return a file with its size and its sum. Blocking."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return HandedOffFile(name=path.name, bytes=path.stat().st_size, sha256=digest)


def file_sums(*paths: Path) -> list[dict[str, Any]]:
    """Return name, size and sum of files, as the manifest lists them."""
    files = [measured(path) for path in paths]
    return [{"name": file.name, "bytes": file.bytes, "sha256": file.sha256} for file in files]


def make_durable(path: Path) -> None:
    """Flush a file or a folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _row(number: int, rendered: RenderedLetter) -> tuple[object, ...]:
    letter = rendered.letter
    return (
        number,
        letter.letter_id,
        *recipient_cells(letter.person, letter.address),
        leitregion(letter.address),
        rendered.pages,
        rendered.sheets,
        rendered.weight_g,
        LETTERS,
        rendered.page_from,
        rendered.page_to,
        rendered.content_sha256,
    )


def _cost(row: Row) -> Postage | None:
    """Return what a row says of its letter's price; lists from before say nothing."""
    net, percent = row.get("postage_net_cents"), row.get("vat_percent")
    return Postage(net_cents=int(net), vat_percent=int(percent)) if net and percent else None


def _name_lines(person: Person) -> tuple[str, ...]:
    """Return whom the envelope names, the contact person too; the rest has columns of its own.

    More lines than columns share the last one, so that nobody is lost.
    """
    lines = tuple(line for line in name_lines(person) if line)
    if len(lines) <= ADDRESS_COLUMNS:
        return lines
    first = ADDRESS_COLUMNS - 1
    return (*lines[:first], ", ".join(lines[first:]))


def _cells(*values: str | None) -> tuple[str, ...]:
    """Return each value on one line; quote a formula sign, which a spreadsheet would run."""
    texts = (one_line(value) for value in values)
    return tuple(f"'{text}" if text.startswith(("=", "+", "-", "@")) else text for text in texts)
