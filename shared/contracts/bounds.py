"""Bounds of what is given; what was taken before stays readable, whatever the bound is today."""

from dataclasses import dataclass
from typing import Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

STORED: Final = "stored"
"""Context of the validation of what is read from a database or another service of ours."""


@dataclass(frozen=True, slots=True)
class AtMost:
    """The most values of a list, or characters of a text, that a body may give."""

    most: int

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """The schema of the values, and the bound after it."""
        return core_schema.with_info_after_validator_function(self._require, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """The bound as the documents tell it."""
        drawn = handler(schema)
        drawn["maxLength" if drawn["type"] == "string" else "maxItems"] = self.most
        return drawn

    def _require(self, given: Any, info: ValidationInfo) -> Any:
        if info.context == STORED or len(given) <= self.most:
            return given
        if isinstance(given, str):
            raise PydanticKnownError("string_too_long", {"max_length": self.most})
        found = {"field_type": "List", "max_length": self.most, "actual_length": len(given)}
        raise PydanticKnownError("too_long", found)
