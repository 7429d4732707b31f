"""What the HTTP server refuses before our application sees a request: heads and framing have a
bound, and malformed bytes are answered as everything else is.

The server's fast parser has no bound: a header of ten megabytes is gathered, and again for every
part of it that arrives; so are the headers behind a body that comes in chunks. The limits are set
on the server's class, because the server is started before our application is loaded, by whatever
command.
"""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Final

from fastapi import Request
from fastapi.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.contracts.problems import MEDIA_TYPE
from shared.web.problems import ProblemPage, ProblemType, problem_body
from shared.web.slow_requests import BYTES_A_SECOND, GRACE_SECONDS, LOOK_SECONDS, Arrival

HEAD_BYTES: Final = 65_536
"""Signed links and tokens take a few kilobytes. h11, the slower parser, has the same bound."""
FRAMING_OF_A_CHUNK: Final = 12
"""A length of eight digits and two line ends, also around a single byte; what surrounds the parts
of a body beyond that (extensions of chunks, headers behind the body) has the bound of a head."""
PIECE_BYTES: Final = 16_384
"""Of the piece in which a message begins, nobody counts what surrounds its body."""
HEAD_TOO_LARGE: Final = ProblemType(
    "head-too-large", 431, "The head of the request is larger than allowed"
)
REQUEST_TOO_SLOW: Final = ProblemType("request-too-slow", 408, "The request arrives too slowly")
MALFORMED_REQUEST: Final = ProblemType("malformed-request", 400, "The request is not HTTP")
_DETAILS: Final = {
    HEAD_TOO_LARGE: f"address and headers hold more than {HEAD_BYTES} bytes together",
    REQUEST_TOO_SLOW: f"after {GRACE_SECONDS:g} seconds at least {BYTES_A_SECOND} bytes a second",
    MALFORMED_REQUEST: "the bytes that arrived are no request of HTTP/1.1 with one Host, and whose "
    "body has a length or comes in chunks and no other Transfer-Encoding",
}
_PHRASES: Final = {
    400: "Bad Request",
    408: "Request Timeout",
    431: "Request Header Fields Too Large",
}
_PROTOCOL: Final[Any] = HttpToolsProtocol
_made, _lost, _message_complete, _receive, _begin, _complete, _body = (
    _PROTOCOL.connection_made,
    _PROTOCOL.connection_lost,
    _PROTOCOL.on_message_complete,
    _PROTOCOL.data_received,
    _PROTOCOL.on_message_begin,
    _PROTOCOL.on_headers_complete,
    _PROTOCOL.on_body,
)


def bound_heads(page: ProblemPage | None = None) -> None:
    """Refuse larger heads in all servers of this process; safe to repeat.

    ``page`` returns what people are shown instead of a problem document.
    """
    if page is not None or not hasattr(_PROTOCOL, "problem_page"):
        _PROTOCOL.problem_page = staticmethod(page) if page else None
    _PROTOCOL.head_bytes = None  # of the head that is being received; None within a body
    _PROTOCOL.spare_bytes = HEAD_BYTES  # what may still surround the body
    _PROTOCOL.began = False  # whether a message began in the bytes at hand
    _PROTOCOL.first_bytes = b""
    _PROTOCOL.grace_seconds, _PROTOCOL.look_seconds = GRACE_SECONDS, LOOK_SECONDS
    _PROTOCOL.connection_made = _connection_made
    _PROTOCOL.connection_lost = _connection_lost
    _PROTOCOL.on_message_complete = _on_message_complete
    _PROTOCOL.data_received = _data_received
    _PROTOCOL.on_message_begin = _on_message_begin
    _PROTOCOL.on_headers_complete = _on_headers_complete
    _PROTOCOL.on_chunk_header = _on_chunk_header
    _PROTOCOL.on_body = _on_body
    _PROTOCOL.send_400_response = _malformed
    # Nothing here speaks it; the server would answer an upgrade with a text of its own.
    _PROTOCOL._should_upgrade_to_ws = lambda _: False
    _PROTOCOL._unsupported_upgrade_warning = lambda _: None


def _connection_made(self: Any, transport: asyncio.Transport) -> None:
    _made(self, transport)

    def give_up(anything_came: bool) -> None:
        if transport.is_closing():
            return
        answered = self.head_bytes is None and self.cycle and self.cycle.response_complete
        if anything_came and not answered:
            _hang_up(self, REQUEST_TOO_SLOW)
        transport.close()

    self.arrival = Arrival(
        self.loop,
        paused=lambda: self.flow.read_paused,
        give_up=give_up,
        grace=self.grace_seconds,
        look=self.look_seconds,
    )


