"""No id can be hidden behind a route of its name, and none can vanish from a path."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.contracts.vocabulary import RESERVED_CUSTOMER_IDS, RESERVED_STAFF_IDS, ExternalId
from shared.csv.cells import CellError, identifier

OPENAPI = Path(__file__).parents[2] / "openapi"
SERVICES = ("classifier", "scheduler", "notifier")
RESERVED = {"customer_id": RESERVED_CUSTOMER_IDS, "staff_id": RESERVED_STAFF_IDS}


def document(service: str) -> dict[str, Any]:
    """The OpenAPI document of a service."""
    read: dict[str, Any] = json.loads((OPENAPI / f"{service}.json").read_text())
    return read


def shadowed(paths: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Paths with a parameter where another path of the same shape has a word: the path, the
    parameter's name, the word."""
    split = {path: path.split("/") for path in paths}
    for path, parts in split.items():
        for others in split.values():
            if len(parts) != len(others):
                continue
            places = [i for i, pair in enumerate(zip(parts, others, strict=True)) if
                      pair[0] != pair[1]]  # fmt: skip
            words = [i for i in places if parts[i][0] == "{" and others[i][0] != "{"]
            if words and all("{" in (parts[i][0], others[i][0]) for i in places):
                yield from ((path, parts[i][1:-1], others[i]) for i in words)


def may_be(schema: dict[str, Any], word: str) -> bool:
    """Whether a parameter of this schema may have the word as its value."""
    if schema.get("type") == "integer" or schema.get("format") in ("uuid", "date"):
        return False
    if "enum" in schema:
        return word in schema["enum"]
    return re.search(schema.get("pattern", ""), word) is not None


def schema_of(operations: dict[str, Any], name: str) -> dict[str, Any]:
    """The schema of a path's parameter."""
    found: dict[str, Any] = next(
        each["schema"]
        for operation in operations.values()
        for each in operation.get("parameters", ())
        if (each["in"], each["name"]) == ("path", name)
    )
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_a_word_beside_an_id_is_reserved(service: str) -> None:
    paths = document(service)["paths"]
    hidden = {
        (name, word)
        for path, name, word in shadowed(paths)
        if may_be(schema_of(paths[path], name), word) and word not in RESERVED.get(name, ())
    }
    assert hidden == set()


def test_the_search_finds_collisions() -> None:
    paths: dict[str, Any] = {
        "/a/{id}": {},
        "/a/word": {},
        "/a/{id}/x": {},
        "/a/b/{y}": {},
        "/c/{id}": {},
    }
    assert set(shadowed(paths)) == {("/a/{id}", "id", "word"), ("/a/{id}/x", "id", "b"),
                                    ("/a/b/{y}", "y", "x")}  # fmt: skip
    assert not may_be({"type": "string", "format": "uuid"}, "word")
    assert may_be({"type": "string", "pattern": "^[a-z]+$"}, "word")


@pytest.mark.parametrize("word", sorted(RESERVED_CUSTOMER_IDS | RESERVED_STAFF_IDS))
def test_nothing_is_reserved_that_hides_nothing(word: str) -> None:
    words = {each[2] for service in SERVICES for each in shadowed(document(service)["paths"])}
    assert word in words


@pytest.mark.parametrize("dots", [".", "..", "...", "." * 64])
def test_ids_of_dots_alone_are_none(dots: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(ExternalId).validate_python(dots)
    with pytest.raises(CellError):
        identifier(dots)


@pytest.mark.parametrize("sound", [".a", "a.", "..-", "K-1", "a" * 64, ":", "." * 63 + "x"])
def test_other_ids_are_taken(sound: str) -> None:
    assert TypeAdapter(ExternalId).validate_python(sound) == identifier(sound) == sound
