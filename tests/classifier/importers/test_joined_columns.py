"""Columns of which one cell holds several things, and names on several lines."""

import pytest

from shared.contracts.customers import Customer
from tests.classifier.importers.samples import Sorted, sorted_items


def rows(header: str, *lines: str) -> Sorted:
    return sorted_items("\r\n".join([header, *lines, ""]).encode())


def only(header: str, line: str) -> tuple[Customer, list[str]]:
    found = rows(header, line)
    assert not found.rejected
    return found.customers[0].customer, [each.code for each in found.warnings]


@pytest.mark.parametrize(
    ("header", "cell", "place", "codes"),
    [
        ("PLZ/Ort", "06526 Sangerhausen", ("06526", "Sangerhausen"), []),
        ("PLZ / Ort", "D-20095 Hamburg", ("20095", "Hamburg"), []),
        ("PLZ, Wohnort", "01067, Dresden", ("01067", "Dresden"), []),
        ("Ort/PLZ", "Bad Frankenhausen 06567", ("06567", "Bad Frankenhausen"), []),
        ("Postleitzahl und Ort", "6526 Halle", ("06526", "Halle"), ["postcode-completed"]),
        ("PLZ/Ort", "Sangerhausen", (None, "Sangerhausen"), ["place-without-postcode"]),
        ("PLZ/Ort", "06526", ("06526", None), ["place-without-town"]),
        ("Ort", "06526 Sangerhausen", ("06526", "Sangerhausen"), ["address-parted"]),
    ],
)  # fmt: skip
def test_postcode_and_town_in_one_cell_are_both_read(
    header: str, cell: str, place: tuple[str | None, str | None], codes: list[str]
) -> None:
    customer, told = only(f"Kundennummer;Nachname;{header}", f"K-1;Bergmann;{cell}")
    assert (customer.address.postcode, customer.address.city) == place
    assert told == codes


@pytest.mark.parametrize("header", ["Straße/Hausnr.", "Str./Nr.", "Adresse", "Strasse, Hausnummer"])
def test_street_and_house_number_stand_in_one_cell(header: str) -> None:
    customer, told = only(f"Kundennummer;Nachname;{header}", "K-1;Bergmann;Lindenallee 4 a")
    assert (customer.address.street, told) == ("Lindenallee 4 a", [])


def test_a_whole_address_in_one_cell_is_parted_and_told() -> None:
    customer, told = only(
        "Kundennummer;Nachname;Anschrift", "K-1;Bergmann;Am Markt 4, 06526 Sangerhausen"
    )
    address = customer.address
    assert (address.street, address.postcode, address.city) == (
        "Am Markt 4", "06526", "Sangerhausen",
    )  # fmt: skip
    assert told == ["address-parted"]


@pytest.mark.parametrize(
    ("header", "cell", "name", "codes"),
    [
        ("Name, Vorname", "Bergmann, Ute", ("Bergmann", None, "Ute"), []),
        ("Nachname, Vorname", "von Au, Dr. Jan Peter", ("von Au", "Dr.", "Jan Peter"), []),
        ("Name Vorname", "Bergmann Ute", ("Bergmann", None, "Ute"), []),
        ("Name, Vorname", "Bergmann", ("Bergmann", None, None), []),
        ("Name, Vorname", "de la Cruz Ute", ("de la Cruz Ute", None, None), ["name-whole"]),
        ("Vorname Nachname", "Dr. Ute von der Heide", ("von der Heide", "Dr.", "Ute"), []),
        ("Vorname und Name", "Jan-Ole O’Neill", ("O’Neill", None, "Jan-Ole"), []),
        ("Vorname Name", "Jan Peter Meier", ("Jan Peter Meier", None, None), ["name-whole"]),
        ("Vorname Name", "Meier, Jan", ("Meier, Jan", None, None), ["name-whole"]),
    ],
)  # fmt: skip
def test_a_whole_name_in_one_cell_is_parted_as_the_header_says(
    header: str, cell: str, name: tuple[str | None, ...], codes: list[str]
) -> None:
    customer, told = only(f'Kundennummer;"{header}"', f'K-1;"{cell}"')
    assert (customer.last_name, customer.title, customer.first_name) == name
    assert told == codes


def test_a_company_in_a_column_of_names_is_a_company() -> None:
    customer, told = only("Kundennummer;Name, Vorname", "K-1;Holz & Söhne GmbH")
    assert (customer.kind, customer.company_name, told) == ("company", "Holz & Söhne GmbH", [])


@pytest.mark.parametrize(
    ("line", "first", "codes"),
    [
        ("K-1;Frau;Bergmann;Ute;", "Ute", []),
        ("K-1;;Bergmann;Ute;", "Ute", ["name-line-taken"]),
        ("K-1;Herr;Bergmann;;Jan Peter", "Jan Peter", []),
        ("K-1;Herr;Bergmann;z. Hd. Frau Kern;Jan", "Jan", ["name-line-left-out"]),
        ("K-1;Herr;Bergmann;c/o Kern 3;", None, ["name-line-left-out"]),
    ],
)
def test_a_given_name_stands_in_a_further_line_of_an_insurers_names(
    line: str, first: str | None, codes: list[str]
) -> None:
    customer, told = only("Kundennummer;Anrede;Name 1;Name 2;Name 3", line)
    assert (customer.kind, customer.last_name, customer.first_name) == ("person", "Bergmann", first)
    assert told == codes


@pytest.mark.parametrize(
    "line",
    ["K-1;Firma;Autohaus Kern;und Partner", "K-1;;Autohaus Kern;GmbH & Co. KG"],
)
def test_a_companys_name_goes_on_in_the_further_lines(line: str) -> None:
    customer, _ = only("Kundennummer;Anrede;Name 1;Name 2", line)
    assert customer.kind == "company"
    assert customer.company_name == "Autohaus Kern " + line.rpartition(";")[2]


def test_a_guessed_name_changes_nobodys_known_name() -> None:
    sure, guessed, left_out = (
        rows(header, line).customers[0].carried.fields or frozenset()
        for header, line in (
            ("Kundennummer;Name, Vorname", 'K-1;"Bergmann, Ute"'),
            ("Kundennummer;Vorname Name", "K-1;Ute Anna Bergmann"),
            ("Kundennummer;Anrede;Name 1;Name 2", "K-1;Frau;Bergmann;c/o Kern"),
        )
    )
    assert {"last_name", "first_name"} <= sure
    assert not {"last_name", "first_name"} & guessed
    assert "last_name" in left_out
    assert "first_name" not in left_out


def test_a_cell_with_one_part_alone_does_not_call_the_other_part_empty() -> None:
    found = rows("Kundennummer;Nachname;PLZ/Ort", "K-1;Kern;Halle", "K-2;Kern;")
    assert [each.carried.empty for each in found.customers] == [
        frozenset(), {"address.postcode", "address.city"},
    ]  # fmt: skip
