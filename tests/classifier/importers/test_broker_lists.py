"""Customer, contract, commission and contact lists as brokers export them."""

from datetime import date, datetime

import pytest

from services.classifier.importers.any_file import CsvKindUnknown, MissingColumns, ReadingKind, read
from tests.classifier.importers.samples import AS_OF, ZONE, Sorted, sorted_items


def rows(header: str, *lines: str, encoding: str = "cp1252") -> Sorted:
    return sorted_items("\r\n".join([header, *lines, ""]).encode(encoding))


UTE = (
    "Kundennummer;Kundenart;Kundenstatus;Anrede;Titel;Vorname;Nachname;Straße;PLZ;Ort;Bundesland;"
    "Geburtsdatum;Telefon;E-Mail;Kunde seit;Haushalt mit;Geworben von;Haushaltsart;Kinder;Wohnen;"
    "Beruflicher Status;Haustiere;Maklervertrag;Maklervertrag seit;Maklervollmacht",
    "K-1;privat;Kunde;Frau;Dr.;Ute;Größler;Lindenallee 4;6526;Sangerhausen;Sachsen-Anhalt;"
    "12.03.84;03464 5555;ute@example.org;01.05.2011;K-2;K-3;Familie;2;Eigentum;"
    "angestellt;Hund, 2 Katzen;ja;01.05.2011;x",
)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig"])
def test_a_customers_row_becomes_all_that_the_contract_knows(encoding: str) -> None:
    found = rows(*UTE, encoding=encoding)
    ute = found.customers[0].customer
    assert (found.customers[0].customer_id, ute.kind, ute.status) == ("K-1", "person", "active")
    assert (ute.salutation, ute.title, ute.last_name) == ("frau", "Dr.", "Größler")
    assert (ute.address.postcode, ute.address.state) == ("06526", "ST")
    assert ute.birth_date == date(1984, 3, 12)
    assert ute.mandate.contract
    assert ute.mandate.power_of_attorney
    assert (ute.life.household, ute.life.children, ute.life.home) == ("family", 2, "owns")
    assert (ute.life.employment, ute.life.pets) == ("employed", ["cat", "dog"])
    assert [(c.customer_id, c.kind) for c in ute.connections] == [
        ("K-2", "household"), ("K-3", "recommended_by"),
    ]  # fmt: skip
    assert [w.code for w in found.warnings] == ["postcode-completed"]


def test_what_is_missing_is_unknown() -> None:
    customer = rows("Kundennummer;Nachname", "K-1;Größler").customers[0].customer
    assert customer.birth_date is None
    assert customer.life.model_dump(exclude_none=True) == {}


def test_a_company_marked_as_a_person_becomes_a_company_and_says_so() -> None:
    found = rows("Kundennummer;Kundenart;Nachname;Firma", "K-1;privat;Holz GmbH;", "K-2;;;Alt eK")
    assert [c.customer.kind for c in found.customers] == ["company", "company"]
    assert found.customers[0].customer.company_name == "Holz GmbH"
    assert [(w.line, w.code) for w in found.warnings] == [(2, "kind-corrected")]


def test_comments_in_mail_and_phone_cells_leave_the_customer_without_them() -> None:
    found = rows(
        "Kundennummer;Nachname;E-Mail;Telefon;Mobil",
        "K-1;Größler;ute@example.org (privat);nur abends;0151 555",
    )
    customer = found.customers[0].customer
    assert (customer.email, customer.phone) == (None, "0151 555")
    assert [(w.column, w.code) for w in found.warnings] == [
        ("Telefon", "phone-unreadable"), ("E-Mail", "email-unreadable"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "line", "column", "code"),
    [
        ("Kundennummer;Nachname;Verstorben am", "K-1;A;31.02.80", "Verstorben am",
         "day-unreadable"),
        ("Kundennummer;Nachname", "K\t1;A", "Kundennummer", "id-invalid"),
        ("Kundennummer;Nachname", ";A", "Kundennummer", "cell-missing"),
        (
            "Kundennummer;Nachname;Geburtsdatum;Verstorben am",
            "K-1;A;01.01.1980;01.01.1970", "Verstorben am", "death-before-birth",
        ),
        (
            "Kundennummer;Vertragsnummer;Sparte;Beginn;Ablauf",
            "K-1;V1;Kfz;01.01.2026;01.01.2025", "Ablauf", "end-before-start",
        ),
        ("Kundennummer;Vertragsnummer;Sparte", "K-1;---;Kfz", "Vertragsnummer",
         "number-placeholder"),
        ("Kundennummer;Abrechnungsdatum;Betrag", "K-1;01.01.2026;viel", "Betrag",
         "money-unreadable"),
        ("Kundennummer;Abrechnungsdatum;Betrag", "K-1;00.00.0000;1,00", "Abrechnungsdatum",
         "cell-missing"),
        ("Kundennummer;Abrechnungsdatum;Courtageart;Betrag", "K-1;01.01.2026;Storno;5,00",
         "Betrag", "clawback-positive"),
        ("Kundennummer;Datum;Richtung;Kanal;Rolle;Dauer Minuten",
         "K-1;01.01.2026;eingehend;Telefon;Berater;5000", "Dauer Minuten", "integer-out-of-range"),
    ],
)  # fmt: skip
def test_a_bad_row_is_told_with_its_place_and_the_good_one_beside_it_is_read(
    header: str, line: str, column: str, code: str
) -> None:
    good = {
        "Vertragsnummer": "K-9;V9;Hausrat",
        "Abrechnungsdatum;Betrag": "K-9;01.01.2026;1,00",
        "Abrechnungsdatum;Courtageart": "K-9;01.01.2026;Bestand;1,00",
        "Datum": "K-9;01.01.2026;eingehend;Telefon;Berater;5",
        "Nachname": "K-9;Gut",
    }
    fitting = next(text for start, text in good.items() if header[13:].startswith(start))
    found = rows(header, line, fitting)
    assert [(r.line, r.column, r.code) for r in found.rejected] == [(2, column, code)]
    assert found.rejected[0].reason_de
    lines = [c.line for c in found.customers] + [c.line for c in found.contracts]
    lines += [c.line for c in found.commissions] + [c.line for c in found.interactions]
    assert lines == [3]


