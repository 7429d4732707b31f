"""The figures that the published GDV sample files must give."""

from collections import Counter
from datetime import date

import pytest

from services.classifier.importers.any_file import NotAGdvFile
from services.classifier.importers.gdv.physical import records
from tests.classifier.importers.samples import sample, samples

STOCK = ["gdv.xport/musterdatei_041222.txt", "opengdv/muster_bestand.gdv"]


@pytest.mark.parametrize("name", STOCK)
def test_the_associations_sample_gives_its_contracts_and_persons(name: str) -> None:
    found = sample(name)
    contracts = [item.contract for item in found.contracts]
    assert len({item.contract_id for item in found.contracts}) == len(contracts) == 14
    assert Counter(c.gdv_line for c in contracts) == {"040": 5, "030": 4, "050": 4, "000": 1}
    assert Counter(c.instalments_per_year for c in contracts) == {1: 9, 12: 2, 2: 2, 0: 1}
    assert {c.status for c in contracts} == {"active"}
    assert {c.insurer_number for c in contracts} == {"9999"}
    assert sum(c.premium_cents or 0 for c in contracts) == 480600
    assert len(found.customers) == 10
    assert found.codes() == []  # count and sum of the closing record agree


@pytest.mark.parametrize("name", STOCK)
def test_a_person_repeated_before_each_contract_is_one_customer(name: str) -> None:
    found = sample(name)
    fresy = next(i for i in found.customers if i.customer.last_name == "Fresy")
    assert fresy.customer.first_name == "Wilhelm"
    assert fresy.customer.birth_date == date(1979, 12, 12)
    assert fresy.customer.email == "wilhelm.fresy@example.com"
    assert fresy.customer.address.city == "Hürth"
    assert sum(c.customer_id == fresy.customer_id for c in found.contracts) == 5


def test_the_sample_has_165_records() -> None:
    encoding, found = records((samples() / STOCK[0]).read_bytes(), None)
    assert (encoding, sum(1 for _ in found)) == ("cp1252", 165)


def test_both_forms_of_the_sample_give_the_same() -> None:
    assert sample(STOCK[0]) == sample(STOCK[1])


def test_an_intermediary_is_no_customer_and_packets_share_their_persons() -> None:
    found = sample("opengdv/multi_package.gdv")
    assert len(found.contracts) == 16
    assert len(found.customers) == 11
    assert "Vermittler" not in {item.customer.last_name for item in found.customers}
    assert {item.code for item in found.warnings} == {"closing-cut", "record-type-unknown"}


def test_umlauts_come_right_from_utf8_mac_roman_and_dos() -> None:
    utf8 = sample("gdv.xport/test0820satzregistry.txt")
    assert utf8.encoding == "utf-8"
    assert utf8.customers[0].customer.last_name == "Kitzelpfütze"
    assert utf8.customers[1].customer.address.city == "Köln"
    assert sample("gdv.xport/Leben_Wagnis3_Risikoversicherung.GDV").encoding == "mac_roman"
    assert sample("gdv.xport/satz/testcase_0220_010_13.txt").encoding == "cp850"


def test_contracts_without_a_policyholder_are_each_reported() -> None:
    found = sample("gdv.xport/teildatensatz_wechsel.gdv")
    assert [(item.line, item.code) for item in found.rejected] == [
        (2, "policyholder-missing"),
        (3, "policyholder-missing"),
    ]


def test_an_application_is_no_stock() -> None:
    found = sample("opengdv/muster_kfzantrag.gdv")
    assert (found.customers, found.contracts) == ([], [])
    assert [item.code for item in found.rejected] == ["application-not-stock"]


def test_a_missing_closing_record_is_a_warning() -> None:
    found = sample("opengdv/missing_nachsatz.gdv")
    assert len(found.contracts) == 1
    assert "closing-missing" in found.codes()


def test_garbage_is_one_clear_error() -> None:
    with pytest.raises(NotAGdvFile):
        sample("opengdv/garbage.gdv")


@pytest.mark.parametrize(
    ("name", "customers", "contracts"),
    [
        ("gdv.xport/zwei_datenpakete.txt", 14, 19),
        ("gdv.xport/drei_datenpakete.txt", 0, 0),
        ("gdv.xport/testdatei_leben_mixed_teildatensaetze.txt", 1, 1),
        ("gdv.xport/test_issue13.txt", 1, 0),
        ("gdv.xport/Leben_Wagnis4_BU.GDV", 1, 1),
        ("gdv.xport/satz/Satz0100030.txt", 1, 0),
        ("gdv.xport/satz/Satz0123.txt", 0, 0),
        ("gdv.xport/satz/Satz0220051.txt", 0, 0),
        ("gdv.xport/satz/Satz0221030.txt", 0, 0),
        ("gdv.xport/satz/Test_import_0220_020_1-satz-kaput.txt", 0, 0),
        ("gdv.xport/satz/testcase_0220_mit_0221_versetzt.txt", 1, 2),
        ("gdv.xport/satz/testcase_0220_010_48_v2_1.txt", 1, 1),
        ("gdv.xport/satz/testcase_0220_010_48_v2_2_error.txt", 1, 1),
    ],
)
def test_the_other_published_files_are_read_as_far_as_they_go(
    name: str, customers: int, contracts: int
) -> None:
    found = sample(name)
    assert (len(found.customers), len(found.contracts)) == (customers, contracts)
