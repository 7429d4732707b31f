"""A bound for the heads of requests: address and headers together.

The server's fast parser has none: a header of ten megabytes is gathered, and again for every part
of it that arrives. The limit is set on the server's class, because the server is started before
our application is loaded, by whatever command.
"""

import json
from typing import Any, Final

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.contracts.problems import MEDIA_TYPE
from shared.web.problems import ProblemType, problem_body

HEAD_BYTES: Final = 65_536
"""Signed links and tokens take a few kilobytes. h11, the slower parser, has the same bound."""
HEAD_TOO_LARGE: Final = ProblemType(
    "head-too-large", 431, "The head of the request is larger than allowed"
)
_PROBLEM: Final = json.dumps(
    problem_body(
        HEAD_TOO_LARGE,
        detail=f"address and headers hold more than {HEAD_BYTES} bytes together",
        instance="",
    )
).encode()
_HEADERS: Final = [
    (b"content-type", MEDIA_TYPE.encode()),
    (b"content-length", str(len(_PROBLEM)).encode()),
    (b"connection", b"close"),
]


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 431, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _PROBLEM})


def bound_heads() -> None:
    """Refuse larger heads in all servers of this process; safe to repeat."""
    protocol: Any = HttpToolsProtocol
    if hasattr(protocol, "head_bytes"):
        return
    protocol.head_bytes = None  # of the head that is being received; None within a body
    receive, begin, complete = (
        protocol.data_received,
        protocol.on_message_begin,
        protocol.on_headers_complete,
    )

    def data_received(self: Any, data: bytes) -> None:
        if self.transport.is_closing():
            return
        receive(self, data)
        if self.head_bytes is None:
            return
        self.head_bytes += len(data)
        if self.head_bytes > HEAD_BYTES:
            head = b"".join(b"%s: %s\r\n" % header for header in _HEADERS)
            self.transport.write(
                b"HTTP/1.1 431 Request Header Fields Too Large\r\n%s\r\n%s" % (head, _PROBLEM)
            )
            self.transport.close()

    def on_message_begin(self: Any) -> None:
        begin(self)
        self.head_bytes = 0

    def on_headers_complete(self: Any) -> None:
        self.head_bytes = None
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > HEAD_BYTES:
            self.app = _refuse  # this connection ends with it
        complete(self)

    protocol.data_received = data_received
    protocol.on_message_begin = on_message_begin
    protocol.on_headers_complete = on_headers_complete
