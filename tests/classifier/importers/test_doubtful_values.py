"""Values that look right and are not: read rightly, or left out and told, never guessed."""

from datetime import date

import pytest

from tests.classifier.importers.samples import Sorted, sorted_items


def rows(header: str, *lines: str) -> Sorted:
    return sorted_items("\r\n".join([header, *lines, ""]).encode("utf-8-sig"))


def told(found: Sorted) -> list[tuple[int, str, str, str]]:
    return [(w.line, w.column, w.value, w.code) for w in found.warnings]


def refused(found: Sorted) -> list[tuple[int, str, str]]:
    return [(r.line, r.column, r.code) for r in found.rejected]


def test_case_06a_the_amount_is_booked_although_the_rate_stands_before_it() -> None:
    found = rows(
        "Kundennummer;Vertragsnummer;Abrechnungsdatum;Courtageart;Bemessungsgrundlage;Courtage;"
        "Betrag",
        "K-1;V-1;31.03.2025;Bestand;120,00;20,00;24,00",
    )
    assert [item.commission.amount_cents for item in found.commissions] == [2400]
    assert found.warnings == []  # basis times rate is the amount: the column is understood


INSTALMENTS = "Kundennummer;Vertragsnummer;VU-Nr;Sparte;Status;Zahlweise;Beitrag netto"


@pytest.mark.parametrize(
    ("word", "instalments"),
    [
        ("1/2", 2), ("1/4", 4), ("1/12", 12), ("1/1", 1), ("12", 12), ("½", 2),
        ("1/2-jährlich", 2),
        ("1/4 jährl.", 4), ("2 x jährlich", 2), ("mtl.", 12), ("alle 3 Monate", 4),
        ("Einmalbeitrag", 0),
    ],
)  # fmt: skip
def test_case_08_instalments_are_read_as_written(word: str, instalments: int) -> None:
    found = rows(INSTALMENTS, f"K-1;W1;9876;Hausrat;aktiv;{word};60,00")
    assert found.contracts[0].contract.instalments_per_year == instalments


def test_an_unknown_mode_of_payment_is_told_and_the_contract_taken() -> None:
    found = rows(INSTALMENTS, "K-1;W1;9876;Hausrat;aktiv;1/3;60,00")
    assert found.contracts[0].contract.instalments_per_year is None
    assert told(found) == [(2, "Zahlweise", "1/3", "word-unknown")]


def test_case_09_numbers_that_excel_destroyed_are_refused() -> None:
    found = rows(
        "Kundennummer;Vertragsnummer;VU-Nr;Sparte;Zahlweise;Beitrag netto",
        "K-1;1,23457E+11;9876;Hausrat;jährlich;120,00",
        "K-1;1,23457E+11;9876;Wohngebäude;jährlich;450,00",
        "K-2;V-7;9876;Hausrat;jährlich;450,00",
        "2,1E+05;V-8;9876;Hausrat;jährlich;450,00",
    )
    assert refused(found) == [
        (2, "Vertragsnummer", "number-destroyed"), (3, "Vertragsnummer", "number-destroyed"),
        (5, "Kundennummer", "number-destroyed"),
    ]  # fmt: skip
    assert [item.contract_id for item in found.contracts] == ["9876:V7"]


def test_a_place_held_for_a_number_is_no_number() -> None:
    found = rows(
        "Kundennummer;Vertragsnummer;VU-Nr;Sparte",
        "K-1;folgt;9876;Hausrat", "K-1;000000;9876;Hausrat", "K-1;n/a;9876;Hausrat",
        "unbekannt;V1;9876;Hausrat", "K-1;V1;0000;Hausrat", "K-1;V2;unbekannt;Hausrat",
    )  # fmt: skip
    assert [code for _, _, code in refused(found)] == ["number-placeholder"] * 4
    assert [item.contract_id for item in found.contracts] == ["V1", "V2"]


def test_a_number_of_more_digits_than_excel_keeps_is_told() -> None:
    found = rows("Kundennummer;Vertragsnummer;Sparte", "K-1;12345678901234500000;Hausrat")
    assert [w.code for w in found.warnings] == ["number-rounded"]
    assert len(found.contracts) == 1


