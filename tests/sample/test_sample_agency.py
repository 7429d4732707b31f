"""The sample agency as a newcomer meets it: believable, the same each time, honestly counted."""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from kundentakt.sample import SampleAgency, SampleTooSmall, write_sample_agency
from kundentakt.sample.defects import REMARK
from shared.contracts.lines import LINES

AS_OF = date(2026, 11, 23)
FILES = (
    "kunden.csv", "vertraege.csv", "courtagen.csv", "kontakte.csv", "mitarbeiter.csv",
    "bestand.gdv", "README.txt",
)  # fmt: skip


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> SampleAgency:
    return write_sample_agency(tmp_path_factory.mktemp("agency"), as_of=AS_OF)


def rows_of(path: Path, encoding: str) -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def customers_of(agency: SampleAgency) -> list[dict[str, str]]:
    found = rows_of(agency.customers_csv, "cp1252")
    return [row for row in found if "FEHLER" not in row["Kundennummer"]]


def contracts_of(agency: SampleAgency) -> list[dict[str, str]]:
    found = rows_of(agency.contracts_csv, "utf-8-sig")
    broken = {row.value for row in agency.broken_rows}
    numbers = [(row, row["Vertragsnummer"]) for row in found]
    return [row for row, number in numbers if "FEHLER" not in number and number not in broken]


def share(rows: list[dict[str, str]], column: str, value: str) -> float:
    return sum(row[column] == value for row in rows) / len(rows)


def test_the_same_arguments_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_sample_agency(tmp_path / name, customers=80, as_of=AS_OF, seed=3)
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_another_seed_gives_other_people(tmp_path: Path) -> None:
    for seed in (3, 4):
        write_sample_agency(tmp_path / str(seed), customers=80, as_of=AS_OF, seed=seed)
    written = {(tmp_path / str(seed) / "kunden.csv").read_bytes() for seed in (3, 4)}
    assert len(written) == 2


def test_the_files_hold_what_the_answer_says(agency: SampleAgency) -> None:
    broken = Counter(row.file for row in agency.broken_rows if row.refused)
    for path, encoding, count in (
        (agency.customers_csv, "cp1252", agency.customers),
        (agency.contracts_csv, "utf-8-sig", agency.contracts),
        (agency.commissions_csv, "cp1252", agency.commissions),
        (agency.interactions_csv, "utf-8", agency.interactions),
        (agency.staff_csv, "utf-8", agency.staff),
    ):
        assert len(rows_of(path, encoding)) == count + broken[path.name]
    assert agency.customers == 1500
    assert agency.staff == 3


def test_lines_end_as_excel_ends_them_and_only_the_contracts_have_a_mark(
    agency: SampleAgency,
) -> None:
    for name in FILES:
        content = (agency.directory / name).read_bytes()
        assert content.endswith(b"\r\n")
        assert content.count(b"\n") == content.count(b"\r\n")
        assert content.startswith(b"\xef\xbb\xbf") == (name == "vertraege.csv")


def test_a_customer_has_four_to_five_contracts_on_average(agency: SampleAgency) -> None:
    contracts = contracts_of(agency)
    in_force = [row for row in contracts if row["Status"] in ("aktiv", "ruhend")]
    assert 4.0 <= len(in_force) / agency.customers <= len(contracts) / agency.customers <= 5.0


def test_every_line_name_stands_in_the_line_table(agency: SampleAgency) -> None:
    known = {line.de for line in LINES}
    assert {row["Sparte"] for row in contracts_of(agency)} <= known


def test_everything_belongs_to_a_customer_of_the_book(agency: SampleAgency) -> None:
    numbers = {row["Kundennummer"] for row in customers_of(agency)}
    assert len(numbers) == agency.customers
    contracts = contracts_of(agency)
    assert {row["Kundennummer"] for row in contracts} <= numbers
    assert len({row["Vertragsnummer"] for row in contracts}) == agency.contracts
    contacts = rows_of(agency.interactions_csv, "utf-8")
    assert {row["Kundennummer"] for row in contacts} <= numbers
    for row in customers_of(agency):
        assert row["Haushalt mit"] in numbers | {""}
        assert row["Geworben von"] in numbers | {""}


def test_the_book_is_as_mixed_as_a_real_one(agency: SampleAgency) -> None:
    customers = customers_of(agency)
    persons = [row for row in customers if row["Kundenart"] == "privat"]
    assert 0.06 <= share(customers, "Kundenart", "Firma") <= 0.11
    assert 0.07 <= share(persons, "Haushaltsart", "") <= 0.13
    assert 0.11 <= share(customers, "E-Mail", "") <= 0.19
    assert 0.40 <= share(customers, "Einwilligung E-Mail", "ja") <= 0.50
    assert 0.25 <= share(customers, "Einwilligung Telefon", "ja") <= 0.35
    assert 0.45 <= share(customers, "Einwilligung Newsletter", "ja") <= 0.57
    linked = {row["Haushalt mit"] for row in customers} - {""}
    in_households = sum(
        bool(row["Haushalt mit"]) or row["Kundennummer"] in linked for row in customers
    )
    assert 0.27 <= in_households / len(customers) <= 0.40


