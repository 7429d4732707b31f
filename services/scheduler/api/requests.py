"""Requests: what customers want, and by when an answer is owed."""

from typing import Annotated, Literal
from uuid import uuid4

from fastapi import APIRouter, Query, status

from services.scheduler.api.access import Cursor, HeldHere, IdempotencyKey, Reader, Writer
from services.scheduler.usecases import requests
from services.scheduler.usecases.requests import RequestToOpen
from shared.contracts.scheduling import NewRequest, RequestPage, RequestView
from shared.db.kept_keys import KeyedRequest
from shared.web.cursors import cursor_after, next_cursor

router = APIRouter(tags=["requests"])


@router.post("/requests", status_code=status.HTTP_201_CREATED, summary="A customer wants something")
async def create_request(
    resources: HeldHere,
    caller: Writer,
    new: NewRequest,
    idempotency_key: IdempotencyKey = None,
) -> RequestView:
    """Opens a task for whoever answers such requests, owed by the catalogue's deadline."""
    return await requests.open_request(
        database=resources.database,
        classifier=resources.calls.classifier,
        agency=caller.agency,
        wanted=RequestToOpen(
            key=f"POST /v1/requests {idempotency_key or uuid4()}",
            customer_id=new.customer_id,
            kind=new.kind,
            asked_at=new.asked_at or resources.clock.now(),
        ),
        keyed=KeyedRequest.of("requests", idempotency_key, new.model_dump_json(exclude_unset=True)),
    )


@router.get("/requests", summary="What customers want")
async def list_requests(
    resources: HeldHere,
    caller: Reader,
    state: Annotated[Literal["open", "closed"] | None, Query()] = None,
    cursor: Cursor = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> RequestPage:
    """By id; `late` says whose deadline has passed."""
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
