"""What a service's OpenAPI document tells beyond what FastAPI draws: every problem of every route.

A status that is not in the document surprises who wrote a client from it. What each route may
answer because of how it is called (token, body, parameters) is found in its description; what its
use case may refuse stands in the service's table (``RAISED``), by the name of the route's function.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shared.contracts.problems import MEDIA_TYPE, Document
from shared.db.kept_keys import IdempotencyKeyInUse, IdempotencyKeyReused
from shared.web.auth import AUTH_PROBLEMS
from shared.web.conditions import CONDITION_FAILED
from shared.web.problems import (
    BODY_TOO_LARGE,
    INVALID_BODY,
    INVALID_PARAMETER,
    MALFORMED_BODY,
    MEDIA_TYPE_UNSUPPORTED,
    NOT_FOUND,
    TRY_AGAIN,
    ProblemType,
)

Raised = Mapping[str, Sequence[type[Exception] | ProblemType]]
"""What the use case behind each route may refuse; routes are named by their functions."""

PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {"description": "A problem (RFC 9457)", "model": Document}
}
"""Given to every route, so that the model is part of the document; replaced below."""

_SCHEMA = {"$ref": f"#/components/schemas/{Document.__name__}"}
MERGE_PATCH = "application/merge-patch+json"


class RouteUnknown(ValueError):
    """The table of refusals names a route that there is not."""


def describe(
    document: dict[str, Any], raised: Raised, table: Mapping[type[Exception], ProblemType]
) -> None:
    """Add to the document, in place, the problems of every route, and what goes with a token.

    Raises RouteUnknown: a route that was renamed would lose its problems in silence.
    """
    _close_patterns(document)
    routes = dict(_operations(document))
    names = {operation["operationId"] for operation in routes.values()}
    if unknown := sorted(raised.keys() - names):
        raise RouteUnknown(f"no such routes: {', '.join(unknown)}")
    for path, operation in routes.items():
        refusals = [*_of_key(operation), *raised.get(operation["operationId"], ())]
        of_use_case = [each if isinstance(each, ProblemType) else table[each] for each in refusals]
        del operation["responses"]["default"]
        for status, types in _by_status([*_of_edge(*path, operation), *of_use_case]).items():
            operation["responses"].setdefault(str(status), _response(types))
        if path[1] == "get" and _takes(operation, "If-None-Match"):
            operation["responses"].setdefault("304", {"description": "the ETag still holds"})
        if "security" in operation:
            operation["security"] = _token_alone_or_with_agency(operation["security"])


def _close_patterns(document: dict[str, Any]) -> None:
    """Say that only names that fit the pattern are taken: without it a schema allows all others."""
    waiting: list[Any] = [document]
    for node in waiting:  # grows as it goes
        if isinstance(node, dict):
            if "patternProperties" in node:
                node.setdefault("additionalProperties", False)
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node


def _takes(operation: Mapping[str, Any], header: str) -> bool:
    return any(each["name"].lower() == header.lower() for each in operation.get("parameters", ()))


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield (path, method), operation


def _of_edge(path: str, method: str, operation: Mapping[str, Any]) -> Iterator[ProblemType]:
    """What may be wrong with a request before any use case runs."""
    yield INVALID_PARAMETER
    yield CONDITION_FAILED
    if "{" in path:
        yield NOT_FOUND  # where a parameter holds a slash
    if path.startswith("/v1/"):
        yield TRY_AGAIN
    if "security" in operation:
        yield from AUTH_PROBLEMS
    body = operation.get("requestBody")
    if body is None and method != "get":
        # One that nothing reads is looked at all the same, so that nobody believes it was heard.
        yield from (INVALID_BODY, BODY_TOO_LARGE, MEDIA_TYPE_UNSUPPORTED)
    if body is not None:
        yield from (MALFORMED_BODY, INVALID_BODY, BODY_TOO_LARGE, MEDIA_TYPE_UNSUPPORTED)


def _of_key(operation: Mapping[str, Any]) -> Sequence[type[Exception]]:
    names = {parameter["name"].lower() for parameter in operation.get("parameters", ())}
    return (IdempotencyKeyReused, IdempotencyKeyInUse) if "idempotency-key" in names else ()


def _by_status(types: Sequence[ProblemType]) -> dict[int, list[ProblemType]]:
    found: dict[int, list[ProblemType]] = {}
    for each in dict.fromkeys(types):
        found.setdefault(each.status, []).append(each)
    return dict(sorted(found.items()))


def _response(types: Sequence[ProblemType]) -> dict[str, Any]:
    told = "; ".join(f"`{each.slug}`: {each.title}" for each in types)
    return {"description": told, "content": {MEDIA_TYPE: {"schema": _SCHEMA}}}


def _token_alone_or_with_agency(schemes: Sequence[dict[str, list[str]]]) -> list[Any]:
    """FastAPI lists each scheme as enough by itself; the agency's header only goes with a token."""
    token, agency = schemes
    return [token, token | {name: [] for name in agency}]
