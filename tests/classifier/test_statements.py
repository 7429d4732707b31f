"""Commission statements as insurers and pools send them: by contract number, not by customer."""

from pathlib import Path
from typing import Any

import pytest

from services.classifier.usecases import import_sources
from tests.classifier.conftest import Agency
from tests.classifier.test_imports import imported

CASES = Path(__file__).parent / "cases"
STATEMENT = "Vertragsnummer;VU-Nr;Abrechnungsdatum;Courtageart;Betrag"
CONTRACT = {"line": "household", "status": "active", "insurer": "Selketal Assekuranz AG"}


async def case(agency: Agency, name: str) -> dict[str, Any]:
    """The finished import of a file of the cases."""
    (path,) = CASES.glob(f"{name}-*")
    return await imported(agency, path.read_bytes())


async def holder(agency: Agency, customer_id: str, contract_id: str, **fields: Any) -> None:
    """A customer with one contract."""
    await agency.customer(customer_id)
    path = f"/customers/{customer_id}/contracts/{contract_id}"
    answer = await agency.put(path, {**CONTRACT, **fields})
    assert answer.status_code in (200, 201), answer.text


async def booked(agency: Agency) -> list[tuple[Any, ...]]:
    """Customer, contract and amount of every booking that counts."""
    return [
        tuple(row)
        for row in await agency.rows(
            "SELECT customer_id, contract_id, amount_cents FROM commission ORDER BY 1, 2, 3"
        )
    ]


async def waiting(agency: Agency) -> list[tuple[str, int, str]]:
    """Contract number, amount and reason of every booking that waits."""
    items = (await agency.get("/commissions/unassigned"))["items"]
    return [(each["contract_number"], each["amount_cents"], each["reason"]) for each in items]


async def test_04_a_statement_with_contract_columns_books_and_leaves_contracts_alone(
    agency: Agency,
) -> None:
    await agency.customer("K-1")
    assert (await case(agency, "04a"))["written"]["contracts"] == 2
    before = await agency.get("/customers/K-1/contracts")
    job = await case(agency, "04b")
    assert (job["written"]["commissions"], job["written"]["contracts"]) == (2, 0)
    assert await booked(agency) == [("K-1", "V1", 2400), ("K-1", "V2", -35000)]
    assert await agency.get("/customers/K-1/contracts") == before


async def test_05_a_statement_without_customer_numbers_is_booked_by_insurer_and_number(
    agency: Agency,
) -> None:
    await holder(agency, "K-1", "9876:V1", insurer_number="9876", contract_number="V-1")
    await holder(agency, "K-2", "1234:V1", insurer_number="1234", contract_number="V-1")
    job = await case(agency, "05a")
    assert (job["written"]["commissions"], job["rejected"]) == (1, 0)
    assert await booked(agency) == [("K-1", "9876:V1", 2400)]
    assert await agency.marked_units() >= {"K-1"}


async def test_05_a_pools_layout_is_booked_with_what_was_earned_before_the_reserve(
    agency: Agency,
) -> None:
    await holder(agency, "K-1", "V1", contract_number="V-1")
    await holder(agency, "K-2", "X:V1", contract_number="V-1", insurer="Harz Leben")
    job = await case(agency, "05b")
    assert (job["written"]["commissions"], job["rejected"]) == (1, 0)
    assert await booked(agency) == [("K-1", "V1", 2400)]


async def test_a_booking_waits_for_its_contract_and_goes_to_it_when_it_arrives(
    agency: Agency,
) -> None:
    job = await case(agency, "05a")
    assert (job["written"]["unassigned"], job["written"]["commissions"]) == (1, 0)
    told = [(each["line"], each["code"], each["warning"]) for each in job["rejections"]]
    assert told == [(2, "booking-unassigned", True)]
    assert await waiting(agency) == [("V1", 2400, "contract-unknown")]
    await holder(agency, "K-1", "9999:V1", insurer_number="9999", contract_number="V 1")
    assert await waiting(agency) == [("V1", 2400, "contract-unknown")]
    await holder(agency, "K-2", "9876:V1", insurer_number="9876", contract_number="V 1")
    assert await waiting(agency) == []
    assert await booked(agency) == [("K-2", "9876:V1", 2400)]
    assert await agency.marked_units() >= {"K-2"}


