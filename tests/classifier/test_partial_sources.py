"""A source changes only what it carries: lists with few columns, files of insurers, events."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.classifier.conftest import Agency, Send, event, person
from tests.classifier.test_imports import imported, run

CASES = Path(__file__).parent / "cases"
SAMPLE = Path(__file__).parents[2] / "examples" / "sample-agency"
IDS = ("K-1", "K-2", "K-3", "K-4")


async def of_file(agency: Agency, name: str) -> dict[str, Any]:
    """The finished job of a case's file."""
    return await imported(agency, (CASES / name).read_bytes())


async def everybody(agency: Agency, ids: tuple[str, ...] = IDS) -> dict[str, dict[str, Any]]:
    """Every customer's record by id."""
    return {each: await agency.get(f"/customers/{each}") for each in ids}


def codes(job: dict[str, Any]) -> set[tuple[int, str, str]]:
    """Line, field and code of the remarks."""
    return {(each["line"], each["column"], each["code"]) for each in job["rejections"]}


async def test_partial_source_gdv(agency: Agency) -> None:
    await of_file(agency, "01a-kunden-voll.csv")
    before = await everybody(agency)
    assert before["K-4"]["death_date"] == "2026-02-01"
    job = await of_file(agency, "01b-dann-bestand.gdv")
    assert (job["state"], job["rejected"]) == ("done", 0)
    after = await everybody(agency)
    for each in IDS:
        kept = {**before[each], "identities": after[each]["identities"]}
        assert after[each] == kept, each
    (kept,) = [each for each in job["rejections"] if each["code"] == "kept-better-source"]
    assert (kept["column"], kept["value"]) == ("address.street", "Gartenstraße 3")
    assert "„Weg 3“" in kept["reason_de"]
    assert job["read_as"] == "gdv"
    assert len(await agency.rows("SELECT 1 FROM contract")) == 3


async def test_partial_source_three_columns(agency: Agency) -> None:
    await of_file(agency, "01a-kunden-voll.csv")
    before = await everybody(agency)
    job = await of_file(agency, "01c-dann-geburtstagsliste.csv")
    assert (job["state"], job["rejected"], job["warnings"]) == ("done", 0, 0)
    assert await everybody(agency) == before


async def test_the_lists_of_the_sample_lose_nothing_by_its_gdv_file(agency: Agency) -> None:
    for name in ("kunden.csv", "vertraege.csv"):
        assert (await imported(agency, (SAMPLE / name).read_bytes()))["state"] == "done"
    asked = (
        "SELECT customer_id, status, death_date, email, phone, children, employment, home,"
        " household, vehicles, mandate_contract, mandate_ended_on, unit_id FROM customer"
        " WHERE customer_id NOT LIKE 'gdv-%' ORDER BY 1"
    )
    contracts = (
        "SELECT customer_id, contract_id, status, cancelled_on, notice_months, commission_rate"
        " FROM contract ORDER BY 1, 2"
    )
    before, agreed = await agency.rows(asked), await agency.rows(contracts)
    for file in SAMPLE.glob("*.gdv"):
        assert (await imported(agency, file.read_bytes()))["state"] == "done"
    after = {row[0]: row for row in await agency.rows(asked)}
    for row in before:
        for was, now in zip(row, after[row[0]], strict=True):
            assert was is None or was == now
    kept = {row[:2]: row for row in await agency.rows(contracts)}
    for row in agreed:
        for was, now in zip(row, kept[row[:2]], strict=True):
            assert was is None or was == now


async def test_a_shorter_contract_list_keeps_the_cancellation_and_the_terms(
    agency: Agency,
) -> None:
    await agency.customer("K-1")
    full = (
        "Kundennummer;Vertragsnummer;Sparte;Beitrag netto;Kündigungsfrist Monate;Courtagesatz;"
        "Storno am;Stornogrund\nK-1;AB-1;Hausrat;120,50;3;20 %;01.10.2026;Umzug\n"
    )
    short = "Kundennummer;Vertragsnummer;Sparte;Beitrag netto\nK-1;AB-1;Hausrat;130,00\n"
    await imported(agency, full.encode())
    await imported(agency, short.encode())
    [contract] = (await agency.get("/customers/K-1/contracts"))["items"]
    assert (contract["status"], contract["cancelled_on"], contract["cancel_reason"]) == (
        "cancelled", "2026-10-01", "Umzug",
    )  # fmt: skip
    assert (contract["premium_cents"], contract["notice_months"]) == (13000, 3)


EMPTY = b"Kundennummer;Nachname;E-Mail;Verstorben am;Mandatsende\nK-1;Bergmann;;;\n"


