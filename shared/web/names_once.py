"""JSON whose objects hold each name once.

Readers of JSON keep the last of two equal names in silence, so `{"state": "granted", "state":
"denied"}` would be one word or the other by chance (RFC 8259 § 4).
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic_core import from_json

from shared.web.numbers import number
from shared.web.problems import INVALID_BODY, MALFORMED_BODY, ProblemError

SHOWN = 100
"""Characters of a name in an answer."""
_NAME_ENDS: Final = re.compile(rb'"[ \t\n\r]*:')
"""The end of every name. A text that begins with a colon looks alike, so it finds too many of them
at most and never too few."""


UTF_8: Final = ("utf-8", "utf-8-sig")
NOT_PLAIN_JSON: Final = "the body is not JSON (RFC 8259): readers disagree about it"


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
        raise _stands_twice(error.name) from None


def stands_twice(name: str) -> str:
    """What is wrong, for an answer."""
    return (
        f"the name {name[:SHOWN]!r} stands twice in one object; which of them counts nobody can "
        "know"
    )


def _stands_twice(name: str) -> ProblemError:
    return ProblemError(INVALID_BODY, stands_twice(name))


def refuse_other_encodings(body: bytes) -> None:
    """Raise a problem for UTF-16 and UTF-32, which Python reads and the next program may not."""
    if (encoding := json.detect_encoding(body)) not in UTF_8:
        raise ProblemError(MALFORMED_BODY, f"the body is {encoding.upper()}; send JSON in UTF-8")


def refuse_names_twice(body: bytes) -> None:
    """Raise a problem if a body is not UTF-8 or holds a name twice; what is no JSON its reader
    refuses.

    As many names in what was read as are written means that each stands once. Only other bodies
    are read name by name, which takes five times as long.
    """
    refuse_other_encodings(body)
    try:
        kept = _names_kept(from_json(body))
    except ValueError:
        # What one reader of JSON refuses another takes, as half of a surrogate pair.
        kept = None
    if kept == len(_NAME_ENDS.findall(body)):
        return
    try:
        read_json(body)
    except (ValueError, RecursionError):
        if kept is not None:  # the reader behind us would take it, and one of two names with it
            raise ProblemError(MALFORMED_BODY, NOT_PLAIN_JSON) from None


def items_of(body: bytes) -> tuple[Any, Mapping[int, str]]:
    """The value of a batch, and of which of its ``items`` a name stands twice.

    Raises a problem for another encoding than UTF-8 and for a name that stands twice outside of
    them, ValueError for what is no JSON.
    """
    refuse_other_encodings(body)
    value = json.loads(body, object_pairs_hook=_marked, parse_float=number)
    if isinstance(value, _Twice):
        raise _stands_twice(value.name)
    items = value.get("items") if isinstance(value, dict) else None
    found: dict[int, str] = {}
    for place, item in enumerate(items if isinstance(items, list) else ()):
        if (name := _name_twice_in(item)) is not None:
            found[place] = stands_twice(name)
    return value, found


class _Twice(dict[str, Any]):
    """An object in which a name stands twice."""

    name = ""


def _marked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    try:
        return _once(pairs)
    except NameTwice as error:
        twice = _Twice(pairs)
        twice.name = error.name
        return twice


def _name_twice_in(value: Any) -> str | None:
    waiting = [value]
    for node in waiting:  # grows as it goes
        if type(node) is _Twice:
            return node.name
        if type(node) is dict:
            waiting += [each for each in node.values() if isinstance(each, dict | list)]
        elif type(node) is list:
            waiting += [each for each in node if isinstance(each, dict | list)]
    return None


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
