"""The same person and the same contract stay one, whatever a delivery leaves out or reorders."""

from pathlib import Path
from typing import Any

import pytest

from examples.gdv.make_stock import JOERG, UTE, Fields, contract, packet, terms
from services.classifier.importers.gdv.records import Address1, Address2
from tests.classifier.conftest import Agency
from tests.classifier.test_imports import imported

CASES = Path(__file__).parent / "cases"
TERMS = terms("01012020", "01012030", "01012020", "1", 10000)
LIST = "Kundennummer;Vertragsnummer;VU-Nr;Sparte;Nettobeitrag"


async def case(agency: Agency, *names: str) -> None:
    """Import files of the cases in this order."""
    for name in names:
        (path,) = CASES.glob(f"{name}-*")
        job = await imported(agency, path.read_bytes())
        assert job["state"] == "done", job


async def delivered(
    agency: Agency,
    *told: tuple[str, str],
    person: Fields = UTE,
    brokers_number: str = "",
    insurers_number: str = "",
    insurer: str = "9876",
) -> set[str]:
    """Import a delivery of contracts (number, line) of one person; returns the remarks' codes."""
    reach = {
        Address2.BROKERS_NUMBER: brokers_number,
        Address2.INSURERS_NUMBER: insurers_number,
    }
    records = [
        contract(insurer, line, number, person, reach, TERMS, "Tarif") for number, line in told
    ]
    lines = packet(insurer, "Saale Sach", records)
    return codes(await imported(agency, "\n".join(lines).encode("cp1252")))


async def listed(agency: Agency, *rows: str) -> set[str]:
    """Import a contract list; returns the remarks' codes."""
    return codes(await imported(agency, "\n".join([LIST, *rows]).encode()))


def codes(job: dict[str, Any]) -> set[str]:
    """Codes of all remarks on a finished import."""
    assert job["state"] == "done", job
    return {each["code"] for each in job["rejections"]}


async def held(agency: Agency) -> list[tuple[str, ...]]:
    """Holder and id of every contract."""
    rows = await agency.rows("SELECT customer_id, contract_id FROM contract ORDER BY 1, 2")
    return [tuple(row) for row in rows]


async def test_02_a_delivery_without_the_brokers_number_finds_the_holder_of_the_contract(
    agency: Agency,
) -> None:
    await case(agency, "02a", "02b", "02c")
    assert await held(agency) == [("K-1", "9876:R1")]
    await case(agency, "02d")  # after a marriage
    told = await agency.rows("SELECT code, value FROM import_rejection")
    assert [tuple(row) for row in told] == [("name-changed", "Heirat")]
    assert await held(agency) == [("K-1", "9876:R1")]
    assert [each[0] for each in await agency.rows("SELECT customer_id FROM customer")] == ["K-1"]


async def test_03_the_order_of_the_records_does_not_change_the_contracts(agency: Agency) -> None:
    await case(agency, "03a")
    before = await agency.rows("SELECT * FROM contract ORDER BY contract_id")
    assert len(before) == 2
    await case(agency, "03b")
    after = await agency.rows("SELECT * FROM contract ORDER BY contract_id")
    assert [tuple(row)[:-1] for row in after] == [tuple(row)[:-1] for row in before]


async def test_a_contract_known_with_zeros_in_front_is_the_same(agency: Agency) -> None:
    await case(agency, "02a")
    body = {"line": "household", "insurer_number": "09876", "contract_number": "00R-1"}
    await agency.put("/customers/K-1/contracts/own-7", body)
    await case(agency, "02c")
    assert await held(agency) == [("K-1", "own-7")]


async def test_equal_name_birth_date_and_postcode_are_a_proposal_only(agency: Agency) -> None:
    same = {"first_name": "Ute", "last_name": "Bergmann", "birth_date": "1984-03-12"}
    for customer_id, postcode in (("K-1", "06484"), ("K-2", "06484"), ("K-3", "06526")):
        await agency.customer(customer_id, **same, address={"postcode": postcode})
    found = await agency.get("/customers/duplicates")
    assert [each["customer_ids"] for each in found["items"]] == [["K-1", "K-2"]]
    assert len((await agency.get("/customers"))["items"]) == 3


