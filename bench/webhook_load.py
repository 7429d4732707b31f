"""The load of ``bench.webhook``: presigned requests over kept connections, in a process of its own.

Raw bytes and a protocol that looks only for status and length: a client library would cost as much
as the servers it measures. Prints one line of JSON: Load.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from random import Random
from time import perf_counter
from typing import cast

import uvloop

from shared.clients.webhooks import sign

_BODIES = (
    ("payment.late", {"days": 20, "reminder": True}),
    ("price.disputed", {"text": "Die Prämie ist mir zu hoch."}),
    ("business.announced", {"line": "building", "text": "baut im Frühjahr"}),
    ("claim.reported", {"text": "Wasser im Keller"}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one run of the load saw; ``accepted`` counts 202 alone."""

    accepted: int
    others: int
    seconds: float


class Sender(asyncio.Protocol):
    """One kept connection: the next request leaves when the last is answered."""

    def __init__(self, requests: Iterator[bytes], deadline: float) -> None:
        self._requests = requests
        self._deadline = deadline
        self._received = b""
        self.accepted = 0
        self.others = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0 or len(self._received) < end + 4 + _length(self._received[:end]):
            return
        if self._received.startswith(b"HTTP/1.1 202"):
            self.accepted += 1
        else:
            self.others += 1
        self._received = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionResetError("the server hung up"))

    def _next(self) -> None:
        request = next(self._requests, None) if perf_counter() < self._deadline else None
        if request is not None:
            self._transport.write(request)
        elif not self.done.done():
            self.done.set_result(None)
            self._transport.close()


def _length(head: bytes) -> int:
    begin = head.lower().find(b"content-length:")
    return int(head[begin + 15 :].split(b"\r\n", 1)[0]) if begin >= 0 else 0


def requests(given: argparse.Namespace) -> list[bytes]:
    """Signed requests, each for a random customer, the same for the same tag."""
    random = Random(given.tag)
    made = []
    for number in range(given.prepared):
        event_type, data = _BODIES[number % len(_BODIES)]
        customer = f"K-{random.randint(1, given.customers):08}"
        event = {
            "type": event_type,
            "timestamp": "2026-11-20T10:00:00+01:00",
            "data": {"customer_id": customer, **data},
        }
        body = json.dumps(event, ensure_ascii=False).encode()
        headers = sign(given.secret, webhook_id=f"{given.tag}-{number}", body=body)
        lines = [f"POST {given.path} HTTP/1.1", "Host: bench", "Content-Type: application/json"]
        lines += [f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items())]
        made.append("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    return made


async def run(given: argparse.Namespace) -> Load:
    """Send until the time is over or nothing is left."""
    queue = iter(requests(given))
    loop = asyncio.get_running_loop()
    started = perf_counter()
    deadline = started + given.seconds
    connected = [
        await loop.create_connection(lambda: Sender(queue, deadline), "127.0.0.1", given.port)
        for _ in range(given.connections)
    ]
    senders = [sender for _, sender in connected]
    await asyncio.gather(*(sender.done for sender in senders))
    return Load(
        accepted=sum(sender.accepted for sender in senders),
        others=sum(sender.others for sender in senders),
        seconds=perf_counter() - started,
    )


def main() -> int:
    """Sign, send, print."""
    parser = argparse.ArgumentParser(prog="bench.webhook_load")
    for name in ("port", "connections", "customers", "prepared"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    for name in ("path", "secret", "tag"):
        parser.add_argument(f"--{name}", required=True)
    print(json.dumps(asdict(uvloop.run(run(parser.parse_args())))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