@pytest.mark.parametrize(
    ("header", "line", "column", "code"),
    [
        ("Kundennummer;Vertragsnummer;Sparte;Beitrag netto", "K-1;V1;Kfz;-5,00", "Beitrag netto",
         "money-negative"),
        ("Kundennummer;Vertragsnummer;Sparte;Jahresbeitrag netto", "K-1;V1;Kfz;auf Anfrage",
         "Jahresbeitrag netto", "money-unreadable"),
        ("Kundennummer;Nachname;Maklervertrag bis", "K-1;A;unbefristet", "Maklervertrag bis",
         "day-unreadable"),
        ("Kundennummer;Datum;Richtung;Kanal;Rolle;Dauer Minuten;Kilometer",
         "K-1;01.01.2026;eingehend;Telefon;Berater;5;viele", "Kilometer", "integer-unreadable"),
        ("Kundennummer;Datum;Richtung;Kanal;Rolle;Dauer Minuten;Geschenk",
         "K-1;01.01.2026;eingehend;Telefon;Berater;5;Wein", "Geschenk", "money-unreadable"),
    ],
)  # fmt: skip
def test_what_only_adds_to_a_row_is_left_out_and_told_where_it_cannot_be_read(
    header: str, line: str, column: str, code: str
) -> None:
    found = rows(header, line)
    assert [(told.line, told.column, told.code) for told in found.warnings] == [(2, column, code)]
    lines = [c.line for c in found.customers] + [c.line for c in found.contracts]
    assert lines + [c.line for c in found.interactions] == [2]
    assert found.rejected == []


def test_a_consent_counts_only_with_its_day_and_a_refusal_at_once() -> None:
    found = rows(
        "Kundennummer;Nachname;Einwilligung E-Mail;Einwilligung Telefon;Newsletter;"
        "Einwilligung am;Einwilligung Quelle;Werbesperre",
        "K-1;A;ja;nein;widerrufen;01.02.2024;Formular;",
        "K-2;B;ja;nein;;;;ja",
    )
    first, second = found.customers
    assert [(c.purpose, c.channel, c.consent.state) for c in first.consents] == [
        ("advertising", "email", "granted"), ("advertising", "phone", "denied"),
        ("newsletter", "email", "withdrawn"),
    ]  # fmt: skip
    assert first.consents[0].consent.at == datetime(2024, 2, 1, tzinfo=ZONE)
    assert first.objections is None
    assert [(c.channel, c.consent.state) for c in second.consents] == [("phone", "denied")]
    assert second.objections is not None
    assert second.objections.advertising == datetime(2026, 11, 22, tzinfo=ZONE)
    assert [(w.line, w.code) for w in found.warnings] == [(3, "consent-without-day")]


def test_the_dead_are_no_active_customers() -> None:
    found = rows(
        "Kundennummer;Nachname;Kundenstatus;Verstorben am",
        "K-1;A;verstorben;01.02.2026",
        "K-2;B;verstorben;",
    )
    assert [c.customer.status for c in found.customers] == ["former", "former"]
    assert [(w.line, w.code) for w in found.warnings] == [(3, "death-date-missing")]


CONTRACT = (
    "Kundennummer;Vertragsnummer;Gesellschaft;VU-Nr;Sparte;GDV-Sparte;Produkt;Status;Beginn;Ablauf;"
    "Hauptfälligkeit;Kündigungsfrist Monate;Zahlweise;Beitrag netto;Courtagesatz;Fremdvertrag"
)


