"""Whoever sends a request byte by byte keeps no connection; who is only slow is served."""

import asyncio
from itertools import repeat

import pytest
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.web.heads import bound_heads
from tests.fixtures.raw_http import served

HEAD = b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"
QUICK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    bound_heads()
    monkeypatch.setattr(HttpToolsProtocol, "grace_seconds", 0.2)
    monkeypatch.setattr(HttpToolsProtocol, "look_seconds", 0.05)


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    while scope["method"] == "PUT":
        message = await receive()
        if message["type"] == "http.disconnect" or not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _trickled(port: int, begin: bytes) -> bytes:
    """What is answered to a beginning that is followed by a byte now and then."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(begin)

    async def trickle() -> None:
        for byte in repeat(b"x"):
            writer.write(byte)
            await writer.drain()
            await asyncio.sleep(0.02)

    trickling = asyncio.create_task(trickle())
    try:
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return b""
    finally:
        trickling.cancel()
        await asyncio.gather(trickling, return_exceptions=True)
        writer.close()


@pytest.mark.parametrize("begin", [HEAD, b"GET / HTTP/1.1\r\nX-Slow: ", b"GET /"])
async def test_a_request_byte_by_byte_is_ended_with_its_reason(begin: bytes) -> None:
    async with served(_answer) as port:
        answer = await _trickled(port, begin)
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout")
    assert b"request-too-slow" in answer


async def test_a_connection_that_sends_nothing_is_closed() -> None:
    async with served(_answer) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()


async def test_a_body_that_comes_steadily_is_taken_however_long_it_takes() -> None:
    async with served(_answer) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(HEAD)
        for _ in range(20):
            writer.write(b"y" * 5000)
            await writer.drain()
            await asyncio.sleep(0.03)
        line = await asyncio.wait_for(reader.readline(), 10)
        writer.write(QUICK)  # the connection lives on
        await writer.drain()
        rest = await asyncio.wait_for(reader.readuntil(b"204 No Content"), 10)
        writer.close()
    assert line == b"HTTP/1.1 204 No Content\r\n"
    assert rest.endswith(b"204 No Content")
