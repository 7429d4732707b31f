"""Whatever goes wrong behind the link of a mail, customers read a page and never JSON.

Over raw connections, because the framework and the server answer much of it before any route.
"""

import json

import pytest

from tests.fixtures.raw_http import RawAnswer, answer_to, served
from tests.notifier.conftest import Notifier

FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
LARGE = b"x" * 65_535
CHUNK = b"ffff\r\n" + LARGE + b"\r\n"
PATHS = (b"/v1/unsubscribe/", b"/v1/answers/")

REFUSED: dict[str, tuple[int, bytes, bytes]] = {
    "a broken header": (400, b"GET %s HTTP/1.1", b"no header\r\n\r\n"),
    "a blank in the address": (400, b"GET %s y HTTP/1.1", b"\r\n"),
    "a NUL in the address": (400, b"GET %s\x00 HTTP/1.1", b"\r\n"),
    "two lengths": (400, b"POST %s HTTP/1.1", b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxy"),
    "a length that is none": (400, b"POST %s HTTP/1.1", b"Content-Length: -1\r\n\r\n"),
    "length and chunks": (
        400,
        b"POST %s HTTP/1.1",
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    "a chunk that is none": (400, b"POST %s HTTP/1.1", b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "a broken link": (404, b"GET %s HTTP/1.1", b"\r\n"),
    "a slash": (404, b"GET %s/y HTTP/1.1", b"\r\n"),
    "a broken escape": (404, b"GET %s%%zz HTTP/1.1", b"\r\n"),
    "another method": (405, b"DELETE %s HTTP/1.1", b"\r\n"),
    "a proxy's method": (405, b"CONNECT %s HTTP/1.1", b"\r\n"),
    "a condition": (412, b"GET %s HTTP/1.1", b'If-Match: "x"\r\n\r\n'),
    "a declared length": (413, b"POST %s HTTP/1.1", FORM + b"Content-Length: 9000000\r\n\r\nx"),
    "a long address": (422, b"GET %s" + b"a" * 5000 + b" HTTP/1.1", b"\r\n"),
    "a very long address": (431, b"GET %s" + b"a" * 90_000 + b" HTTP/1.1", b"\r\n"),
    "a large header": (431, b"GET %s HTTP/1.1", b"X: " + b"a" * 70_000 + b"\r\n\r\n"),
    "a header without an end": (431, b"GET %s HTTP/1.1", b"X: " + b"a" * 200_000),
    "an upgrade": (
        404,
        b"GET %s HTTP/1.1",
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ),
}


def is_page(answer: RawAnswer) -> bool:
    """A German page that nobody frames, sniffs, keeps or scripts."""
    headers = answer.headers
    return (
        headers["content-type"] == "text/html; charset=utf-8"
        and b'lang="de"' in answer.body
        and headers["x-content-type-options"] == "nosniff"
        and headers["cache-control"] == "no-store"
        and "frame-ancestors 'none'" in headers["content-security-policy"]
    )


async def test_every_refusal_behind_a_link_is_a_page(notifier: Notifier) -> None:
    async with served(notifier.app) as port:
        for name, (status, line, rest) in REFUSED.items():
            for path in PATHS:
                request = line % (path + b"x") + b"\r\nHost: x\r\n" + rest
                answer = await answer_to(port, request)
                assert answer.status == status, (name, answer)
                assert is_page(answer), (name, answer)


async def test_a_body_in_chunks_that_grows_too_large_gets_a_page(
    notifier: Notifier,
) -> None:
    head = b"POST /v1/unsubscribe/x HTTP/1.1\r\nHost: x\r\n" + FORM
    async with served(notifier.app) as port:
        answer = await answer_to(port, head + b"Transfer-Encoding: chunked\r\n\r\n", *[CHUNK] * 40)
        assert answer.status in (404, 413)
        assert is_page(answer)


async def test_a_surprise_behind_a_link_gets_a_page(
    notifier: Notifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("services.notifier.api.public_links.read_link", fails)
    async with served(notifier.app) as port:
        answer = await answer_to(port, b"GET /v1/answers/x HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.status == 500
    assert is_page(answer)


@pytest.mark.parametrize("accept", ["application/json", "application/problem+json"])
async def test_a_program_that_asks_for_json_gets_a_problem(notifier: Notifier, accept: str) -> None:
    asked = f"GET /v1/answers/x HTTP/1.1\r\nAccept: {accept}\r\nHost: x\r\n".encode()
    async with served(notifier.app) as port:
        for rest, slug in (
            (b"\r\n", "link-not-valid"),
            (b"no header\r\n\r\n", "malformed-request"),
        ):
            answer = await answer_to(port, asked + rest)
            assert answer.headers["content-type"] == "application/problem+json"
            assert json.loads(answer.body)["type"].endswith(f"/{slug}")


async def test_elsewhere_malformed_bytes_are_a_problem(notifier: Notifier) -> None:
    async with served(notifier.app) as port:
        for request in (
            b"\x16\x03\x01 no TLS here\r\n\r\n",
            b"GET /v1/messages HTTP/1.1\r\nbroken\r\n\r\n",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"GET /v1/messages\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        ):
            answer = await answer_to(port, request)
            assert (answer.status, answer.headers["content-type"]) == (
                400,
                "application/problem+json",
            )
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["connection"] == "close"
