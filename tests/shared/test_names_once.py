"""Nothing that is given twice counts once by chance: names of a JSON body, query parameters."""

import json
import sys
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.web.names_once import read_json, refuse_names_twice
from shared.web.problems import ProblemError
from shared.web.unstorable import may_hold_nul, refuse_nul
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


def test_a_body_that_only_one_reader_takes_is_not_taken_unlooked_at() -> None:
    usual = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        with pytest.raises(ProblemError, match="readers disagree"):
            refuse_names_twice(b'{"b": 1, "b": 2, "a": ' + b"1" * 700 + b"}")
    finally:
        sys.set_int_max_str_digits(usual)


def test_the_same_name_in_two_objects_is_two_names() -> None:
    assert read_json(b'{"a": {"a": [{"a": 1}, {"a": 2}]}}') == {"a": {"a": [{"a": 1}, {"a": 2}]}}


_TEXTS = st.text(alphabet='ab":\\{, \n', max_size=3)
_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.integers(), st.none(), _TEXTS),
    lambda each: st.one_of(
        st.lists(each, max_size=3),
        st.lists(st.tuples(_TEXTS, each), max_size=3).map(tuple),
    ),
)
"""A tuple of pairs stands for an object, whose names may come twice."""


def _written(value: Any, gap: str) -> str:
    if isinstance(value, tuple):
        pairs = (f"{json.dumps(name)}{gap}:{_written(each, gap)}" for name, each in value)
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(each, gap) for each in value) + "]"
    return json.dumps(value)


def _names_once(value: Any) -> bool:
    if isinstance(value, tuple):
        names = [name for name, _ in value]
        return len(set(names)) == len(names) and all(_names_once(each) for _, each in value)
    return not isinstance(value, list) or all(map(_names_once, value))


@given(value=_VALUES, gap=st.sampled_from(["", " ", " \n\t"]))
@example(value=(("a", ":"), ("a", '":')), gap="")
def test_a_body_is_refused_exactly_if_a_name_stands_twice(value: Any, gap: str) -> None:
    body = _written(value, gap).encode()
    if _names_once(value):
        refuse_names_twice(body)
    else:
        with pytest.raises(ProblemError, match="twice in one object"):
            refuse_names_twice(body)


@pytest.mark.parametrize(
    "body",
    [b'{"a": "\\ud800", "b": 1, "b": 2}', b'{"b":NaN,"b":1}'],
    ids=["half of a pair", "not a number"],
)
def test_what_only_one_reader_of_json_takes_is_looked_through(body: bytes) -> None:
    with pytest.raises(ProblemError, match="twice in one object"):
        refuse_names_twice(body)


def test_another_encoding_is_refused_before_its_names_are_read() -> None:
    with pytest.raises(ProblemError, match="send JSON in UTF-8"):
        refuse_names_twice('{"b": 1, "b": 2}'.encode("utf-16"))


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


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        (b'{"a": {"b/c": ["x", "y\\u0000"]}}', ["/a/b~1c/1"]),
        (b'{"a": {"b\\u0000": 1}}', ["/a"]),
        ('{"a": "\\u0000"}'.encode("utf-16"), ["/a"]),
        (b'{"a": "\\\\u0000"}', []),
    ],
    ids=["a text", "a name", "UTF-16", "an escaped backslash"],
)
def test_a_text_with_a_nul_is_pointed_to(body: bytes, pointers: list[str]) -> None:
    assert may_hold_nul(body)
    if not pointers:
        refuse_nul(json.loads(body))
        return
    with pytest.raises(ProblemError, match=r"holds the character U\+0000") as refused:
        refuse_nul(json.loads(body))
    assert [each["pointer"] for each in refused.value.errors or []] == pointers


async def test_every_route_refuses_a_nul(client: httpx.AsyncClient, token: Token) -> None:
    headers = {**token(), "Content-Type": "application/json"}
    body = b'{"day": "2026-01-01", "pages": 1, "text": "a\\u0000"}'
    answer = await client.post("/v1/notes", content=body, headers=headers)
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (422, "invalid-body")
