"""Requests of the classifier that come again under a key."""

from tests.classifier.conftest import SOURCE, Agency


async def test_a_repeated_rotation_under_a_key_rotates_once(agency: Agency) -> None:
    await agency.secret()
    path, key = f"/agency/webhook-sources/{SOURCE}/rotation", {"Idempotency-Key": "june"}
    first = await agency.call("POST", path, headers=key)
    again = await agency.call("POST", path, headers=key)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true")
    other = await agency.call("POST", path)
    assert other.json()["secret"] != first.json()["secret"]
