"""Dependencies of routes: scopes, the open resources, parameters and cursors of lists."""

from datetime import datetime
from typing import Annotated, cast

from fastapi import Depends, Path, Query, Request

from services.notifier.resources import NotifierResources
from shared.web.auth import Caller, requires
from shared.web.cursors import CursorNotValid, cursor_after, cursor_of

Reader = Annotated[Caller, requires("messages:read")]
Writer = Annotated[Caller, requires("messages:write")]

OfRun = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$", description="the print run's id")
]
AfterCursor = Annotated[str | None, Query(max_length=300, description="`next_cursor` of before")]
PageSize = Annotated[int, Query(ge=1, le=1000, description="items of a page")]


async def _of_request(request: Request) -> NotifierResources:
    return cast(NotifierResources, request.app.state.resources)


HeldHere = Annotated[NotifierResources, Depends(_of_request)]
"""The resources of this process."""


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
