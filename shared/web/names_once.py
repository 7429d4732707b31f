"""JSON whose objects hold each name once.

Readers of JSON keep the last of two equal names in silence, so `{"state": "granted", "state":
"denied"}` would be one word or the other by chance (RFC 8259 § 4).
"""

import json
from contextlib import suppress
from typing import Any

from shared.web.problems import INVALID_BODY, ProblemError

SHOWN = 100
"""Characters of a name in an answer."""


class NameTwice(Exception):
    """an object of the body holds this name twice"""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def read_json(body: bytes) -> Any:
    """The value; raises a problem for a name that stands twice in one object, ValueError for what
    is no JSON."""
    try:
        return json.loads(body, object_pairs_hook=_once)
    except NameTwice as error:
        raise ProblemError(
            INVALID_BODY,
            f"the name {error.name[:SHOWN]!r} stands twice in one object; which of them counts "
            "nobody can know",
        ) from None


def refuse_names_twice(body: bytes) -> None:
    """Raise a problem if a body holds a name twice; what is no JSON its reader refuses."""
    with suppress(ValueError, RecursionError):
        read_json(body)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise NameTwice(name)
            seen.add(name)
    return found
