"""A sender of whom no letter could be printed is refused when it is stored, with the reason."""

from typing import Any

import pytest

from tests.classifier.conftest import Agency

SENDER: dict[str, Any] = {
    "name": "Weiß", "street": "Markt 3", "postcode": "06526", "city": "Sangerhausen",
    "supervisory_authority": "IHK Halle-Dessau", "phone": "+49 3464 123456",
    "broker_register_number": "D-ABCD-12345-67", "email": "post@weiss.example",
}  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"street": "W" * 60},
        {"street": "Bürgermeister-Doktor-Johannes-Hartmann-Straße 12, Hinterhaus, 3. Stock links"},
        {"city": "Sankt Andreasberg-Lüdenscheidt an der Unteren Weinstraße in der Pfalz, Ortsteil"},
    ],
    ids=["wide", "street", "city"],
)
async def test_a_sender_that_fits_no_return_line_is_refused_with_the_reason(
    agency: Agency, changes: dict[str, str]
) -> None:
    assert (await agency.put("/agency", {"sender": SENDER})).status_code == 200
    refused = await agency.put("/agency", {"sender": {**SENDER, **changes}})
    assert refused.status_code == 422
    problem = refused.json()
    assert problem["type"].endswith("/sender-too-long")
    assert "return line" in problem["detail"]
    assert "shorter street or city" in problem["detail"]
    assert (await agency.get("/agency"))["sender"]["street"] == "Markt 3", "the old one stays"


@pytest.mark.parametrize(
    ("name", "street", "city"),
    [
        ("Hartmann & Partner Versicherungsmakler GmbH", "Marktplatz 3", "Sangerhausen"),
        ("Versicherungsvermittlungsgesellschaft Müller-Lüdenscheidt", "Straße 12", "Halle (Saale)"),
        ("W" * 60, "Weg 1", "Ulm"),
    ],
)
async def test_a_long_name_that_can_be_shortened_is_stored_as_it_is(
    agency: Agency, name: str, street: str, city: str
) -> None:
    sender = {**SENDER, "name": name, "street": street, "city": city}
    assert (await agency.put("/agency", {"sender": sender})).status_code == 200
    assert (await agency.get("/agency"))["sender"]["name"] == name


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "   "),
        ("name", "شركة التأمين"),
        ("city", "上海"),
        ("phone", "– –"),
        ("supervisory_authority", "🌳"),
        ("managing_directors", ["Jana Muster", "李 伟"]),
    ],
)
async def test_a_sender_that_says_nothing_or_has_letters_no_font_has_is_refused(
    agency: Agency, field: str, value: Any
) -> None:
    refused = await agency.put("/agency", {"sender": {**SENDER, field: value}})
    assert refused.status_code == 422
    assert refused.json()["type"].endswith("/sender-not-printable")
    assert refused.json()["detail"].startswith(f"/sender/{field}:")
    greek = {**SENDER, "name": "Παπαδόπουλος & Łęcki Иванов"}
    assert (await agency.put("/agency", {"sender": greek})).status_code == 200


async def test_a_sender_whom_not_everybody_could_answer_is_refused(agency: Agency) -> None:
    refused = await agency.put("/agency", {"sender": {**SENDER, "email": "müller@makler.example"}})
    assert refused.status_code == 422
    assert refused.json()["type"].endswith("/sender-not-answerable")
    assert refused.json()["detail"].startswith("/sender/email:")
    taken = {**SENDER, "email": "mueller@müller.example"}
    assert (await agency.put("/agency", {"sender": taken})).status_code == 200
