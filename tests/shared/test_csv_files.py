"""CSV files as German systems export them: what is read, what is refused, and where."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.csv.cells import (
    CellError,
    DoubtfulValue,
    clock_time,
    folded,
    identifier,
    integer_between,
    money,
    rate,
    text_up_to,
    yes_or_no,
)
from shared.csv.days import birth_day, day, day_not_after, day_of_year, day_within
from shared.csv.durations import minutes_between, months_between, whole_between
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
from shared.csv.identifiers import given_number

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


@pytest.mark.parametrize(
    "street",
    ["Mühlstraße 5", "Ärzteweg", "O’Neill-Platz – „Süd“", "Čechstraße", "Øre Á 1", "5 € Â"],
)
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_text_turned_into_utf8_twice_is_turned_back_and_told(street: str, mark: str) -> None:
    text = f"{mark}Kundennummer;Straße;Betrag\r\nK-1;{street};\r\n"
    garbled = "".join(
        bytes([byte]).decode("cp1252") if byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) else chr(byte)
        for byte in text.encode()
    )
    read = list(read_rows(garbled.encode(), COLUMNS))
    assert [row.values[1] for row in read if isinstance(row, Row)] == [street]
    told = [(each.line, each.code, each.value) for each in read if isinstance(each, DoubtfulCell)]
    assert told == [(1, "encoding-guessed", "utf-8-twice")]


@pytest.mark.parametrize("street", ["JOÃO 1", "Â", "Ãß-Weg", "SÃO Ö", "Müller â 3"])
def test_text_turned_once_stays_as_it_is(street: str) -> None:
    read = list(read_rows(f"Kundennummer;Straße\nK-1;{street}\n".encode(), COLUMNS))
    assert [row.values[1] for row in read if isinstance(row, Row)] == [street]
    assert not [each for each in read if isinstance(each, DoubtfulCell)]


def test_the_mark_at_the_end_of_dos_files_is_no_row() -> None:
    assert rows_of("Kundennummer;Straße\r\nK-1;Süd\r\n\x1a", "cp850") == [
        ("K-1", "Süd", None, None)
    ]


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
    assert rejections_of(f"Kundennummer;Betrag\n{'#' * 17};1,234\nK-2;5\n;7\n") == [
        (2, "Kundennummer", "#" * 17, "id-invalid"),
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
        ("1'234,56", 123456), ("–12,50", -1250), ("1,234.50", 123450), ("12,50-", -1250),
        ("(12,50)", -1250), ("(1.234,00) €", -123400),
        ("EUR 3", 300),
        ("12,-", 1200),
        ("+7", 700), ("0,05", 5), ("1 234,00", 123400), ("−3,10", -310),
    ],
)  # fmt: skip
def test_german_and_english_amounts_are_exact_cents(cell: str, cents: int) -> None:
    assert money(cell) == cents


@pytest.mark.parametrize(
    "cell", ["1,234", "1.23.4", "zwölf", "1,2,3", "--5", "(-5)", "(5", "", "٣", "1e5"]
)
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


@given(st.dates(min_value=date(1902, 1, 1), max_value=date(2200, 12, 31)))
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
    assert integer_between(0, 100, unit="km")("25 km") == 25
    assert (rate("20 %"), rate("20"), rate("0,5 %"), rate("1")) == (0.2, 0.2, 0.005, 0.01)


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [
        ("90", 90), ("2 Std", 120), ("1:30 h", 90), ("90 Min.", 90), ("1,5 h", 90),
        ("1 Std. 15 Min.", 75), ("1h30", 90), ("0,25 Stunden", 15), ("½ Std.", 30), ("45'", 45),
        ("1 Stunde", 60), ("01:30:00 h", 90), ("2 hours", 120), ("1/2 h", 30), ("30,00 Min", 30),
    ],
)  # fmt: skip
def test_durations_count_in_the_unit_that_stands_behind_them(cell: str, minutes: int) -> None:
    assert minutes_between(0, 1440)(cell) == minutes


@pytest.mark.parametrize("cell", ["2 Tage", "eine Stunde", "1,5", "25 Std", "3 km", "1:75 h"])
def test_durations_that_are_not_surely_minutes_are_refused(cell: str) -> None:
    with pytest.raises(CellError):
        minutes_between(0, 1440)(cell)


@pytest.mark.parametrize(
    ("reader", "cell", "value"),
    [
        (minutes_between(0, 1440), "1:30", 90),
        (rate, "0,5", 0.005),
        (rate, "0,2", 0.002),
        (whole_between(0, 5000, unit="km"), "12,5 km", 13),
        (birth_day(date(2026, 11, 22)), "12.03.24", date(2024, 3, 12)),
        (birth_day(date(2026, 11, 22)), "01.01.1900", None),
        (birth_day(date(2026, 11, 22)), "01.01.0001", None),
        (birth_day(date(2026, 11, 22)), "00.00.0000", None),
        (birth_day(date(2026, 11, 22)), "30.12.1899", None),
        (birth_day(date(2026, 11, 22)), "12.03.1803", None),
        (day, "01.01.1900", None),
        (day, "1900-01-01 00:00:00", None),
    ],
)
def test_values_that_are_only_probable_are_taken_and_told(
    reader: Callable[[str], object], cell: str, value: object
) -> None:
    with pytest.raises(DoubtfulValue) as caught:
        reader(cell)
    assert caught.value.value == value


@pytest.mark.parametrize(
    "cell",
    [
        "1,23457E+11", "1.2E+05", "4711E+02", "#NAME?", "######", "#WERT!", "Mrz 12", "01. Feb",
        "12. Mrz 2024", "folgt", "000000", "unbekannt", "n/a", "-", "keine", "0", "??", "N.N.",
        "wird nachgereicht", "99999999", "XXX", "k.A.", "liegt nicht vor",
    ],
)  # fmt: skip
def test_what_a_spreadsheet_destroyed_or_only_holds_a_place_is_no_number(cell: str) -> None:
    with pytest.raises(CellError):
        given_number(cell)


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("K 0815", "K_0815"), ("4711/1", "4711:1"), ("K-0815", "K-0815"), ("Mü 7", "Mue_7"),
        ("12E5", "12E5"), ("100000", "100000"), ("MAI-7", "MAI-7"), ("K  1\\2", "K_1:2"),
    ],
)  # fmt: skip
def test_numbers_with_blanks_and_slashes_are_ids_that_no_other_number_has(
    cell: str, number: str
) -> None:
    assert given_number(cell) == number


@pytest.mark.parametrize(
    ("ahead", "cell", "year"),
    [(5, "01.12.65", 1965), (5, "01.07.24", 2024), (5, "1.1.30", 2030), (70, "01.07.71", 2071),
     (70, "31.12.25", 2025), (70, "31.12.98", 1998), (0, "01.01.45", 1945)],
)  # fmt: skip
def test_the_century_of_a_short_year_follows_from_what_the_day_is(
    ahead: int, cell: str, year: int
) -> None:
    read = day_within(date(2026, 11, 22), years_ahead=ahead)
    assert read(cell) == date(year, *reversed([int(part) for part in cell.split(".")[:2]]))


def test_a_birth_of_this_year_that_is_still_to_come_was_a_century_ago() -> None:
    assert day_not_after(date(2026, 11, 22))("24.12.26") == date(1926, 12, 24)


def test_a_header_of_its_own_beats_another_name_that_stands_before_it() -> None:
    assert rows_of("Kundennummer;Anschrift;Straße\nK-1;alt;neu\n")[0][1] == "neu"


READERS: list[Callable[[str], object]] = [
    money, day, day_of_year, identifier, yes_or_no, clock_time, rate, integer_between(0, 9),
    text_up_to(5), day_not_after(date(2026, 1, 1)), birth_day(date(2026, 1, 1)), given_number,
    minutes_between(0, 99), months_between(0, 36), whole_between(0, 9, unit="km"),
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
