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


async def test_a_source_that_is_added_again_tells_no_secret_of_the_one_before(
    agency: Agency,
) -> None:
    await agency.secret()
    source, key = f"/agency/webhook-sources/{SOURCE}", {"Idempotency-Key": "june"}
    before = await agency.call("POST", f"{source}/rotation", headers=key)
    assert (await agency.call("DELETE", source)).status_code == 204
    assert (await agency.call("POST", f"{source}/rotation", headers=key)).status_code == 404
    await agency.secret()
    after = await agency.call("POST", f"{source}/rotation", headers=key)
    assert "Idempotency-Replayed" not in after.headers
    assert after.json()["secret"] != before.json()["secret"]
    again = await agency.call("POST", f"{source}/rotation", headers=key)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (after.json(), "true")
