"""What lists of real brokers say by halves: what they carry is taken, the rest is told."""

from typing import Any

import pytest

from tests.classifier.conftest import Agency
from tests.classifier.test_imports import imported

CONTRACT = "/customers/K-1/contracts/9876:V1"


async def listed(agency: Agency, *lines: str) -> list[tuple[str, bool]]:
    """Import a list; the codes of its remarks, and whether each row was refused."""
    job = await imported(agency, "\n".join(lines).encode())
    assert job["state"] == "done", job
    return [(each["code"], not each["warning"]) for each in job["rejections"]]


async def known_contract(agency: Agency, **terms: Any) -> None:
    await agency.customer("K-1")
    body = {
        "line": "household", "insurer": "Saale Sach", "insurer_number": "9876",
        "contract_number": "V1", "start": "2024-05-01", **terms,
    }  # fmt: skip
    assert (await agency.put(CONTRACT, body)).status_code == 201


async def test_a_list_without_customers_and_lines_updates_the_contracts_that_are_known(
    agency: Agency,
) -> None:
    await known_contract(agency)
    told = await listed(
        agency, "Vertragsnummer;VU-Nr;Beitrag netto;Zahlweise",
        "V1;9876;120,00;jährlich", "V2;9876;80,00;jährlich",
    )  # fmt: skip
    assert ("contract-unknown", True) in told
    read = await agency.get(CONTRACT)
    assert (read["line"], read["premium_cents"]) == ("household", 12_000)


async def test_a_list_without_customers_finds_a_contract_by_the_insurers_name(
    agency: Agency,
) -> None:
    await known_contract(agency)
    told = await listed(
        agency,
        "VSNR;Gesellschaft;Sparte;Hauptfälligkeit",
        "v 1;Saale Sach Versicherung AG;Hausrat;01.03.",
    )
    assert told == []
    assert (await agency.get(CONTRACT))["main_due_date"] == "--03-01"


async def test_a_list_without_lines_keeps_the_line_of_a_known_contract(agency: Agency) -> None:
    await known_contract(agency)
    told = await listed(
        agency, "Kundennummer;Vertragsnummer;VU-Nr;Ablauf;Status", "K-1;V1;9876;01.05.2030;aktiv"
    )
    assert told == [("line-missing", False)]
    read = await agency.get(CONTRACT)
    assert (read["line"], read["end"]) == ("household", "2030-05-01")


@pytest.mark.parametrize("column", ["Kündigung zum", "Storno per"])
async def test_a_cancellation_before_the_known_start_ends_the_contract_on_that_day(
    agency: Agency, column: str
) -> None:
    await known_contract(agency)
    told = await listed(
        agency, f"Kundennummer;Vertragsnummer;VU-Nr;Sparte;{column};Produkt",
        "K-1;V1;9876;Hausrat;01.04.2024;Basis",
    )  # fmt: skip
    assert told == [("ended-at-start", False)]
    read = await agency.get(CONTRACT)
    assert (read["status"], read["end"], read["product"]) == ("cancelled", "2024-05-01", "Basis")


async def test_an_end_of_a_running_contract_before_its_known_start_is_still_refused(
    agency: Agency,
) -> None:
    await known_contract(agency)
    told = await listed(
        agency, "Kundennummer;Vertragsnummer;VU-Nr;Sparte;Ablauf", "K-1;V1;9876;Hausrat;01.04.2024"
    )
    assert told == [("record-contradictory", True)]


@pytest.mark.parametrize("sign", ["\x07", "\x1b", "\x9f", "\u200b", "\u00ad"])
async def test_signs_that_nobody_sees_are_removed_and_told(agency: Agency, sign: str) -> None:
    told = await listed(
        agency, "Kundennummer;Nachname;Vorname;Ort;Geburtsdatum;Kinder",
        f"K-{sign}7;Berg{sign}mann;Ute;Sanger{sign}hausen;0{sign}1.05.1970;2{sign}",
    )  # fmt: skip
    assert set(told) == {("controls-removed", False)}
    read = await agency.get("/customers/K-7")
    assert (read["last_name"], read["address"]["city"]) == ("Bergmann", "Sangerhausen")
    assert (read["birth_date"], read["life"]["children"]) == ("1970-05-01", 2)


ADDRESS = {"street": "Lindenallee 4", "postcode": "06526", "city": "Sangerhausen"}


