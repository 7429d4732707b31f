"""Erasing a customer: what goes, what stays without a name, what no old file brings back."""

import hashlib
from typing import Any

from tests.classifier.conftest import Agency
from tests.classifier.test_imports import imported, run

PERSON = {
    "first_name": "Zyxute",
    "last_name": "Zyxmann",
    "email": "zyx@example.org",
    "address": {"street": "Zyxweg 4", "postcode": "06526", "city": "Sangerhausen"},
    "identities": {"gdv": "9876:4711"},
}
CONTRACT = {"line": "motor", "insurer_number": "9876", "contract_number": "ZX 0012345"}
LIST = (
    b"Kundennummer;Nachname;Vorname;Geburtsdatum;Berufsstatus;Postleitzahl\n"
    b"K-1;Zyxmann;Zyxute;31.02.1984;Zyxologin;\n"
    b"K-2;Berg;Ute;31.02.1985;Zyxolog;\n"
)
STATEMENT = (
    b"Gesellschaftsnummer;Vertragsnummer;Abrechnungsdatum;Betrag;Courtageart\n"
    b"9876;ZX0012345;01.06.2026;24,00;Bestand\n"
    b"9876;ZX0099999;01.06.2026;12,00;Bestand\n"
)


async def erase(agency: Agency, customer_id: str) -> None:
    answer = await agency.call("DELETE", f"/customers/{customer_id}")
    assert answer.status_code == 204, answer.text


async def known(agency: Agency) -> None:
    """Two customers, one of whom has a contract."""
    await agency.customer("K-1", **PERSON)
    await agency.customer("K-2")
    answer = await agency.put("/customers/K-1/contracts/9876:ZX0012345", CONTRACT)
    assert answer.status_code == 201, answer.text


async def remarks(agency: Agency) -> list[tuple[Any, ...]]:
    return await agency.rows("SELECT line, value, reason_de FROM import_rejection ORDER BY number")


async def test_remarks_on_the_rows_of_the_erased_lose_value_and_reason(agency: Agency) -> None:
    await known(agency)
    named = {"file": ("Zyxmann.csv", LIST)}
    assert (await agency.call("POST", "/imports", files=named)).status_code == 202
    await run(agency)
    before = await remarks(agency)
    assert {line for line, _, _ in before} >= {2, 3}
    await erase(agency, "K-1")
    after = await remarks(agency)
    assert {(value, reason) for line, value, reason in after if line == 2} == {
        (None, "Gelöscht (Art. 17 DSGVO).")
    }
    assert [each for each in after if each[0] == 3] == [each for each in before if each[0] == 3]
    assert await agency.rows("SELECT filename FROM import_job") == [(".csv",)]


async def test_an_old_list_tells_nothing_of_the_erased_again(agency: Agency) -> None:
    await known(agency)
    await erase(agency, "K-1")
    await imported(agency, LIST)
    assert not [each for each in await remarks(agency) if each[0] == 2 and "Zyx" in str(each)]
    assert await agency.rows("SELECT customer_id FROM customer") == [("K-2",)]


async def test_a_booking_for_a_contract_of_the_erased_is_refused_and_others_wait(
    agency: Agency,
) -> None:
    await known(agency)
    await erase(agency, "K-1")
    job = await imported(agency, STATEMENT)
    assert [(each["line"], each["code"]) for each in job["rejections"] if not each["warning"]] == [
        (2, "customer-erased")
    ]
    kept = "SELECT contract_number FROM unassigned_commission"
    assert await agency.rows(kept) == [("ZX0099999",)]


async def test_a_booking_that_waits_for_a_number_of_the_erased_loses_it(agency: Agency) -> None:
    await imported(agency, STATEMENT)
    await agency.customer("K-1", **PERSON)
    other = CONTRACT | {"insurer_number": "1111"}
    await agency.put("/customers/K-1/contracts/1111:ZX0012345", other)
    await erase(agency, "K-1")
    kept = "SELECT contract_number, amount_cents FROM unassigned_commission ORDER BY 2"
    assert await agency.rows(kept) == [("ZX0099999", 1200), (None, 2400)]


async def test_a_consent_stays_as_proof_with_the_digest_of_its_wording(agency: Agency) -> None:
    await known(agency)
    consent = {
        "state": "granted",
        "at": "2026-01-02T10:00:00+01:00",
        "wording": "Ja, ich, Zyxute.",
        "source": "Zyxformular",
        "double_opt_in": {
            "requested_at": "2026-01-02T09:00:00+01:00",
            "confirmed_at": "2026-01-02T10:00:00+01:00",
            "message_id": "Zyx-1",
        },
    }
    answer = await agency.put("/customers/K-1/consents/newsletter/email", consent)
    assert answer.status_code in (200, 201), answer.text
    await erase(agency, "K-1")
    (kept,) = await agency.rows("SELECT state, wording, source, double_opt_in::text FROM consent")
    digest = hashlib.sha256(consent["wording"].encode()).hexdigest()  # type: ignore[attr-defined]  # it is text
    assert kept[:3] == ("granted", f"sha256:{digest}", None)
    assert "confirmed_at" in kept[3]
    assert "Zyx" not in kept[3]


async def test_an_objection_outlives_the_erasure_under_another_id(agency: Agency) -> None:
    await known(agency)
    await agency.put("/customers/K-1/objections", {"advertising": "2026-02-03T10:00:00+01:00"})
    await erase(agency, "K-1")
    mailbox = {"last_name": "Anders", "email": " ZYX@example.org"}
    address = {**PERSON, "email": None, "first_name": "ZYXUTE"}
    for customer_id, fields in (("K-7", mailbox), ("K-8", address), ("K-9", {"last_name": "Berg"})):
        await agency.customer(customer_id, **fields)
    objections = "SELECT customer_id, advertising::date::text FROM objection ORDER BY 1"
    assert await agency.rows(objections) == [("K-7", "2026-02-03"), ("K-8", "2026-02-03")]


async def test_the_feed_tells_of_the_erased_only_that_they_were(agency: Agency) -> None:
    await known(agency)
    await erase(agency, "K-1")
    items = (await agency.get("/changes?limit=1000"))["items"]
    told = [(each["kind"], each["payload"]) for each in items if each["subject"] == "K-1"]
    assert told == [("change.erased", {})] * (len(told) - 1) + [("customer.erased", {})]
    assert len(told) > 1
