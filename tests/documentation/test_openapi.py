"""The committed OpenAPI documents are those of the code, and a client generator can use them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from kundentakt.cli.openapi import application, check_documents, document, write_documents
from kundentakt.servers.embedded import SERVICES
from tests.documents import ROOT


def test_the_committed_documents_are_those_of_the_code() -> None:
    assert check_documents() == [], "make openapi writes them anew"


def test_a_document_that_is_missing_or_says_something_else_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "openapi"
    assert len(check_documents(folder)) == len(SERVICES)
    first, *_ = write_documents(folder)
    assert check_documents(folder) == []
    first.write_text(first.read_text().replace('"/livez"', '"/alive"'))
    assert check_documents(folder) == [f"openapi/{first.name}"]


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_has_a_name_of_its_own_and_says_what_it_is_for(service: str) -> None:
    operations = [
        operation
        for path in document(service)["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
    ]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    assert all(operation["summary"] for operation in operations)


def test_a_call_names_the_scope_that_its_token_needs_and_how_a_service_token_names_its_agency() -> (
    None
):
    paths = document("classifier")["paths"]
    token = {"HTTPBearer": ["customers:write"]}
    assert paths["/v1/customers/{customer_id}"]["put"]["security"] == [
        token,
        token | {"APIKeyHeader": []},
    ]
    signed = paths["/v1/events/{agency_id}/{source}"]["post"]
    assert "security" not in signed


@pytest.mark.parametrize("service", SERVICES)
def test_every_list_and_free_object_of_a_body_says_how_many_values_it_holds(service: str) -> None:
    drawn = json.loads((ROOT / "openapi" / f"{service}.json").read_text())
    bodies = {
        f"{method} {path}": content["schema"]
        for path, methods in drawn["paths"].items()
        for method, operation in methods.items()
        for kind, content in operation.get("requestBody", {}).get("content", {}).items()
        if "json" in kind
    }
    assert bodies
    assert not [
        (name, place)
        for name, schema in bodies.items()
        for place in _unbounded(schema, drawn["components"]["schemas"], frozenset())
    ]


def _unbounded(schema: Any, known: Mapping[str, Any], seen: frozenset[str]) -> Iterator[str]:
    """Yields the places of a schema that hold any number of values."""
    if isinstance(schema, list):
        for part in schema:
            yield from _unbounded(part, known, seen)
    if not isinstance(schema, dict):
        return
    name = schema.get("$ref", "").rpartition("/")[2]
    if name and name not in seen:
        yield from _unbounded(known.get(name, {}), known, seen | {name})
    if schema.get("type") == "array" and "maxItems" not in schema:
        yield str(schema.get("title", schema))
    free = schema.get("additionalProperties") not in (False, None)
    names = schema.get("propertyNames", {})
    few = "maxProperties" in schema or {"enum", "const", "$ref"} & names.keys()
    if free and not few:
        yield str(schema.get("title", schema))
    for word in ("items", "anyOf", "oneOf", "allOf", "additionalProperties"):
        yield from _unbounded(schema.get(word), known, seen)
    for part in schema.get("properties", {}).values():
        yield from _unbounded(part, known, seen)


def test_who_asks_with_an_etag_is_told_that_it_may_still_hold() -> None:
    silent = [
        operation["operationId"]
        for service in SERVICES
        for operations in document(service)["paths"].values()
        for method, operation in operations.items()
        if method == "get"
        and any(each["name"] == "If-None-Match" for each in operation.get("parameters", ()))
        and "304" not in operation["responses"]
    ]
    assert silent == []


@pytest.mark.parametrize("service", SERVICES)
async def test_every_whole_number_in_an_address_has_digits_alone(service: str) -> None:
    transport = httpx.ASGITransport(application(service))
    asked = 0
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        for path, operations in document(service)["paths"].items():
            for method, operation in operations.items():
                for each in operation.get("parameters", ()):
                    if each["in"] == "header" or '"integer"' not in json.dumps(each["schema"]):
                        continue
                    address = path.replace(f"{{{each['name']}}}", "+1")
                    query = {each["name"]: "+1"} if each["in"] == "query" else {}
                    answer = await client.request(method, address, params=query)
                    assert answer.status_code == 422, (method, path)
                    told = {wrong["pointer"] for wrong in answer.json()["errors"]}
                    assert f"/{each['name']}" in told
                    asked += 1
    assert asked
