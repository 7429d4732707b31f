"""Customers over HTTP: what is sent is kept, what must not be is refused and changes nothing."""

from typing import Any

import pytest

from tests.classifier.conftest import Agency, Service, bearer, person

UTE: dict[str, Any] = {
    "kind": "person",
    "status": "active",
    "salutation": "frau",
    "title": "Dr.",
    "first_name": "Ute",
    "last_name": "Bergmann",
    "company_name": None,
    "contact_person": None,
    "form_of_address": "sie",
    "language": "de",
    "birth_date": "1984-03-12",
    "death_date": None,
    "address": {
        "street": "Lindenallee 4",
        "postcode": "06526",
        "city": "Sangerhausen",
        "country": "DE",
        "state": "ST",
    },
    "email": "ute.bergmann@example.org",
    "phone": "+49 3464 5555",
    "customer_since": "2011-05-01",
    "came_by": "recommendation",
    "carer": "S-1",
    "last_review_on": "2026-03-12",
    "last_contact_on": "2026-10-20",
    "mandate": {
        "contract": True,
        "power_of_attorney": True,
        "since": "2011-05-01",
        "ended_on": None,
    },
    "life": {
        "household": "family",
        "children": 2,
        "home": "owns",
        "employment": "employed",
        "vehicles": 1,
        "pets": ["dog"],
        "industry": None,
        "employees": None,
        "income_band": None,
    },
    "flags": {
        "favourite": True,
        "useful": False,
        "promising": False,
        "conduct": False,
        "no_gifts": False,
    },
    "connections": [{"customer_id": "K-0815", "kind": "household"}],
    "identities": {"gdv": "9999:4711"},
}


async def test_a_customer_is_given_back_as_sent_and_can_be_put_again(agency: Agency) -> None:
    created = await agency.put("/customers/K-0001", UTE)
    assert created.status_code == 201
    assert await agency.get("/customers/K-0001") == UTE
    again = await agency.put("/customers/K-0001", created.json())
    assert again.status_code == 200
    assert again.headers["ETag"] == created.headers["ETag"]
    assert len(await agency.changes("customer.changed")) == 1


