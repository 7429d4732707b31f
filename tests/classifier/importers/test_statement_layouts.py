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
        ("1.234,56 € H", 123456), ("'9,00", 900), ('="8,00"', 800), ("1.234 S", -123_400),
    ],
)  # fmt: skip
def test_an_amount_may_bear_its_sign_in_its_own_cell(cell: str, cents: int) -> None:
    quoted = cell.replace('"', '""')
    assert booked(ONE_AMOUNT, f'03.11.2026;9876;V-1;Sonstige;"{quoted}"') == [("other", cents)]


@pytest.mark.parametrize("cell", ["-24,00 H", "-1.234 H"])
def test_a_sign_that_contradicts_its_amount_is_refused(cell: str) -> None:
    line = f"03.11.2026;9876;V-1;Bestand;{cell}"
    assert doubts(ONE_AMOUNT, line) == [(2, "Betrag", "sign-contradicts")]


def test_debit_and_credit_may_be_two_columns() -> None:
    header = "Abrechnungsdatum;VU-Nr;Vertragsnummer;Courtageart;Soll;Haben"
    assert booked(
        header,
        "03.11.2026;9876;V-1;Bestand;;24,00",
        "03.11.2026;9876;V-2;Storno;80,00;",
        "03.11.2026;9876;V-3;Bestand;0,00;12,50",
        "03.11.2026;9876;V-4;Storno;1.234;",
    ) == [("renewal", 2400), ("clawback", -8000), ("renewal", 1250), ("clawback", -123_400)]


def test_a_column_for_each_kind_books_each_of_them() -> None:
    header = "Abrechnungsdatum;VU-Nr;Vertragsnummer;AP;BP;Storno"
    assert booked(
        header,
        "03.11.2026;9876;V-1;;24,00;",
        "03.11.2026;9876;V-2;500,00;12,00;",
        "03.11.2026;9876;V-3;;;40,00",
    ) == [("renewal", 2400), ("initial", 50_000), ("renewal", 1200), ("clawback", -4000)]


@pytest.mark.parametrize(
    ("columns", "cells", "told"),
    [
        ("AP;BP;Betrag", "500,00;12,00;512,00", []),
        ("AP;BP;Auszahlung", "500,00;12,00;512,01", []),
        ("AP;BP;Bruttocourtage", "500,00;12,00;512,00", []),
        ("AP;BP;Haben", "500,00;12,00;512,00", []),
        ("AP;BP;USt;Betrag", "500,00;12,00;97,28;609,28", []),
        ("AP;BP;Betrag", "500,00;12,00;600,00", ["parts-unclear"]),
    ],
)
def test_a_total_beside_the_columns_of_its_parts_is_not_booked_on_top_of_them(
    columns: str, cells: str, told: list[str]
) -> None:
    header, line = f"Abrechnungsdatum;VU-Nr;Vertragsnummer;{columns}", f"03.11.2026;9876;V;{cells}"
    assert booked(header, line) == [("initial", 50_000), ("renewal", 1200)]
    assert [code for *_, code in doubts(header, line)] == told


@pytest.mark.parametrize(
    ("columns", "cells", "bookings", "told"),
    [
        ("AP;BP;S/H", "500,00;;S", [("initial", -50_000)], []),
        ("AP;BP;Betrag;S/H", "5,00;2,00;7,00;S", [("initial", -500), ("renewal", -200)], []),
        ("AP;BP;S/H", "5,00;-2,00;H", [], [("S/H", "sign-contradicts")]),
        ("Courtageart;AP", "Storno;500,00", [], [("AP", "clawback-positive")]),
        ("Courtageart;AP", "Storno;-500,00", [("clawback", -50_000)], []),
        ("AP;Storno", "500,00;ja", [], [("AP", "clawback-positive")]),
        ("AP;BP;Storno", "-5,00;2,00;ja", [], [("BP", "clawback-positive")]),
        ("AP;Storno", "-500,00;ja", [("clawback", -50_000)], []),
        ("Courtageart;Betrag;Storno", "Bestand;24,00;ja", [], [("Betrag", "clawback-positive")]),
        ("Courtageart;Betrag;Storno", "Bestand;-24,00;ja", [("clawback", -2400)], []),
        ("Courtage;Storno", "-80,00;1", [("clawback", -8000)], []),
        ("Courtage;Storno", ";1.500", [("clawback", -150_000)], [("Storno", "money-grouped")]),
        (
            "AP;Storno;Betrag", "500,00;40,00;460,00",
            [("initial", 50_000), ("clawback", -4000)], [("Betrag", "reversal-beside")],
        ),
    ],
)  # fmt: skip
def test_sign_and_reversal_hold_for_every_column_of_an_amount(
    columns: str, cells: str, bookings: Bookings, told: list[tuple[str, str]]
) -> None:
    header, line = f"Abrechnungsdatum;VU-Nr;Vertragsnummer;{columns}", f"03.11.2026;9876;V;{cells}"
    assert booked(header, line) == bookings
    assert [(column, code) for _, column, code in doubts(header, line)] == told


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


def numbers(header: str, *lines: str) -> list[str]:
    text = "\n".join([f"Buchungsnummer;Abrechnungsdatum;VU-Nr;{header}", *lines, ""])
    return [each.commission.commission_id for each in sorted_items(text.encode()).commissions]


def test_the_number_of_a_columns_booking_depends_on_the_column_alone() -> None:
    header = "Vertragsnummer;AP;BP;Betrag"
    assert numbers(header, "7;03.11.2026;9876;V;5;2;") == ["7.initial", "7.renewal"]
    assert numbers(header, "7;03.11.2026;9876;V;;2;") == ["7.renewal"]
    assert numbers(header, "7;03.11.2026;9876;V;;;2") == ["7"]


def test_numbers_that_differ_in_their_last_sign_stay_two() -> None:
    long = "7" * 63
    lines = [f"{long}{last};03.11.2026;9876;V;5;2" for last in "12"]
    found = numbers("Vertragsnummer;AP;BP", *lines)
    assert len(set(found)) == 4
    assert max(map(len, found)) <= 64
