"""Bounds of what is given; what was taken before stays readable, whatever the bound is today."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, PydanticKnownError, core_schema

STORED: Final = "stored"
"""Context of the validation of what is read from a database or another service of ours."""


class _Rule:
    """A rule that a value must keep after its own schema has taken it."""

    __slots__ = ()

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """The schema of the value, and the rule after it."""
        return core_schema.with_info_after_validator_function(self._require, handler(source))

    def _require(self, given: Any, info: ValidationInfo) -> Any:
        """The value; raises if it breaks the rule and is not read from what was stored."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class AtMost(_Rule):
    """The most values of a list, or characters of a text, that a body may give."""

    most: int

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


@dataclass(frozen=True, slots=True)
class Within(_Rule):
    """The first and the last day that a body may give, itself or as the day of an instant."""

    first: date
    last: date

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """The bound as the documents tell it, in the words that validators of JSON Schema know."""
        drawn = handler(schema)
        whole_days = drawn.get("format") == "date"
        drawn["formatMinimum"] = f"{self.first}" + ("" if whole_days else "T00:00:00Z")
        drawn["formatMaximum"] = f"{self.last}" + ("" if whole_days else "T23:59:59Z")
        return drawn

    def _require(self, given: Any, info: ValidationInfo) -> Any:
        day = given.date() if isinstance(given, datetime) else given
        if info.context == STORED or self.first <= day <= self.last:
            return given
        raise ValueError(f"must lie within {self.first} and {self.last}; unknown is null")


DAYS_OF_A_YEAR: Final = (
    "^--((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)"
    "|02-(0[1-9]|[12][0-9]))$"
)


@dataclass(frozen=True, slots=True)
class OfSomeYear(_Rule):
    """A text ``--MM-DD`` that is a day of some year: 30 February is none."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """The rule as the documents tell it."""
        return {**handler(schema), "pattern": DAYS_OF_A_YEAR}

    def _require(self, given: str, info: ValidationInfo) -> str:
        if info.context == STORED or re.match(DAYS_OF_A_YEAR, given):
            return given
        raise ValueError("must be a day that some year has, as --02-29")


UNSEEN: Final = (
    r"\s\u0000-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200f"
    r"\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
)
"""Characters that nobody sees: blanks, controls, marks without width, fillers."""
SEEN: Final = f"[^{UNSEEN}]"
_SEEN: Final = re.compile(SEEN)


def says_something(text: str) -> bool:
    """Whether a text has a character that can be seen."""
    return _SEEN.search(text) is not None


def none_if_blank(text: str) -> str | None:
    """The text, or None if it has no character that can be seen: then it tells nothing."""
    return text if says_something(text) else None


@dataclass(frozen=True, slots=True)
class SaysSomething(_Rule):
    """A text that must have a character that can be seen."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """The rule as the documents tell it."""
        drawn = handler(schema)
        return {**drawn, "minLength": max(1, drawn.get("minLength", 1)), "pattern": SEEN}

    def _require(self, given: str, info: ValidationInfo) -> str:
        if info.context == STORED or says_something(given):
            return given
        raise ValueError("must say something: it is empty or has nothing but blanks")


CONTROLS: Final = r"\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029"
"""Control characters and line breaks, but for the tab, which lies about in copied cells."""
_CONTROL: Final = re.compile(f"[{CONTROLS}]")


@dataclass(frozen=True, slots=True)
class OneLine(_Rule):
    """A text of one line: a line break in a name would be another line of whatever prints it."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """The rule as the documents tell it, with that of a text that says something."""
        drawn = handler(schema)
        seen = drawn.get("pattern", "")
        rest = f"[^{CONTROLS}]*"
        return {**drawn, "pattern": f"^{rest}{seen}{rest}$" if seen else f"^{rest}$"}

    def _require(self, given: str | None, info: ValidationInfo) -> str | None:
        if given is None or info.context == STORED or _CONTROL.search(given) is None:
            return given
        raise ValueError("must be one line without control characters or line breaks")
