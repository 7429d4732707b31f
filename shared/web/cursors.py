"""Cursors of lists: opaque to callers, the last key of a page to us."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

T = TypeVar("T")


class CursorNotValid(Exception):
    """the cursor is none of ours: take `next_cursor` of the page before, unchanged"""


def cursor_of(key: str) -> str:
    """The cursor that continues after a key."""
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def next_cursor(found: Sequence[T], limit: int, key: Callable[[T], object]) -> str | None:
    """The cursor after the first ``limit`` of what was found, None where that is all: who lists
    asks for one more than a page holds."""
    return cursor_of(str(key(found[limit - 1]))) if len(found) > limit else None


def cursor_after(cursor: str | None) -> str:
    """The key to continue after; an empty text from the beginning. Raises CursorNotValid."""
    if cursor is None:
        return ""
    try:
        key = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        raise CursorNotValid(CursorNotValid.__doc__) from None
    if "\x00" in key:
        raise CursorNotValid(CursorNotValid.__doc__)
    return key


def instant_cursor(at: datetime, key: str) -> str:
    """Return the cursor that continues after an instant and a key."""
    return cursor_of(f"{at.isoformat()}|{key}")


def after_instant(cursor: str | None) -> tuple[datetime, str] | None:
    """Return the instant and key to continue after. Raises ``CursorNotValid``."""
    text = cursor_after(cursor)
    if not text:
        return None
    at, _, key = text.partition("|")
    try:
        instant = datetime.fromisoformat(at)
    except ValueError:
        raise CursorNotValid(CursorNotValid.__doc__) from None
    if instant.tzinfo is None or not 2000 <= instant.year <= 2200:
        raise CursorNotValid(CursorNotValid.__doc__)
    return instant, key