async def test_a_booking_is_assigned_by_hand_and_a_wrong_assignment_corrected(
    agency: Agency,
) -> None:
    await agency.customer("K-1")
    await holder(agency, "K-2", "A-7")
    await case(agency, "05a")
    (item,) = (await agency.get("/commissions/unassigned"))["items"]
    path = f"/commissions/{item['commission_id']}/assignment"

    async def assign(**body: str) -> int:
        return (await agency.call("POST", path, json=body)).status_code

    assert await assign(customer_id="K-9") == 404
    assert await assign(customer_id="K-1", contract_id="A-7") == 404
    assert await waiting(agency) != []
    assert await assign(customer_id="K-1") == 200
    assert (await waiting(agency), await booked(agency)) == ([], [("K-1", None, 2400)])
    assert await assign(customer_id="K-2", contract_id="A-7") == 200
    assert await booked(agency) == [("K-2", "A-7", 2400)]
    # The statement comes once more: what a person decided stays.
    await case(agency, "05a")
    assert (await waiting(agency), await booked(agency)) == ([], [("K-2", "A-7", 2400)])
    missing = await agency.call("POST", "/commissions/none/assignment", json={"customer_id": "K-1"})
    assert (missing.status_code, missing.json()["type"].rsplit("/")[-1]) == (
        404,
        "commission-not-found",
    )


async def test_a_statement_sent_twice_counts_once_whether_it_is_booked_or_waits(
    agency: Agency,
) -> None:
    await holder(agency, "K-1", "9876:A1", insurer_number="9876", contract_number="A1")
    rows = "A1;9876;31.03.2025;Bestand;5,00\nA1;9876;31.03.2025;Bestand;5,00\n"
    rows += "B1;9876;31.03.2025;Bestand;6,00\n"
    for _ in range(2):
        await imported(agency, f"{STATEMENT}\n{rows}".encode())
    assert await booked(agency) == [("K-1", "9876:A1", 500), ("K-1", "9876:A1", 500)]
    assert await waiting(agency) == [("B1", 600, "contract-unknown")]


async def test_two_customers_with_the_same_number_are_told_and_not_guessed(
    agency: Agency,
) -> None:
    await holder(agency, "K-1", "V1", contract_number="V-1", insurer=None)
    await holder(agency, "K-2", "V1", contract_number="V-1", insurer=None)
    job = await case(agency, "05a")
    assert [each["code"] for each in job["rejections"]] == ["booking-ambiguous"]
    assert await waiting(agency) == [("V1", 2400, "several-contracts")]
    assert await booked(agency) == []


async def test_06_a_column_called_courtage_may_hold_the_rate(agency: Agency) -> None:
    await agency.customer("K-1")
    job = await case(agency, "06a")
    assert job["rejected"] == 0
    assert await booked(agency) == [("K-1", None, 2400)]


@pytest.mark.parametrize("statement_first", [False, True])
async def test_07_a_statement_that_lost_the_zeros_finds_the_contract(
    agency: Agency, statement_first: bool
) -> None:
    await agency.customer("K-1")
    for name in ("07b", "07a") if statement_first else ("07a", "07b"):
        assert (await case(agency, name))["rejected"] == 0
    assert await booked(agency) == [("K-1", "9876:0012345", 35000)]


@pytest.mark.parametrize(
    ("columns", "cells", "cents"),
    [
        ("Betrag;S/H", "24,00;H", 2400),
        ("Betrag;S/H", "24,00;S", -2400),
        ("Betrag;Soll/Haben", "24,00;Soll", -2400),
        ("Betrag;Vorzeichen", "24,00;-", -2400),
        ("Betrag;Vorzeichen", "-24,00;-", -2400),
        ("Bruttocourtage;Stornoreserve;Auszahlung", "24,00;2,40;21,60", 2400),
        ("Courtage;Stornoreserve;Auszahlungsbetrag", "24,00;-2,40;21,60", 2400),
        ("Auszahlung;Stornoreserve", "21,60;2,40", 2400),
        ("Courtagesatz;Bemessungsgrundlage;Einbehalt;Betrag", "20 %;120,00;2,40;21,60", 2400),
        ("Betrag;USt;Auszahlung", "100,00;19,00;119,00", 10000),
        ("Bruttobetrag;MwSt;Betrag", "119,00;19,00;100,00", 10000),
        ("Courtage;Betrag", "20 %;24,00", 2400),
        ("Provision", "24,00", 2400),
    ],
)
async def test_sign_gross_paid_reserve_and_tax_are_told_apart(
    agency: Agency, columns: str, cells: str, cents: int
) -> None:
    await agency.customer("K-1")
    header = f"Kundennummer;Vertragsnummer;Abrechnungsdatum;Courtageart;{columns}"
    job = await imported(agency, f"{header}\nK-1;V-1;31.03.2025;Bestand;{cells}\n".encode())
    assert job["rejected"] == 0, job["rejections"]
    assert await booked(agency) == [("K-1", None, cents)]


