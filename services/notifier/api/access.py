"""Dependencies of routes: scopes, the open resources, parameters of lists."""

from typing import Annotated, cast

from fastapi import Depends, Path, Query, Request

from services.notifier.resources import NotifierResources
from shared.web.auth import Caller, requires

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
