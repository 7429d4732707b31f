"""Numbers of JSON, which knows one kind of them: ``4200.0`` and ``4.2e3`` are ``4200`` (RFC 8259
§ 6), and a program that passes a value on writes it in another spelling."""

import json
import re
from typing import Any, Final

EXACT: Final = 2**53
"""Up to here every reader of JSON has the same whole numbers."""
_FLOAT: Final = re.compile(rb"[:,\[\s]-?[0-9]+(?:\.[0-9]|[eE])")
"""A number with a point or exponent; a text that looks alike only costs a look."""


def number(written: str) -> float | int:
    """The number; a whole one is an integer however it is written."""
    return _whole(float(written))


def _whole(value: float) -> float | int:
    return int(value) if value.is_integer() and abs(value) < EXACT else value


def may_hold_floats(body: bytes) -> bool:
    """Whether a number may be written with a point or an exponent."""
    return _FLOAT.search(body) is not None


def with_whole_numbers(body: bytes) -> bytes:
    """The body with its whole numbers as integers; as it is if it is no JSON, which its reader
    refuses."""
    if not may_hold_floats(body):
        return body
    try:
        return json.dumps(json.loads(body, parse_float=number)).encode()
    except (ValueError, RecursionError):
        return body


def make_whole(value: Any) -> None:
    """Make integers of the whole numbers inside of a value that was read from JSON."""
    waiting = [value]
    for node in waiting:  # grows as it goes
        if isinstance(node, dict | list):
            places = node.keys() if isinstance(node, dict) else range(len(node))
            for place in places:
                each = node[place]
                if isinstance(each, float):
                    node[place] = _whole(each)
                elif isinstance(each, dict | list):
                    waiting.append(each)