@pytest.mark.parametrize(("cell", "rate"), [("0,5", 0.005), ("0,9", 0.009), ("20", 0.2)])
def test_case_10_a_rate_below_one_is_a_percentage_and_told(cell: str, rate: float) -> None:
    found = rows(
        "Kundennummer;Vertragsnummer;VU-Nr;Sparte;Zahlweise;Beitrag netto;Courtagesatz",
        f"K-1;L1;9876;Leben;jährlich;1.200,00;{cell}",
    )
    assert found.contracts[0].contract.commission_rate == rate
    assert [w.code for w in found.warnings] == (["rate-below-one"] if rate < 0.01 else [])


@pytest.mark.parametrize(
    ("start", "end", "years"),
    [
        ("01.07.24", "01.07.71", (2024, 2071)), ("01.12.65", "01.12.30", (1965, 2030)),
        ("1.1.98", "1.1.25", (1998, 2025)), ("01.04.69", "01.04.59", (1969, 2059)),
    ],
)  # fmt: skip
def test_short_years_of_contracts_end_in_the_future_and_start_in_insurable_time(
    start: str, end: str, years: tuple[int, int]
) -> None:
    contract = (
        rows("Kundennummer;Vertragsnummer;Sparte;Beginn;Ablauf", f"K-1;V1;Rente;{start};{end}")
        .contracts[0]
        .contract
    )
    assert contract.start is not None
    assert contract.end is not None
    assert (contract.start.year, contract.end.year) == years


def test_births_that_stand_for_an_unknown_day_are_unknown_and_told() -> None:
    found = rows(
        "Kundennummer;Nachname;Geburtsdatum",
        "K-1;A;01.01.1900", "K-2;B;01.01.0001", "K-3;C;00.00.0000", "K-4;D;12.03.1984",
    )  # fmt: skip
    births = [item.customer.birth_date for item in found.customers]
    assert births == [None, None, None, date(1984, 3, 12)]
    assert {(w.line, w.code) for w in found.warnings} == {
        (2, "day-placeholder"), (3, "day-placeholder"), (4, "day-placeholder"),
    }  # fmt: skip


CONTACT = "Kundennummer;Datum;Richtung;Kanal;Rolle;Dauer Minuten;Kilometer"


@pytest.mark.parametrize(
    ("cell", "minutes"), [("2 Std", 120), ("1:30 h", 90), ("90 Min.", 90), ("1,5 h", 90)]
)
def test_durations_of_contacts_are_minutes(cell: str, minutes: int) -> None:
    found = rows(CONTACT, f"K-1;01.07.2026;eingehend;Telefon;Berater;{cell};12,5")
    contact = found.interactions[0].interaction
    assert (contact.minutes, contact.kilometres) == (minutes, 13)


def test_months_of_notice_know_years() -> None:
    found = rows(
        "Kundennummer;Vertragsnummer;Sparte;Kündigungsfrist Monate",
        "K-1;V1;Hausrat;1 Jahr", "K-1;V2;Hausrat;3 Monate", "K-1;V3;Hausrat;6 Wochen",
    )  # fmt: skip
    assert [item.contract.notice_months for item in found.contracts] == [12, 3, None]
    assert [w.line for w in found.warnings] == [4]


def test_unknown_words_are_told_and_their_rows_are_taken() -> None:
    people = rows(
        "Kundennummer;Nachname;Kundenstatus;Kundenart;Werbesperre;Maklervollmacht",
        "K 0815;A;vielleicht;Wesen;teils;nur Sach", "4711/1;B;Kunde;privat;nein;ja",
    )  # fmt: skip
    assert [item.customer_id for item in people.customers] == ["K_0815", "4711:1"]
    assert people.rejected == []
    assert [(line, column, value) for line, column, value, _ in told(people)] == [
        (2, "Kundenart", "Wesen"), (2, "Kundenstatus", "vielleicht"),
        (2, "Maklervollmacht", "nur Sach"), (2, "Werbesperre", "teils"),
    ]  # fmt: skip
    assert people.customers[0].objections is not None
    assert people.customers[1].objections is None
    contracts = rows("Kundennummer;Vertragsnummer;Sparte;Status", "K 0815;V1;Hausrat;schlummernd")
    assert [item.customer_id for item in contracts.contracts] == ["K_0815"]
    assert told(contracts) == [(2, "Status", "schlummernd", "word-unknown")]
    bookings = rows(
        "Kundennummer;Vertragsnummer;Abrechnungsdatum;Courtageart;Betrag",
        "4711/1;V1;31.12.2025;Sternschnuppe;1,00",
    )
    assert [item.commission.kind for item in bookings.commissions] == ["other"]
    assert told(bookings) == [(2, "Courtageart", "Sternschnuppe", "word-unknown")]


