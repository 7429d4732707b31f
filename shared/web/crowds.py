"""A bound for what a JSON body is made of: reading half a million values holds up everybody.

The event loop and all threads of a process share one interpreter, and reading JSON never lets go
of it. So the signs that part values are counted as the body arrives, before it is read; and what
was read is refused if it holds more values than any of our models, before a model names each of
them as unknown.
"""

from collections.abc import Mapping
from itertools import islice
from typing import Any, Final

from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.web.headers import header_of
from shared.web.problems import ERRORS_TOLD, INVALID_BODY, ProblemError

SIGNS: Final = 100_000
BYTES_PER_SIGN: Final = 40
"""Long bodies are batches: their items have names and texts, and more signs beside these."""
VALUES: Final = 10_000
"""Of a body that is no batch. The largest is a list of a thousand words with their meanings."""
NAMES: Final = 500
"""Of one object."""


ITEM_BYTES: Final = 200_000
"""Of one line of a batch."""


def crowded_item(item: Any) -> str | None:
    """Why one item of a batch is not even tried; None if it may be read by its model."""
    if isinstance(item, bytes):
        crowded = len(item) > ITEM_BYTES
        return f"a line has more than {ITEM_BYTES} bytes" if crowded else None
    if isinstance(item, dict) and len(item) > NAMES:
        return f"an item has more than {NAMES} names"
    return None


class Uncrowded:
    """Refuses JSON bodies that are made of too many values while they arrive."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what parts values; other bodies pass without any work."""
        if scope["type"] != "http" or scope["method"] == "GET" or not _says_json(scope):
            await self._app(scope, receive, send)
            return
        signs = size = 0

        async def counted() -> Message:
            nonlocal signs, size
            message = await receive()
            body = message.get("body", b"")
            size += len(body)
            signs += _signs(body)
            _refuse_signs(signs, size)
            return message

        await self._app(scope, counted, send)


def refuse_crowded(body: bytes, *, signs: int = SIGNS) -> None:
    """The same for routes that read JSON whatever media type it is sent as; with fewer ``signs``
    for those that take no batch."""
    _refuse_signs(_signs(body), len(body), most=signs)


def _signs(body: bytes) -> int:
    return body.count(b",") + body.count(b"{") + body.count(b"[")


def _refuse_signs(signs: int, size: int, *, most: int = SIGNS) -> None:
    if signs > most + size // BYTES_PER_SIGN:
        raise ProblemError(INVALID_BODY, "the body holds too many values; send it in parts")


def _says_json(scope: Scope) -> bool:
    # Without a media type it may be a file, and a list has a comma for each cell.
    return b"json" in header_of(scope, b"content-type").lower()


def _too_many_names(node: Mapping[str, Any], *, told: bool) -> ProblemError:
    detail = f"an object has more than {NAMES} names"
    first = [name.replace("~", "~0").replace("/", "~1") for name in islice(node, ERRORS_TOLD)]
    errors = [{"pointer": f"/{name[:100]}", "detail": detail} for name in first] if told else None
    return ProblemError(INVALID_BODY, detail, errors=errors)


def refuse_crowd(request: Request) -> None:
    """Refuse what the framework has read from the body if no model could hold it."""
    body: Any = getattr(request, "_json", None)
    if not isinstance(body, dict | list):
        return
    values = 0
    waiting: list[Any] = [body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict) and len(node) > NAMES:
            raise _too_many_names(node, told=node is body)
        values += len(node)
        if values > VALUES:
            raise ProblemError(INVALID_BODY, f"the body holds more than {VALUES} values")
        within = node.values() if isinstance(node, dict) else node
        waiting.extend(each for each in within if isinstance(each, dict | list))