def test_somebody_has_a_birthday_on_every_day(agency: SampleAgency) -> None:
    born = Counter(row["Geburtsdatum"][:5] for row in customers_of(agency) if row["Geburtsdatum"])
    assert len(born) == 365
    assert 2 <= min(born.values()) <= max(born.values()) <= 5


def test_no_address_or_number_can_reach_anybody(agency: SampleAgency) -> None:
    ranges = ("030 23125", "069 90009", "040 66969", "0221 4710", "089 99998", "0171 39200")
    for row in customers_of(agency):
        assert row["E-Mail"] in ("", REMARK) or row["E-Mail"].endswith(
            ("@example.org", "@example.com", "@example.net")
        )
        assert row["Telefon"] == "" or row["Telefon"].startswith((*ranges, "0176 040690"))


def test_commissions_lie_in_the_last_two_years(agency: SampleAgency) -> None:
    booked = rows_of(agency.commissions_csv, "cp1252")[: agency.commissions]
    days = {date(*map(int, reversed(row["Abrechnungsdatum"].split(".")))) for row in booked}
    assert date(2024, 11, 23) < min(days) <= max(days) <= AS_OF
    assert {row["Courtageart"] for row in booked} >= {"Abschluss", "Bestand", "Dynamik", "Storno"}
    assert all(row["Betrag"].startswith("-") for row in booked if row["Courtageart"] == "Storno")


def test_one_owner_one_adviser_one_back_office_share_the_book(agency: SampleAgency) -> None:
    staff = rows_of(agency.staff_csv, "utf-8")
    assert [(row["Rolle"], row["Kapazität Kunden"]) for row in staff] == [
        ("Inhaber", "350"),
        ("Berater", "500"),
        ("Innendienst", "650"),
    ]


def lines_of(agency: SampleAgency) -> Iterator[tuple[str, str, str]]:
    """The broken cells as they stand in the files: file, expected value, found value."""
    encodings = {"kunden.csv": "cp1252", "vertraege.csv": "utf-8-sig", "courtagen.csv": "cp1252"}
    for broken in agency.broken_rows:
        path = agency.directory / broken.file
        with path.open(encoding=encodings[broken.file], newline="") as stream:
            table = list(csv.reader(stream, delimiter=";"))
        yield broken.file, broken.value, table[broken.line - 1][table[0].index(broken.column)]


def test_the_five_broken_rows_stand_where_the_answer_says(agency: SampleAgency) -> None:
    found = list(lines_of(agency))
    assert len(found) == 5
    assert all(expected == value for _, expected, value in found)


def test_without_broken_rows_every_row_is_good(tmp_path: Path) -> None:
    agency = write_sample_agency(tmp_path, customers=50, as_of=AS_OF, broken_rows=False)
    assert agency.broken_rows == ()
    assert len(rows_of(agency.customers_csv, "cp1252")) == 50


def test_a_book_of_nine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SampleTooSmall):
        write_sample_agency(tmp_path, customers=9, as_of=AS_OF)


def test_the_gdv_file_has_whole_records_and_a_true_closing_record(agency: SampleAgency) -> None:
    content = agency.gdv.path.read_bytes()
    records = content.decode("latin-1").split("\r\n")[:-1]
    assert {len(record) for record in records} == {256}
    opening, *stock, closing = records
    assert (opening[:4], closing[:4]) == ("0001", "9999")
    assert int(closing[4:14]) == len(stock) == 4 * agency.gdv.contracts
    premiums = [
        int(record[115:127]) for record in stock if record[:4] == "0200" and record[255] == "1"
    ]
    assert len(premiums) == agency.gdv.contracts
    assert int(closing[24:39]) == sum(premiums) == agency.gdv.premium_cents


def test_the_gdv_file_knows_some_customers_and_brings_new_ones(agency: SampleAgency) -> None:
    records = agency.gdv.path.read_bytes().decode("latin-1").split("\r\n")[:-1]
    numbers = {row["Kundennummer"] for row in customers_of(agency)}
    addresses = [record for record in records if record[:4] == "0100"]
    persons = {
        (one[43:73].strip(), one[103:133].strip(), one[225:233], two[59:76].strip())
        for one, two in zip(addresses[::2], addresses[1::2], strict=True)
    }
    known = {person[3] for person in persons} - {""}
    assert len(persons) == agency.gdv.persons
    assert len(known) == agency.gdv.persons - agency.gdv.new_persons > 0
    assert known <= numbers


def test_the_readme_says_that_nobody_is_real(agency: SampleAgency) -> None:
    assert "erfunden" in (agency.directory / "README.txt").read_text(encoding="utf-8")
