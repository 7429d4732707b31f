"""Cells as people and programs write them: the value, or a code that tells why there is none."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.classifier.importers.samples import Sorted, sorted_items


def rows(header: str, *lines: str) -> Sorted:
    return sorted_items("\r\n".join([header, *lines, ""]).encode("utf-8-sig"))


def value_and_codes(
    header: str, line: str, of: Callable[[Sorted], Sequence[Any]], value: Callable[[Any], Any]
) -> tuple[Any, list[str]]:
    found = rows(header, line)
    values = [value(each) for each in of(found)]
    return (values[0] if values else None), found.codes()


@pytest.mark.parametrize(
    ("cell", "cents", "codes"),
    [
        ("1.234", 123400, ["money-grouped"]), ("-1.234 €", -123400, ["money-grouped"]),
        ("1.234.567", 123456700, []), ("1'234,56", 123456, []), ("1’234.56", 123456, []),
        ("1\u00a0234,56", 123456, []), ("1\u202f234,56 €", 123456, []), ("12,50 -", -1250, []),
        ("–12,50", -1250, []), ("−12,50", -1250, []), ("12,50 EUR", 1250, []),
        ("€ 12.50", 1250, []), ("0.123", None, ["money-unreadable"]),
        ("00.123", None, ["money-unreadable"]), ("12 50", None, ["money-unreadable"]),
        ("12,345", None, ["money-unreadable"]), ("1E+3", None, ["money-unreadable"]),
        ("(12,50)", -1_250, []), ("12,50 S", -1_250, []),
        ("12,50 CHF", None, ["money-unreadable"]), ("ca. 12", None, ["money-unreadable"]),
        ("1.23,45", None, ["money-unreadable"]), ("#WERT!", None, ["money-unreadable"]),
    ],
)  # fmt: skip
def test_amounts(cell: str, cents: int | None, codes: list[str]) -> None:
    header = "Kundennummer;Vertragsnummer;Abrechnungsdatum;Betrag"
    line = f"K-1;V-1;01.01.2026;{cell}"
    found = value_and_codes(header, line, lambda f: f.commissions, lambda c: c.commission)
    assert (found[0] and found[0].amount_cents, found[1]) == (cents, codes)


@pytest.mark.parametrize(
    ("column", "cell", "field", "value", "codes"),
    [
        ("Kinder", "½", "life.children", None, ["integer-unreadable"]),
        ("Kinder", "?", "life.children", None, []),
        ("Kinder", "1E1", "life.children", None, ["integer-unreadable"]),
        ("Mitarbeiterzahl", "0.123", "life.employees", None, ["integer-unreadable"]),
        ("Mitarbeiterzahl", "1.000", "life.employees", 1000, []),
        ("PLZ", "00000", "address.postcode", None, ["postcode-unreadable"]),
        ("PLZ", "6,5E+03", "address.postcode", None, ["postcode-unreadable"]),
        ("PLZ", "6526.0", "address.postcode", None, ["postcode-unreadable"]),
        ("Hausnummer", "3. Mai", "address.street", None, ["number-destroyed"]),
        ("Hausnummer", "03.05.2024", "address.street", None, ["number-destroyed"]),
        ("Hausnummer", "45417", "address.street", None, ["house-number-unreadable"]),
        ("Hausnummer", "1E+03", "address.street", None, ["number-destroyed"]),
        ("Hausnummer", "12 a-14", "address.street", "12 a-14", []),
        ("Ort", "#NV", "address.city", None, ["text-destroyed"]),
        ("Ort", "#NAME?", "address.city", None, ["text-destroyed"]),
        ("Ort", "#####", "address.city", None, ["text-destroyed"]),
        ("Telefon", "4,93465E+12", "phone", None, ["phone-unreadable"]),
        ("E-Mail", "mailto:a@b.de", "email", None, ["email-unreadable"]),
        ("Kunde seit", "45417", "customer_since", None, ["day-unreadable"]),
        ("Kunde seit", "31.02.2024", "customer_since", None, ["day-unreadable"]),
        ("Kunde seit", "2024-1-5", "customer_since", None, ["day-unreadable"]),
    ],
)  # fmt: skip
def test_cells_of_customers(
    column: str, cell: str, field: str, value: object, codes: list[str]
) -> None:
    found = rows(f"Kundennummer;Nachname;{column}", f"K-1;Meier;{cell}")
    read: Any = found.customers[0].customer
    for part in field.split("."):
        read = getattr(read, part)
    assert (read, found.codes()) == (value, codes)


@pytest.mark.parametrize("number", ["4711.0", "4711,00", "1,2E+05", "Mai 24", "#NV", "folgt"])
def test_a_number_that_is_surely_none_costs_its_row_with_a_reason(number: str) -> None:
    found = rows("Kundennummer;Nachname", f"{number};Meier", "K-2;Klein")
    assert [c.customer_id for c in found.customers] == ["K-2"]
    assert found.codes() in (["number-destroyed"], ["number-placeholder"])
    contract = rows("Kundennummer;Vertragsnummer;Sparte", f"K-1;{number};Hausrat")
    assert (contract.contracts, len(contract.rejected)) == ([], 1)


@pytest.mark.parametrize("name", ["N.N.", "#NV", "xxx", "folgt", "unbekannt", "k.A.", "???"])
def test_what_holds_the_place_of_a_name_is_no_name(name: str) -> None:
    found = rows("Kundennummer;Nachname", f"K-1;{name}")
    assert len(found.customers) + len(found.rejected) == 1
    assert not any(item.customer.named for item in found.customers)


@pytest.mark.parametrize(
    ("cell", "minutes", "codes"),
    [
        ("90", 90, []), ("1h30", 90, []), ("1:30", 90, ["duration-doubtful"]),
        ("1.234", None, ["integer-unreadable"]), ("0.123", None, ["integer-unreadable"]),
        ("1,5", None, ["integer-unreadable"]), ("PT1H", None, ["integer-unreadable"]),
    ],
)  # fmt: skip
def test_durations(cell: str, minutes: int | None, codes: list[str]) -> None:
    header = "Kundennummer;Datum;Richtung;Kanal;Rolle;Dauer"
    line = f"K-1;01.02.2026;ein;Telefon;Berater;{cell}"
    found = value_and_codes(header, line, lambda f: f.interactions, lambda i: i.interaction.minutes)
    assert found == (minutes, codes)


@pytest.mark.parametrize(
    ("cell", "cents", "codes"),
    [
        ("12.500", 1250000, ["money-grouped"]), ("-1.234", None, ["money-negative"]),
        ("999999999.999", None, ["money-unreadable"]), ("kostenlos", None, ["money-unreadable"]),
    ],
)  # fmt: skip
def test_premiums(cell: str, cents: int | None, codes: list[str]) -> None:
    header = "Kundennummer;Vertragsnummer;Sparte;Beitrag netto"
    found = value_and_codes(
        header, f"K-1;V-1;Hausrat;{cell}", lambda f: f.contracts, lambda c: c.contract.premium_cents
    )
    assert found == (cents, codes)


BOOK = "Kundennummer{d}Nachname{d}Ort\r\nK-1{d}Müller{d}Köln\r\nK-2{d}Groß{d}Ulm\r\n"


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_delimiters_line_ends_and_encodings(delimiter: str, ends: str, encoding: str) -> None:
    text = BOOK.format(d=delimiter).replace("\r\n", ends)
    found = sorted_items(text.encode(encoding))
    names = [
        (c.customer_id, c.customer.last_name, c.customer.address.city) for c in found.customers
    ]
    assert names == [("K-1", "Müller", "Köln"), ("K-2", "Groß", "Ulm")]
    assert found.codes() == []