async def test_an_empty_cell_is_told_and_keeps(agency: Agency) -> None:
    await agency.customer(
        "K-1", email="u@example.org", death_date="2026-02-01", mandate={"ended_on": "2026-01-31"}
    )
    job = await imported(agency, EMPTY)
    ute = await agency.get("/customers/K-1")
    assert (ute["email"], ute["death_date"]) == ("u@example.org", "2026-02-01")
    assert ute["mandate"]["ended_on"] == "2026-01-31"
    assert {(2, "email", "kept-empty-cell"), (2, "death_date", "kept-own-word")} <= codes(job)


async def test_an_empty_cell_clears_if_the_import_asks_for_it_but_wakes_no_dead(
    agency: Agency,
) -> None:
    await agency.customer("K-1", email="u@example.org", death_date="2026-02-01")
    answer = await agency.call(
        "POST", "/imports?empty_cells=clear", content=EMPTY, headers={"Content-Type": "text/csv"}
    )
    assert answer.status_code == 202, answer.text
    await run(agency)
    ute = await agency.get("/customers/K-1")
    assert (ute["email"], ute["death_date"]) == (None, "2026-02-01")


async def test_an_unreadable_cell_never_clears(agency: Agency) -> None:
    await agency.customer("K-1", life={"children": 2})
    list_ = b"Kundennummer;Nachname;Kinder\nK-1;Bergmann;viele\n"
    await agency.call(
        "POST", "/imports?empty_cells=clear", content=list_, headers={"Content-Type": "text/csv"}
    )
    await run(agency)
    assert (await agency.get("/customers/K-1"))["life"]["children"] == 2


async def test_a_list_without_links_keeps_the_household(agency: Agency) -> None:
    await agency.customer("K-1", connections=[{"customer_id": "K-2", "kind": "acquainted"}])
    await imported(agency, b"Kundennummer;Nachname;Haushalt mit\nK-1;Bergmann;K-3\n")
    await imported(agency, b"Kundennummer;Nachname\nK-1;Bergmann\n")
    linked = (await agency.get("/customers/K-1"))["connections"]
    assert {(each["kind"], each["customer_id"]) for each in linked} == {
        ("acquainted", "K-2"), ("household", "K-3"),
    }  # fmt: skip


async def test_an_event_changes_only_what_it_carries(agency: Agency, send: Send) -> None:
    await agency.customer(
        "K-0001", email="u@example.org", life={"children": 2}, flags={"favourite": True},
        death_date="2026-02-01", mandate={"since": "2020-01-01", "ended_on": "2026-01-31"},
    )  # fmt: skip
    await agency.put("/customers/K-0001/contracts/C-1", {"line": "motor", "notice_months": 1})
    told = event("customer.upserted", **person(phone="03946 1", life={"home": "owns"}))
    assert (await send(told)).status_code == 202
    told = event("contract.upserted", contract_id="C-1", line="motor", premium_cents=100)
    assert (await send(told, webhook_id="w-2")).status_code == 202
    ute = await agency.get("/customers/K-0001")
    assert (ute["email"], ute["phone"], ute["death_date"]) == (
        "u@example.org", "03946 1", "2026-02-01",
    )  # fmt: skip
    assert (ute["life"]["children"], ute["life"]["home"]) == (2, "owns")
    assert (ute["flags"]["favourite"], ute["mandate"]["ended_on"]) == (True, "2026-01-31")
    contract = await agency.get("/customers/K-0001/contracts/C-1")
    assert (contract["notice_months"], contract["premium_cents"]) == (1, 100)


async def test_put_replaces_but_wakes_no_dead_unless_it_says_so(agency: Agency) -> None:
    await agency.customer("K-1", email="u@example.org", death_date="2026-02-01")
    await agency.customer("K-1")
    ute = await agency.get("/customers/K-1")
    assert (ute["email"], ute["death_date"]) == (None, "2026-02-01")
    await agency.customer("K-1", death_date=None)
    assert (await agency.get("/customers/K-1"))["death_date"] is None


async def patched(agency: Agency, path: str, body: Any) -> Any:
    """The answer to a merge patch."""
    return await agency.call(
        "PATCH", path, content=json.dumps(body),
        headers={"Content-Type": "application/merge-patch+json"},
    )  # fmt: skip