async def test_usual_words_for_kinds_of_bookings_are_known(agency: Agency) -> None:
    await agency.customer("K-1")
    words = {"Stornoprovision": "clawback", "Courtagerückbelastung": "clawback", "BC": "renewal",
             "Bestandspflegeprovision": "renewal", "Erstcourtage": "initial",
             "Dynamikprovision": "increase"}  # fmt: skip
    rows = [f"K-1;{day:02}.03.2025;{word};({day},00)" for day, word in enumerate(words, start=1)]
    job = await imported(
        agency, "\n".join(("Kundennummer;Buchungsdatum;Art;Betrag", *rows)).encode()
    )
    assert [each for each in job["rejections"] if not each["warning"]] == []
    found = await agency.rows("SELECT kind, amount_cents FROM commission ORDER BY booked_on")
    assert found == [(kind, -100 * day) for day, kind in enumerate(words.values(), start=1)]


async def test_what_a_row_does_not_surely_say_is_told(agency: Agency) -> None:
    await agency.customer("K-1")
    header = "Kundennummer;Abrechnungsdatum;Courtageart;Betrag;Einbehalt;S/H"
    rows = [
        "K-1;31.03.2025;Bestand;24,00;2,40;H",
        "K-1;31.03.2025;Bestand;-24,00;;H",
        "K-1;31.03.2025;Auflösung Stornoreserve;2,40;;H",
        "K-1;31.03.2025;Bestand;;;H",
        "K-1;31.03.2025;Bestand;24,00;;X",
    ]
    job = await imported(agency, "\n".join((header, *rows)).encode())
    told = [(each["line"], each["code"], each["warning"]) for each in job["rejections"]]
    assert told == [
        (2, "reserve-unclear", True),
        (3, "sign-contradicts", False),
        (4, "reserve-movement", True),
        (5, "cell-missing", False),
        (6, "sign-unknown", False),
    ]
    # The file's own names of its columns, and its own cells.
    assert [(each["column"], each["value"]) for each in job["rejections"]][1] == ("S/H", "H")
    assert await booked(agency) == [("K-1", None, 2400)]


async def test_23_a_combined_list_gives_customers_and_contracts(agency: Agency) -> None:
    job = await case(agency, "23")
    assert (job["written"]["customers"], job["written"]["contracts"]) == (1, 2)
    assert job["rejected"] == 0
    contracts = (await agency.get("/customers/K-1/contracts"))["items"]
    assert [each["contract_id"] for each in contracts] == ["V1", "V2"]


async def test_a_kind_given_with_the_file_is_kept_with_its_job(agency: Agency) -> None:
    await agency.customer("K-1")
    content = b"Kundennummer;Vertragsnummer;Sparte;Datum;Betrag\nK-1;V-1;PHV;31.03.2025;24,00\n"
    files = {"file": ("liste.csv", content)}
    refused = await agency.call("POST", "/imports", files=files)
    assert refused.status_code == 422
    assert "kind=commissions" in refused.json()["detail"]
    assert await agency.rows("SELECT 1 FROM import_job") == []
    started = await agency.call("POST", "/imports?kind=commissions", files=files)
    job = await agency.get(f"/imports/{started.json()['import_id']}")
    assert job["kind"] == "commissions"


LAYOUTS = (
    "VU-Nr;Vertragsnummer;Buchungsdatum;Buchungsart;Betrag\n9876;R-1;01.11.2025;BP;24,00\n",
    "VU-Nr;Vertragsnummer;Buchungsdatum;Buchungsart;Betrag\n09876;0R1;1.11.25;Bestand;24,00 €\n",
    "Gesellschaft;VS-Nr;Valuta;Art;Betrag\nSaale Sach AG;R1;01.11.2025;Bestandscourtage;24\n",
    "Kundennummer;Vertragsnummer;Datum;Courtageart;Betrag\nK-1;R-1;2025-11-01;Bestand;24,00\n",
)


@pytest.mark.parametrize("first", range(len(LAYOUTS)))
async def test_a_booking_told_in_another_layout_counts_once_and_is_told(
    agency: Agency, first: int
) -> None:
    await agency.customer("K-1")
    body = {
        "line": "household", "insurer_number": "9876", "insurer": "Saale Sach AG",
        "contract_number": "R-1",
    }  # fmt: skip
    await agency.put("/customers/K-1/contracts/V-1", body)
    for layout in (LAYOUTS[first], *LAYOUTS, LAYOUTS[first]):
        job = await imported(agency, layout.encode())
        codes = {each["code"] for each in job["rejections"]}
        assert codes == (set() if layout == LAYOUTS[first] else {"booking-known"}), job
        assert await booked(agency) == [("K-1", "V-1", 2400)]


