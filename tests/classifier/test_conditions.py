"""``If-Match`` and ``If-None-Match``: nobody overwrites what they have not seen."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.classifier.conftest import Agency

CUSTOMER = {"kind": "person", "first_name": "Ute", "last_name": "Bergmann"}
CONTRACT = {"line": "household", "insurer": "Muster", "status": "active", "premium_cents": 1000}
PATHS = {
    "/customers/K-1": CUSTOMER,
    "/customers/K-1/contracts/V-1": CONTRACT,
    "/customers/K-1/objections": {"advertising": True},
    "/agency": {"federal_state": "ST"},
}
CHANGED = {
    "/customers/K-1": {**CUSTOMER, "email": "new@example.org"},
    "/customers/K-1/contracts/V-1": {**CONTRACT, "premium_cents": 2000},
    "/customers/K-1/objections": {"advertising": False},
    "/agency": {"federal_state": "BY"},
}
OTHER = '"00000000000000000000000000000000"'


@pytest.fixture
async def known(agency: Agency) -> Agency:
    """An agency with one of each."""
    for path, body in PATHS.items():
        assert (await agency.call("PUT", path, json=body)).status_code in (200, 201), path
    return agency


async def put(agency: Agency, path: str, body: Any, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await agency.call("PUT", path, json=body, headers=named)


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].rsplit("/", 1)[1]


@pytest.mark.parametrize("path", PATHS)
async def test_a_write_with_the_etag_that_was_read_is_carried_out(known: Agency, path: str) -> None:
    etag = (await known.call("GET", path)).headers["ETag"]
    answer = await put(known, path, CHANGED[path], If_Match=etag)
    assert answer.status_code == 200, answer.text
    assert answer.headers["ETag"] != etag
    assert (await known.call("GET", path)).headers["ETag"] == answer.headers["ETag"]


@pytest.mark.parametrize("path", PATHS)
async def test_a_write_over_what_somebody_else_wrote_is_refused(known: Agency, path: str) -> None:
    etag = (await known.call("GET", path)).headers["ETag"]
    assert (await put(known, path, CHANGED[path])).status_code == 200
    late = await put(known, path, PATHS[path], If_Match=etag)
    assert slug(late) == (412, "condition-failed")
    now = await known.call("GET", path)
    assert now.headers["ETag"] in late.json()["detail"]
    assert now.json() != PATHS[path]


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ("*", 200),
        ("{etag}", 200),
        (f"{OTHER}, {{etag}}", 200),
        (f"{OTHER},{{etag}} , ", 200),
        ("W/{etag}", 412),
        (f"W/{{etag}}, {OTHER}", 412),
        (OTHER, 412),
        ("nonsense", 412),
        ('"', 412),
        ("", 412),
        ("*, {etag}", 412),
    ],
)
@pytest.mark.parametrize("path", ["/customers/K-1", "/customers/K-1/contracts/V-1"])
async def test_tags_are_compared_strongly_one_by_one(
    known: Agency, path: str, condition: str, status: int
) -> None:
    etag = (await known.call("GET", path)).headers["ETag"]
    answer = await put(known, path, CHANGED[path], If_Match=condition.format(etag=etag))
    assert answer.status_code == status, answer.text
    changed = (await known.call("GET", path)).headers["ETag"] != etag
    assert changed == (status == 200)


@pytest.mark.parametrize("path", ["/customers/K-1", "/customers/K-1/contracts/V-1"])
async def test_patch_and_delete_compare_too(known: Agency, path: str) -> None:
    patch = {"email": "a@example.org"} if path.endswith("K-1") else {"premium_cents": 3000}
    etag = (await known.call("GET", path)).headers["ETag"]
    for method, options in (("PATCH", {"json": patch}), ("DELETE", {})):
        stale = await known.call(method, path, headers={"If-Match": OTHER}, **options)
        assert slug(stale) == (412, "condition-failed")
        assert (await known.call("GET", path)).headers["ETag"] == etag
    patched = await known.call("PATCH", path, json=patch, headers={"If-Match": etag})
    assert patched.status_code == 200
    gone = await known.call("DELETE", path, headers={"If-Match": patched.headers["ETag"]})
    assert gone.status_code == 204


async def test_the_tag_of_an_answer_with_sources_is_as_good(known: Agency) -> None:
    for path in ("/customers/K-1", "/customers/K-1/contracts/V-1"):
        etag = (await known.call("GET", f"{path}?provenance=true")).headers["ETag"]
        assert (await put(known, path, CHANGED[path], If_Match=etag)).status_code == 200
        assert (await put(known, path, PATHS[path], If_Match=etag)).status_code == 412


async def test_a_record_that_is_not_there_has_no_tag(agency: Agency) -> None:
    await agency.customer("K-1")
    for path in ("/customers/K-9", "/customers/K-1/contracts/V-9"):
        body = CUSTOMER if path.endswith("K-9") else CONTRACT
        for condition in ("*", OTHER):
            assert (await put(agency, path, body, If_Match=condition)).status_code == 412
        assert (await agency.call("GET", path)).status_code == 404
        assert (await put(agency, path, body, If_None_Match="*")).status_code == 201
        assert (await put(agency, path, body, If_None_Match="*")).status_code == 412


async def test_a_reader_gets_304_for_any_tag_that_fits(known: Agency) -> None:
    for path in PATHS:
        etag = (await known.call("GET", path)).headers["ETag"]
        for tags, status in (
            (etag, 304), (f"W/{etag}", 304), (f"{OTHER}, {etag}", 304), ("*", 304), (OTHER, 200),
        ):  # fmt: skip
            answer = await known.call("GET", path, headers={"If-None-Match": tags})
            assert (answer.status_code, answer.headers["ETag"]) == (status, etag), (path, tags)
        assert (await known.call("GET", path, headers={"If-Match": OTHER})).status_code == 412


async def test_of_two_who_read_the_same_one_writes(known: Agency) -> None:
    for path in PATHS:
        etag = (await known.call("GET", path)).headers["ETag"]
        answers = await asyncio.gather(
            *(put(known, path, CHANGED[path], If_Match=etag) for _ in range(5))
        )
        codes = sorted(answer.status_code for answer in answers)
        assert codes == [200, 412, 412, 412, 412], path


async def test_what_has_no_tag_refuses_every_condition(known: Agency) -> None:
    for method, path, headers in (
        ("GET", "/policies", {"If-Match": "*"}),
        ("PUT", "/customers/K-1/consents/newsletter/email", {"If-Match": "*"}),
        ("DELETE", "/customers/K-1/override", {"If-None-Match": OTHER}),
        ("PUT", "/customers/K-1", {"If-Unmodified-Since": "Sat, 29 Oct 1994 19:43:31 GMT"}),
    ):
        answer = await known.call(method, path, headers=headers, json=CUSTOMER)
        assert slug(answer) == (412, "condition-failed"), path
