"""Requests that may be repeated: the header ``Idempotency-Key`` on what creates something.

A route takes part by its parameter ``Repeatable``, which stands after the caller. A request without
the header passes without any work.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping
from mmap import mmap
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.contracts.problems import MEDIA_TYPE
from shared.db import kept_keys
from shared.db.kept_keys import KeptAnswer, RepeatableRequest
from shared.web.auth import Caller
from shared.web.numbers import number
from shared.web.problems import INVALID_PARAMETER, ProblemError

HEADER = b"idempotency-key"
REPLAYED = "Idempotency-Replayed"
_JSON_BYTES_AT_ONCE = 100_000
"""Longer bodies are read in a thread."""

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]+$",
        description="for repetitions: the same key gets the first answer again for 24 hours, with "
        f"`{REPLAYED}: true`; with another request it is refused",
    ),
]


class AnsweredBefore(Exception):
    """The request came before under the same key; its answer is known."""

    def __init__(self, answer: KeptAnswer) -> None:
        super().__init__()
        self.answer = answer


async def replay(request: Request, error: Exception) -> Response:
    """Send the first answer once more."""
    assert isinstance(error, AnsweredBefore)
    kept = error.answer
    return Response(
        kept.body or None,
        status_code=kept.status,
        headers={REPLAYED: "true", **({"Content-Type": kept.content_type} if kept.body else {})},
    )


async def _repeatable(request: Request, key: IdempotencyKey = None) -> RepeatableRequest:
    if key is None:
        return RepeatableRequest.without_key()
    return await claimed(request, key, await _content(request))


Repeatable = Annotated[RepeatableRequest, Depends(_repeatable)]
"""The request under its key. Raises AnsweredBefore, IdempotencyKeyReused, IdempotencyKeyInUse."""


async def claimed(
    request: Request, key: str | None, content: bytes | mmap, *, answered_anew: bool = False
) -> RepeatableRequest:
    """Take the key for this content, for routes that read their body in a way of their own.

    With ``answered_anew`` no answer is kept: a repetition is told how what it made stands now.
    """
    if key is None:
        return RepeatableRequest.without_key()
    if len(request.headers.getlist("idempotency-key")) > 1:
        raise ProblemError(INVALID_PARAMETER, "the header Idempotency-Key stands more than once")
    caller: Caller = request.state.caller
    asked = [request.method, request.url.path, sorted(request.query_params.multi_items())]
    digest = hashlib.sha256(json.dumps(asked).encode() + b"\0")
    await asyncio.to_thread(digest.update, content)
    async with request.app.state.resources.database.transaction(caller.agency) as transaction:
        known = await kept_keys.claim_key(
            transaction, route=request.scope["route"].path, key=key, digest=digest.digest()
        )
    if known.answer is not None:
        raise AnsweredBefore(known.answer)
    request.state.claimed_key = _Claimed(caller, known, answered_anew=answered_anew)
    return known


class _Claimed:
    """The key that a request under way holds."""

    def __init__(self, caller: Caller, known: RepeatableRequest, *, answered_anew: bool) -> None:
        self.agency = caller.agency
        self.token = known.token
        self.repeated = known.repeated
        self.answered_anew = answered_anew


async def _content(request: Request) -> bytes:
    """What must be the same in a repetition: two spellings of the same JSON are one request."""
    body = await request.body()
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        return body
    if len(body) > _JSON_BYTES_AT_ONCE:
        return await asyncio.to_thread(_same_json, body)
    return _same_json(body)


def _same_json(body: bytes) -> bytes:
    try:
        return json.dumps(json.loads(body, parse_float=number), sort_keys=True).encode()
    except (ValueError, RecursionError):
        return body  # the route refuses it


class Repetitions:
    """Keeps the answer of a request that came under a key, before its sender gets it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hold the answer back until it is kept; one that refuses frees the key."""
        if scope["type"] != "http" or not any(name == HEADER for name, _ in scope["headers"]):
            await self._app(scope, receive, send)
            return
        messages: list[Message] = []

        async def held_back(message: Message) -> None:
            messages.append(message)

        try:
            await self._app(scope, receive, held_back)
        except BaseException:
            await asyncio.shield(_keep_answer(scope, None))
            raise
        await asyncio.shield(_keep_answer(scope, _answer_of(messages)))
        if (held := _held(scope)) and held.repeated:
            messages[0]["headers"] = [
                *messages[0]["headers"],
                (REPLAYED.lower().encode(), b"true"),
            ]
        for message in messages:
            await send(message)


def _answer_of(messages: list[Message]) -> KeptAnswer | None:
    """The answer, None if it refuses."""
    status = messages[0]["status"]
    if not 200 <= status < 300:
        return None
    headers: Mapping[bytes, bytes] = dict(messages[0]["headers"])
    body = b"".join(message.get("body", b"") for message in messages[1:])
    kind = headers.get(b"content-type", MEDIA_TYPE.encode()).decode("latin-1")
    return KeptAnswer(status=status, content_type=kind, body=body)


def _held(scope: Scope) -> _Claimed | None:
    held: _Claimed | None = scope.get("state", {}).get("claimed_key")
    return held


async def _keep_answer(scope: Scope, answer: KeptAnswer | None) -> None:
    held = _held(scope)
    if held is None or held.token is None:
        return
    database: Any = scope["app"].state.resources.database
    async with database.transaction(held.agency) as transaction:
        if answer is None:
            await kept_keys.free_key(transaction, held.token)
        else:
            await kept_keys.keep_answer(transaction, held.token, answer, again=held.answered_anew)