def test_a_contracts_row_becomes_all_that_the_contract_knows() -> None:
    found = rows(
        CONTRACT,
        "K-1;hr 100-2/00;Saale Sach;9901;Hausrat;130;Plus;aktiv;01.05.2011;31.12.9999;01.05.;3;"
        "monatlich;1.018,45;20 %;nein",
    )
    item = found.contracts[0]
    assert (item.contract_id, item.customer_id) == ("9901:HR100200", "K-1")
    contract = item.contract
    assert (contract.contract_number, contract.line) == ("hr 100-2/00", "household")
    assert (contract.start, contract.end) == (date(2011, 5, 1), None)
    assert (contract.main_due_date, contract.notice_months) == ("--05-01", 3)
    assert (contract.premium_cents, contract.instalments_per_year) == (101845, 12)
    assert contract.commission_rate == 0.2


def test_the_line_comes_from_its_name_or_its_gdv_code_and_an_unknown_one_is_told() -> None:
    found = rows(
        "Kundennummer;Vertragsnummer;Sparte;GDV-Sparte",
        "K-1;1;Berufsunfähigkeit;010",
        "K-1;2;;50",
        "K-1;3;041;",
        "K-1;4;Drachenzucht;",
    )
    assert [(c.contract.line, c.contract.gdv_line) for c in found.contracts] == [
        ("disability", "010"), ("motor", "050"), ("private_liability", "041"), ("unknown", None),
    ]  # fmt: skip
    assert {w.code for w in found.warnings} == {"line-unknown"}


COMMISSION = "Kundennummer;Vertragsnummer;Abrechnungsdatum;Courtageart;Betrag"


def test_equal_commission_rows_keep_ids_of_their_own_that_return_with_the_next_delivery() -> None:
    lines = ("K-1;V 1;31.12.2025;Bestand;1.234,56", "K-1;V-1;31.12.2025;Folge;1234,56 €")
    first = [item.commission.commission_id for item in rows(COMMISSION, *lines).commissions]
    again = [item.commission.commission_id for item in rows(COMMISSION, *lines).commissions]
    assert len(set(first)) == 2
    assert first == again
    assert first[0].rsplit("-", 1)[0] == first[1].rsplit("-", 1)[0]


def test_a_commission_names_its_contract_by_number_and_by_id_where_the_insurer_is_told() -> None:
    plain = rows(COMMISSION, "K-1;V 1;31.12.2025;Bestand;1,00").commissions[0]
    assert (plain.commission.contract_id, plain.contract_number) == (None, "V1")
    full = rows(f"{COMMISSION};VU-Nr", "K-1;V 1;31.12.2025;Storno;-1,00;9901").commissions[0]
    assert (full.commission.contract_id, full.commission.kind) == ("9901:V1", "clawback")


CONTACT = (
    "Kundennummer;Datum;Uhrzeit;Richtung;Kanal;Rolle;Mitarbeiter;Dauer Minuten;Kilometer;Geschenk;"
    "Thema"
)


def test_a_contact_happens_in_the_agencys_time_zone() -> None:
    found = rows(CONTACT, "K-1;01.07.2026;14:30;ausgehend;vor Ort;Inhaber;JV;90;25;12,50;Schaden")
    contact = found.interactions[0].interaction
    assert contact.at.isoformat() == "2026-07-01T14:30:00+02:00"
    assert (contact.channel, contact.role, contact.staff_id) == ("visit", "owner", "JV")
    assert (contact.minutes, contact.kilometres, contact.gift_cents) == (90, 25, 1250)
    assert contact.topic == "claim"


def test_a_contact_without_a_topic_is_not_held_against_the_customer() -> None:
    found = rows(
        CONTACT,
        "K-1;01.07.2026;;eingehend;Telefon;Innendienst;;5;;;",
        "K-1;01.07.2026;;eingehend;Telefon;Innendienst;;5;;;Mondphase",
        "K-1;01.07.2026;;eingehend;Telefon;Innendienst;;5;;;kein Anlass",
    )
    topics = [item.interaction.topic for item in found.interactions]
    assert topics == ["administration", "administration", "none"]
    assert [(w.line, w.column) for w in found.warnings] == [(3, "Thema")]


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (UTE[0], "customers"),
        (CONTRACT, "contracts"),
        (COMMISSION, "commissions"),
        (CONTACT, "interactions"),
        ("Kd-Nr;VSNR;Sparte;Buchungsdatum;Courtage;Courtageart", "commissions"),
    ],
)
def test_the_header_tells_what_a_file_is(header: str, kind: ReadingKind) -> None:
    reading = read(f"{header}\n".encode(), zone=ZONE, as_of=AS_OF)
    assert reading.kind == kind


def test_a_table_of_something_else_and_a_list_that_lacks_columns_are_named_errors() -> None:
    with pytest.raises(CsvKindUnknown):
        read(b"Datum;Temperatur\n1;2\n", zone=ZONE, as_of=AS_OF)
    with pytest.raises(MissingColumns) as caught:
        read(b"Kundennummer;Abrechnungsdatum;Courtageart\n", zone=ZONE, as_of=AS_OF)
    assert caught.value.missing == ("Betrag",)