async def test_the_same_name_in_other_spellings_is_a_proposal(agency: Agency) -> None:
    pairs = [
        (("Jörg", "Müller"), ("Joerg", "Mueller"), ("Jorg", "MULLER")),
        (("Max", "Groß"), ("Max", "Gross")),
        (("Ute", "Meyer-Lüdenscheidt"), ("Ute", "Meyer Luedenscheidt")),
        (("Anna-Lena", "Kern"), ("Kern", "Anna Lena")),
        (("André", "Łuczak"), ("Andre", "Luczak")),
        (("Лев", "Толстой"), ("ЛЕВ", "ТОЛСТОЙ")),
    ]
    expected = []
    for day, spellings in enumerate(pairs, start=1):
        ids = [f"K-{day}{place}" for place in range(len(spellings))]
        for customer_id, (first, last) in zip(ids, spellings, strict=True):
            await agency.customer(
                customer_id, first_name=first, last_name=last, birth_date=f"1984-03-{day:02}",
                address={"postcode": "06484"},
            )  # fmt: skip
        expected.append(ids)
    found = await agency.get("/customers/duplicates")
    assert [each["customer_ids"] for each in found["items"]] == expected


async def test_twins_and_namesakes_elsewhere_are_no_proposal(agency: Agency) -> None:
    same = {"last_name": "Müller", "birth_date": "1984-03-12"}
    for customer_id, first, last, postcode in (
        ("K-1", "Jan", "Müller", "06484"),
        ("K-2", "Jana", "Mueller", "06484"),
        ("K-3", "Jan", "Miller", "06484"),
        ("K-4", "Jan", "Muller", "06526"),
        ("K-5", "Лев", "Müller", "06484"),
        ("K-6", "Иван", "Müller", "06484"),
    ):
        names = {"first_name": first, "last_name": last}
        await agency.customer(customer_id, **same | names, address={"postcode": postcode})
    assert (await agency.get("/customers/duplicates"))["items"] == []


async def test_a_contract_that_becomes_a_line_of_a_bundle_is_not_doubled(agency: Agency) -> None:
    await delivered(agency, ("A1", "130"), brokers_number="K-1")
    assert await held(agency) == [("K-1", "9876:A1")]
    await delivered(agency, ("A1", "040"), ("A1", "130"), brokers_number="K-1")
    assert await held(agency) == [("K-1", "9876:A1"), ("K-1", "9876:A1.040")]
    lines = await agency.rows("SELECT gdv_line FROM contract ORDER BY contract_id")
    assert lines == [("130",), ("040",)]
    await delivered(agency, ("A1", "040"), brokers_number="K-1")
    assert len(await held(agency)) == 2


async def test_a_bundle_told_as_one_goes_on_as_its_first_line(agency: Agency) -> None:
    await agency.customer("K-1")
    await listed(agency, "K-1;A1;9876;Bündel;100,00")
    await delivered(agency, ("A1", "140"), ("A1", "130"), brokers_number="K-1")
    assert await held(agency) == [("K-1", "9876:A1"), ("K-1", "9876:A1.140")]


async def test_lists_and_deliveries_call_the_lines_of_a_bundle_differently(agency: Agency) -> None:
    await delivered(agency, ("A1", "040"), ("A1", "130"), brokers_number="K-1")
    await listed(agency, "K-1;A1;9876;Haftpflicht;77,00", "K-1;A-1;9876;Hausrat;88,00")
    rows = await agency.rows("SELECT contract_id, premium_cents FROM contract ORDER BY 1")
    assert rows == [("9876:A1.040", 7700), ("9876:A1.130", 8800)]


