"""Lists read piece by piece: wherever reading stops and begins again, the items are the same."""

from datetime import date
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.classifier.importers.any_file import read, read_gdv
from services.classifier.importers.broker_csv import (
    HEAD_LINES,
    ListReader,
    SeenNumbers,
    decided_list,
)
from services.classifier.importers.broker_csv import repeated_numbers as numbers
from services.classifier.importers.reading import Item
from services.classifier.importers.staged_items import read_again, written
from services.classifier.importers.stored_lists import FileChanged, LineBuffer, StoredList
from shared.csv.text import BLOCK_BYTES, NotACsvFile, line_blocks, open_sheet, text_form

BERLIN = ZoneInfo("Europe/Berlin")
AS_OF = date(2026, 11, 21)
CASES = Path(__file__).parents[1] / "cases"
SAMPLE = Path(__file__).parents[3] / "examples" / "sample-agency"
STAFF = SAMPLE / "mitarbeiter.csv"  # read by the scheduler
LISTS = sorted({*CASES.glob("*.csv"), *SAMPLE.glob("*.csv")} - {STAFF})
ONE, OTHER = numbers.RowContent(cells="a"), numbers.RowContent(cells="b")
TORN = "".join(
    f'K-{n};"Meier, der\nJüngere";Ida\n' if n % 5 == 0 else
    f'K-{n};"Meier;Ida\n' if n % 7 == 0 else
    f"K-{n};Mei\ner;Ida\n" if n % 11 == 0 else
    f"K-{n % 13};Meier;Ida {n}\n"
    for n in range(90)
)  # fmt: skip
"""Rows over two lines, stray quotation marks, torn rows, numbers that stand twice."""


def read_in_slices(data: bytes, *, rows: int, piece: int, forget: bool = False) -> list[Item]:
    """The items of a list read in slices; ``forget``: by a new reader after each of them."""
    text = "".join(open_sheet(data).lines).encode()
    head = open_sheet(data).lines[:HEAD_LINES]
    plan = decided_list(head, as_of=AS_OF, kind=None)
    entries = b""
    seen = SeenNumbers()
    reader = ListReader(plan, zone=BERLIN, as_of=AS_OF, seen=seen)
    position = len("".join(head[: reader.header_ends]).encode())
    items, line, fed = list(reader.opening), reader.header_ends, position
    buffer = LineBuffer(position=position, line=line)
    while True:
        while buffer.wants(rows):
            buffer.feed(text[fed : fed + piece], last=fed + piece >= len(text))
            fed += piece
        found = StoredList(buffer, reader, seen).take(rows)
        if found is None:
            return items
        items += found.told.items()
        entries += found.seen
        if forget:
            seen = SeenNumbers(entries)
            reader = ListReader(plan, zone=BERLIN, as_of=AS_OF, seen=seen)
            buffer, fed = LineBuffer(position=found.position, line=found.line), found.position


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.name)
@pytest.mark.parametrize(("rows", "piece"), [(3, 999), (1000, 1 << 20)])
def test_a_list_read_in_slices_gives_what_it_gives_at_once(
    path: Path, rows: int, piece: int
) -> None:
    data = path.read_bytes()
    whole = list(read(data, zone=BERLIN, as_of=AS_OF).items)
    assert read_in_slices(data, rows=rows, piece=piece) == whole
    assert read_in_slices(data, rows=rows, piece=1 << 20, forget=True) == whole


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("rows", [1, 2, 5, 17])
def test_torn_rows_and_stray_quotes_at_a_seam_cost_what_they_cost_at_once(
    rows: int, end: str
) -> None:
    data = ("Kundennummer;Nachname;Vorname\n" + TORN).replace("\n", end).encode()
    whole = list(read(data, zone=BERLIN, as_of=AS_OF).items)
    assert read_in_slices(data, rows=rows, piece=31) == whole
    assert read_in_slices(data, rows=rows, piece=31, forget=True) == whole
    codes = {getattr(item, "code", "") for item in whole}
    assert {"row-torn", "number-doubled"} <= codes


def test_numbers_seen_are_kept_sorted_when_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbers, "UNSORTED", 10)
    seen = SeenNumbers()
    for line in range(100):
        assert seen.first("contracts", f"V-{line}", line=line, content=ONE) is None
        assert seen.times("equal rows") == line + 1
    again = SeenNumbers(seen.taken())
    for known in (seen, again):
        first = known.first("contracts", "V-42", line=500, content=OTHER)
        assert first is not None
        assert (first.line, first.same) == (42, False)
        same = known.first("contracts", "V-7", line=501, content=ONE)
        assert same is not None
        assert same.same
        assert known.first("customers", "V-7", line=502, content=ONE) is None
    assert again.times("equal rows") == 101


def test_the_entries_of_a_delivery_are_the_same_after_being_kept() -> None:
    items = list(read_gdv((SAMPLE / "bestand.gdv").read_bytes(), as_of=AS_OF).items)
    assert read_again(written(items)) == items
    assert read_again(b"") == []


def test_bytes_that_are_no_text_any_more_are_told() -> None:
    buffer = LineBuffer(position=0, line=1)
    with pytest.raises(FileChanged):
        buffer.feed(b"K-1;M\xfcller\n", last=True)


def test_blocks_of_a_large_file_end_with_a_line_whatever_ends_it() -> None:
    for end in ("\n", "\r\n", "\r"):
        row = f"K-4711;Müller;Straße {'x' * 90}{end}"
        data = (row * (3 * BLOCK_BYTES // len(row.encode()))).encode()
        blocks = list(line_blocks(data))
        assert len(blocks) > 2
        assert blocks[0][0] == 0
        assert blocks[-1][1] == len(data)
        assert all(one[1] == other[0] for one, other in pairwise(blocks))
        assert all(data[start:stop].endswith(end.encode()) for start, stop in blocks)
        assert set(open_sheet(data).lines) == {row}


def test_one_broken_line_beyond_the_first_block_is_read_by_its_words() -> None:
    rows = "K-1;Müller\n".encode() * 120_000
    data = rows + "K-2;Schäfer\n".encode("cp1252")
    form = text_form(data)
    assert (form.encoding, form.guessed_lines) == ("utf-8", (120_001,))
    assert open_sheet(data).lines[-1] == "K-2;Schäfer\n"


def test_binary_data_far_behind_makes_a_file_no_list() -> None:
    data = b"Kundennummer;Nachname\n" * 60_000 + b"\x00\x01\x02"
    with pytest.raises(NotACsvFile):
        open_sheet(data)
