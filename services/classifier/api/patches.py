"""JSON Merge Patch (RFC 7396) as the body of a request."""

from typing import Any

from fastapi import Request

from services.classifier.api.event_schema import inlined
from shared.contracts.vocabulary import Strict
from shared.web.crowds import refuse_crowd
from shared.web.documents import MERGE_PATCH
from shared.web.names_once import refuse_names_twice
from shared.web.numbers import make_whole
from shared.web.problems import (
    INVALID_BODY,
    MALFORMED_BODY,
    MEDIA_TYPE_UNSUPPORTED,
    ProblemError,
)
from shared.web.unstorable import may_hold_nul, refuse_nul


def merge_patch_body(model: type[Strict]) -> dict[str, Any]:
    """The request body of a patch for OpenAPI: any fields of the model. None must be there, and
    those that the model requires cannot be taken away."""
    whole = model.model_json_schema()
    schema = inlined(whole, whole.pop("$defs", {}))
    required = schema.pop("required", ())
    schema["properties"] = {
        name: field if name in required else _or_unknown(field)
        for name, field in schema["properties"].items()
    }
    content = {MERGE_PATCH: {"schema": schema}, "application/json": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


def _or_unknown(field: dict[str, Any]) -> dict[str, Any]:
    """The field, or null: what is null in a patch is as if it had never been told."""
    branches = field.get("anyOf", [field])
    if {"type": "null"} in branches:
        return field
    return {"anyOf": [*branches, {"type": "null"}]}


async def read_merge_patch(request: Request) -> dict[str, Any]:
    """Returns the JSON object in the body; raises a problem if there is none."""
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in (MERGE_PATCH, "application/json"):
        raise ProblemError(MEDIA_TYPE_UNSUPPORTED, f"send {MERGE_PATCH}")
    try:
        patch = await request.json()
    except (ValueError, RecursionError):
        raise ProblemError(
            MALFORMED_BODY, "the body is not JSON; send UTF-8 encoded JSON"
        ) from None
    refuse_crowd(request)
    body = await request.body()
    refuse_names_twice(body)
    make_whole(patch)
    if may_hold_nul(body):
        refuse_nul(patch)
    if not isinstance(patch, dict):
        raise ProblemError(INVALID_BODY, "a patch is an object of the fields to change")
    return patch
