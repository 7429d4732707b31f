"""Cursors of lists: opaque to callers, the last key of a page to us.

A cursor belongs to the list, its filter and the agency that gave it: a few bytes in front of its
key say so. That is no protection (row-level security is), but a foreign or changed cursor is told
as one, instead of being answered with an empty page, which reads as the end of the list; and one
that goes on under another filter would pass over what only that one shows.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from datetime import datetime
from hashlib import blake2b
from hmac import compare_digest
from typing import Final, TypeVar

SEAL_BYTES: Final = 6
OF_THE_PAGE: Final = ("cursor", "limit")
"""Parameters that say which part of a list is wanted, and not which list."""
_asked: ContextVar[str] = ContextVar("list that is asked for", default="")

T = TypeVar("T")


class CursorNotValid(Exception):
    """the cursor is none of this list under this filter: take `next_cursor` of the page before,
    unchanged, with the same parameters"""


def asks_for(agency: str, path: str, parameters: Iterable[tuple[str, str]]) -> None:
    """Cursors of the request at hand are those of this list of this agency under this filter."""
    wanted = sorted(each for each in parameters if each[0] not in OF_THE_PAGE)
    _asked.set(f"{agency} {path} {json.dumps(wanted) if wanted else ''}")


def _seal(key: bytes) -> bytes:
    return blake2b(
        key, digest_size=SEAL_BYTES, key=blake2b(_asked.get().encode()).digest()
    ).digest()


def cursor_of(key: str) -> str:
    """The cursor that continues after a key."""
    text = key.encode()
    return base64.urlsafe_b64encode(_seal(text) + text).decode().rstrip("=")


def next_cursor(found: Sequence[T], limit: int, key: Callable[[T], object]) -> str | None:
    """The cursor after the first ``limit`` of what was found, None where that is all: who lists
    asks for one more than a page holds."""
    return cursor_of(str(key(found[limit - 1]))) if len(found) > limit else None


def cursor_after(cursor: str | None) -> str:
    """The key to continue after; an empty text from the beginning. Raises CursorNotValid."""
    if not cursor:
        return ""
    try:
        sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        key = sealed[SEAL_BYTES:].decode()
    except (binascii.Error, ValueError):
        raise CursorNotValid(CursorNotValid.__doc__) from None
    if not compare_digest(sealed[:SEAL_BYTES], _seal(sealed[SEAL_BYTES:])) or "\x00" in key:
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
