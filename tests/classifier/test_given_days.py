"""Days of mistyped years and names of blanks are refused at every door; what is stored is read."""

from typing import Any

import pytest

from tests.classifier.conftest import Agency, Send, event, person

OLD = "1900-01-01"


@pytest.mark.parametrize(
    ("kind", "data", "place"),
    [
        ("customer.died", {"died_on": OLD}, "/data/died_on"),
        ("mandate.ended", {"ended_on": "2201-01-01"}, "/data/ended_on"),
        ("contract.cancelled", {"contract_id": "C-1", "cancelled_on": "0001-01-01"},
         "/data/cancelled_on"),
        ("contract.upserted", {"contract_id": "C-1", "line": "motor", "start": OLD}, "/data/start"),
        ("customer.upserted", {"kind": "company", "company_name": "\u200b"}, "/data/company_name"),
        ("flag.set", {"flag": "useful", "value": True, "reason": " ", "author": "VJ"},
         "/data/reason"),
        ("complaint.filed", {"text": "\u00a0"}, "/data/text"),
    ],
)  # fmt: skip
async def test_an_event_of_a_mistyped_year_or_of_blanks_is_refused_with_its_place(
    agency: Agency, send: Send, kind: str, data: dict[str, Any], place: str
) -> None:
    await agency.customer("K-0001")
    answer = await send(event(kind, **data))
    assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (
        422, [place],
    )  # fmt: skip


async def test_a_record_of_a_mistyped_year_or_of_blanks_is_refused_with_its_place(
    agency: Agency,
) -> None:
    for body, place in (
        ({"birth_date": OLD}, "/birth_date"),
        ({"last_name": " \u2060"}, "/last_name"),
        ({"contact_person": "\ufeff"}, "/contact_person"),
    ):
        refused = await agency.put("/customers/K-1", person(**body))
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, place)
    await agency.customer("K-1", title=" ", phone="\u200b")
    kept = await agency.get("/customers/K-1")
    assert (kept["title"], kept["phone"]) == (None, None)
    for patch in ({"customer_since": OLD}, {"first_name": ""}):
        refused = await agency.call("PATCH", "/customers/K-1", json=patch)
        assert refused.status_code == 422
    found = await agency.call("GET", "/customers?changed_since=0002-01-01T00:00:00Z")
    assert found.status_code == 422


async def test_what_was_stored_before_a_bound_is_read_and_changed_elsewhere(agency: Agency) -> None:
    await agency.customer("K-1", birth_date="1984-03-12")
    put = await agency.put("/customers/K-1/contracts/C-1", {"line": "motor", "start": "2020-01-01"})
    assert put.status_code == 201
    async with agency.service.resources.database.transaction(agency.agency) as transaction:
        await transaction.execute(
            "UPDATE customer SET birth_date = '1885-01-01', last_name = ' '"
            " WHERE agency_id = :agency"
        )
        await transaction.execute(
            "UPDATE contract SET starts_on = '1890-01-01' WHERE agency_id = :agency"
        )
    assert (await agency.get("/customers/K-1"))["birth_date"] == "1885-01-01"
    assert (await agency.get("/customers/K-1?provenance=true"))["last_name"] == " "
    contract = "/customers/K-1/contracts/C-1"
    assert (await agency.get(f"{contract}?provenance=true"))["start"] == "1890-01-01"
    for path, patch in (("/customers/K-1", {"title": "Dr."}), (contract, {"product": "Top"})):
        assert (await agency.call("PATCH", path, json=patch)).status_code == 200
    refused = await agency.call("PATCH", contract, json={"start": "1890-01-01"})
    assert refused.status_code == 422
