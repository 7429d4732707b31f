"""Heads of requests have a bound, whatever they are made of, over a real connection."""

import asyncio
import json
from collections.abc import Iterator

import pytest
from starlette.types import Receive, Scope, Send

from shared.web.heads import HEAD_BYTES, bound_heads
from tests.fixtures.raw_http import answer_to, served

MEGABYTE = b"x" * 1_000_000
bound_heads()
bound_heads()


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    while scope["method"] == "PUT" and (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


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
        line = await asyncio.wait_for(reader.readline(), 30)
    except OSError:
        line = b"hung up"
    writer.close()
    return line.strip(), sent


CHUNKS = b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
LARGE = {
    "headers behind the body": [CHUNKS, b"0\r\n", *[b"X-A: b\r\n" * 10_000] * 100, b"\r\n"],
    "a header behind the body": [CHUNKS, b"0\r\nX: ", *[MEGABYTE] * 10, b"\r\n\r\n"],
    "an extension of a chunk": [CHUNKS, b"1;", *[MEGABYTE] * 10, b"\r\nx\r\n0\r\n\r\n"],
    "extensions of many chunks": [CHUNKS, *[(b"1;" + b"a" * 400 + b"\r\nx\r\n") * 2500] * 10],
    "extensions behind a large body": [
        CHUNKS,
        b"ffff\r\n" + b"x" * 65_535 + b"\r\n",
        b"1;" + b"a" * 300_000 + b"\r\nx\r\n",
    ],
    "an extension of each chunk": [
        CHUNKS,
        *[b"3e8;" + b"a" * 14_000 + b"\r\n" + b"x" * 1_000 + b"\r\n"] * 100,
    ],
    "an extension in one piece": [CHUNKS + b"1;" + b"a" * 100_000 + b"\r\nx\r\n0\r\n\r\n"],
    "zeros of a length": [CHUNKS, *[b"0" * 1_000_000] * 10],
    "one header": [b"GET / HTTP/1.1\r\nHost: x\r\nX-Large: ", *[MEGABYTE] * 10, b"\r\n\r\n"],
    "many headers": [b"GET / HTTP/1.1\r\nHost: x\r\n", *[b"X-A: b\r\n" * 10_000] * 20, b"\r\n"],
    "an address": [b"GET /", *[MEGABYTE] * 10, b" HTTP/1.1\r\nHost: x\r\n\r\n"],
    "a name": [b"GET / HTTP/1.1\r\nHost: x\r\n", *[MEGABYTE] * 10, b": b\r\n\r\n"],
    "no end": [b"GET / HTTP/1.1\r\nHost: x\r\nX: ", *[b"y" * 1000] * 100],
    "in one piece": [b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * (HEAD_BYTES + 1) + b"\r\n\r\n"],
}


@pytest.mark.parametrize("head", LARGE)
async def test_a_large_head_is_refused_before_it_is_gathered(head: str) -> None:
    async with served(_answer) as port:
        line, sent = await ask(port, LARGE[head])
        assert line.startswith(b"HTTP/1.1 431") or line == b"hung up", line
        assert sent < 6_000_000
        usual, _ = await ask(port, [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"])
        assert usual == b"HTTP/1.1 204 No Content"


LENGTH_AND_CODING = {
    "compressed, then in chunks": b"Transfer-Encoding: gzip, chunked\r\n",
    "in two headers": b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
    "in chunks twice": b"Transfer-Encoding: chunked, chunked\r\n",
    "compressed alone": b"Transfer-Encoding: gzip\r\n",
    "identity": b"Transfer-Encoding: identity\r\n",
    "length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "a second host": b"Host: y\r\nTransfer-Encoding: chunked\r\n",
}


@pytest.mark.parametrize("framing", LENGTH_AND_CODING)
async def test_a_body_that_another_server_would_read_otherwise_is_refused(framing: str) -> None:
    head = b"PUT / HTTP/1.1\r\nHost: x\r\n" + LENGTH_AND_CODING[framing] + b"\r\n"
    async with served(_answer) as port:
        answer = await answer_to(port, head, b"5\r\nhello\r\n0\r\n\r\n")
        told = json.loads(answer.body)["type"].rsplit("/", 1)[1]
        assert (answer.status, told) == (400, "malformed-request")
        assert answer.headers["connection"] == "close"


async def test_what_http_1_0_and_1_1_ask_of_a_head_is_required() -> None:
    chunks = b"Transfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    async with served(_answer) as port:
        for request, status in (
            (b"GET / HTTP/1.0\r\n\r\n", 204),
            (b"GET / HTTP/1.1\r\n\r\n", 400),
            (b"PUT / HTTP/1.1\r\nHost: x\r\n" + chunks, 204),
            (b"PUT / HTTP/1.0\r\nHost: x\r\n" + chunks, 400),
        ):
            assert (await answer_to(port, request)).status == status, request


async def test_usual_heads_and_large_bodies_pass() -> None:
    body = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + MEGABYTE
    longest = b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 60_000 + b"\r\n\r\n"
    slowly = [bytes([each]) for each in b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"]
    async with served(_answer) as port:
        for pieces in ([body], [longest], slowly):
            line, _ = await ask(port, pieces)
            assert line == b"HTTP/1.1 204 No Content"


async def test_bodies_in_chunks_pass_however_small_the_chunks_are() -> None:
    bodies = {
        "of one byte": b"1\r\nx\r\n" * 100_000,
        "with extensions": b"10;name=value\r\n" + b"x" * 16 + b"\r\n",
        "large": (b"ffff\r\n" + b"x" * 65_535 + b"\r\n") * 20,
    }
    async with served(_answer) as port:
        for name, body in bodies.items():
            answer = await answer_to(port, CHUNKS, body, b"0\r\nX-Sum: 1\r\n\r\n")
            assert answer.status == 204, name


async def test_what_follows_on_the_same_connection_has_its_own_bound() -> None:
    asked = b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 30_000 + b"\r\n\r\n"
    async with served(_answer) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(5):
            writer.write(asked)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
        writer.close()