async def test_an_unchanged_customer_is_not_sent_twice(agency: Agency) -> None:
    etag = (await agency.put("/customers/K-0001", UTE)).headers["ETag"]
    answer = await agency.call("GET", "/customers/K-0001", headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")
    await agency.put("/customers/K-0001", {**UTE, "language": "en"})
    answer = await agency.call("GET", "/customers/K-0001", headers={"If-None-Match": etag})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("body", "status", "slug", "pointer"),
    [
        (person(birth_date="2026-11-21"), 422, "birth-date-in-future", "/birth_date"),
        (person(death_date="2026-11-21"), 422, "death-date-in-future", "/death_date"),
        (person(birth_date=0), 422, "invalid-body", "/birth_date"),
        (person(life={"children": -1}), 422, "invalid-body", "/life/children"),
        (person(nickname="Utchen"), 422, "invalid-body", "/nickname"),
        ({"kind": "person"}, 422, "invalid-body", "/"),
    ],
)
async def test_a_customer_who_cannot_be_is_refused_and_nothing_is_changed(
    agency: Agency, body: dict[str, Any], status: int, slug: str, pointer: str
) -> None:
    answer = await agency.put("/customers/K-0001", body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith(f"/{slug}")
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert (await agency.call("GET", "/customers/K-0001")).status_code == 404
    assert await agency.marked_units() == set()


async def test_who_is_born_today_where_the_agency_is_is_taken(agency: Agency) -> None:
    answer = await agency.put("/customers/K-0001", person(birth_date="2026-11-20"))
    assert answer.status_code == 201
    # Eleven hours behind UTC the day before is not over yet.
    assert (await agency.put("/agency", {"time_zone": "Pacific/Pago_Pago"})).is_success
    ahead = await agency.put("/customers/K-0002", person(birth_date="2026-11-20"))
    assert ahead.json()["type"].endswith("/birth-date-in-future")
    assert (await agency.put("/customers/K-0002", person(birth_date="2026-11-19"))).is_success


async def test_a_token_sees_its_own_agency_alone(service: Service) -> None:
    mine, other = service.of("musterbetrieb"), service.of("nachbar")
    await mine.customer("K-0001")
    assert (await other.call("GET", "/customers/K-0001")).status_code == 404
    assert (await other.call("DELETE", "/customers/K-0001")).status_code == 404
    assert (await other.get("/customers"))["items"] == []
    await other.customer("K-0001", last_name="Nachbar")
    assert (await mine.get("/customers/K-0001"))["last_name"] == "Bergmann"


async def test_without_the_right_scope_nothing_is_written(service: Service) -> None:
    answer = await service.client.put(
        "/v1/customers/K-0001",
        json=person(),
        headers=bearer("musterbetrieb", "customers:read"),
    )
    assert answer.status_code == 403
    answer = await service.client.put("/v1/customers/K-0001", json=person())
    assert answer.status_code == 401
    everybody = await service.of("musterbetrieb").get("/customers")
    assert everybody["items"] == []


async def test_an_erased_customer_leaves_the_bookings_and_cannot_come_back(
    agency: Agency,
) -> None:
    await agency.put("/customers/K-0001", UTE)
    await agency.put("/customers/K-0001/contracts/C-1", {"line": "motor"})
    booking = {"commission_id": "B-1", "customer_id": "K-0001", "booked_on": "2026-01-02",
               "kind": "renewal", "amount_cents": 1200}  # fmt: skip
    await agency.call("POST", "/commissions", json={"items": [booking]})
    assert (await agency.call("DELETE", "/customers/K-0001")).status_code == 204
    assert (await agency.call("DELETE", "/customers/K-0001")).status_code == 204
    assert (await agency.call("GET", "/customers/K-0001")).status_code == 404
    assert await agency.rows("SELECT amount_cents FROM commission") == [(1200,)]
    assert await agency.rows("SELECT contract_id FROM contract") == []
    assert [change["subject"] for change in await agency.changes("customer.erased")] == ["K-0001"]
    back = await agency.put("/customers/K-0001", UTE)
    assert back.status_code == 410
    assert back.json()["type"].endswith("/customer-erased")


async def test_a_flag_set_by_staff_outlives_an_export_that_does_not_know_it(
    agency: Agency, send: Any
) -> None:
    from tests.classifier.conftest import event

    await agency.customer("K-0001")
    body = event("flag.set", flag="promising", value=True, reason="Ausbau", author="Vogt")
    assert (await send(body)).status_code == 202
    await agency.customer("K-0001", first_name="Ute")
    assert (await agency.get("/customers/K-0001"))["flags"]["promising"] is True


async def test_planning_facts_tell_what_the_law_of_contact_needs(agency: Agency) -> None:
    await agency.put("/customers/K-0001", UTE)
    await agency.customer("K-0002", birth_date="2010-01-01", mandate={"ended_on": "2026-11-19"})
    await agency.put(
        "/customers/K-0001/consents/advertising/phone",
        {"state": "granted", "at": "2026-01-01T09:00:00+01:00", "wording": "Ja"},
    )
    await agency.put(
        "/customers/K-0001/consents/advertising/phone",
        {"state": "withdrawn", "at": "2026-06-01T09:00:00+02:00"},
    )
    late = {"state": "granted", "at": "2026-03-01T09:00:00+01:00"}
    await agency.put("/customers/K-0001/consents/advertising/phone", late)
    ids = ["K-0001", "K-0002", "K-9"]
    answer = await agency.call("POST", "/customers/lookup", json={"customer_ids": ids})
    ute, young = answer.json()["items"]
    assert answer.json()["missing"] == ["K-9"]
    assert ute["consents"] == [{"purpose": "advertising", "channel": "phone", "state": "withdrawn"}]
    assert (ute["mandate"], ute["minor"], ute["postal_address_known"]) == ("held", False, True)
    assert (young["mandate"], young["minor"], young["email_known"]) == ("ended", True, False)
    told = await agency.changes("consent.changed")
    assert [change["payload"]["state"] for change in told][-1] == "withdrawn"


async def test_only_services_look_contacts_up(service: Service, agency: Agency) -> None:
    await agency.put("/customers/K-0001", UTE)
    objections = {"advertising": "2026-05-01T08:00:00+02:00", "profiling": None}
    await agency.put("/customers/K-0001/objections", objections)
    asked = {"customer_ids": ["K-0001", "K-9"]}
    refused = await service.client.post(
        "/v1/contacts/lookup", json=asked, headers=bearer("musterbetrieb", "customers:read")
    )
    assert refused.status_code == 403
    answer = (await agency.call("POST", "/contacts/lookup", json=asked)).json()
    (ute,) = answer["items"]
    assert (ute["last_name"], ute["address"]["postcode"]) == ("Bergmann", "06526")
    assert ute["objections"]["advertising"] == "2026-05-01T06:00:00Z"
    assert "birth_date" not in ute
    assert answer["missing"] == ["K-9"]


async def test_the_list_of_customers_goes_on_where_the_page_ended(agency: Agency) -> None:
    for number in range(5):
        await agency.customer(f"K-{number}")
    first = await agency.get("/customers?limit=3")
    second = await agency.get(f"/customers?limit=3&cursor={first['next_cursor']}")
    ids = [item["customer_id"] for item in (*first["items"], *second["items"])]
    assert ids == [f"K-{number}" for number in range(5)]
    assert second["next_cursor"] is None
