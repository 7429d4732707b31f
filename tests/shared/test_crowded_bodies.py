"""Bodies of too many values are refused before anybody reads or names each of them."""

import json

import httpx
import pytest

from shared.web.crowds import NAMES, SIGNS, VALUES
from tests.shared.edge import Token

CROWDS = {
    "objects": b'{"items":[' + b",".join([b"{}"] * SIGNS) + b"]}",
    "lists": b"[" * (2 * SIGNS),
    "names": json.dumps({f"k{number}": 1 for number in range(NAMES + 1)}).encode(),
    "values": json.dumps({"day": [1] * VALUES}).encode(),
    "values within": json.dumps({"day": [[1] * 100] * (VALUES // 100)}).encode(),
}


@pytest.mark.parametrize("crowd", CROWDS)
@pytest.mark.parametrize(
    "kind", ["application/json", "application/problem+json; charset=utf-8", ""]
)
async def test_a_body_of_too_many_values_is_refused(
    client: httpx.AsyncClient, token: Token, crowd: str, kind: str
) -> None:
    headers = {**token(), **({"Content-Type": kind} if kind else {})}
    answer = await client.post("/v1/notes", content=CROWDS[crowd], headers=headers)
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (422, "invalid-body")
    if kind:  # without a media type nobody reads what was taken
        assert "values" in answer.json()["detail"] or "names" in answer.json()["detail"]


async def test_a_usual_body_passes_however_long_its_texts_are(
    client: httpx.AsyncClient, token: Token
) -> None:
    body = json.dumps({"day": "2026-01-01", "pages": 1, "text": "so, und, so, " * 10_000})
    headers = {**token(), "Content-Type": "application/json"}
    answer = await client.post("/v1/notes", content=body, headers=headers)
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/text"]


async def test_a_file_may_have_as_many_commas_as_it_likes(
    client: httpx.AsyncClient, token: Token
) -> None:
    commas = b"," * (2 * SIGNS)
    for kind in ({}, {"Content-Type": "text/csv"}, {"Content-Type": "application/octet-stream"}):
        answer = await client.post("/v1/notes", content=commas, headers={**token(), **kind})
        assert "values" not in answer.json()["detail"], kind
