"""Requests: what customers want, and by when they must be answered."""

from datetime import timedelta
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Path, Query, status

from services.scheduler.api.access import Cursor, HeldHere, Reader, Writer
from services.scheduler.usecases import requests
from services.scheduler.usecases.requests import RequestToOpen
from shared.contracts.scheduling import NewRequest, RequestPage, RequestView
from shared.instants import InstantAhead, OutOfReach, is_ahead, latest_instant
from shared.web.cursors import cursor_after, next_cursor
from shared.web.repetitions import Repeatable

router = APIRouter(tags=["requests"])

ASKED_BACK: Final = timedelta(days=366)
"""No customer waits longer for an answer; before it the year is mistyped."""


@router.post("/requests", status_code=status.HTTP_201_CREATED, summary="A customer wants something")
async def create_request(
    resources: HeldHere,
    caller: Writer,
    new: NewRequest,
    repeatable: Repeatable,
) -> RequestView:
    """Open a request and a task for the person who answers such requests, with the catalogue's
    deadline."""
    now = resources.clock.now()
    if new.asked_at is not None and is_ahead(new.asked_at, now):
        raise InstantAhead({"/asked_at": latest_instant(now)})
    if new.asked_at is not None and new.asked_at < now - ASKED_BACK:
        raise OutOfReach(["/asked_at"], first=(now - ASKED_BACK).date(), last=None)
    return await requests.open_request(
        database=resources.database,
        classifier=resources.calls.classifier,
        agency=caller.agency,
        wanted=RequestToOpen(
            key=f"POST /v1/requests {repeatable.request_id}",
            customer_id=new.customer_id,
            kind=new.kind,
            asked_at=new.asked_at or now,
        ),
    )


@router.get("/requests", summary="What customers want")
async def list_requests(
    resources: HeldHere,
    caller: Reader,
    state: Annotated[Literal["open", "closed"] | None, Query()] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> RequestPage:
    """Requests in the order of their ids; `late` says that the deadline has passed."""
    found = await requests.list_requests(
        database=resources.database,
        agency=caller.agency,
        state=state,
        after=cursor_after(cursor),
        limit=limit + 1,
    )
    return RequestPage(
        items=found[:limit],
        next_cursor=next_cursor(found, limit, lambda last: last.request_id),
    )


@router.get("/requests/{request_id}", summary="One request")
async def get_request(
    resources: HeldHere,
    caller: Reader,
    request_id: Annotated[UUID, Path(description="the id that opening it answered")],
) -> RequestView:
    """Who must answer it, by when, and how it ended. Its task has the same id."""
    return await requests.read_request(
        database=resources.database, agency=caller.agency, request_id=request_id
    )