def test_texts_that_only_say_unknown_are_unknown() -> None:
    found = rows(
        "Kundennummer;Vorname;Nachname;Ort;Straße",
        "K-1;n/a;Null;-;unbekannt", "K-2;Na;Li;k.A.;Keine Gasse 1",
    )  # fmt: skip
    first, second = (item.customer for item in found.customers)
    assert (first.first_name, first.last_name, first.address.city) == (None, "Null", None)
    assert (second.first_name, second.last_name) == ("Na", "Li")
    assert (first.address.street, second.address.street) == (None, "Keine Gasse 1")


MSDOS = "Kundennummer;Vorname;Nachname;Straße;PLZ;Ort;Geburtsdatum"


@pytest.mark.parametrize(
    ("line", "last_name"),
    [
        ("K-1;Jörg;Weiß;Große Straße 1;06484;Köthen;12.03.1984", "Weiß"),
        ("K-1;Änne;Größler;Am Mühlgraben 2;06484;Öhringen;12.03.1984", "Größler"),
        ("K-1;André;Böhm;Rue 1;06484;Übach;12.03.1984", "Böhm"),
        ("K-1;JÜRGEN;MÜLLER;HÖHE 1;06484;KÖLN;12.03.1984", "MÜLLER"),
    ],
)
@pytest.mark.parametrize("encoding", ["cp850", "mac_roman", "cp437"])
def test_case_11a_lists_of_msdos_and_macintosh_keep_their_umlauts_and_say_so(
    encoding: str, line: str, last_name: str
) -> None:
    found = sorted_items(f"{MSDOS}\r\n{line}\r\n".encode(encoding))
    assert [item.customer.last_name for item in found.customers] == [last_name]
    assert found.customers[0].customer.address.city == line.split(";")[5]
    assert [w.code for w in found.warnings if w.code == "encoding-guessed"] == ["encoding-guessed"]


@pytest.mark.parametrize(
    "name",
    ["O’Neill", "Seán", "Hernández", "D’Angelo", "Hof 3 – 5", "„Zur Post“", "Café", "Miloš",
     "Bäcker’s", "Žižek", "François", "Kovács", "Sørensen", "Größe", "Müller–Meier"],
)  # fmt: skip
def test_names_of_windows_lists_are_not_taken_for_another_code_page(name: str) -> None:
    found = sorted_items(f"Kundennummer;Nachname\r\nK-1;{name}\r\n".encode("cp1252"))
    assert [item.customer.last_name for item in found.customers] == [name]
    assert found.warnings == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_wide_encodings_are_read_with_and_without_their_mark(encoding: str) -> None:
    found = sorted_items("Kundennummer;Nachname\r\nK-1;Größler\r\n".encode(encoding))
    assert [item.customer.last_name for item in found.customers] == ["Größler"]


def test_a_doubled_byte_order_mark_belongs_to_no_header() -> None:
    found = sorted_items("\ufeff\ufeffKundennummer;Nachname\nK-1;Weiß\n".encode())
    assert [item.customer_id for item in found.customers] == ["K-1"]


@pytest.mark.parametrize("written", ["ute§example.de", "ute(at)example.de", "ute at example.de"])
def test_what_stands_for_the_at_sign_is_read_and_told(written: str) -> None:
    text = f"Kundennummer;Nachname;E-Mail\r\nK-1;Weiß;{written}\r\n"
    found = sorted_items(text.encode("cp1252"))
    assert found.customers[0].customer.email == "ute@example.de"
    assert [w.code for w in found.warnings] == ["email-sign-replaced"]


def test_case_20_totals_are_no_customers_and_of_a_doubled_number_the_first_row_counts() -> None:
    found = rows(
        "Kundennummer;Vorname;Nachname;Geburtsdatum",
        "K-1;Jörg;Weiß;12.03.1984", "K-1;Jürgen;Weiß;12.03.1950", "Gesamt;2;;",
    )  # fmt: skip
    assert [(i.customer_id, i.customer.first_name) for i in found.customers] == [("K-1", "Jörg")]
    assert [(r.line, r.value, r.code) for r in found.rejected] == [
        (3, "K-1", "number-doubled"), (4, "Gesamt;2;;", "row-footer"),
    ]  # fmt: skip
    assert "Zeile 2" in found.rejected[0].reason_de


