"""Answers that grow with the request: drawn in a thread, because others wait for the event loop."""

import asyncio
from collections.abc import Callable

from fastapi.responses import Response
from pydantic import BaseModel


async def drawn(draw: Callable[[], BaseModel], *, status: int = 200) -> Response:
    """Return what ``draw`` makes as JSON; it is called in a thread, with the caller's context."""
    body = await asyncio.to_thread(lambda: draw().model_dump_json().encode())
    return Response(body, status_code=status, media_type="application/json")