@pytest.mark.parametrize("first", ["Glas", "Haftpflicht", "Rechtsschutz"])
async def test_a_further_line_that_stands_first_in_a_list_is_not_lost(
    agency: Agency, first: str
) -> None:
    await agency.customer("K-1")
    await listed(agency, "K-1;A1;9876;Hausrat;100,00")
    for _ in range(2):
        await listed(agency, f"K-1;A1;9876;{first};77,00", "K-1;A1;9876;Hausrat;88,00")
        rows = await agency.rows("SELECT contract_id, premium_cents FROM contract ORDER BY 2")
        assert [row[1] for row in rows] == [7700, 8800]
        assert rows[1][0] == "9876:A1"


async def test_a_row_without_a_line_says_not_which_contract_of_a_bundle_it_means(
    agency: Agency,
) -> None:
    await delivered(agency, ("A1", "040"), ("A1", "130"), brokers_number="K-1")
    job = await imported(
        agency, b"Kundennummer;Vertragsnummer;VU-Nr;Status;Sparte\nK-1;A1;9876;;\n"
    )
    assert codes(job) >= {"contract-ambiguous"}
    assert len(await held(agency)) == 2


@pytest.mark.parametrize("row", ["K-1;00A1;9876;Hausrat;12,00", "K-1;A-1;;Hausrat;12,00"])
async def test_a_list_finds_the_contract_that_others_write_differently(
    agency: Agency, row: str
) -> None:
    await delivered(agency, ("A1", "130"), brokers_number="K-1")
    await listed(agency, row)
    assert await held(agency) == [("K-1", "9876:A1")]


async def test_a_list_that_names_another_holder_doubles_nothing(agency: Agency) -> None:
    await agency.customer("K-2")
    await delivered(agency, ("A1", "130"), brokers_number="K-1")
    assert "contract-other-holder" in await listed(agency, "K-2;A1;9876;Hausrat;12,00")
    assert await held(agency) == [("K-1", "9876:A1")]


async def test_what_another_customer_held_until_it_ended_can_be_held_anew(agency: Agency) -> None:
    await agency.customer("K-2")
    await delivered(agency, ("A1", "130"), brokers_number="K-1")
    await agency.call("PATCH", "/customers/K-1/contracts/9876:A1", json={"status": "cancelled"})
    await listed(agency, "K-2;A1;9876;Hausrat;12,00")
    assert await held(agency) == [("K-1", "9876:A1"), ("K-2", "9876:A1")]


async def test_a_brokers_number_that_is_none_of_ours_makes_no_second_customer(
    agency: Agency,
) -> None:
    await delivered(agency, ("A1", "130"), brokers_number="K-1")
    told = await delivered(agency, ("A1", "130"), ("B2", "140"), brokers_number="0815")
    assert "brokers-number-unknown" in told
    assert await held(agency) == [("K-1", "9876:A1"), ("K-1", "9876:B2")]
    assert await agency.rows("SELECT customer_id FROM customer") == [("K-1",)]


async def test_the_insurers_number_of_a_person_finds_who_has_married_and_moved(
    agency: Agency,
) -> None:
    await delivered(agency, ("A1", "130"), brokers_number="K-1", insurers_number="4711")
    married = {**UTE, Address1.NAME_1: "Klein", Address1.POSTCODE: "06108"}
    await delivered(agency, ("C3", "140"), person=married, insurers_number="4711")
    assert await held(agency) == [("K-1", "9876:A1"), ("K-1", "9876:C3")]


async def test_two_customers_with_one_number_at_the_insurer_are_not_guessed(agency: Agency) -> None:
    for customer_id in ("K-1", "K-2"):
        await agency.customer(customer_id, identities={"gdv": "9876:4711"})
    await delivered(agency, ("C3", "140"), insurers_number="4711")
    assert len(await agency.rows("SELECT customer_id FROM customer")) == 3


async def test_contracts_of_several_customers_are_told_and_nobody_is_chosen(agency: Agency) -> None:
    await delivered(agency, ("A1", "130"), brokers_number="K-1")
    await delivered(agency, ("B2", "130"), person=JOERG, brokers_number="K-2")
    told = await delivered(agency, ("A1", "130"), ("B2", "130"))
    assert "holder-ambiguous" in told
    assert await held(agency) == [("K-1", "9876:A1"), ("K-2", "9876:B2")]
