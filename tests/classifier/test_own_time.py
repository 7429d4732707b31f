"""Words count by their own time: late ones undo nothing, and nothing comes from the future."""

from typing import Any

import httpx
import pytest

from tests.classifier.conftest import Agency, Send, person
from tests.classifier.test_imports import imported

DAY = "2026-11-19"
FUTURE = "2062-01-01T09:00:00+01:00"


def at(hour: str, event_type: str, **data: Any) -> bytes:
    """An event of yesterday at this hour."""
    body = {
        "type": event_type,
        "timestamp": f"{DAY}T{hour}:00+01:00" if len(hour) == 5 else hour,
        "data": {"customer_id": "K-0001", **data},
    }
    return httpx.Request("POST", "http://x", json=body).content


async def sent(send: Send, *bodies: bytes) -> None:
    """All of them, one after the other, and all are taken."""
    for number, body in enumerate(bodies):
        answer = await send(body, webhook_id=f"w-{number}")
        assert answer.status_code == 202, answer.text


async def test_late_event_never_undoes_a_newer_cancellation(agency: Agency, send: Send) -> None:
    contract = {"contract_id": "C-1", "line": "motor"}
    await sent(
        send,
        at("08:00", "customer.upserted", **person()),
        at("09:00", "contract.upserted", **contract, status="active", premium_cents=100),
        at("11:00", "contract.cancelled", contract_id="C-1", cancelled_on=DAY),
        at("10:00", "contract.upserted", **contract, status="active", product="Neu"),
    )
    stored = await agency.get("/customers/K-0001/contracts/C-1")
    assert (stored["status"], stored["cancelled_on"]) == ("cancelled", DAY)
    assert stored["product"] == "Neu"  # the terms are older, and nobody told newer ones
    later = at("12:00", "contract.upserted", **contract, status="active")
    assert (await send(later, webhook_id="w-9")).status_code == 202
    assert (await agency.get("/customers/K-0001/contracts/C-1"))["status"] == "active"


async def test_a_late_record_of_a_customer_undoes_no_newer_word(agency: Agency, send: Send) -> None:
    await sent(
        send,
        at("08:00", "customer.upserted", **person(email="a@example.org")),
        at("11:00", "customer.died", died_on=DAY),
        at("11:00", "life.changed", change="birth", life={"children": 2}),
        at("11:00", "mandate.ended", ended_on=DAY),
        at("10:00", "customer.upserted",
           **person(death_date=None, life={"children": 1}, mandate={"ended_on": None},
                    email="b@example.org")),
    )  # fmt: skip
    ute = await agency.get("/customers/K-0001")
    assert (ute["death_date"], ute["mandate"]["ended_on"]) == (DAY, DAY)
    assert (ute["life"]["children"], ute["email"]) == (2, "b@example.org")
    taken_back = at("12:00", "customer.upserted", **person(death_date=None))
    assert (await send(taken_back, webhook_id="w-9")).status_code == 202
    assert (await agency.get("/customers/K-0001"))["death_date"] is None


