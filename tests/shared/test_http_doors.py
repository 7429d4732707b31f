"""What the HTTP edge refuses instead of passing it over, and what it answers about itself."""

import gzip

import httpx
import pytest

from tests.shared.edge import Token
from tests.shared.toy import Toy


@pytest.mark.parametrize("path", ["/notes/n-1?pages=3", "/changes?afer=1", "/changes?AFTER=1"])
async def test_an_unknown_parameter_is_refused_by_its_name(
    client: httpx.AsyncClient, token: Token, path: str
) -> None:
    answer = await client.get(f"/v1{path}", headers=token())
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (
        422,
        "invalid-parameter",
    )
    name = path.partition("?")[2].partition("=")[0]
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{name}"]
    assert ("after, after_change_id, limit" in answer.json()["detail"]) == ("changes" in path)
    assert (await client.get("/readyz?full=1")).status_code == 422


@pytest.mark.parametrize(
    "written", ["1_0", "%2B10", "+10", "%2010", "10%20", "10.0", "010", "0x10", "1e1", "１０", "١٠"]
)
async def test_a_number_in_an_address_has_digits_alone(
    client: httpx.AsyncClient, token: Token, written: str
) -> None:
    answer = await client.get(f"/v1/changes?limit={written}", headers=token())
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/limit")
    page = await client.get(f"/v1/notes/n-1/pages/{written}", headers=token())
    assert (page.status_code, page.json()["errors"][0]["pointer"]) == (422, "/page")
    assert (await client.get("/v1/notes/n-1/pages/10", headers=token())).json() == {"page": 10}


@pytest.mark.parametrize("day", ["1700006400", "0000000000", "86400.0000", "2026-11-2", "--11-21"])
async def test_a_day_is_no_number_of_seconds(
    client: httpx.AsyncClient, token: Token, day: str
) -> None:
    answer = await client.put("/v1/notes/n-1", json={"day": day, "pages": 1}, headers=token())
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/day")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
async def test_a_body_in_another_encoding_than_utf_8_is_refused(
    client: httpx.AsyncClient, token: Token, encoding: str
) -> None:
    body = '{"day": "2026-11-21", "pages": 1}'
    headers = {**token(), "Content-Type": f"application/json; charset={encoding}"}
    answer = await client.put("/v1/notes/n-1", content=body.encode(encoding), headers=headers)
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (400, "malformed-body")
    assert (await client.get("/v1/notes/n-1", headers=token())).status_code == 404


@pytest.mark.parametrize("method", ["PUT", "GET"])
@pytest.mark.parametrize("condition", ["If-Match", "If-Unmodified-Since"])
async def test_a_condition_that_cannot_be_checked_is_refused_and_nothing_done(
    client: httpx.AsyncClient, token: Token, method: str, condition: str
) -> None:
    body = {"day": "2026-11-21", "pages": 1}
    answer = await client.request(
        method, "/v1/notes/n-1", json=body, headers={**token(), condition: '"x"'}
    )
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (
        412,
        "condition-failed",
    )
    assert (await client.get("/v1/notes/n-1", headers=token())).status_code == 404


async def test_a_parameter_that_cannot_be_stored_is_refused_by_its_name(
    client: httpx.AsyncClient, token: Token
) -> None:
    answer = await client.get("/v1/changes?after_change_id=a%00b", headers=token())
    assert (answer.status_code, answer.json()["errors"]) == (
        422,
        [{"pointer": "/after_change_id", "detail": "holds U+0000"}],
    )


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "GZIP, identity"])
async def test_a_compressed_body_is_refused_by_its_encoding(
    client: httpx.AsyncClient, token: Token, encoding: str
) -> None:
    body, packed = b'{"day": "2026-11-21", "pages": 1}', {"Content-Encoding": encoding}
    headers = {**token(), "Content-Type": "application/json"}
    for content in (body, gzip.compress(body)):
        answer = await client.put("/v1/notes/n-1", content=content, headers={**headers, **packed})
        assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "identity")
        assert "Content-Encoding" in answer.json()["detail"]
    plain = {**headers, "Content-Encoding": "identity"}
    assert (await client.put("/v1/notes/n-1", content=body, headers=plain)).status_code == 200


