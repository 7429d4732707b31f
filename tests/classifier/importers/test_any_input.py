"""Whatever a file holds, reading it ends soon, in items and told faults or in one typed refusal."""

import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from examples.gdv.make_stock import UTE, contract, packet, terms
from services.classifier.importers.any_file import RejectedRow, UnreadableFile, Warning_, read
from services.classifier.importers.broker_csv import (
    commission_columns,
    contracts,
    interactions,
)
from services.classifier.importers.broker_csv.customer_columns import customer_columns
from services.classifier.importers.names import comparable, is_company_name, parted
from shared.csv.cells import CellError
from shared.csv.files import Column
from tests.classifier.importers.samples import AS_OF, ZONE

COLUMNS: tuple[Column[object], ...] = (
    *customer_columns(AS_OF),
    *contracts.contract_columns(AS_OF),
    *commission_columns.COLUMNS,
    *interactions.COLUMNS,
)
HEADERS = [column.header for column in COLUMNS]
NUMBERS = "0123456789.,-+/€% "
CELLS = st.one_of(
    st.text(max_size=40),
    st.text(NUMBERS, max_size=20),
    st.sampled_from(["01.07.71", "1/2", "2 Std", "31.02.2024", "1,23457E+11", "folgt", "§", '"']),
    st.from_regex(r"[0-9]{1,3}[.,/:-][0-9]{1,3}[.,/:-][0-9]{1,5}( \w{1,4})?", fullmatch=True),
)
UNHURRIED = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
SECONDS = 5.0
"""Of this process, for twenty thousand characters; a pattern that backtracks takes hours."""
TERMS = terms("01012020", "01012030", "01012020", "1", 10000)
STOCK = packet("9901", "Saale Sach", [contract("9901", "130", "A1", UTE, {}, TERMS, "Tarif")])


def told(refusal: CellError | RejectedRow | Warning_) -> bool:
    """Whether the reason can be read, by machines and in both languages."""
    return all((refusal.code, refusal.reason_de.strip(), refusal.reason_en.strip()))


def swallowed(data: bytes, name: str = "") -> None:
    """Read a file to its end; what was not taken says where, which value, and why."""
    try:
        items = list(read(data, file_name=name, zone=ZONE, as_of=AS_OF).items)
    except UnreadableFile as refusal:
        items, reason = [], str(refusal)
    else:
        reason = "read"
    assert reason.strip()
    faults = [item for item in items if isinstance(item, RejectedRow | Warning_)]
    assert all(told(fault) and fault.line >= 0 for fault in faults)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
@given(cell=CELLS.map(str.strip).filter(bool))
@settings(UNHURRIED, max_examples=40)
def test_a_cell_is_read_or_refused_with_a_reason(column: Column[object], cell: str) -> None:
    refusal = _try(column, cell)
    assert refusal is None or told(refusal)


@given(
    head=st.lists(st.sampled_from(HEADERS), min_size=1, max_size=6),
    rows=st.lists(st.lists(CELLS, max_size=7), max_size=5),
    separator=st.sampled_from(";,\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "cp850", "utf-16", "mac_roman"]),
)
@UNHURRIED
def test_a_list_of_any_cells_ends_in_items_or_one_refusal(
    head: list[str], rows: list[list[str]], separator: str, encoding: str
) -> None:
    text = "\r\n".join(separator.join(row) for row in [head, *rows])
    swallowed(text.encode(encoding, errors="replace"), "liste.csv")


@given(data=st.binary(max_size=600), name=st.sampled_from(["", "a.csv", "bestand.gdv"]))
@example(data=b"\x00" * 512, name="")
@example(data=b"\xff\xfe", name="a.csv")
@UNHURRIED
def test_any_bytes_end_in_items_or_one_refusal(data: bytes, name: str) -> None:
    swallowed(data, name)


@given(
    places=st.lists(
        st.tuples(st.integers(0, 256 * len(STOCK) - 1), st.characters(codec="cp1252")),
        max_size=40,
    ),
    cut=st.integers(0, 256 * len(STOCK)),
)
@UNHURRIED
def test_a_damaged_gdv_file_ends_in_items_or_one_refusal(
    places: list[tuple[int, str]], cut: int
) -> None:
    text = list("".join(STOCK))
    for place, sign in places:
        text[place % len(text)] = sign
    swallowed("".join(text)[:cut].encode("cp1252", errors="replace"), "bestand.gdv")


@given(name=st.text(max_size=120))
@UNHURRIED
def test_any_name_is_parted_or_left_alone(name: str) -> None:
    comparable(name)
    is_company_name(name)
    parted(name)


LONG = 20_000
PIECES = ["0", "1.", "a", " ", "-", "Dr. ", "a@", '"', ";", "ä,", "\n;", "(", "/"]
READERS: dict[str, Callable[[str], object]] = {
    "number": lambda text: [_try(column, text) for column in COLUMNS],
    "name": lambda text: (comparable(text), is_company_name(text), parted(text)),
    "list": lambda text: swallowed(f"Kundennummer;Name\nK-1;{text}\n".encode(), "a.csv"),
    "rows": lambda text: swallowed(f"Kundennummer;Name\n{text}".encode(), "a.csv"),
}


def _try(column: Column[object], cell: str) -> CellError | None:
    try:
        column.parse(cell)
    except CellError as refusal:
        return refusal
    return None


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "piece", ["0", "1.", "a", " ", "-", "Dr. ", "a@", '"', ";", "ä,", "\n;", "(", "/"]
)
def test_a_long_text_takes_no_longer_than_its_length(reader: str, piece: str) -> None:
    text = (piece * LONG)[:LONG] + "!"
    began = time.process_time()
    READERS[reader](text.strip())
    assert time.process_time() - began < SECONDS
