"""Layouts of statements: signs within a cell, debit and credit, one column for each kind."""

import pytest

from services.classifier.importers.reading import RejectedRow, Warning_
from tests.classifier.importers.samples import sorted_items

Bookings = list[tuple[str, int]]


def booked(header: str, *lines: str) -> Bookings:
    found = sorted_items("\r\n".join([header, *lines, ""]).encode())
    return [(each.commission.kind, each.commission.amount_cents) for each in found.commissions]


def doubts(header: str, *lines: str) -> list[tuple[int, str, str]]:
    found = sorted_items("\r\n".join([header, *lines, ""]).encode())
    told: list[RejectedRow | Warning_] = [*found.rejected, *found.warnings]
    return sorted((each.line, each.column, each.code) for each in told)


ONE_AMOUNT = "Abrechnungsdatum;VU-Nr;Vertragsnummer;Courtageart;Betrag"


@pytest.mark.parametrize(
    ("cell", "cents"),
    [
        ("24,00 H", 2400), ("80,00 S", -8000), ("80,00S", -8000), ("EUR 12,50 Haben", 1250),
        ("S 5,00", -500), ("Soll: 5,00", -500), ("-5,00 S", -500), ("5,00- s", -500),
        ("1.234,56 € H", 123456), ("'9,00", 900), ('="8,00"', 800),
    ],
)  # fmt: skip
def test_an_amount_may_bear_its_sign_in_its_own_cell(cell: str, cents: int) -> None:
    quoted = cell.replace('"', '""')
    assert booked(ONE_AMOUNT, f'03.11.2026;9876;V-1;Sonstige;"{quoted}"') == [("other", cents)]


def test_a_sign_that_contradicts_its_amount_is_refused() -> None:
    line = "03.11.2026;9876;V-1;Bestand;-24,00 H"
    assert doubts(ONE_AMOUNT, line) == [(2, "Betrag", "sign-contradicts")]


def test_debit_and_credit_may_be_two_columns() -> None:
    header = "Abrechnungsdatum;VU-Nr;Vertragsnummer;Courtageart;Soll;Haben"
    assert booked(
        header,
        "03.11.2026;9876;V-1;Bestand;;24,00",
        "03.11.2026;9876;V-2;Storno;80,00;",
        "03.11.2026;9876;V-3;Bestand;0,00;12,50",
    ) == [("renewal", 2400), ("clawback", -8000), ("renewal", 1250)]


def test_a_column_for_each_kind_books_each_of_them() -> None:
    header = "Abrechnungsdatum;VU-Nr;Vertragsnummer;AP;BP;Storno"
    assert booked(
        header,
        "03.11.2026;9876;V-1;;24,00;",
        "03.11.2026;9876;V-2;500,00;12,00;",
        "03.11.2026;9876;V-3;;;40,00",
    ) == [("renewal", 2400), ("initial", 50_000), ("renewal", 1200), ("clawback", -4000)]


def test_a_second_column_for_reversals_is_never_added_to_the_commission() -> None:
    header = "Abrechnungsdatum;VU-Nr;Vertragsnummer;Courtage;Storno"
    lines = (
        "03.11.2026;9876;V-1;24,00;",
        "03.11.2026;9876;V-2;;-80,00",
        "03.11.2026;9876;V-3;100,00;40,00",
        "03.11.2026;9876;V-4;-40,00;40,00",
        "03.11.2026;9876;V-5;-7,00;ja",
        "03.11.2026;9876;V-6;8,00;nein",
    )
    assert booked(header, *lines) == [
        ("other", 2400), ("clawback", -8000), ("other", 10_000), ("clawback", -4000),
        ("clawback", -4000), ("clawback", -700), ("other", 800),
    ]  # fmt: skip
    assert doubts(header, *lines) == [(4, "Betrag", "reversal-beside")]


def test_commission_and_reversal_beside_their_sum_are_no_doubt_of_the_amount() -> None:
    header = "Abrechnungsdatum;VU-Nr;Vertragsnummer;Courtage;Storno;Betrag"
    line = "03.11.2026;9876;V-1;100,00;40,00;60,00"
    assert booked(header, line) == [("other", 10_000), ("clawback", -4000)]


@pytest.mark.parametrize(
    "header",
    [
        "Abr.-Datum;VU-Nummer;Vers.-Schein-Nr.;Art;Courtage EUR",
        "Buchungsdatum;VU-Nr.;Vertrag-Nr.;Art;Provision (EUR)",
        "Datum;VU-Nr;Versicherungsschein-Nummer;Provisionsart;Betrag in €",
        "Valuta;VU Nr;Vertragsnummer;Courtageart;Betrag [EUR]",
    ],
)
def test_units_and_numbers_in_a_header_do_not_hide_its_column(header: str) -> None:
    assert booked(header, "03.11.2026;9876;V-1;Bestand;24,00") == [("renewal", 2400)]


def test_a_percentage_is_no_amount() -> None:
    header = "Abrechnungsdatum;VU-Nr;Vertragsnummer;Courtage %;USt %;Courtage EUR"
    line = "03.11.2026;9876;V-1;20;19;24,00"
    assert booked(header, line) == [("other", 2400)]
    assert doubts(header, line) == [(1, "USt %", "column-unknown")]


def test_a_day_that_stands_for_none_is_told_as_that_where_a_day_is_needed() -> None:
    assert doubts(ONE_AMOUNT, "01.01.1900;9876;V-1;Bestand;24,00") == [
        (2, "Abrechnungsdatum", "day-placeholder")
    ]


def test_parts_of_a_numbered_row_have_numbers_of_their_own() -> None:
    text = "Buchungsnummer;Abrechnungsdatum;VU-Nr;Vertragsnummer;AP;BP\n7;03.11.2026;9876;V;5;2\n"
    found = sorted_items(text.encode()).commissions
    assert [each.commission.commission_id for each in found] == ["7", "7.renewal"]