@pytest.mark.parametrize(
    "footer",
    [
        "Summe;;;", "Anzahl: 3;;;", "Anzahl;3;;", "Gesamtsumme:;;;1.234,56 €", "3 Datensätze;;;",
        "Seite 1 von 2;;;", "Stand: 22.11.2026;;;", "*** Ende der Liste ***", "Summe Kunden;12;;",
        "Zwischensumme;;;12", "Kundennummer;Vorname;Nachname;Ort", "GESAMT", ";;Summe;12",
    ],
)  # fmt: skip
def test_feet_and_totals_are_told_and_left_out(footer: str) -> None:
    found = rows("Kundennummer;Vorname;Nachname;Ort", "K-1;A;B;C", footer, "K-2;A;B;C")
    assert [item.customer_id for item in found.customers] == ["K-1", "K-2"]
    assert refused(found) == [(3, "", "row-footer")]


def test_customers_named_like_a_total_are_customers() -> None:
    found = rows(
        "Kundennummer;Vorname;Nachname;Ort", "K-1;Otto;Summe;Halle", "Gesamt;Otto;Meier;Halle"
    )
    assert [item.customer_id for item in found.customers] == ["K-1", "Gesamt"]


def test_the_same_contract_twice_is_one_and_another_of_its_number_is_a_conflict() -> None:
    found = rows(
        "Kundennummer;Vertragsnummer;VU-Nr;Sparte;Nettobeitrag",
        "K-1;V1;9876;Hausrat;10", "K-1;V-1;9876;Hausrat;11", "K-1;V2;9876;Hausrat;10",
        "K-1;V2;9876;Hausrat;10", "K-1;V1;9877;Hausrat;10", "K-2;V1;9876;Glas;10",
    )  # fmt: skip
    assert [item.contract_id for item in found.contracts] == ["9876:V1", "9876:V2", "9877:V1"]
    assert refused(found) == [(3, "", "number-doubled"), (7, "", "number-doubled")]


