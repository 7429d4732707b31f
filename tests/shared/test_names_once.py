"""Nothing that is given twice counts once by chance: names of a JSON body, query parameters."""

import httpx
import pytest

from shared.web.names_once import read_json
from shared.web.problems import ProblemError
from tests.shared.edge import Token


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 2}',
        b'{"a": 1, "\\u0061": 1}',
        b'{"items": [{"b": {"c": 1, "d": 2, "c": 1}}]}',
        b'[{"a": null, "a": null}]',
    ],
)
def test_a_name_twice_in_one_object_is_refused(body: bytes) -> None:
    with pytest.raises(ProblemError, match="twice in one object"):
        read_json(body)


def test_the_same_name_in_two_objects_is_two_names() -> None:
    assert read_json(b'{"a": {"a": [{"a": 1}, {"a": 2}]}}') == {"a": {"a": [{"a": 1}, {"a": 2}]}}


async def test_every_route_refuses_a_name_twice(client: httpx.AsyncClient, token: Token) -> None:
    headers = {**token(), "Content-Type": "application/json"}
    body = b'{"day": "2026-01-01", "pages": 1, "pages": 2}'
    answer = await client.post("/v1/notes", content=body, headers=headers)
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (422, "invalid-body")
    assert "'pages' stands twice" in answer.json()["detail"]


async def test_a_parameter_is_given_once(client: httpx.AsyncClient, token: Token) -> None:
    path = "/v1/changes?after=0&limit=1&after=5"
    answer = await client.get(path, headers=token())
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/after")
