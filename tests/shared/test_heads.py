"""Heads of requests have a bound, whatever they are made of, over a real connection."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from shared.web.heads import HEAD_BYTES, bound_heads
from tests.fixtures.waiting import eventually

MEGABYTE = b"x" * 1_000_000


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def served() -> AsyncIterator[int]:
    bound_heads()
    bound_heads()
    config = uvicorn.Config(
        _answer, http="httptools", lifespan="off", port=0, log_level="error", access_log=False
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started)
    yield int(server.servers[0].sockets[0].getsockname()[1])
    server.should_exit = True
    await serving


async def ask(port: int, pieces: Iterator[bytes] | list[bytes]) -> tuple[bytes, int]:
    """The status line, and how many bytes the server took before it answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = 0
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            sent += len(piece)
    except OSError:
        pass  # it hung up, as it should
    try:
        line = await asyncio.wait_for(reader.readline(), 5)
    except OSError:
        line = b"hung up"
    writer.close()
    return line.strip(), sent


LARGE = {
    "one header": [b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: ", *[MEGABYTE] * 10, b"\r\n\r\n"],
    "many headers": [b"GET / HTTP/1.1\r\nHost: x\r\n", *[b"X-A: b\r\n" * 10_000] * 20, b"\r\n"],
    "an address": [b"GET /", *[MEGABYTE] * 10, b" HTTP/1.1\r\nHost: x\r\n\r\n"],
    "a name": [b"GET / HTTP/1.1\r\nHost: x\r\n", *[MEGABYTE] * 10, b": b\r\n\r\n"],
    "no end": [b"GET / HTTP/1.1\r\nHost: x\r\nX: ", *[b"y" * 1000] * 100],
    "in one piece": [b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * (HEAD_BYTES + 1) + b"\r\n\r\n"],
}


@pytest.mark.parametrize("head", LARGE)
async def test_a_large_head_is_refused_before_it_is_gathered(head: str) -> None:
    async with served() as port:
        line, sent = await ask(port, LARGE[head])
        assert line.startswith(b"HTTP/1.1 431") or line == b"hung up", line
        assert sent < 6_000_000
        usual, _ = await ask(port, [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
        assert usual == b"HTTP/1.1 204 No Content"


async def test_usual_heads_and_large_bodies_pass() -> None:
    body = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + MEGABYTE
    longest = b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 60_000 + b"\r\n\r\n"
    slowly = [bytes([each]) for each in b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"]
    async with served() as port:
        for pieces in ([body], [longest], slowly):
            line, _ = await ask(port, pieces)
            assert line == b"HTTP/1.1 204 No Content"
