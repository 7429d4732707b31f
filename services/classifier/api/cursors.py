"""Cursors of lists whose key is no text: the key of the last item of the page before."""

from datetime import date
from uuid import UUID

from shared.pages import CursorNotValid, cursor_after


def number_after(cursor: str | None) -> int | None:
    """The number to continue after, None from the beginning; raises CursorNotValid."""
    key = cursor_after(cursor)
    if key and not (key.isascii() and key.isdigit() and len(key) <= 9):
        raise CursorNotValid(CursorNotValid.__doc__)
    return int(key) if key else None


def day_after(cursor: str | None) -> date | None:
    """The day to continue after, None from the beginning; raises CursorNotValid."""
    key = cursor_after(cursor)
    try:
        return date.fromisoformat(key) if key else None
    except ValueError:
        raise CursorNotValid(CursorNotValid.__doc__) from None


def id_after(cursor: str | None) -> UUID | None:
    """The id to continue after, None from the beginning; raises CursorNotValid."""
    key = cursor_after(cursor)
    try:
        return UUID(key) if key else None
    except ValueError:
        raise CursorNotValid(CursorNotValid.__doc__) from None