@pytest.mark.parametrize(
    "row",
    ["Neuer Weg;9;6A526;Halle", "Neuer Weg;9;06110;#NV", "Neuer Weg;45417;06110;Halle"],
)  # fmt: skip
async def test_half_an_address_leaves_the_known_one_whole(agency: Agency, row: str) -> None:
    await agency.customer("K-1", address=ADDRESS)
    told = await listed(
        agency, "Kundennummer;Straße;Hausnummer;PLZ;Ort;E-Mail", f"K-1;{row};a@example.org"
    )
    assert ("address-half-read", False) in told
    read = await agency.get("/customers/K-1")
    assert {name: read["address"][name] for name in ADDRESS} == ADDRESS
    assert read["email"] == "a@example.org"


async def test_half_an_address_is_taken_of_a_new_customer(agency: Agency) -> None:
    await listed(agency, "Kundennummer;Nachname;Straße;PLZ;Ort", "K-9;Berg;Neuer Weg 9;6A526;Halle")
    read = await agency.get("/customers/K-9")
    assert (read["address"]["street"], read["address"]["postcode"]) == ("Neuer Weg 9", None)


async def test_a_number_counted_in_decimals_is_whole(agency: Agency) -> None:
    """As programs write a column in which a cell is empty."""
    told = await listed(
        agency, "Kundennummer;Nachname;Kinder;Mitarbeiterzahl", "K-5;Berg;2.0;1.000"
    )
    assert told == []
    read = await agency.get("/customers/K-5")
    assert (read["life"]["children"], read["life"]["employees"]) == (2, 1000)


NAMELESS_COMPANIES = ({"kind": "company", "last_name": "Bergmann"}, {"kind": "company"})


@pytest.mark.parametrize("body", [*NAMELESS_COMPANIES, {"kind": "person", "company_name": "Berg"}])
async def test_whoever_lacks_the_name_of_its_kind_is_refused(
    agency: Agency, body: dict[str, Any]
) -> None:
    assert (await agency.put("/customers/K-3", body)).status_code == 422


async def test_a_person_becomes_a_company_only_with_a_companys_name(agency: Agency) -> None:
    await agency.customer("K-1", last_name="Bergmann")
    refused = await agency.call("PATCH", "/customers/K-1", json={"kind": "company"})
    assert refused.status_code == 422, refused.text
    assert "company_name" in refused.text
    taken = await agency.call(
        "PATCH", "/customers/K-1", json={"kind": "company", "company_name": "Berg e. K."}
    )
    assert taken.status_code == 200
    back = await agency.call("PATCH", "/customers/K-1", json={"company_name": None})
    assert back.status_code == 422


async def test_a_list_of_companies_without_a_name_changes_no_known_person(agency: Agency) -> None:
    await agency.customer("K-1", last_name="Bergmann")
    told = await listed(
        agency, "Kundennummer;Kundenart;Firma;Ort", "K-1;Firma;;Halle", "K-2;Firma;;Halle"
    )
    assert ("name-missing", True) in told
    read = await agency.get("/customers/K-1")
    assert (read["kind"], read["address"]["city"]) == ("person", "Halle")


@pytest.mark.parametrize("day", ["--02-30", "--04-31", "--11-31", "--13-01", "--00-10"])
async def test_a_yearly_day_that_no_year_has_is_refused(agency: Agency, day: str) -> None:
    await known_contract(agency, main_due_date="--02-29")
    refused = await agency.call("PATCH", CONTRACT, json={"main_due_date": day})
    assert refused.status_code == 422
    assert (await agency.get(CONTRACT))["main_due_date"] == "--02-29"


async def test_whole_numbers_of_json_are_whole_however_they_are_written(agency: Agency) -> None:
    await known_contract(agency)
    for premium in ("4200.0", "4.2e3", "4200.00"):
        body = f'{{"premium_cents": {premium}, "notice_months": 3.0, "commission_rate": 1.0}}'
        await agency.call("PATCH", CONTRACT, json={"premium_cents": 1})
        patched = await agency.call(
            "PATCH", CONTRACT, content=body, headers={"Content-Type": "application/json"}
        )
        assert patched.status_code == 200, patched.text
        read = await agency.get(CONTRACT)
        assert (read["premium_cents"], read["notice_months"]) == (4200, 3)
    booking = (
        '{"commission_id": "B-%d", "customer_id": "K-1", "booked_on": "2026-10-01", "kind": '
        '"renewal", "amount_cents": 1250.0}'
    )
    for kind, content in (
        ("application/json", '{"items": [%s]}' % (booking % 1)),
        ("application/x-ndjson", booking % 2),
    ):
        answer = await agency.call(
            "POST", "/commissions", content=content, headers={"Content-Type": kind}
        )
        assert answer.json()["items"][0]["state"] == "created", answer.text


async def test_a_part_of_a_cent_is_still_refused(agency: Agency) -> None:
    await known_contract(agency)
    refused = await agency.call("PATCH", CONTRACT, json={"premium_cents": 4200.5})
    assert refused.status_code == 422
