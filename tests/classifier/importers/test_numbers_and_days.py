"""Numbers, days, premiums and states as agencies write them: read, told or refused."""

from datetime import date

import pytest

from tests.classifier.importers.test_doubtful_values import refused, rows, told

PREMIUMS = "Kundennummer;Vertragsnummer;VU-Nr;Sparte;Zahlweise;Jahresbeitrag netto"


@pytest.mark.parametrize(
    ("mode", "premium", "instalments", "codes"),
    [
        ("1/2", 6000, 2, []), ("monatlich", 1000, 12, []), ("jährlich", 12_000, 1, []),
        ("", 12_000, 1, ["premium-taken-as-yearly"]),
        ("Einmalbeitrag", 12_000, 0, ["premium-taken-as-single"]),
    ],
)  # fmt: skip
def test_a_yearly_premium_is_parted_into_its_instalments(
    mode: str, premium: int, instalments: int, codes: list[str]
) -> None:
    found = rows(PREMIUMS, f"K-1;W1;9876;Hausrat;{mode};120,00")
    contract, carried = found.contracts[0].contract, found.contracts[0].carried
    assert (contract.premium_cents, contract.instalments_per_year) == (premium, instalments)
    assert [each[3] for each in told(found)] == codes
    assert {"premium_cents", "instalments_per_year"} <= (carried.fields or set())
    assert carried.empty == set()


@pytest.mark.parametrize(
    ("written", "customer_id"),
    [
        ("#4711", ".23.4711"), ("(815)", ".28.815.29."), ("+49-12", ".2b.49-12"),
        ("'0099", "0099"), ('"=""0099"""', "0099"), ("K&M 1", "K.26.M_1"), ("4711*", "4711.2a."),
    ],
)  # fmt: skip
def test_signs_of_a_customer_number_are_kept_apart(written: str, customer_id: str) -> None:
    found = rows("Kundennummer;Nachname", f"{written};Meier")
    assert [each.customer_id for each in found.customers] == [customer_id]
    assert found.warnings == []


@pytest.mark.parametrize("number", ["12,5", "1.234,00", "12.03.2026", "2026-03-12", "815.0"])
def test_a_number_that_became_an_amount_or_a_day_is_refused(number: str) -> None:
    found = rows("Kundennummer;Nachname", f"{number};Meier")
    assert refused(found) == [(2, "Kundennummer", "number-destroyed")]


@pytest.mark.parametrize("number", ["2021-47-11", "2019-00-83", "32.10.2020", "10.13.2020"])
def test_a_number_that_is_no_day_is_a_number(number: str) -> None:
    found = rows("Kundennummer;Nachname", f"{number};Meier")
    assert [each.customer_id for each in found.customers] == [number]


@pytest.mark.parametrize(
    "written", ["12. März 1960", "12 mrz. 1960", "12-03-1960", "12031960", "19600312"]
)
def test_a_day_that_can_mean_nothing_else_is_read(written: str) -> None:
    found = rows("Kundennummer;Nachname;Geburtsdatum", f"1;Meier;{written}")
    assert [each.customer.birth_date for each in found.customers] == [date(1960, 3, 12)]


@pytest.mark.parametrize("written", ["12/03/1960", "22018", "1960", "12. Foo 1960", "30.02.1960"])
def test_a_birth_that_may_mean_another_day_is_unknown_and_told(written: str) -> None:
    found = rows("Kundennummer;Nachname;Geburtsdatum;Ort", f"1;Meier;{written};Halle")
    (item,) = found.customers
    assert (item.customer.birth_date, item.customer.address.city) == (None, "Halle")
    assert [(each.column, each.value, each.code) for each in found.warnings] == [
        ("Geburtsdatum", written, "day-unreadable")
    ]


@pytest.mark.parametrize("written", ["12/03/1960", "22018", "1960", "12. Foo 1960"])
def test_a_death_that_may_mean_another_day_is_refused(written: str) -> None:
    found = rows("Kundennummer;Nachname;Verstorben am", f"1;Meier;{written}")
    assert refused(found) == [(2, "Verstorben am", "day-unreadable")]


