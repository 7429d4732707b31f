"""The body of an event for OpenAPI: one schema and one example for each type."""

from typing import Any

from shared.contracts.event_examples import EVENT_EXAMPLES
from shared.contracts.events import EVENT_DATA, EventBody

_HAPPENED = "2026-11-20T10:00:00+01:00"


def event_request_body() -> dict[str, Any]:
    """The ``requestBody``, which is exactly one of the types, each with the shape of its data."""
    envelope = EventBody.model_json_schema()
    types = [_of_type(envelope, name) for name in sorted(EVENT_DATA)]
    examples = {
        name: {"value": {"type": name, "timestamp": _HAPPENED, "data": data}}
        for name, data in sorted(EVENT_EXAMPLES.items())
    }
    content = {"schema": {"title": "EventBody", "oneOf": types}, "examples": examples}
    return {"required": True, "content": {"application/json": content}}


def _of_type(envelope: dict[str, Any], name: str) -> dict[str, Any]:
    shape = EVENT_DATA[name].model_json_schema()
    data = inlined(shape, shape.get("$defs", {}))
    properties = {
        "type": {"const": name},
        "timestamp": envelope["properties"]["timestamp"],
        "data": {field: value for field, value in data.items() if field != "$defs"},
    }
    return {
        "title": name,
        "type": "object",
        "additionalProperties": False,
        "required": ["type", "timestamp", "data"],
        "properties": properties,
    }


def inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """The schema without references, because what they name would be looked up at the document's
    root."""
    if isinstance(schema, list):
        return [inlined(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return inlined(definitions[schema["$ref"].removeprefix("#/$defs/")], definitions)
    return {name: inlined(value, definitions) for name, value in schema.items()}