def test_each_line_of_a_bundle_is_a_contract_and_told() -> None:
    found = rows(
        "Kundennummer;Vertragsnummer;VU-Nr;Sparte",
        "K-1;V1;9876;Hausrat", "K-1;V-1;9876;Glas", "K-1;V 1;9876;Wohngebäude",
        "K-1;V1;9876;Glas",
    )  # fmt: skip
    ids = [item.contract_id for item in found.contracts]
    assert ids == ["9876:V1", "9876:V1.GLASS", "9876:V1.BUILDING"]
    assert [(w.line, w.code) for w in found.warnings if w.code == "bundle-line"] == [
        (3, "bundle-line"), (4, "bundle-line"), (5, "bundle-line"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "torn",
    [
        ['K-2;"offen;A;B'],
        ['K-2;"offen;A;B', 'K-3;zu";A;B'],
        ["K-2;A;B;C;D"],
        ["K-2;Am", "Markt;B;C"],
        ["K-2;A;Am", "Markt 1;06484"],
    ],
)
def test_a_torn_row_is_told_and_its_neighbours_are_read(torn: list[str]) -> None:
    found = rows("Kundennummer;Vorname;Nachname;Ort", "K-1;A;B;C", *torn, "K-9;A;B;C")
    taken = [item.customer_id for item in found.customers]
    assert taken == ["K-1", *(["K-3"] if torn[-1].startswith("K-3") else []), "K-9"]
    assert found.rejected[0].line == 3


def test_rows_without_their_empty_last_cells_are_whole() -> None:
    header = "Kundennummer;Nachname;Ort;Telefon;E-Mail"
    found = rows(header, "K-1;A;Halle", "K-2;B;Jena", "K-3;C;Gera;;")
    assert [item.customer_id for item in found.customers] == ["K-1", "K-2", "K-3"]
    assert found.rejected == []


def test_case_22_who_is_addressed_as_a_company_is_one() -> None:
    found = rows(
        "Kundennummer;Anrede;Vorname;Nachname;Kundenart",
        "K-1;Firma;;Dachdecker Meier;privat", "K-5;Firma;Max;Muster GmbH;", "K-6;Firma;Max;Muster;",
        "K-7;Herr;Max;Muster;privat",
    )  # fmt: skip
    people = [item.customer for item in found.customers]
    assert [(p.kind, p.company_name, p.contact_person) for p in people] == [
        ("company", "Dachdecker Meier", None), ("company", "Muster GmbH", "Max"),
        ("company", "Max Muster", None), ("person", None, None),
    ]  # fmt: skip
    assert {w.line for w in found.warnings} == {2, 3, 4}


def test_a_short_row_is_taken_and_told() -> None:
    found = rows(
        "Kundennummer;Vorname;Nachname;Ort", "K-1;A;B;C", "K-2;Ute;Klein", "K-3;A;B;C", "K-4;A;B;C"
    )
    assert [item.customer_id for item in found.customers] == ["K-1", "K-2", "K-3", "K-4"]
    assert [(w.line, w.value, w.code) for w in found.warnings] == [(3, "K-2", "row-short")]


def test_a_name_that_was_parted_is_not_carried() -> None:
    (parted, whole) = rows("Kundennummer;Name", "K-1;Bergmann, Dr. Ute", "K-2;Klein").customers
    assert (parted.customer.last_name, parted.customer.first_name) == ("Bergmann", "Ute")
    assert "last_name" not in (parted.carried.fields or ())
    assert "last_name" in (whole.carried.fields or ())


def test_a_contract_that_is_active_and_cancelled_at_once_is_told() -> None:
    header = "Kundennummer;Vertragsnummer;VU-Nr;Sparte;Vertragsstatus;gekündigt zum"
    found = rows(
        header,
        "K-1;A1;9876;Hausrat;aktiv;31.12.2025",
        "K-1;A2;9876;Hausrat;;31.12.2025",
        "K-1;A3;9876;Hausrat;storniert;31.12.2025",
        "K-1;A4;9876;Hausrat;aktiv;",
    )
    statuses = [each.contract.status for each in found.contracts]
    assert statuses == ["active", "cancelled", "cancelled", "active"]
    assert told(found) == [(2, "gekündigt zum", "31.12.2025", "status-contradicts")]


def test_days_of_mistyped_years_are_told_and_bookings_and_contacts_of_them_refused() -> None:
    found = rows(
        "Kundennummer;Vertragsnummer;VU-Nr;Sparte;Beginn;Ablauf;Storno am",
        "K-1;A1;9876;Leben;01.01.2099;;",
        "K-1;A2;9876;Leben;01.01.2020;01.01.2199;",
        "K-1;A3;9876;Leben;01.01.2020;;01.01.2099",
        "K-1;A4;9876;Leben;01.12.2026;01.01.2110;31.12.2027",
    )
    assert [(line, column, code) for line, column, _, code in told(found)] == [
        (2, "Beginn", "day-too-far-ahead"), (3, "Ablauf", "day-too-far-ahead"),
        (4, "Storno am", "day-in-future"), (5, "Storno am", "day-in-future"),
    ]  # fmt: skip
    last = found.contracts[3].contract
    assert (last.end, last.cancelled_on) == (date(2110, 1, 1), None)
    assert found.contracts[2].contract.status == "active"
    since = rows("Kundennummer;Nachname;Kunde seit;Maklervertrag seit", "K-1;A;01.01.2099;1.1.2098")
    assert [each[3] for each in told(since)] == ["day-in-future"] * 2
    booked = rows(
        "Kundennummer;Vertragsnummer;Buchungsdatum;Betrag", "K-1;A;01.11.1901;24,00",
        "K-1;A;01.11.2025;24,00",
    )  # fmt: skip
    assert refused(booked) == [(2, "Buchungsdatum", "day-long-ago")]
    met = rows(
        "Kundennummer;Datum;Richtung;Kanal;Rolle;Dauer", "K-1;1.11.1901;ein;Telefon;Inhaber;5",
    )  # fmt: skip
    assert refused(met) == [(2, "Datum", "day-long-ago")]


@pytest.mark.parametrize("line", ["Fahrrad", "E-Bike", "Fahrradversicherung", "Pedelec"])
def test_a_bicycle_covers_no_household(line: str) -> None:
    found = rows("Kundennummer;Vertragsnummer;VU-Nr;Sparte", f"K-1;F1;9876;{line}")
    assert found.contracts[0].contract.line == "other"
    assert told(found) == []