def _connection_lost(self: Any, error: Exception | None) -> None:
    self.arrival.end()
    _lost(self, error)


def _on_message_complete(self: Any) -> None:
    self.arrival.under_way = False
    _message_complete(self)


def _data_received(self: Any, data: bytes) -> None:
    for start in range(0, len(data), PIECE_BYTES):
        _piece_received(self, data[start : start + PIECE_BYTES])


def _piece_received(self: Any, data: bytes) -> None:
    if self.transport.is_closing():
        return
    self.began = False
    if self.head_bytes is None:
        self.first_bytes = data
    _receive(self, data)
    if self.transport.is_closing():
        self.arrival.end()
        return
    self.arrival.arrived(len(data))
    if self.head_bytes is not None:
        self.head_bytes += len(data)
        if self.head_bytes > HEAD_BYTES:
            _hang_up(self, HEAD_TOO_LARGE)
    elif not self.began:
        self.spare_bytes -= len(data)
        if self.spare_bytes < 0:
            _hang_up(self, HEAD_TOO_LARGE)


def _on_message_begin(self: Any) -> None:
    _begin(self)
    self.head_bytes, self.spare_bytes, self.began = 0, HEAD_BYTES, True
    self.arrival.under_way = True


def _on_headers_complete(self: Any) -> None:
    self.head_bytes = None
    size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
    if size > HEAD_BYTES:
        self.app = _refusing(HEAD_TOO_LARGE)  # this connection ends with it
    elif _is_ambiguous(self.headers, self.parser.get_http_version()):
        self.app = _refusing(MALFORMED_REQUEST)
    _complete(self)


def _is_ambiguous(headers: Sequence[tuple[bytes, bytes]], version: str) -> bool:
    """Whether another server on the way may read another body or host (RFC 9112 § 3.2, § 6.1).

    The parser undoes the chunks of a compressed body, too, and leaves it compressed.
    """
    hosts = sum(name == b"host" for name, _ in headers)
    codings = [value.lower() for name, value in headers if name == b"transfer-encoding"]
    if version == "1.0":
        return hosts > 1 or bool(codings)
    return hosts != 1 or codings not in ([], [b"chunked"])


def _on_chunk_header(self: Any) -> None:
    self.spare_bytes += FRAMING_OF_A_CHUNK


def _on_body(self: Any, body: bytes) -> None:
    self.spare_bytes += len(body)
    _body(self, body)


def _refusing(problem: ProblemType) -> ASGIApp:
    async def refuse(scope: Scope, receive: Receive, send: Send) -> None:
        page: ProblemPage | None = _PROTOCOL.problem_page
        answer = _answer(problem, scope["path"], scope["headers"], page)
        await answer(scope, receive, send)

    return refuse


def _malformed(self: Any, _reason: str) -> None:
    """The parser gave up. It does so as well at an address longer than it can count."""
    _hang_up(self, HEAD_TOO_LARGE if len(self.first_bytes) > HEAD_BYTES // 2 else MALFORMED_REQUEST)


def _hang_up(self: Any, problem: ProblemType) -> None:
    """Answer, unless an answer is under way, and close the connection."""
    cycle = self.cycle
    if cycle is None or cycle.response_complete or not cycle.response_started:
        if cycle is not None:
            cycle.disconnected = True
            cycle.message_event.set()
        answer = _answer(problem, _path_of(self.first_bytes), self.headers or (), self.problem_page)
        head = "".join(f"{name}: {value}\r\n" for name, value in answer.headers.items())
        line = f"HTTP/1.1 {problem.status} {_PHRASES[problem.status]}\r\n"
        self.transport.write(f"{line}{head}\r\n".encode("latin-1") + bytes(answer.body))
    self.transport.close()


def _path_of(first_bytes: bytes) -> str:
    """The path that the first line asks for, as far as it is one."""
    words = first_bytes.partition(b"\r")[0].split(b" ")
    return words[1].partition(b"?")[0].decode("latin-1") if len(words) > 1 else ""


def _answer(
    problem: ProblemType,
    path: str,
    headers: Sequence[tuple[bytes, bytes]],
    page: ProblemPage | None,
) -> Response:
    """A page behind the links of mails, else a problem document."""
    scope = {
        "type": "http", "method": "GET", "path": path, "query_string": b"",
        "headers": list(headers), "scheme": "http", "server": ("", 80),
    }  # fmt: skip
    answer = page(Request(scope), problem, {}) if page else None
    if answer is None:
        body = problem_body(problem, detail=_DETAILS[problem], instance="")
        answer = Response(json.dumps(body), status_code=problem.status, media_type=MEDIA_TYPE)
        answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Connection"] = "close"
    return answer