async def test_equal_bookings_of_one_list_stay_two_and_a_third_is_new(agency: Agency) -> None:
    await agency.customer("K-1")
    body = {"line": "household", "insurer_number": "9876", "contract_number": "R-1"}
    await agency.put("/customers/K-1/contracts/V-1", body)
    head, row = LAYOUTS[0].splitlines()
    await imported(agency, f"{head}\n{row}\n{row}\n".encode())
    assert await booked(agency) == [("K-1", "V-1", 2400)] * 2
    head, row = LAYOUTS[3].splitlines()
    job = await imported(agency, f"{head}\n{row}\n{row}\n{row}\n".encode())
    assert [each["line"] for each in job["rejections"]] == [2, 3]
    assert await booked(agency) == [("K-1", "V-1", 2400)] * 3


async def test_a_booking_for_somebody_else_than_the_holder_is_told(agency: Agency) -> None:
    for each in ("K-1", "K-2"):
        await agency.customer(each)
    body = {"line": "household", "insurer_number": "9876", "contract_number": "R-1"}
    await agency.put("/customers/K-1/contracts/V-1", body)
    head = "Kundennummer;VU-Nr;Vertragsnummer;Buchungsdatum;Buchungsart;Betrag"
    job = await imported(agency, f"{head}\nK-2;9876;R-1;01.11.2025;BP;24,00\n".encode())
    assert [(each["line"], each["code"]) for each in job["rejections"]] == [
        (2, "contract-of-another")
    ]
    assert [row[0] for row in await booked(agency)] == ["K-2"]


@pytest.mark.parametrize(("layouts", "equal"), [((0, 2), 2), ((0,), 10)])
async def test_a_booking_that_waits_in_two_layouts_is_booked_once(
    agency: Agency, layouts: tuple[int, ...], equal: int
) -> None:
    await wait_in(agency, layouts, equal)
    named = {"contract_number": "R-1", "insurer": "Saale Sach AG", "insurer_number": "9876"}
    await holder(agency, "K-1", "V-1", **named)
    assert await booked(agency) == [("K-1", "V-1", 2400)] * equal
    assert await waiting(agency) == []


async def test_it_is_booked_once_by_hand_too_whichever_is_assigned_first(agency: Agency) -> None:
    await wait_in(agency, (0, 2), 2)
    await holder(agency, "K-1", "V-1")
    items = (await agency.get("/commissions/unassigned"))["items"]
    answers = set()
    for item in reversed(items):
        path = f"/commissions/{item['commission_id']}/assignment"
        body = {"customer_id": "K-1", "contract_id": "V-1"}
        answers.add((await agency.call("POST", path, json=body)).json()["commission_id"])
    known = await agency.rows("SELECT commission_id FROM commission")
    assert answers == {each for (each,) in known}
    assert await booked(agency) == [("K-1", "V-1", 2400)] * 2
    assert await waiting(agency) == []


async def wait_in(agency: Agency, layouts: tuple[int, ...], equal: int) -> None:
    """Statements whose equal rows find no contract."""
    for layout in layouts:
        head, row = LAYOUTS[layout].splitlines()
        await imported(agency, "\n".join((head, *[row] * equal)).encode())
    assert len(await waiting(agency)) == equal * len(layouts)


async def test_a_corrected_statement_tells_which_booking_it_differs_from(agency: Agency) -> None:
    await holder(agency, "K-1", "V-1", contract_number="R-1", insurer_number="9876")
    await imported(agency, LAYOUTS[0].encode())
    ((known,),) = await agency.rows("SELECT commission_id FROM commission")
    corrected = LAYOUTS[0].replace("24,00", "26,00")
    (told,) = (await imported(agency, corrected.encode()))["rejections"]
    assert (told["code"], told["warning"]) == ("booking-differs", True)
    assert known in told["reason_de"]
    assert (await imported(agency, corrected.encode()))["rejections"] == []
    assert await booked(agency) == [("K-1", "V-1", 2400), ("K-1", "V-1", 2600)]


@pytest.mark.parametrize("slice_rows", [1, 2])
async def test_two_amounts_of_one_list_are_no_correction_wherever_a_slice_ends(
    agency: Agency, monkeypatch: pytest.MonkeyPatch, slice_rows: int
) -> None:
    monkeypatch.setattr(import_sources, "SLICE_ROWS", slice_rows)
    await holder(agency, "K-1", "V-1", contract_number="R-1", insurer_number="9876")
    head, row = LAYOUTS[0].replace("BP", "Sonstige").splitlines()
    two = "\n".join((head, row.replace("24", "10"), row.replace("24", "20")))
    assert (await imported(agency, two.encode()))["rejections"] == []
    # Of another list that tells two amounts, the first is told.
    two = two.replace("10,00", "30,00").replace("20,00", "40,00")
    told = (await imported(agency, two.encode()))["rejections"]
    assert [(each["line"], each["code"]) for each in told] == [(2, "booking-differs")]