async def test_an_event_from_before_a_put_changes_nothing_of_it(agency: Agency, send: Send) -> None:
    await agency.customer("K-0001", email="new@example.org")
    await agency.put("/customers/K-0001/contracts/C-1", {"line": "motor"})
    await sent(
        send,
        at("10:00", "customer.upserted", **person(email="old@example.org")),
        at("11:00", "contract.cancelled", contract_id="C-1", cancelled_on=DAY),
    )
    assert (await agency.get("/customers/K-0001"))["email"] == "new@example.org"
    # A record sent as a whole says how things are, and not that nothing was cancelled.
    assert (await agency.get("/customers/K-0001/contracts/C-1"))["status"] == "cancelled"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/customers/K-0001/consents/newsletter/email",
         {"state": "granted", "at": FUTURE, "wording": "Ja"}),
        ("PUT", "/customers/K-0001/consents/newsletter/email",
         {"state": "granted", "at": "2026-11-20T10:09:00+01:00", "wording": "Ja"}),
        ("PUT", "/customers/K-0001/consents/newsletter/email",
         {"state": "granted", "at": "2026-11-19T10:00:00+01:00",
          "double_opt_in": {"requested_at": "2026-11-19T10:00:00+01:00",
                            "confirmed_at": FUTURE}}),
        ("PUT", "/customers/K-0001/objections", {"advertising": FUTURE}),
        ("PUT", "/customers/K-0001/objections", {"profiling": True, "at": FUTURE}),
        ("PUT", "/customers/K-0001/objections",
         {"profiling": {"objected": True, "at": FUTURE}}),
    ],
)  # fmt: skip
async def test_nothing_told_lies_ahead(
    agency: Agency, method: str, path: str, body: dict[str, Any]
) -> None:
    await agency.customer("K-0001")
    answer = await agency.call(method, path, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"].endswith("/instant-ahead")
    assert await agency.rows("SELECT 1 FROM consent UNION SELECT 1 FROM objection") == []


MET = {
    "interaction_id": "I-1", "customer_id": "K-0001", "direction": "in", "channel": "phone",
    "role": "owner", "minutes": 5,
}  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        at(FUTURE, "payment.late", days=3),
        at(FUTURE, "customer.died"),
        at("2026-11-20T10:07:00+01:00", "complaint.filed", text="x"),
        at("10:00", "consent.changed", purpose="newsletter", channel="email", state="granted",
           at=FUTURE),
        at("10:00", "interaction.logged", **{**MET, "at": FUTURE}),
    ],
)  # fmt: skip
async def test_no_event_lies_ahead(agency: Agency, send: Send, body: bytes) -> None:
    await agency.customer("K-0001")
    answer = await send(body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"].endswith("/instant-ahead")
    assert await agency.rows("SELECT 1 FROM event") == []


async def test_of_a_batch_only_what_lies_ahead_is_refused(agency: Agency) -> None:
    await agency.customer("K-0001")
    items = [
        {**MET, "at": FUTURE},
        {**MET, "interaction_id": "I-2", "at": "2026-11-20T10:04:00+01:00"},
    ]
    answer = await agency.call("POST", "/interactions", json={"items": items})
    assert [item["state"] for item in answer.json()["items"]] == ["refused", "created"]


async def test_a_row_that_lies_ahead_is_rejected(agency: Agency) -> None:
    await agency.customer("K-1")
    rows = (
        "Kundennummer;Datum;Richtung;Kanal;Minuten;Rolle\n"
        "K-1;20.11.2062;eingehend;Telefon;5;Inhaber\nK-1;20.11.2026;eingehend;Telefon;5;Inhaber\n"
    )
    job = await imported(agency, rows.encode())
    assert (job["written"]["interactions"], job["rejected"]) == (1, 1), job
    assert [each["line"] for each in job["rejections"] if not each["warning"]] == [2]


async def last_word(agency: Agency) -> str:
    """What counts now on newsletters by e-mail."""
    answer = await agency.call("POST", "/customers/lookup", json={"customer_ids": ["K-0001"]})
    [consent] = answer.json()["items"][0]["consents"]
    listed = (await agency.get("/customers/K-0001/consents"))["items"]
    assert listed[0]["state"] == consent["state"]
    return str(consent["state"])


async def test_future_consent_from_before_is_outranked_by_a_withdrawal(agency: Agency) -> None:
    await agency.customer("K-0001")
    path = "/customers/K-0001/consents/newsletter/email"
    first = {"state": "granted", "at": "2026-11-01T09:00:00+01:00", "wording": "Ja"}
    await agency.put(path, first)
    await agency.rows(f"UPDATE consent SET at = '{FUTURE}' RETURNING 1")
    assert await last_word(agency) == "granted"
    withdrawn = {"state": "withdrawn", "at": "2026-11-20T10:00:00+01:00"}
    assert (await agency.put(path, withdrawn)).status_code == 200
    assert await last_word(agency) == "withdrawn"
    assert [each["payload"]["state"] for each in await agency.changes("consent.changed")][
        -1
    ] == "withdrawn"
    # An older consent that comes late does not revive it; a newer one does.
    await agency.put(path, {**first, "at": "2026-11-10T09:00:00+01:00"})
    assert await last_word(agency) == "withdrawn"
    await agency.put(path, {**first, "at": "2026-11-20T10:01:00+01:00"})
    assert await last_word(agency) == "granted"


async def test_a_withdrawal_is_outranked_by_nothing_recorded_before_it(agency: Agency) -> None:
    await agency.customer("K-0001")
    path = "/customers/K-0001/consents/newsletter/email"
    granted = {"state": "granted", "at": "2026-11-18T09:00:00+01:00", "wording": "Ja"}
    await agency.put(path, granted)
    await agency.put(path, {"state": "denied", "at": "2026-11-17T09:00:00+01:00"})
    assert await last_word(agency) == "denied"


async def test_a_booking_on_a_day_far_ahead_is_refused(agency: Agency, send: Send) -> None:
    await agency.customer("K-0001")
    booking = {"commission_id": "B-1", "kind": "renewal", "amount_cents": 100}
    item = {"customer_id": "K-0001", **booking, "booked_on": "2062-01-01"}
    near = {**item, "commission_id": "B-2", "booked_on": "2026-12-01"}
    answer = await agency.call("POST", "/commissions", json={"items": [item, near]})
    outcomes = answer.json()["items"]
    assert [each["state"] for each in outcomes] == ["refused", "created"]
    assert "/booked_on" in outcomes[0]["problem"]["detail"]
    refused = await send(at("10:00", "commission.booked", **booking, booked_on="2062-01-01"))
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/data/booked_on"


@pytest.mark.parametrize("cancelled_on", ["2062-01-01", "2026-12-31"])
async def test_a_notice_that_comes_tomorrow_is_refused_but_a_cover_may_end_then(
    agency: Agency, send: Send, cancelled_on: str
) -> None:
    await agency.customer("K-0001")
    contract = {"line": "motor", "status": "active", "start": "2020-01-01"}
    await agency.put("/customers/K-0001/contracts/C-1", contract)
    ahead = at("10:00", "contract.cancelled", contract_id="C-1", cancelled_on=cancelled_on)
    refused = await send(ahead, webhook_id="w-1")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/data/cancelled_on"
    now = at(
        "10:00", "contract.cancelled", contract_id="C-1", cancelled_on=DAY,
        effective_on=cancelled_on,
    )  # fmt: skip
    assert (await send(now, webhook_id="w-2")).status_code == 202


async def test_a_row_booked_far_ahead_is_told_and_a_due_day_of_next_month_taken(
    agency: Agency,
) -> None:
    await agency.customer("K-0001")
    head = b"Kundennummer;Vertragsnummer;Abrechnungsdatum;Courtageart;Betrag\n"
    rows = b"K-0001;V-1;01.01.2062;Bestand;5,00\nK-0001;V-2;01.12.2026;Bestand;6,00\n"
    job = await imported(agency, head + rows)
    assert (job["written"]["commissions"], job["rejected"]) == (1, 1)
    told = job["rejections"][0]
    assert (told["line"], told["code"], told["value"]) == (2, "instant-ahead", "2062-01-01")


async def test_a_late_event_undoes_no_correction_of_a_booking_or_contact(
    agency: Agency, send: Send
) -> None:
    await agency.customer("K-0001")
    booking = {"commission_id": "B-1", "booked_on": "2026-01-01", "kind": "renewal"}
    contact = {
        "interaction_id": "I-1", "at": f"{DAY}T08:00:00+01:00", "direction": "in",
        "channel": "phone", "role": "adviser",
    }  # fmt: skip
    await sent(
        send,
        at("12:00", "commission.booked", **booking, amount_cents=500),
        at("11:00", "commission.booked", **booking, amount_cents=100),
        at("12:00", "interaction.logged", **contact, minutes=30),
        at("11:00", "interaction.logged", **contact, minutes=5),
    )
    assert await agency.rows("SELECT amount_cents FROM commission") == [(500,)]
    assert await agency.rows("SELECT minutes FROM interaction") == [(30,)]
    await sent(send, at("12:00", "commission.booked", **booking, amount_cents=500))
    correction = at("13:00", "commission.booked", **booking, amount_cents=700)
    assert (await send(correction, webhook_id="w-9")).status_code == 202
    assert await agency.rows("SELECT amount_cents FROM commission") == [(700,)]
