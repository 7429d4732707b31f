"""A delivery told to be full tells what it no longer contains, and deletes nothing."""

from typing import Any

import pytest

from examples.gdv.make_stock import JOERG, UTE, Fields, contract, packet, terms
from services.classifier.importers.gdv.records import Address2
from tests.classifier.conftest import Agency
from tests.classifier.test_imports import imported, run

TERMS = terms("01012020", "01012030", "01012020", "1", 10000)
HEAD = "Kundennummer;Nachname;Vorname;Geburtsdatum;Status"
THREE = ("K-1;Bergmann;Ute;12.03.1984;", "K-2;Klein;Eva;01.01.1970;", "K-3;Groß;Udo;01.01.1970;")
CONTRACT_HEAD = "Kundennummer;Vertragsnummer;VU-Nr;Sparte;Nettobeitrag;Ablauf"


def listed(*rows: str, head: str = HEAD) -> bytes:
    """A list of these rows."""
    return "\n".join([head, *rows]).encode()


def stock(*told: tuple[str, Fields], insurer: str = "9876") -> bytes:
    """A delivery of an insurer: numbers of contracts with their holders."""
    records = [
        contract(insurer, "140", number, person, {Address2.INSURERS_NUMBER: number[-3:]},
                 TERMS, "Tarif")
        for number, person in told
    ]  # fmt: skip
    return "\n".join(packet(insurer, "Saale Sach", records)).encode("cp1252")


async def full(agency: Agency, content: bytes) -> dict[str, Any]:
    """The finished job of a full delivery."""
    answer = await agency.call(
        "POST", "/imports?delivery=full", content=content, headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code == 202, answer.text
    await run(agency)
    job: dict[str, Any] = await agency.get(f"/imports/{answer.json()['import_id']}")
    assert job["state"] == "done", job
    return job


def missing(job: dict[str, Any]) -> list[tuple[str, str]]:
    """What a job tells as missing: code and value."""
    return [
        (each["code"].split("-")[0], each["value"])
        for each in job["rejections"]
        if each["code"].endswith("no-longer-delivered")
    ]


async def test_a_full_list_tells_the_customers_it_no_longer_contains(agency: Agency) -> None:
    await imported(agency, listed(*THREE))
    await agency.call("PUT", "/customers/API-1", json={"kind": "person", "last_name": "Andere"})
    job = await full(agency, listed(THREE[0], THREE[2]))
    assert missing(job) == [("customer", "K-2")]
    assert job["missing"] == {"customers": 1, "contracts": 0}
    assert (job["delivery"], job["warnings"]) == ("full", 1)
    assert (await agency.get("/customers/K-2"))["status"] == "active"


async def test_sent_twice_it_tells_the_same_and_a_whole_one_tells_nothing(agency: Agency) -> None:
    await imported(agency, listed(*THREE))
    first = await full(agency, listed(THREE[0]))
    again = await full(agency, listed(THREE[0]))
    assert missing(first) == missing(again) == [("customer", "K-2"), ("customer", "K-3")]
    whole = await full(agency, listed(*THREE))
    assert (missing(whole), whole["missing"]) == ([], {"customers": 0, "contracts": 0})


async def test_a_part_and_a_cancelled_delivery_tell_nothing(agency: Agency) -> None:
    await imported(agency, listed(*THREE))
    part = await imported(agency, listed(THREE[0]))
    assert (missing(part), part["missing"], part["delivery"]) == ([], None, "part")
    headers = {"Content-Type": "text/csv"}
    started = await agency.call(
        "POST", "/imports?delivery=full", content=listed(THREE[0]), headers=headers
    )
    path = f"/imports/{started.json()['import_id']}"
    await agency.call("POST", f"{path}/cancellation")
    await run(agency)
    cancelled = await agency.get(path)
    assert (cancelled["state"], missing(cancelled), cancelled["missing"]) == ("cancelled", [], None)
    assert await agency.rows("SELECT 1 FROM import_delivered") == []


async def test_who_left_or_died_and_whose_row_cannot_be_read_is_not_missing(agency: Agency) -> None:
    await imported(agency, listed(*THREE, "K-4;Alt;Ida;01.01.1950;ehemalig"))
    job = await full(agency, listed(THREE[0], "K-2;Klein;Eva;31.02.1970;"))
    assert missing(job) == [("customer", "K-3")]
    torn = await full(agency, listed(THREE[0], ";Klein;Eva;01.01.1970;", THREE[2]))
    codes = [each["code"] for each in torn["rejections"]]
    assert missing(torn) == [("customer", "K-2")]
    assert "missing-may-be-unread" in codes


async def test_a_full_list_of_contracts_tells_those_that_still_run(agency: Agency) -> None:
    await imported(agency, listed(*THREE))
    rows = ["K-1;A1;9876;Hausrat;100,00;", "K-1;A2;9876;Haftpflicht;50,00;",
            "K-2;00A3;9876;Hausrat;70,00;", "K-2;A4;9876;Hausrat;70,00;01.01.2024"]  # fmt: skip
    await imported(agency, listed(*rows, head=CONTRACT_HEAD))
    # Zeros lost in front are the same contract.
    job = await full(agency, listed(rows[0], "K-2;A3;9876;Hausrat;70,00;", head=CONTRACT_HEAD))
    assert missing(job) == [("contract", "A2")]
    assert job["missing"] == {"customers": 0, "contracts": 1}
    assert len(await agency.rows("SELECT 1 FROM contract WHERE status = 'active'")) >= 3


async def test_an_insurers_stock_speaks_for_its_own_contracts_alone(agency: Agency) -> None:
    await imported(agency, listed(*THREE))
    await imported(
        agency, listed("K-3;L7;9876;Hausrat;100,00;", "K-3;M8;1111;Hausrat;100,00;",
                       head=CONTRACT_HEAD)
    )  # fmt: skip
    await imported(agency, stock(("R100", UTE), ("R200", JOERG)))
    await imported(agency, stock(("X300", JOERG), insurer="5555"))
    job = await full(agency, stock(("R100", UTE)))
    told = missing(job)
    assert [value for kind, value in told if kind == "contract"] == ["L7", "R200"]
    holder = await agency.rows("SELECT customer_id FROM contract WHERE contract_number = 'R200'")
    assert ("customer", holder[0][0]) in told
    assert not {"K-1", "K-2"} & {value for _, value in told}


@pytest.mark.parametrize(
    "content",
    [
        b"Kundennummer;Buchungsdatum;Betrag;Art\nK-1;01.02.2026;10,00;Bestand\n",
        b"Kundennummer;Datum;Dauer;Kanal\nK-1;01.02.2026;10;Telefon\n",
    ],
)
async def test_bookings_and_contacts_are_no_full_delivery(agency: Agency, content: bytes) -> None:
    answer = await agency.call(
        "POST", "/imports?delivery=full", content=content, headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code == 422, answer.text
    assert await agency.rows("SELECT 1 FROM import_job") == []
