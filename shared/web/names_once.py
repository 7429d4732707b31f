"""JSON whose objects hold each name once.

Readers of JSON keep the last of two equal names in silence, so `{"state": "granted", "state":
"denied"}` would be one word or the other by chance (RFC 8259 § 4).
"""

import json
import re
from contextlib import suppress
from typing import Any, Final

from pydantic_core import from_json

from shared.web.problems import INVALID_BODY, ProblemError

SHOWN = 100
"""Characters of a name in an answer."""
_NAME_ENDS: Final = re.compile(rb'"[ \t\n\r]*:')
"""The end of every name. A text that begins with a colon looks alike, so it finds too many of them
at most and never too few."""


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
    """Raise a problem if a body holds a name twice; what is no JSON its reader refuses.

    As many names in what was read as are written means that each stands once. Only other bodies
    are read name by name, which takes five times as long.
    """
    if not _surely_once(body):
        with suppress(ValueError, RecursionError):
            read_json(body)


def _surely_once(body: bytes) -> bool:
    try:
        return _names_kept(from_json(body)) == len(_NAME_ENDS.findall(body))
    except ValueError:
        # What one reader of JSON refuses another takes, as half of a surrogate pair.
        return False


def _names_kept(value: Any) -> int:
    names = 0
    waiting = [value]
    for node in waiting:  # grows as it goes
        if type(node) is dict:
            names += len(node)
            waiting += [each for each in node.values() if type(each) in (dict, list)]
        elif type(node) is list:
            waiting += [each for each in node if type(each) in (dict, list)]
    return names


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise NameTwice(name)
            seen.add(name)
    return found