async def test_head_is_get_without_its_body(client: httpx.AsyncClient, token: Token) -> None:
    for path in ("/readyz", "/livez", "/metrics", "/openapi.json", "/v1/changes"):
        told = await client.head(path, headers=token())
        whole = await client.get(path, headers=token())
        assert (told.status_code, told.content) == (200, b""), path
        assert told.headers["content-type"] == whole.headers["content-type"]
    assert (await client.head("/v1/notes/none", headers=token())).status_code == 404
    assert (await client.head("/v1/changes")).status_code == 401


async def test_an_address_with_a_slash_behind_is_none_and_leads_nowhere(
    client: httpx.AsyncClient, token: Token
) -> None:
    for method, path in (("GET", "/v1/changes/"), ("PUT", "/v1/notes/n-1/"), ("POST", "/readyz/")):
        answer = await client.request(method, path, headers=token(), json={"day": "2026-11-21"})
        assert (answer.status_code, answer.headers.get("location")) == (404, None), path
        assert answer.headers["content-type"] == "application/problem+json"


async def test_allow_names_every_method_of_an_address(client: httpx.AsyncClient) -> None:
    for method, path, allow in (
        ("POST", "/v1/notes/n-1", "GET, HEAD, PUT"),
        ("DELETE", "/readyz", "GET, HEAD"),
        ("PATCH", "/v1/operations/redrive", "POST"),
        ("HEAD", "/v1/operations/redrive", "POST"),
    ):
        answer = await client.request(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allow), path


@pytest.mark.parametrize("after", [2**63, 2**64, 10**30, -1])
async def test_a_revision_that_no_feed_reaches_is_refused(
    client: httpx.AsyncClient, token: Token, after: int
) -> None:
    answer = await client.get(f"/v1/changes?after={after}", headers=token())
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/after")


@pytest.mark.parametrize("agency", ["", "..", "agency-x\n", "Agency", "a b", "**", "a" * 41, "-a"])
async def test_a_token_for_no_agency_is_refused(
    client: httpx.AsyncClient, token: Token, agency: str
) -> None:
    answer = await client.get("/v1/changes", headers=token(agency))
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (401, "token-refused")


async def test_a_parked_change_that_fails_again_says_why_and_stays_parked(
    client: httpx.AsyncClient, token: Token, toy: Toy
) -> None:
    toy.poisoned.add("bad")
    await toy.write("agency-x", "bad")
    await toy.follower().follow("agency-x")
    parked = "/v1/operations/parked-changes"
    (change,) = (await client.get(parked, headers=token())).json()["items"]
    retry = f"{parked}/{change['change_id']}/retry"
    for _ in range(2):
        again = await client.post(retry, headers=token())
        assert (again.status_code, again.json()["type"].rsplit("/", 1)[1]) == (
            409,
            "change-fails-again",
        )
        assert "Poison: bad" in again.json()["detail"]
    assert len((await client.get(parked, headers=token())).json()["items"]) == 1
    toy.poisoned.clear()
    for outcome in ("applied", "not_parked"):
        assert (await client.post(retry, headers=token())).json()["outcome"] == outcome


@pytest.mark.parametrize(
    ("doubled", "refused"),
    [("Authorization", (401, "token-refused")), ("Kundentakt-Agency", (400, "agency-missing"))],
)
async def test_a_header_that_says_who_asks_stands_once(
    client: httpx.AsyncClient, token: Token, doubled: str, refused: tuple[int, str]
) -> None:
    headers = [*token("*").items(), ("Kundentakt-Agency", "agency-x")]
    assert (await client.get("/v1/changes", headers=headers)).status_code == 200
    other = {"Authorization": "Bearer x", "Kundentakt-Agency": "agency-y"}[doubled]
    for twice in ([*headers, (doubled, other)], [(doubled, other), *headers]):
        answer = await client.get("/v1/changes", headers=twice)
        assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == refused
