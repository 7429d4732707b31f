"""Systems that send events: added, listed, given new secrets, ended; none opens another's door."""

import asyncio
import base64

from shared.clients.webhooks import sign
from tests.classifier.conftest import SOURCE, Agency, Send, Service, event


async def test_the_secret_of_one_agency_opens_no_other(service: Service, send: Send) -> None:
    body = event("payment.late", days=20)
    foreign = await service.of("nachbar").secret()
    await service.of("nachbar").customer("K-0001")
    headers = sign(foreign, webhook_id="w-1", body=body)
    for path in (f"musterbetrieb/{SOURCE}", "nachbar/another-source", f"unknown/{SOURCE}"):
        answer = await service.client.post(f"/v1/events/{path}", content=body, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["type"].endswith("/signature-refused")
    own = f"/v1/events/nachbar/{SOURCE}"
    assert (await service.client.post(own, content=body, headers=headers)).status_code == 202


async def test_the_secret_before_stays_good_until_the_next_rotation(
    service: Service, agency: Agency, ute: None
) -> None:
    secrets = [await agency.secret(), *[await agency.rotated_secret() for _ in range(2)]]
    body = event("payment.late", days=20)
    answers = [
        await service.client.post(
            f"/v1/events/musterbetrieb/{SOURCE}",
            content=body,
            headers=sign(secret, webhook_id=f"w-{number}", body=body),
        )
        for number, secret in enumerate(secrets)
    ]
    assert [answer.status_code for answer in answers] == [401, 202, 202]
    assert len(base64.b64decode(secrets[0].removeprefix("whsec_"))) == 32


async def test_adding_a_source_again_leaves_its_secret_in_use(
    service: Service, agency: Agency, ute: None
) -> None:
    path = f"/agency/webhook-sources/{SOURCE}"
    first, again = [(await agency.call("PUT", path)).json() for _ in range(2)]
    assert first == again
    assert first["rotated"] is False
    together = await asyncio.gather(
        *(agency.call("PUT", "/agency/webhook-sources/other") for _ in range(6))
    )
    assert len({answer.json()["secret"] for answer in together}) == 1


async def test_sources_are_listed_without_secrets_and_deleted(
    service: Service, agency: Agency, ute: None
) -> None:
    secret = await agency.secret()
    await agency.call("PUT", "/agency/webhook-sources/another")
    await agency.rotated_secret()
    listed = (await agency.get("/agency/webhook-sources"))["items"]
    assert [(each["source"], each["previous_valid"]) for each in listed] == [
        ("another", False),
        (SOURCE, True),
    ]
    assert "whsec" not in str(listed)
    assert (await service.of("nachbar").get("/agency/webhook-sources"))["items"] == []

    body = event("payment.late", days=20)
    headers = sign(secret, webhook_id="w-1", body=body)
    path = f"/agency/webhook-sources/{SOURCE}"
    assert (await agency.call("DELETE", path)).status_code == 204
    gone = await service.client.post(
        f"/v1/events/musterbetrieb/{SOURCE}", content=body, headers=headers
    )
    assert gone.status_code == 401
    for call in (("DELETE", path), ("POST", f"{path}/rotation")):
        answer = await agency.call(*call)
        assert (answer.status_code, answer.json()["type"].rsplit("/")[-1]) == (
            404,
            "webhook-source-not-found",
        )


async def test_a_source_asked_for_before_it_was_added_is_good_at_once(
    service: Service, agency: Agency, ute: None
) -> None:
    body = event("payment.late", days=20)
    path = "/v1/events/musterbetrieb/coming"
    early = await service.client.post(
        path, content=body, headers=sign("whsec_" + "A" * 44, webhook_id="w-1", body=body)
    )
    assert early.status_code == 401
    secret = (await agency.call("PUT", "/agency/webhook-sources/coming")).json()["secret"]
    headers = sign(secret, webhook_id="w-1", body=body)
    assert (await service.client.post(path, content=body, headers=headers)).status_code == 202
