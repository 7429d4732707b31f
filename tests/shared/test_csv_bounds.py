"""Files that would fill the memory of everybody are refused before they are read."""

import tracemalloc

import pytest

from shared.csv import text
from shared.csv.files import Column, find_header
from shared.csv.text import NotACsvFile, open_sheet

LONG = 30_000_000
HEADER = b"Kundennummer;Nachname\n"


@pytest.mark.parametrize(
    "content",
    [
        HEADER + b"x" * LONG,
        HEADER + b"a;" * (LONG // 2),
        b"a;" * (LONG // 2),
        HEADER + b"1;Bergmann\n" + b'2;"' + b"x" * LONG + b'"\n3;Wolf\n',
        HEADER.replace(b"\n", b"\r") + b"y" * LONG,
        HEADER.decode().encode("utf-16") + ("z" * (LONG // 4)).encode("utf-16-le"),
    ],
    ids=["a cell", "cells", "a header", "a quoted cell", "old line ends", "wide letters"],
)
def test_one_row_as_large_as_a_file_is_refused_in_bounded_memory(content: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(NotACsvFile, match="longer than a megabyte"):
        open_sheet(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


def test_the_line_is_told() -> None:
    with pytest.raises(NotACsvFile, match="Line 3 is"):
        open_sheet(HEADER + b"1;Bergmann\n" + b"x" * 2_000_000)


def test_more_lines_than_any_list_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "LINES_AT_MOST", 1000)
    assert len(open_sheet(HEADER + b"1;x\n" * 900).lines) == 901
    for row in (b"1;x\n", b"\n", b"1;x\r\n"):
        with pytest.raises(NotACsvFile, match="more than 1000 lines"):
            open_sheet(HEADER + row * 1001)


def test_long_rows_that_people_have_are_read() -> None:
    assert len(open_sheet(HEADER + b"1;" + b"x" * 500_000 + b"\n" + b"2;y\n").lines) == 3


def test_a_header_of_more_columns_than_any_list_is_none() -> None:
    column = Column(name="a", header="Nachname", parse=str)
    assert find_header(["Nachname;b\n"], [column]).recognised == 1
    found = find_header(["Nachname;" * 5000 + "\n", "1;2\n"], [column])
    assert (found.recognised, len(found.unknown)) == (0, 2)
