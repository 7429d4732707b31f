"""CSV files as German systems export them: what is read, what is refused, and where."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.csv.cells import (
    CellError,
    clock_time,
    day,
    day_not_after,
    day_of_year,
    folded,
    identifier,
    integer_between,
    money,
    rate,
    text_up_to,
    yes_or_no,
)
from shared.csv.files import (
    Column,
    DoubtfulCell,
    MissingColumns,
    NotACsvFile,
    RejectedCell,
    Row,
    UnreadableFile,
    read_rows,
)

NUMBER = Column(name="number", header="Kundennummer", parse=identifier, required=True)
STREET = Column(name="street", header="Straße", parse=text_up_to(40), aliases=("Anschrift",))
AMOUNT = Column(name="amount", header="Betrag", parse=money)
ON = Column(name="on", header="Geburtsdatum", parse=day, lenient=True)
COLUMNS = (NUMBER, STREET, AMOUNT, ON)


def rows_of(text: str, encoding: str = "utf-8") -> list[tuple[object, ...]]:
    return [r.values for r in read_rows(text.encode(encoding), COLUMNS) if isinstance(r, Row)]


def rejections_of(text: str) -> list[tuple[int, str, str, str]]:
    return [
        (r.line, r.column, r.value, r.code)
        for r in read_rows(text.encode(), COLUMNS)
        if isinstance(r, RejectedCell)
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_umlauts_survive_every_encoding_that_excel_writes(encoding: str) -> None:
    text = "Kundennummer;Straße;Betrag\r\nK-1;Mühlstraße 5;1.234,56\r\n"
    assert rows_of(text, encoding) == [("K-1", "Mühlstraße 5", 123456, None)]


def test_one_broken_byte_in_a_utf8_file_garbles_no_other_line() -> None:
    good = "K-1;Mühlstraße 5\nK-2;Größe\n".encode()
    data = "Kundennummer;Straße\n".encode() + good + b"K-3;Caf\xe9\n"
    found = list(read_rows(data, COLUMNS))
    streets = [row[STREET] for row in found if isinstance(row, Row)]
    assert streets == ["Mühlstraße 5", "Größe", "Café"]
    assert [(f.line, f.code) for f in found if isinstance(f, DoubtfulCell)] == [
        (4, "encoding-guessed")
    ]


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_the_delimiter_is_the_one_under_which_the_header_makes_sense(delimiter: str) -> None:
    text = f"Kundennummer{delimiter}Straße\nK-1{delimiter}Am Markt\n"
    assert rows_of(text) == [("K-1", "Am Markt", None, None)]


def test_headers_match_without_case_umlauts_blanks_and_by_their_other_names() -> None:
    assert rows_of(" KUNDEN-NUMMER ;strasse\nK-1;A\n") == [("K-1", "A", None, None)]
    assert rows_of("Kundennummer;Anschrift\nK-1;B\n") == [("K-1", "B", None, None)]
    assert folded("Straße / Nr.") == "strassenr"


def test_a_title_above_the_header_and_empty_rows_are_passed_over() -> None:
    text = "Kundenliste Stand 01.11.2026\n\nKundennummer;Straße;;\n;;;\nK-1;A;;\n\n"
    assert rows_of(text) == [("K-1", "A", None, None)]


def test_a_quoted_cell_may_hold_delimiters_and_line_breaks_and_lines_are_still_physical() -> None:
    text = 'Kundennummer;Straße;Betrag\nK-1;"Hof;\nlinks";1\nK-2;B;viel\n'
    assert rows_of(text) == [("K-1", "Hof; links", 100, None)]
    assert rejections_of(text) == [(4, "Betrag", "viel", "money-unreadable")]


def test_a_stray_quote_costs_its_own_line_and_no_other() -> None:
    text = 'Kundennummer;Straße\nK-1;"Am Markt\nK-2;B\nK-3;"C"\n'
    assert [row[0] for row in rows_of(text)] == ["K-2", "K-3"]
    assert [(line, code) for line, _, _, code in rejections_of(text)] == [(2, "row-torn")]


def test_every_fault_of_a_row_is_told_with_line_column_and_value() -> None:
    assert rejections_of("Kundennummer;Betrag\nä 1;1,234\nK-2;5\n;7\n") == [
        (2, "Kundennummer", "ä 1", "id-invalid"),
        (2, "Betrag", "1,234", "money-unreadable"),
        (4, "Kundennummer", "", "cell-missing"),
    ]


def test_a_row_with_too_many_fields_is_refused_instead_of_shifted() -> None:
    assert [r[3] for r in rejections_of("Kundennummer;Straße\nK-1;A;B\n")] == ["row-too-long"]


def test_rubbish_in_a_lenient_cell_leaves_the_row_and_says_so() -> None:
    found = list(read_rows(b"Kundennummer;Geburtsdatum\nK-1;im Mai\nK-2;k.A.\n", COLUMNS))
    assert [r.values[0] for r in found if isinstance(r, Row)] == ["K-1", "K-2"]
    doubts = [(d.line, d.column, d.value) for d in found if isinstance(d, DoubtfulCell)]
    assert doubts == [(2, "Geburtsdatum", "im Mai")]


def test_unknown_columns_are_warned_of_and_missing_ones_are_one_error() -> None:
    found = list(read_rows(b"Kundennummer;Lieblingsfarbe\nK-1;blau\n", COLUMNS))
    assert [d.column for d in found if isinstance(d, DoubtfulCell)] == ["Lieblingsfarbe"]
    with pytest.raises(MissingColumns) as caught:
        read_rows("Straße;Betrag\nA;1\n".encode(), COLUMNS)
    assert caught.value.missing == ("Kundennummer",)


@pytest.mark.parametrize(
    "data", [b"", b"  \n", b"PK\x03\x04rest", b"%PDF-1.7", b"a;b\n\x81\xff;\x8d\n", b"a\x00b;c"]
)
def test_what_is_no_text_is_one_clear_error(data: bytes) -> None:
    with pytest.raises(NotACsvFile):
        read_rows(data, COLUMNS)


@pytest.mark.parametrize(
    ("cell", "cents"),
    [
        ("1.234,56", 123456), ("-12,5", -1250), ("1234.56", 123456), ("12,00 €", 1200),
        ("1.234", 123400), ("1,234.50", 123450), ("12,50-", -1250), ("EUR 3", 300), ("12,-", 1200),
        ("+7", 700), ("0,05", 5), ("1 234,00", 123400), ("−3,10", -310),
    ],
)  # fmt: skip
def test_german_and_english_amounts_are_exact_cents(cell: str, cents: int) -> None:
    assert money(cell) == cents


@pytest.mark.parametrize("cell", ["1,234", "1.23.4", "zwölf", "1,2,3", "--5", "", "٣", "1e5"])
def test_what_could_mean_two_amounts_or_none_is_refused(cell: str) -> None:
    with pytest.raises(CellError, match="amount"):
        money(cell)


@given(st.integers(min_value=-(10**11), max_value=10**11))
def test_money_written_in_german_reads_back(cents: int) -> None:
    whole, rest = divmod(abs(cents), 100)
    sign = "-" if cents < 0 else ""
    grouped = f"{whole:,}".replace(",", ".")
    assert money(f"{sign}{grouped},{rest:02} €") == cents
    assert money(f"{sign}{whole},{rest:02}") == cents
    assert money(f"{sign}{whole}.{rest:02}") == cents


@given(st.dates(min_value=date(1850, 1, 1), max_value=date(2200, 12, 31)))
def test_days_written_in_german_or_iso_read_back(value: date) -> None:
    assert day(value.strftime("%d.%m.%Y")) == value
    assert day(f"{value.day}.{value.month}.{value.year}") == value
    assert day(f"{value.isoformat()} 00:00:00") == value


def test_a_year_of_two_digits_is_never_a_birth_to_come() -> None:
    assert day("31.12.25") == date(2025, 12, 31)
    assert day_not_after(date(2026, 11, 22))("12.03.45") == date(1945, 3, 12)
    with pytest.raises(CellError) as caught:
        day_not_after(date(2026, 11, 22))("01.01.2027")
    assert caught.value.code == "day-in-future"


def test_days_that_stand_for_no_day_are_none() -> None:
    assert day("00.00.0000") is None
    assert day("31.12.9999") is None
    assert day_of_year("01.07.") == "--07-01"
    assert day_of_year("29.02.2024") == "--02-29"


@pytest.mark.parametrize("cell", ["31.02.2025", "2025-13-01", "31/12/2025", "gestern", "1.1.1700"])
def test_days_that_no_calendar_has_are_refused(cell: str) -> None:
    with pytest.raises(CellError):
        day(cell)


def test_the_small_things_read_as_people_write_them() -> None:
    assert [yes_or_no(cell) for cell in ("ja", "X", "1", "Nein", "0")] == [
        True, True, True, False, False,
    ]  # fmt: skip
    assert clock_time("9:05").minute == 5
    assert integer_between(0, 100)("25 min") == 25
    assert (rate("20 %"), rate("20"), rate("0,2")) == (0.2, 0.2, 0.2)


READERS: list[Callable[[str], object]] = [
    money, day, day_of_year, identifier, yes_or_no, clock_time, rate, integer_between(0, 9),
    text_up_to(5), day_not_after(date(2026, 1, 1)),
]  # fmt: skip


@given(st.sampled_from(READERS), st.text(min_size=1, max_size=40))
def test_a_cell_is_read_or_refused_and_nothing_else(
    reader: Callable[[str], object], cell: str
) -> None:
    with suppress(CellError):
        reader(cell)


PIECES = st.sampled_from([b"Kundennummer;Betrag\n", b'"', b";", b"\n", b"\r", b"K-1;2\n", b"\xe4"])


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.lists(PIECES, max_size=40).map(b"".join)))
def test_arbitrary_bytes_raise_nothing_but_the_named_errors(data: bytes) -> None:
    with suppress(UnreadableFile):
        rows = [item.line for item in read_rows(data, COLUMNS) if isinstance(item, Row)]
        assert rows == sorted(set(rows))
