"""What every service's HTTP edge promises: access, problems, limits, health, the feed."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import pytest

from shared.clients.feed import FeedClient
from shared.clients.http import ServiceHttp
from shared.contracts.changes import ChangePage
from shared.contracts.feed_errors import FeedDiverged
from shared.settings import ServiceSettings
from shared.web.problems import pointers_of
from tests.shared.edge import Token
from tests.shared.toy import Toy


def problem(response: httpx.Response) -> tuple[int, str]:
    """Status and slug; every problem has the media type and the trace id of its request."""
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["trace_id"] == response.headers["trace-id"]
    assert body["detail"]
    return response.status_code, str(body["type"]).rsplit("/", 1)[-1]


async def test_a_token_of_one_agency_does_not_see_the_notes_of_another(
    client: httpx.AsyncClient, toy: Toy, token: Token
) -> None:
    await toy.write("agency-y", "theirs")
    answer = await client.get("/v1/notes/theirs", headers=token("agency-x"))
    assert problem(answer) == (404, "note-not-found")
    mine = await client.get("/v1/notes/theirs", headers=token("agency-y"))
    assert mine.status_code == 200


async def test_an_agency_header_does_not_change_whose_token_it_is(
    client: httpx.AsyncClient, toy: Toy, token: Token
) -> None:
    await toy.write("agency-y", "theirs")
    headers = token("agency-x") | {"Kundentakt-Agency": "agency-y"}
    refused = await client.get("/v1/notes/theirs", headers=headers)
    assert problem(refused) == (403, "scope-missing")
    assert "Kundentakt-Agency" in refused.json()["detail"]
    for named in ("agency-x", ""):
        own = await client.get("/v1/changes", headers=headers | {"Kundentakt-Agency": named})
        assert own.status_code == 200, named


async def test_a_service_token_names_its_agency(
    client: httpx.AsyncClient, toy: Toy, token: Token
) -> None:
    await toy.write("agency-y", "theirs")
    unnamed = await client.get("/v1/notes/theirs", headers=token("*"))
    assert problem(unnamed) == (400, "agency-missing")
    named = token("*") | {"Kundentakt-Agency": "agency-y"}
    assert (await client.get("/v1/notes/theirs", headers=named)).status_code == 200


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer x.y.z", "Bearer é", "Basic eDp5", "Bearer eyJhbGciOiJub25lIn0.e30."],
)
async def test_a_wrong_token_is_refused_with_a_problem(
    client: httpx.AsyncClient, header: str
) -> None:
    answer = await client.get("/v1/notes/n1", headers={b"Authorization": header.encode()})
    assert problem(answer) == (401, "token-refused")


async def test_an_expired_token_and_one_without_the_scope_are_refused(
    client: httpx.AsyncClient, token: Token
) -> None:
    expired = await client.get("/v1/notes/n1", headers=token(lifetime=-5))
    assert problem(expired) == (401, "token-refused")
    reader = await client.put(
        "/v1/notes/n1", headers=token(scopes=["customers:read"]), json={"day": "2026-01-01"}
    )
    assert problem(reader) == (403, "scope-missing")


async def test_a_service_token_can_be_revoked_by_a_service_token(
    client: httpx.AsyncClient, token: Token
) -> None:
    leaked, named = token("*"), {"Kundentakt-Agency": "agency-x"}
    claims = jwt.decode(leaked["Authorization"].split()[1], options={"verify_signature": False})
    body = {"jti": claims["jti"]}
    ours = await client.post("/v1/operations/revoked-tokens", headers=token(), json=body)
    assert ours.status_code == 204
    assert (await client.get("/v1/changes", headers=leaked | named)).status_code == 200
    headers = token("*") | named
    assert (
        await client.post("/v1/operations/revoked-tokens", headers=headers, json=body)
    ).status_code == 204
    assert problem(await client.get("/v1/changes", headers=leaked | named))[0] == 401


async def test_what_is_away_for_now_is_told_apart_from_what_is_broken(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/v1/busy")
    assert problem(answer) == (503, "try-again")
    assert answer.headers["retry-after"] == "5"


async def test_a_newer_service_may_say_more(client: httpx.AsyncClient) -> None:
    http = ServiceHttp(url="http://toy", token="any", client=client)
    for ask in (http.get, http.put):
        assert (await ask("/v1/newer", ChangePage)).head == 7


async def test_services_do_not_talk_through_the_proxy_for_the_way_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{"items": [], "head": 1}')
        await writer.drain()
        writer.close()

    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        http = ServiceHttp(url=f"http://127.0.0.1:{port}", token="any")
        assert (await http.get("/v1/changes", ChangePage)).head == 1
        await http.close()


async def test_clients_of_one_process_read_the_trusted_authorities_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await ServiceHttp(url="https://toy", token="any").close()
    monkeypatch.delattr(ssl, "create_default_context")
    await ServiceHttp(url="https://toy", token="any").close()


def test_pointers_are_escaped_as_the_norm_says() -> None:
    (pointer,) = pointers_of([{"loc": ["a/b", "c~d", 0], "msg": "wrong"}])
    assert pointer["pointer"] == "/a~1b/c~0d/0"


def test_a_refused_setting_does_not_print_its_value() -> None:
    with pytest.raises(ValueError, match="placeholder") as refused:
        ServiceSettings.model_validate(
            {"database_url": "postgresql://app:changeme@db/x", "sweep_database_url": "s",
             "REDIS_URL": "r", "TOKEN_KEYS": "{}", "service_token": "t"}
        )  # fmt: skip
    assert "app:changeme" not in str(refused.value)


async def test_a_revoked_token_is_refused(client: httpx.AsyncClient, token: Token) -> None:
    headers = token()
    claims = jwt.decode(headers["Authorization"].split()[1], options={"verify_signature": False})
    revoked = await client.post(
        "/v1/operations/revoked-tokens", headers=token(), json={"jti": claims["jti"]}
    )
    assert revoked.status_code == 204
    assert problem(await client.get("/v1/notes/n1", headers=headers)) == (401, "token-refused")


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        (b"{", 400, "malformed-body"),
        (b"\xff\xfe", 400, "malformed-body"),
        (b'{"day": 0, "pages": 1}', 422, "invalid-body"),
        (b'{"day": "2026-01-01", "pages": "1"}', 422, "invalid-body"),
        (b'{"day": "2026-01-01", "pages": 1, "more": 2}', 422, "invalid-body"),
        (b'{"day": "' + b"x" * 300 + b'"}', 413, "body-too-large"),
    ],
)
async def test_bad_bodies_get_one_clear_problem_and_change_nothing(
    client: httpx.AsyncClient, toy: Toy, token: Token, body: bytes, status: int, slug: str
) -> None:
    headers = token() | {"Content-Type": "application/json"}
    answer = await client.put("/v1/notes/n1", headers=headers, content=body)
    assert problem(answer) == (status, slug)
    async with toy.notes.transaction("agency-x") as transaction:
        assert (await transaction.execute("SELECT count(*) FROM note")).scalar_one() == 0


async def test_a_body_that_does_not_tell_its_length_is_limited_while_it_arrives(
    client: httpx.AsyncClient, token: Token
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"[" * 50

    answer = await client.put("/v1/notes/n1", headers=token(), content=endless())
    assert problem(answer) == (413, "body-too-large")


async def test_a_route_without_a_limit_of_its_own_takes_a_megabyte(
    client: httpx.AsyncClient, token: Token
) -> None:
    answer = await client.post(
        "/v1/operations/revoked-tokens", headers=token(), content=b" " * 1_000_001
    )
    assert problem(answer) == (413, "body-too-large")


async def test_an_invalid_field_is_named_by_its_pointer(
    client: httpx.AsyncClient, token: Token
) -> None:
    answer = await client.put("/v1/notes/n1", headers=token(), json={"day": "2026-13-01"})
    pointers = [error["pointer"] for error in answer.json()["errors"]]
    assert pointers == ["/day", "/pages"]


async def test_unknown_paths_and_methods_are_problems_too(client: httpx.AsyncClient) -> None:
    assert problem(await client.get("/v2/none")) == (404, "not-found")
    assert problem(await client.delete("/livez")) == (405, "method-not-allowed")


async def test_an_unexpected_error_is_a_problem_that_tells_nothing_but_the_trace(
    client: httpx.AsyncClient, token: Token
) -> None:
    body = {"day": "2026-01-01", "pages": 1}
    assert (await client.put("/v1/notes/n1", headers=token(), json=body)).status_code == 200
    twice = await client.put("/v1/notes/n1", headers=token(), json=body)
    assert problem(twice) == (500, "internal-error")
    assert "pk" not in twice.text


@pytest.mark.parametrize("note", ["%00", "a%00b"])
async def test_a_text_that_cannot_be_stored_is_refused_and_not_our_fault(
    client: httpx.AsyncClient, token: Token, note: str
) -> None:
    body = {"day": "2026-01-01", "pages": 1}
    answer = await client.put(f"/v1/notes/{note}", headers=token(), json=body)
    assert problem(answer) == (422, "invalid-body")


async def test_the_feed_is_read_over_http_and_says_when_it_diverged(
    client: httpx.AsyncClient, toy: Toy, token: Token
) -> None:
    await toy.write("agency-x", "n1", "n2")
    bearer = token("*")["Authorization"].split()[1]
    reader = FeedClient(ServiceHttp(url="http://toy", token=bearer, client=client))
    page = await reader.changes("agency-x", after=0)
    assert [(c.revision, c.subject) for c in page.items] == [(1, "n1"), (2, "n2")]
    assert page.items[0].payload == {"note_id": "n1"}
    assert await reader.heads() == {"agency-x": 2}
    with pytest.raises(FeedDiverged):
        await reader.changes("agency-x", after=9)
    with pytest.raises(FeedDiverged):
        await reader.changes("agency-x", after=2, after_change_id=page.items[0].change_id)


async def test_who_must_start_again_is_told_the_head_to_follow_on_from(
    client: httpx.AsyncClient, toy: Toy, token: Token
) -> None:
    await toy.write("agency-x", "n1", "n2")
    ahead = await client.get("/v1/changes?after=9", headers=token())
    trim = {"before": datetime.now(UTC).isoformat()}
    told = await client.post("/v1/operations/feed-trims", headers=token(), json=trim)
    assert told.json() == {"trimmed_to": 2}
    trimmed = await client.get("/v1/changes?after=1", headers=token())
    for answer, status in ((ahead, 409), (trimmed, 410)):
        assert (answer.status_code, answer.headers["Kundentakt-Revision"]) == (status, "2")
        assert "\n" not in answer.json()["detail"], answer.json()["detail"]
    await toy.write("agency-x", "n3")
    on = await client.get(
        f"/v1/changes?after={trimmed.headers['Kundentakt-Revision']}", headers=token()
    )
    assert [each["subject"] for each in on.json()["items"]] == ["n3"]


async def test_health_readiness_and_metrics_answer_without_a_token(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.get("/livez")).json() == {"status": "alive"}
    ready = await client.get("/readyz")
    assert (ready.status_code, ready.json()["redis"]) == (200, "ok")
    metrics = await client.get("/metrics")
    assert 'http_requests_total{route="/livez",service="classifier",status="200"}' in metrics.text


async def test_status_and_openapi_describe_the_service(
    client: httpx.AsyncClient, toy: Toy, token: Token
) -> None:
    await toy.write("agency-x", "n1")
    status = (await client.get("/v1/operations/status", headers=token())).json()
    assert (status["service"], status["head"], status["parked"]) == ("classifier", 1, 0)
    document = (await client.get("/openapi.json")).json()
    operations = [
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
    ]
    assert len(operations) == len(set(operations))
    assert "list_changes" in operations


async def test_an_answer_after_which_the_server_hangs_up_says_so(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/v1/busy")
    assert (answer.status_code, answer.headers["connection"]) == (503, "close")
