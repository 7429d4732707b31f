"""Cursors of lists whose key is no text. A cursor holds the key of the last item of the previous
page."""

from uuid import UUID

from services.scheduler.domain.touchpoint_lists import ListPosition, PositionNotValid
from shared.web.cursors import CursorNotValid, cursor_after


def position_after(cursor: str | None) -> ListPosition | None:
    """Returns the position to continue after; None without a cursor. Raises CursorNotValid."""
    if cursor is None:
        return None
    try:
        return ListPosition.parse(cursor_after(cursor))
    except PositionNotValid:
        raise CursorNotValid(CursorNotValid.__doc__) from None


def id_after(cursor: str | None) -> UUID | None:
    """Returns the id to continue after; None without a cursor. Raises CursorNotValid."""
    key = cursor_after(cursor)
    try:
        return UUID(key) if key else None
    except ValueError:
        raise CursorNotValid(CursorNotValid.__doc__) from None