async def test_patch_changes_what_it_names(agency: Agency) -> None:
    await agency.customer(
        "K-1", email="u@example.org", life={"children": 2, "home": "owns"},
        identities={"gdv": "9876:1", "crm": "7"},
    )  # fmt: skip
    answer = await patched(
        agency, "/customers/K-1",
        {"phone": "03946 1", "life": {"home": None}, "identities": {"crm": None}},
    )  # fmt: skip
    assert answer.status_code == 200, answer.text
    ute = await agency.get("/customers/K-1")
    told = answer.json()
    assert told.pop("revision") == int(answer.headers["Kundentakt-Revision"])
    assert told == ute
    assert (ute["email"], ute["phone"], ute["identities"]) == (
        "u@example.org", "03946 1", {"gdv": "9876:1"},
    )  # fmt: skip
    assert (ute["life"]["children"], ute["life"]["home"]) == (2, None)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"shoe_size": 40}, 422), ({"shoe_size": None}, 422), ({"life": {"children": -1}}, 422),
        ({"death_date": "1900-01-01"}, 422), ({"last_name": None}, 422), ([], 422),
        ({"kind": None}, 422), ({}, 200),
    ],
)  # fmt: skip
async def test_patch_refuses_what_makes_no_record(agency: Agency, body: Any, status: int) -> None:
    await agency.customer("K-1", birth_date="1984-03-12")
    before = await agency.get("/customers/K-1")
    answer = await patched(agency, "/customers/K-1", body)
    assert answer.status_code == status, answer.text
    assert await agency.get("/customers/K-1") == before


async def test_patch_of_a_contract_by_either_path(agency: Agency) -> None:
    for each in ("K-1", "K-2"):
        await agency.customer(each)
        await agency.put(f"/customers/{each}/contracts/{each}-C", {"line": "motor"})
        await agency.put(f"/customers/{each}/contracts/same", {"line": "motor"})
    answer = await patched(agency, "/customers/K-1/contracts/K-1-C", {"premium_cents": 100})
    assert answer.json()["premium_cents"] == 100
    answer = await patched(agency, "/contracts/K-1-C", {"notice_months": 3})
    assert (answer.json()["premium_cents"], answer.json()["notice_months"]) == (100, 3)
    assert (await patched(agency, "/contracts/same", {"notice_months": 3})).status_code == 409
    assert (await patched(agency, "/contracts/none", {"notice_months": 3})).status_code == 404
    answer = await agency.call("PATCH", "/contracts/K-1-C", content=b"x=1")
    assert answer.status_code == 415


async def test_each_group_of_fields_tells_its_source(agency: Agency, send: Send) -> None:
    await agency.customer("K-0001", email="u@example.org")
    await imported(agency, b"Kundennummer;Nachname;Kinder\nK-0001;Bergmann;2\n")
    await send(event("customer.died", died_on="2026-11-01"))
    told = (await agency.get("/customers/K-0001?provenance=true"))["provenance"]
    sources = {group: each["source"] for group, each in told.items()}
    assert sources["reachability"] == "api"
    assert sources["life"] == "csv:customers"
    assert sources["death"] == "event:broker-system"
    assert "provenance" not in await agency.get("/customers/K-0001")


async def test_an_insurer_changes_a_name_only_with_news(agency: Agency) -> None:
    def delivery(name: str) -> bytes:
        content = (CASES / "01b-dann-bestand.gdv").read_bytes()
        return content.replace(b"Ehemals ", name.ljust(8).encode())

    await of_file(agency, "01a-kunden-voll.csv")
    await imported(agency, delivery("Anders"))
    assert (await agency.get("/customers/K-3"))["last_name"] == "Ehemals"
    await imported(agency, delivery("Anders"))
    assert (await agency.get("/customers/K-3"))["last_name"] == "Ehemals"
    await imported(agency, delivery("Neu"))
    assert (await agency.get("/customers/K-3"))["last_name"] == "Neu"


async def test_a_name_that_a_list_changes_is_taken_and_told(agency: Agency) -> None:
    await imported(agency, b"Kundennummer;Vorname;Nachname\nK-1;Lena;Ledig\nK-2;Udo;Alt\n")
    job = await imported(agency, b"Kundennummer;Vorname;Nachname\nK-1;Lena;Heirat\nK-2;Udo;Alt\n")
    (told,) = job["rejections"]
    assert (told["line"], told["column"], told["value"]) == (2, "last_name", "Heirat")
    assert (told["code"], told["warning"]) == ("name-changed", True)
    assert "„Ledig“" in told["reason_de"]
    assert (await agency.get("/customers/K-1"))["last_name"] == "Heirat"


HEAD = "Kundennummer;Vertragsnummer;VU-Nr;Sparte;Zahlweise"


