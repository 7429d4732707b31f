"""Cursors of lists whose key is no text: the key of the last item of the page before."""

from uuid import UUID

from services.scheduler.domain.touchpoint_lists import ListPosition, PositionNotValid
from shared.web.cursors import CursorNotValid, cursor_after


def position_after(cursor: str | None) -> ListPosition | None:
    """The position to continue after, None from the beginning; raises CursorNotValid."""
    if cursor is None:
        return None
    try:
        return ListPosition.parse(cursor_after(cursor))
    except PositionNotValid:
        raise CursorNotValid(CursorNotValid.__doc__) from None


def id_after(cursor: str | None) -> UUID | None:
    """The id to continue after, None from the beginning; raises CursorNotValid."""
    key = cursor_after(cursor)
    try:
        return UUID(key) if key else None
    except ValueError:
        raise CursorNotValid(CursorNotValid.__doc__) from None
