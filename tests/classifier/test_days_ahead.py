"""Every day and instant that a door takes: which may lie ahead, and which tells what happened."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from services.classifier.importers.broker_csv import (
    commission_columns,
    contracts,
    interactions,
)
from services.classifier.importers.broker_csv.customer_columns import COLUMNS
from shared.csv import days
from tests.classifier.conftest import Agency, Send, event, person
from tests.classifier.test_imports import imported

OPENAPI: Final = Path(__file__).parents[2] / "openapi"
TOLD: Final = {
    "Consent.at", "DoubleOptIn.confirmed_at", "DoubleOptIn.requested_at", "Mandate.since",
    "StatedObjection.at", "StatedObjections.advertising", "StatedObjections.at",
    "StatedObjections.profiling", "WrittenContract.cancelled_on", "WrittenCustomer.birth_date",
    "WrittenCustomer.customer_since", "WrittenCustomer.death_date", "NewRequest.asked_at",
    "WrittenCustomer.last_review_on", "WrittenCustomer.last_contact_on", "HeldContact.on",
}  # fmt: skip
"""Fields of requests that tell what has happened: refused where they lie ahead."""
MAY_LIE_AHEAD: Final = {
    "Mandate.ended_on", "OverrideRequest.until", "PolicyActivation.from",
    "SimulationRequest.as_of",  # bounded by what a simulation can reach
    "WrittenContract.end", "WrittenContract.start", "Absence.first_day", "Absence.last_day",
    "CampaignMove.day", "FeedTrim.before", "NewOccasion.on",
    "Postponement.to", "SpecialDay.first_day", "SpecialDay.last_day", "AgreedAppointment.at",
    "DayPin.day",
}  # fmt: skip


def _dated(schema: Any) -> bool:
    if isinstance(schema, dict):
        if schema.get("format") in ("date", "date-time"):
            return True
        return any(_dated(each) for key, each in schema.items() if key != "properties")
    return isinstance(schema, list) and any(map(_dated, schema))


def _named(schema: Any, found: set[str], schemas: dict[str, Any]) -> None:
    if isinstance(schema, dict):
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        if name and name not in found:
            found.add(name)
            _named(schemas[name], found, schemas)
        schema = list(schema.values())
    if isinstance(schema, list):
        for each in schema:
            _named(each, found, schemas)


def _dated_fields() -> Iterator[str]:
    for path in sorted(OPENAPI.glob("*.json")):
        document = json.loads(path.read_text())
        schemas = document["components"]["schemas"]
        sent: set[str] = set()
        for operations in document["paths"].values():
            for operation in operations.values():
                if isinstance(operation, dict):
                    _named(operation.get("requestBody", {}), sent, schemas)
        for name in sent:
            for field, schema in schemas[name].get("properties", {}).items():
                if _dated(schema):
                    yield f"{name}.{field}"


def test_every_day_that_a_request_can_send_is_in_the_table() -> None:
    assert set(_dated_fields()) == TOLD | MAY_LIE_AHEAD


AHEAD_DAYS: Final = ("2026-11-21", "2062-01-01")
CONSENT: Final = {"state": "granted", "basis": "consent", "wording": "Ja", "source": "Formular"}


@pytest.mark.parametrize("day", AHEAD_DAYS)
async def test_a_customers_told_days_do_not_lie_ahead(agency: Agency, day: str) -> None:
    for body, pointer in (
        ({"customer_since": day}, "/customer_since"),
        ({"last_review_on": day}, "/last_review_on"),
        ({"mandate": {"contract": True, "since": day}}, "/mandate/since"),
        ({"birth_date": day}, "/birth_date"),
        ({"death_date": day}, "/death_date"),
    ):
        put = await agency.put("/customers/K-1", person(**body))
        assert (put.status_code, put.json()["errors"][0]["pointer"]) == (422, pointer), body
    await agency.customer("K-1", mandate={"contract": True, "ended_on": day})
    for patch in ({"customer_since": day}, {"mandate": {"since": day}}, {"death_date": day}):
        assert (await agency.call("PATCH", "/customers/K-1", json=patch)).status_code == 422
    assert (await agency.get("/customers/K-1"))["customer_since"] != day


@pytest.mark.parametrize("day", AHEAD_DAYS)
async def test_a_notice_of_cancellation_does_not_lie_ahead(agency: Agency, day: str) -> None:
    await agency.customer("K-1")
    path = "/customers/K-1/contracts/C-1"
    ends = {"line": "household", "status": "cancelled", "start": day, "end": day}
    refused = await agency.put(path, {**ends, "cancelled_on": day})
    assert (refused.status_code, refused.json()["type"].rsplit("/", 1)[1]) == (422, "instant-ahead")
    assert refused.json()["errors"] == [
        {"pointer": "/cancelled_on", "detail": "must not be after 2026-11-20"}
    ]
    assert (await agency.put(path, {**ends, "cancelled_on": "2026-11-20"})).status_code == 201
    patch = await agency.call("PATCH", path, json={"cancelled_on": day})
    assert patch.status_code == 422
    other = await agency.call("PATCH", path, json={"product": "Top"})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("kind", "data", "pointer"),
    [
        ("customer.upserted", {**person(), "customer_since": "2062-01-01"}, "/customer_since"),
        ("customer.upserted", {**person(), "mandate": {"since": "2062-01-01"}}, "/mandate/since"),
        ("contract.upserted", {"contract_id": "C-1", "line": "household", "status": "cancelled",
                               "cancelled_on": "2062-01-01"}, "/cancelled_on"),
        ("contract.cancelled", {"contract_id": "C-1", "cancelled_on": "2062-01-01"},
         "/cancelled_on"),
        ("commission.booked", {"commission_id": "B-1", "booked_on": "2027-01-15", "kind": "renewal",
                               "amount_cents": 100}, "/booked_on"),
        ("consent.changed", {**CONSENT, "purpose": "newsletter", "channel": "email",
                             "at": "2062-01-01T10:00:00+01:00"}, "/at"),
    ],
)  # fmt: skip
async def test_no_event_tells_of_a_day_ahead(
    agency: Agency, send: Send, kind: str, data: dict[str, Any], pointer: str
) -> None:
    await agency.customer("K-0001")
    answer = await send(event(kind, **data))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/data{pointer}")


async def test_deaths_do_not_lie_ahead_and_ends_of_mandates_may(agency: Agency, send: Send) -> None:
    await agency.customer("K-0001")
    died = await send(event("customer.died", died_on="2026-12-01"), webhook_id="w-1")
    assert died.status_code == 422
    ended = await send(event("mandate.ended", ended_on="2026-12-31"), webhook_id="w-2")
    assert ended.status_code == 202
    assert (await agency.get("/customers/K-0001"))["death_date"] is None


@pytest.mark.parametrize("door", ["/objections", "/consents/newsletter/email"])
async def test_what_stands_against_advertising_is_told_when_it_is_there(
    agency: Agency, door: str
) -> None:
    await agency.customer("K-1")
    at = "2026-11-20T10:06:00+01:00"
    body = {"advertising": at} if door == "/objections" else {**CONSENT, "at": at}
    assert (await agency.put(f"/customers/K-1{door}", body)).status_code == 422


@pytest.mark.parametrize(
    ("header", "cell", "field"),
    [
        ("Kunde seit", "21.11.2026", "customer_since"),
        ("Kunde seit", "01.12.26", "customer_since"),
        ("Kunde seit", "01.12.27", "customer_since"),
        ("Letztes Jahresgespräch", "01.12.26", "last_review_on"),
        ("Maklervertrag seit", "01.01.2027", "mandate.since"),
    ],
)  # fmt: skip
async def test_told_days_of_customer_lists_are_left_out_and_told(
    agency: Agency, header: str, cell: str, field: str
) -> None:
    job = await imported(agency, f"Kundennummer;Nachname;{header}\nK-1;Meier;{cell}\n".encode())
    assert (job["written"]["customers"], job["rejected"]) == (1, 0)
    (told,) = job["rejections"]
    assert (told["column"], told["value"], told["code"]) == (header, cell, "day-in-future")
    value = await agency.get("/customers/K-1")
    for part in field.split("."):
        value = value[part]
    assert value is None


async def test_a_list_tells_the_notice_of_a_cancellation_and_when_the_cover_ends(
    agency: Agency,
) -> None:
    await agency.customer("K-1")
    head = "Kundennummer;Vertragsnummer;Sparte;Storno am;gekündigt zum\n"
    rows = "K-1;V-1;Hausrat;01.11.2026;31.12.2026\nK-1;V-2;Glas;31.12.2026;\n"
    job = await imported(agency, (head + rows).encode())
    told = [(each["line"], each["column"], each["code"]) for each in job["rejections"]]
    assert told == [(3, "Storno am", "day-in-future")]
    first = await agency.get("/customers/K-1/contracts/V1")
    assert (first["status"], first["cancelled_on"], first["end"]) == (
        "cancelled", "2026-11-01", "2026-12-31",
    )  # fmt: skip
    second = await agency.get("/customers/K-1/contracts/V2")
    assert (second["status"], second["cancelled_on"]) == ("active", None)


def test_every_column_of_days_is_in_the_table() -> None:
    found = {
        column.name
        for column in (
            *COLUMNS,
            *contracts.COLUMNS,
            *commission_columns.COLUMNS,
            *interactions.COLUMNS,
        )
        if column.parse in (days.day, days.day_of_business, days.day_or_month_of_business)
    }
    assert found == {
        # left out and told, or refused, where they lie ahead
        "birth_date", "death_date", "customer_since", "mandate_since", "consent_on",
        "last_review_on", "last_contact_on",
        "cancelled_on", "booked_on", "day",
        # may lie ahead
        "start", "end", "cancelled_to", "mandate_ended", "effect",
    }  # fmt: skip


async def test_an_event_of_tomorrow_lies_ahead_where_the_agency_is(
    agency: Agency, send: Send
) -> None:
    await agency.put("/agency", {"time_zone": "Pacific/Honolulu"})  # the 19th, in the evening
    await agency.customer("K-0001")
    await agency.put("/customers/K-0001/contracts/C-1", {"line": "household"})
    for number, (day, status) in enumerate((("2026-11-20", 422), ("2026-11-19", 202))):
        told = event("contract.cancelled", contract_id="C-1", cancelled_on=day)
        answer = await send(told, webhook_id=f"w-{number}")
        assert answer.status_code == status, answer.text
        if status == 422:
            assert answer.json()["errors"] == [
                {"pointer": "/data/cancelled_on", "detail": "must not be after 2026-11-19"}
            ]
            assert await agency.rows("SELECT 1 FROM event") == []


BOOKED: dict[str, Any] = {"commission_id": "B-1", "kind": "renewal", "amount_cents": 100}
MET: dict[str, Any] = {
    "interaction_id": "I-1", "direction": "in", "channel": "phone", "role": "owner", "minutes": 5,
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "path", "data", "pointer"),
    [
        ("commission.booked", "/commissions", {**BOOKED, "booked_on": "0001-01-01"}, "/booked_on"),
        ("interaction.logged", "/interactions", {**MET, "at": "1900-01-01T00:00:00Z"}, "/at"),
    ],
)
async def test_bookings_and_contacts_before_1950_are_mistyped_at_every_door(
    agency: Agency, send: Send, kind: str, path: str, data: dict[str, Any], pointer: str
) -> None:
    await agency.customer("K-0001")
    answer = await send(event(kind, **data))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/data{pointer}")
    batch = {"items": [{**data, "customer_id": "K-0001"}]}
    (item,) = (await agency.call("POST", path, json=batch)).json()["items"]
    assert (item["state"], pointer in item["problem"]["detail"]) == ("refused", True), item


async def test_a_policy_is_activated_at_most_two_years_ahead(agency: Agency) -> None:
    for day, status in (("2099-12-31", 422), ("2028-11-21", 422), ("2028-11-20", 202)):
        answer = await agency.call("POST", "/policies/1/activation", json={"from": day})
        assert answer.status_code == status, answer.text