@pytest.mark.parametrize(
    ("columns", "row", "premium", "instalments", "told"),
    [
        ("", "monatlich", 12000, 1, [("instalments_per_year", "12", "kept-instalments")]),
        ("", "1/4", 12000, 1, [("instalments_per_year", "4", "kept-instalments")]),
        ("", "jährlich", 12000, 1, []),
        (";Beitrag netto", "monatlich;10,00", 1000, 12, []),
        (";Beitrag netto", "monatlich;", 12000, 1, None),
    ],
)
async def test_instalments_change_only_with_the_premium_that_is_theirs(
    agency: Agency,
    columns: str,
    row: str,
    premium: int,
    instalments: int,
    told: list[tuple[str, str, str]] | None,
) -> None:
    await agency.customer("K-1")
    await imported(agency, f"{HEAD};Beitrag netto\nK-1;V1;9876;Hausrat;jährlich;120,00\n".encode())
    job = await imported(agency, f"{HEAD}{columns}\nK-1;V1;9876;Hausrat;{row}\n".encode())
    contract = await agency.get("/customers/K-1/contracts/9876:V1")
    assert (contract["premium_cents"], contract["instalments_per_year"]) == (premium, instalments)
    if told is not None:
        assert [(e["column"], e["value"], e["code"]) for e in job["rejections"]] == told


async def test_a_short_row_clears_no_column_that_it_does_not_reach(agency: Agency) -> None:
    await agency.customer("K-1", email="ute@example.org", phone="+49 3464 5555")
    file = "Kundennummer;Nachname;Telefon;E-Mail\nK-1;Bergmann;\nK-2;A;;a@b.de\nK-3;A;;a@b.de\n"
    options = {"files": {"file": ("liste.csv", file.encode())}}
    started = await agency.call("POST", "/imports?empty_cells=clear", **options)
    assert started.status_code == 202
    await run(agency)
    customer = await agency.get("/customers/K-1")
    assert (customer["phone"], customer["email"]) == (None, "ute@example.org")


@pytest.mark.parametrize("empty_cells", ["keep", "clear"])
@pytest.mark.parametrize(
    ("row", "street"),
    [
        ("Lindenallee 4, 06526 Sangerhausen;;", "Lindenallee 4"),
        ("Lindenallee 4;;06526 Sangerhausen", "Lindenallee 4"),
    ],
)
async def test_an_address_in_one_cell_moves_a_known_customer_as_a_whole(
    agency: Agency, row: str, street: str, empty_cells: str
) -> None:
    before = {"street": "Hauptstr. 1", "postcode": "10115", "city": "Berlin"}
    await agency.customer("K-1", address=before)
    header = "Kundennummer;Nachname;Straße;PLZ;Ort"
    file = f"{header}\nK-1;Bergmann;{row}\nK-2;Kern;{row}\nK-3;Kern;Weg 1;06484;Quedlinburg\n"
    options = {"files": {"file": ("liste.csv", file.encode())}}
    for _ in range(2):
        await agency.call("POST", f"/imports?empty_cells={empty_cells}", **options)
        await run(agency)
        for customer_id in ("K-1", "K-2"):
            address = (await agency.get(f"/customers/{customer_id}"))["address"]
            told = (address["street"], address["postcode"], address["city"])
            assert told == (street, "06526", "Sangerhausen")


async def test_a_row_without_a_name_changes_whom_we_know_and_makes_nobody_new(
    agency: Agency,
) -> None:
    await imported(
        agency,
        b"Kd-Nr;Kundenart;Vorname;Name;Firma;Ort\nK-1;privat;Ute;Bergmann;;Halle\n"
        b"K-2;Firma;;;Holz GmbH;Halle\n",
    )
    job = await imported(
        agency,
        b"Kd-Nr;Kundenart;Name, Vorname;PLZ/Ort;Telefon\nK-1;privat;;06526 Sangerhausen;03464 1\n"
        b"K-2;privat;;06526 Sangerhausen;03464 2\nK-3;privat;;06526 Sangerhausen;03464 3\n",
    )
    assert [(each["line"], each["code"]) for each in job["rejections"] if not each["warning"]] == [
        (4, "name-missing")
    ]
    known = await everybody(agency, ("K-1", "K-2"))
    assert [
        (each["kind"], each["last_name"], each["company_name"], each["address"]["city"])
        for each in known.values()
    ] == [
        ("person", "Bergmann", None, "Sangerhausen"),
        ("company", None, "Holz GmbH", "Sangerhausen"),
    ]
    assert (await agency.call("GET", "/customers/K-3")).status_code == 404


async def test_a_list_without_a_column_for_names_is_read_for_whom_we_know(agency: Agency) -> None:
    await of_file(agency, "01a-kunden-voll.csv")
    await imported(agency, b"Kundennummer;Telefon;E-Mail\nK-1;03464 77;neu@example.org\n")
    known = await agency.get("/customers/K-1")
    assert (known["last_name"], known["phone"]) == ("Bergmann", "03464 77")
