"""Orders of messages, answered item by item, and their cancellation."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response, status
from pydantic import ValidationError

from services.notifier.api.access import HeldHere, Writer
from services.notifier.usecases import dispatches
from services.notifier.usecases.dispatches import DispatchResult
from shared.contracts.dispatches import (
    DISPATCH_LIMIT,
    DispatchAnswer,
    DispatchAnswers,
    DispatchError,
    DispatchId,
    DispatchItem,
    MessageView,
    Withdrawal,
)
from shared.web.crowds import crowded_item, refuse_crowded
from shared.web.long_answers import drawn
from shared.web.names_once import items_of, refuse_names_twice
from shared.web.numbers import with_whole_numbers
from shared.web.problems import INVALID_BODY, MALFORMED_BODY, ProblemError, pointers_of
from shared.web.repetitions import Repeatable

router = APIRouter(tags=["dispatches"])

NDJSON = "application/x-ndjson"
PLACES_AT_MOST = 1_000
"""Wrong in one item; naming each place takes longer than reading it."""
ERRORS_OF_AN_ITEM = 20
BATCH_BYTES = 4_000_000
"""A thousand items of a few kilobytes each, because data may contain articles."""

_BATCH = {
    "type": "object",
    "required": ["items"],
    "additionalProperties": False,
    "properties": {
        "items": {
            "type": "array",
            "minItems": 1,
            "maxItems": DISPATCH_LIMIT,
            "items": DispatchItem.model_json_schema(),
        }
    },
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _BATCH},
            NDJSON: {"schema": {"type": "string", "description": "one item a line"}},
        },
    }
}


@router.post(
    "/dispatches",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Order messages",
    response_model=DispatchAnswers,
    openapi_extra=_BODY,
    max_body_size=BATCH_BYTES,
)
async def create_dispatches(
    request: Request, resources: HeldHere, caller: Writer, _repeatable: Repeatable
) -> Response:
    """Order up to 1,000 messages, each once. A repeated `dispatch_id` returns the message that it
    made before.

    A bad item is answered with its errors and does not refuse the others.
    """
    # In a thread, because others wait for the event loop.
    read = await asyncio.to_thread(_read_batch, await request.body(), request.headers)
    good = [item for item in read if isinstance(item, DispatchItem)]
    results = await dispatches.accept_dispatches(
        database=resources.database,
        profiles=resources.profiles,
        agency=caller.agency,
        items=good,
        # A token for every agency is one of our services': the scheduler plans what it orders.
        ordered_by=None if caller.service else caller.subject,
        now=resources.clock.now(),
    )
    return await drawn(lambda: _answers(read, results), status=status.HTTP_202_ACCEPTED)


@router.delete("/dispatches/{dispatch_id}", summary="Cancel an order")
async def cancel_dispatch(
    resources: HeldHere,
    caller: Writer,
    dispatch_id: Annotated[DispatchId, Path(description="as it was ordered")],
    reason: Annotated[
        Withdrawal, Query(description="why the order is withdrawn, as the message tells it")
    ] = "cancelled",
) -> MessageView:
    """Cancel a message that is not being transmitted yet; afterwards the answer is 409
    `dispatch-under-way`."""
    return await dispatches.cancel_dispatch(
        database=resources.database,
        agency=caller.agency,
        dispatch_id=dispatch_id,
        reason=reason,
        now=resources.clock.now(),
    )


def _read_batch(body: bytes, headers: Mapping[str, str]) -> list[DispatchItem | DispatchAnswer]:
    items, twice = _sent_items(body, headers)
    return [_read(item, twice.get(place)) for place, item in enumerate(items)]


def _sent_items(body: bytes, headers: Mapping[str, str]) -> tuple[list[Any], Mapping[int, str]]:
    """Return the items as they were sent, not checked, and which of them hold a name twice. Raises
    a problem if there is no batch."""
    twice: Mapping[int, str] = {}
    if headers.get("content-type", "").split(";")[0].strip().lower() == NDJSON:
        if body.count(b"\n") > 2 * DISPATCH_LIMIT:  # blank lines are passed over
            raise ProblemError(INVALID_BODY, f"a batch has 1 to {DISPATCH_LIMIT} lines")
        items: Any = [line for line in body.splitlines() if line.strip()]
    else:
        refuse_crowded(body)
        try:
            sent, twice = items_of(body)
        except (ValueError, RecursionError):
            raise ProblemError(MALFORMED_BODY, "the body is not JSON; send UTF-8 JSON") from None
        items = sent.get("items") if isinstance(sent, dict) and set(sent) == {"items"} else None
    if not isinstance(items, list):
        raise ProblemError(INVALID_BODY, 'the body has the form {"items": [...]}')
    if not 1 <= len(items) <= DISPATCH_LIMIT:
        raise ProblemError(INVALID_BODY, f"a batch has 1 to {DISPATCH_LIMIT} items")
    return items, twice


def _read(sent: Any, twice: str | None) -> DispatchItem | DispatchAnswer:
    """Return the item, or the answer to one that cannot be read."""
    if crowd := crowded_item(sent):
        raise ProblemError(INVALID_BODY, crowd)
    if twice is not None:
        return DispatchAnswer(dispatch_id=None, errors=[DispatchError(pointer="", detail=twice)])
    try:
        if isinstance(sent, bytes):
            refuse_names_twice(sent)
            return DispatchItem.model_validate_json(with_whole_numbers(sent))
        return DispatchItem.model_validate(sent)
    except ProblemError as error:
        return DispatchAnswer(
            dispatch_id=None, errors=[DispatchError(pointer="", detail=error.detail)]
        )
    except ValidationError as error:
        if error.error_count() > PLACES_AT_MOST:
            raise ProblemError(
                INVALID_BODY, f"more than {PLACES_AT_MOST} places of one item cannot be read"
            ) from None
        pointers = pointers_of(
            error.errors(include_url=False, include_context=False, include_input=False)
        )
        dispatch_id = sent.get("dispatch_id") if isinstance(sent, dict) else None
        return DispatchAnswer(
            dispatch_id=dispatch_id if isinstance(dispatch_id, str) else None,
            errors=[DispatchError(**pointer) for pointer in pointers[:ERRORS_OF_AN_ITEM]],
        )


def _answers(
    read: Sequence[DispatchItem | DispatchAnswer], results: Sequence[DispatchResult]
) -> DispatchAnswers:
    of_the_readable = iter(results)
    return DispatchAnswers(
        items=[
            _answered(item, next(of_the_readable)) if isinstance(item, DispatchItem) else item
            for item in read
        ]
    )


def _answered(item: DispatchItem, result: DispatchResult) -> DispatchAnswer:
    return DispatchAnswer(
        dispatch_id=item.dispatch_id,
        message_id=str(result.message_id) if result.message_id else None,
        state=result.state,
        duplicate=result.duplicate,
        errors=list(result.errors),
    )
