"""Which list a file is: deciding columns outweigh counting, doubt is refused, a kind is obeyed."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from services.classifier.importers.any_file import UnreadableFile, read
from services.classifier.importers.reading import ReadContract, ReadCustomer, RejectedRow, Warning_
from shared.contracts.imports import FileKind

ZONE = ZoneInfo("Europe/Berlin")
CONTRACT_COLUMNS = "Kundennummer;Vertragsnummer;Gesellschaft;Sparte"
COMBINED = (
    "Kundennummer;Anrede;Vorname;Nachname;Straße;PLZ;Ort;Geburtsdatum;"
    "Versicherungsscheinnummer;Gesellschaft;Sparte;Status;Beginn;Beitrag netto"
)


def kind_of(header: str, kind: FileKind | None = None) -> str:
    """The kind of list that a file with this header is read as."""
    data = f"{header}\n".encode()
    return read(data, zone=ZONE, as_of=date(2026, 11, 21), kind=kind).kind


@pytest.mark.parametrize(
    "header",
    [
        # A commission statement that repeats the columns of a contract list.
        f"{CONTRACT_COLUMNS};Tarif;Beginn;Zahlweise;Abrechnungsdatum;Courtageart;Betrag",
        f"{CONTRACT_COLUMNS};Beitrag netto;Beginn;Ablauf;Buchungsdatum;Provisionsart;Provision",
        f"{CONTRACT_COLUMNS};Beginn;Zahlweise;Fälligkeit;Courtage;Einbehalt;Auszahlung",
        f"{CONTRACT_COLUMNS};Tarif;Beginn;Datum;Bemessungsgrundlage;Courtagesatz;Betrag;S/H",
        "Kundennummer;Nachname;Vorname;Straße;Ort;Vertragsnummer;Sparte;Abrechnungsdatum;Betrag",
    ],
)
def test_a_statement_with_contract_columns_is_a_statement(header: str) -> None:
    assert kind_of(header) == "commissions"


@pytest.mark.parametrize(
    "header",
    [
        f"{CONTRACT_COLUMNS};Datum;Betrag",
        f"{CONTRACT_COLUMNS};Hauptfälligkeit;Status;Abrechnungsdatum;Courtageart;Betrag",
        f"{CONTRACT_COLUMNS};Beitrag netto;Fälligkeit;Courtage",
        f"{CONTRACT_COLUMNS};Beginn;Courtageart;Stichtag",
    ],
)
def test_a_header_that_fits_two_lists_is_refused_with_both_named(header: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        kind_of(header)
    assert refused.value.code == "csv-kind-ambiguous"
    for word in ("Courtagen", "Verträge", "kind=commissions", "kind=contracts"):
        assert word in refused.value.reason_de
    assert kind_of(header, "contracts") == "contracts"


def test_a_kind_that_is_given_is_obeyed_or_refused_with_what_lacks() -> None:
    header = f"{CONTRACT_COLUMNS};Datum;Betrag"
    assert kind_of(header, "commissions") == "commissions"
    assert kind_of(header, "contracts") == "contracts"
    with pytest.raises(UnreadableFile, match="Nachname oder Firma oder Vorname"):
        kind_of(header, "customers")


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (f"{CONTRACT_COLUMNS};Beginn;Ablauf;Status;Courtagesatz", "contracts"),
        (f"{CONTRACT_COLUMNS};Courtage;Beginn", "contracts"),
        ("Kundennummer;Nachname;Kundenstatus;Einwilligung Datum", "customers"),
        ("Vertragsnummer;VU-Nr;Abrechnungsdatum;Courtageart;Betrag", "commissions"),
        ("Kundennummer;Datum;Richtung;Kanal;Rolle;Dauer Minuten;Betrag", "interactions"),
        (COMBINED, "customers_and_contracts"),
    ],
)
def test_the_lists_that_were_known_before_are_known_still(header: str, kind: str) -> None:
    assert kind_of(header) == kind


def test_a_combined_list_gives_each_customer_once_and_all_contracts() -> None:
    lines = [
        "K-1;Frau;Ute;Bergmann;Weg 1;06484;Q;12.03.1984;V-1;Selketal;Hausrat;aktiv;01.04.2019;1",
        "K-1;Frau;Ute;Bergmann;Weg 1;06484;Q;12.03.1984;V-2;Selketal;PHV;gekündigt;01.04.2019;2",
        "K-2;Herr;Jan;Klein;Weg 2;06484;Q;12.03.1980;;;;;;",
        "K-1;Frau;Ute;Berkmann;Weg 1;06484;Q;12.03.1984;V-3;Selketal;Unfall;aktiv;01.04.2019;3",
    ]
    data = "\n".join((COMBINED, *lines)).encode()
    items = list(read(data, zone=ZONE, as_of=date(2026, 11, 21)).items)
    people = [item for item in items if isinstance(item, ReadCustomer)]
    agreed = [item for item in items if isinstance(item, ReadContract)]
    assert [(each.customer_id, each.customer.status) for each in people] == [
        ("K-1", "active"),
        ("K-2", "active"),
    ]
    assert [(each.contract.contract_number, each.contract.status) for each in agreed] == [
        ("V-1", "active"),
        ("V-2", "cancelled"),
        ("V-3", "active"),
    ]
    told = [(each.line, each.code) for each in items if isinstance(each, RejectedRow | Warning_)]
    assert told == [(5, "customer-differs")]
