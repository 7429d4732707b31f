"""Cursors of lists whose key is no text. A cursor holds the key of the last item of the previous
page."""

from datetime import UTC, date, datetime
from uuid import UUID

from services.classifier.store.class_history import HistoryPlace, StoredClassification
from shared.web.cursors import CursorNotValid, cursor_after, cursor_of


def number_after(cursor: str | None) -> int | None:
    """Returns the number to continue after; None without a cursor. Raises CursorNotValid."""
    key = cursor_after(cursor)
    if key and not (key.isascii() and key.isdigit() and len(key) <= 9):
        raise CursorNotValid(CursorNotValid.__doc__)
    return int(key) if key else None


def day_after(cursor: str | None) -> date | None:
    """Returns the day to continue after; None without a cursor. Raises CursorNotValid."""
    key = cursor_after(cursor)
    try:
        return date.fromisoformat(key) if key else None
    except ValueError:
        raise CursorNotValid(CursorNotValid.__doc__) from None


def id_after(cursor: str | None) -> UUID | None:
    """Returns the id to continue after; None without a cursor. Raises CursorNotValid."""
    key = cursor_after(cursor)
    try:
        return UUID(key) if key else None
    except ValueError:
        raise CursorNotValid(CursorNotValid.__doc__) from None


def history_place_cursor(last: StoredClassification) -> str:
    """The cursor that continues a customer's history after a classification."""
    return cursor_of(f"{last.as_of} {last.classified_at.isoformat()} {last.number} {last.unit_id}")


def history_place_after(cursor: str | None) -> HistoryPlace | None:
    """Returns the place to continue after; None without a cursor. Raises CursorNotValid."""
    key = cursor_after(cursor)
    if not key:
        return None
    try:
        as_of, classified_at, number, unit_id = key.split(" ", 3)
        instant = datetime.fromisoformat(classified_at)
        place = HistoryPlace(
            as_of=date.fromisoformat(as_of),
            classified_at=instant.astimezone(UTC),
            number=int(number),
            unit_id=unit_id,
        )
    except (ValueError, OverflowError):
        raise CursorNotValid(CursorNotValid.__doc__) from None
    if instant.tzinfo is None or not 0 < place.number < 2**63:
        raise CursorNotValid(CursorNotValid.__doc__)
    return place