def test_a_title_behind_the_last_name_is_a_title() -> None:
    found = rows("Kundennummer;Nachname;Vorname", "1;Meier, Dr.;Hans")
    customer = found.customers[0].customer
    assert (customer.title, customer.first_name, customer.last_name) == ("Dr.", "Hans", "Meier")
    assert told(found) == [(2, "Nachname", "Meier, Dr.", "name-parted")]


def test_an_insurer_of_five_digits_is_the_one_of_four() -> None:
    found = rows(
        "Kundennummer;Vertragsnummer;VU-Nr;Sparte", "K-1;A1;9876;Hausrat", "K-1;A2;09876;Hausrat"
    )
    assert [each.contract_id for each in found.contracts] == ["9876:A1", "9876:A2"]


def test_an_unknown_state_says_what_the_contract_counts_as() -> None:
    found = rows(
        "Kundennummer;Vertragsnummer;VU-Nr;Sparte;Status", "K-1;A1;9876;Hausrat;Mahnverfahren"
    )
    assert found.contracts[0].contract.status == "active"
    assert "gilt ein neuer Vertrag als aktiv" in found.warnings[0].reason_de


@pytest.mark.parametrize("written", ["11/2026", "11.2026", "202611", "2026-11", "November 2026"])
def test_a_month_of_a_statement_is_its_first_day(written: str) -> None:
    found = rows(
        "Abrechnungsmonat;VU-Nr;Vertragsnummer;Courtageart;Betrag",
        f"{written};9876;V-1;Bestand;24,00",
    )
    assert [each.commission.booked_on for each in found.commissions] == [date(2026, 11, 1)]


@pytest.mark.parametrize("written", ["13/2026", "Foo 2026", "202613", "11/0026"])
def test_what_is_no_month_is_refused(written: str) -> None:
    found = rows(
        "Abrechnungsmonat;VU-Nr;Vertragsnummer;Courtageart;Betrag",
        f"{written};9876;V-1;Bestand;24,00",
    )
    assert [each.column for each in found.rejected] == ["Abrechnungsmonat"]


@pytest.mark.parametrize("written", ["keine@keine.de", "no-reply@example.org", "unbekannt@x.de"])
def test_an_address_of_nobody_is_none(written: str) -> None:
    found = rows("Kundennummer;Nachname;E-Mail", f"1;Meier;{written}")
    assert found.customers[0].customer.email is None
    assert [each[3] for each in told(found)] == ["email-placeholder"]


def test_two_premiums_that_contradict_each_other_are_told() -> None:
    header = "Kundennummer;Vertragsnummer;VU-Nr;Sparte;Zahlweise;Beitrag netto;Jahresbeitrag netto"
    found = rows(header, "K-1;A;1;Hausrat;12;8,33;99,99", "K-1;B;1;Hausrat;12;30,00;120,00")
    assert [each.contract.premium_cents for each in found.contracts] == [833, 3000]
    assert [(each[0], each[3]) for each in told(found)] == [(3, "premium-contradicts")]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("10.06.1896", "day-placeholder"), ("1850-02-03", "day-placeholder"),
        ("07.05.2086", "day-in-future"), ("07.05.2386", "day-in-future"),
    ],
)  # fmt: skip
def test_a_birth_of_nobody_alive_is_unknown_and_costs_nothing_else(cell: str, code: str) -> None:
    found = rows("Kundennummer;Nachname;Geburtsdatum;Ort", f"K-1;A;{cell};Halle")
    (item,) = found.customers
    assert (item.customer.birth_date, item.customer.address.city) == (None, "Halle")
    assert [(w.column, w.value, w.code) for w in found.warnings] == [("Geburtsdatum", cell, code)]


def test_a_row_that_names_its_own_customer_as_another_is_told() -> None:
    found = rows("Kundennummer;Nachname;Empfohlen von", "K-1;A;K-1", "K-2;B;K-1")
    assert [len(item.customer.connections) for item in found.customers] == [0, 1]
    assert [(w.line, w.code) for w in found.warnings] == [(2, "connection-to-itself")]
