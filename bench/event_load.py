"""The load of ``bench.event``: sends signed events and sees when their classes can be read.

A process of its own with raw bytes over kept connections: a client library would cost as much as
the servers it measures. Reads a ``Plan`` as JSON from its input, prints ``Seen`` as JSON.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from random import Random
from time import perf_counter
from typing import Any, cast

import uvloop

from shared.clients.webhooks import sign

CONNECTIONS = 32
LOOK_SECONDS = 0.02
"""Pause between two looks at the feed: what is measured is late by this and the look at most."""
PATIENCE_SECONDS = 15.0
"""What is not readable so long after the last event was sent is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One event: a booking that moves its customer from one class into another."""

    customer_id: str
    amount_cents: int
    segment: str
    """The class that it causes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to send where; ``per_second`` 0 sends one at a time, the answer being the class."""

    tag: str
    port: int
    path: str
    secret: str
    per_second: int
    sampled: int
    """Every so many events the class itself is read once the feed tells it."""
    read_headers: dict[str, str]
    booked_on: str
    at: str
    events: list[Planned]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Milliseconds from when an event was due until its answer, its class in the feed, its read
    class; and what went wrong."""

    answered: list[float] = field(default_factory=list)
    told: list[float] = field(default_factory=list)
    read: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    misread: list[str] = field(default_factory=list)
    looks: int = 0
    seconds: float = 0.0


class Connection(asyncio.Protocol):
    """One kept connection that carries one request at a time."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        whole = end + 4 + _length(bytes(self._received[:end]))
        if len(self._received) < whole or self._answer is None:
            return
        answer, self._answer = self._answer, None
        if not answer.done():  # a look that was cut off at the end
            answer.set_result((int(self._received[9:12]), bytes(self._received[end + 4 : whole])))
        del self._received[:whole]

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the server hung up"))

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer


def _length(head: bytes) -> int:
    begin = head.lower().find(b"content-length:")
    return int(head[begin + 15 :].split(b"\r\n", 1)[0]) if begin >= 0 else 0


async def connect(port: int) -> Connection:
    """A new connection to the port."""
    _, connection = await asyncio.get_running_loop().create_connection(
        Connection, "127.0.0.1", port
    )
    return connection


def posted(plan: Plan, number: int) -> bytes:
    """The signed request of one event."""
    event = plan.events[number]
    booking = {
        "commission_id": f"{plan.tag}-{number}",
        "customer_id": event.customer_id,
        "booked_on": plan.booked_on,
        "kind": "other",
        "amount_cents": event.amount_cents,
    }
    content = {"type": "commission.booked", "timestamp": plan.at, "data": booking}
    body = json.dumps(content).encode()
    headers = sign(plan.secret, webhook_id=f"{plan.tag}-{number}", body=body)
    lines = [f"POST {plan.path} HTTP/1.1", "Host: bench", "Content-Type: application/json"]
    lines += [f"Content-Length: {len(body)}", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def got(path: str, headers: dict[str, str]) -> bytes:
    """A GET request."""
    lines = [f"GET {path} HTTP/1.1", "Host: bench", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


class OpenLoad:
    """Events at their times, whatever became of those before, and a reader of the feed beside.

    An event's time counts from when it was due, not from when a connection was free for it.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._seen = Seen()
        self._due: dict[str, float] = {}
        self._waited = {event.customer_id: number for number, event in enumerate(plan.events)}
        self._free: asyncio.Queue[Connection] = asyncio.Queue()
        self._reads: list[asyncio.Task[None]] = []
        self._looks = 0

    async def run(self) -> Seen:
        """Send all, and look until all are seen or patience is over."""
        for _ in range(CONNECTIONS):
            self._free.put_nowait(await connect(self._plan.port))
        head = await self._head()
        requests = [posted(self._plan, number) for number in range(len(self._plan.events))]
        started = perf_counter()
        following = asyncio.create_task(self._follow(head))
        await self._send_all(requests)
        await asyncio.wait([following], timeout=PATIENCE_SECONDS)
        if following.done():
            await following
        following.cancel()
        await asyncio.gather(*self._reads)
        self._seen.missing.extend(self._waited)
        return Seen(
            **{**asdict(self._seen), "looks": self._looks, "seconds": perf_counter() - started}
        )

    async def _send_all(self, requests: Sequence[bytes]) -> None:
        random = Random(self._plan.tag)
        due, sending = perf_counter(), []
        for request, event in zip(requests, self._plan.events, strict=True):
            due += random.expovariate(self._plan.per_second)
            await asyncio.sleep(max(0.0, due - perf_counter()))
            self._due[event.customer_id] = due
            sending.append(asyncio.create_task(self._send(request, event, due)))
        await asyncio.gather(*sending)

    async def _send(self, request: bytes, event: Planned, due: float) -> None:
        connection = await self._free.get()
        status, body = await connection.ask(request)
        self._free.put_nowait(connection)
        if status == 202:
            self._seen.answered.append(1000 * (perf_counter() - due))
        else:
            self._seen.refused.append(f"{event.customer_id}: {status} {body[:200]!r}")

    async def _head(self) -> int:
        connection = await self._free.get()
        _, body = await connection.ask(got("/v1/changes?after=0&limit=1", self._plan.read_headers))
        self._free.put_nowait(connection)
        return int(json.loads(body)["head"])

    async def _follow(self, after: int) -> None:
        connection = await connect(self._plan.port)
        while self._waited:
            began = perf_counter()
            request = got(f"/v1/changes?after={after}&limit=1000", self._plan.read_headers)
            status, body = await connection.ask(request)
            now = perf_counter()
            if status != 200:
                raise RuntimeError(f"the feed answers {status}: {body[:200]!r}")
            self._looks += 1
            for change in json.loads(body)["items"]:
                after = change["revision"]
                self._notice(change, now)
            await asyncio.sleep(max(0.0, began + LOOK_SECONDS - perf_counter()))

    def _notice(self, change: dict[str, Any], now: float) -> None:
        customer_id = change["subject"]
        number = self._waited.get(customer_id)
        if number is None or change["kind"] != "classification.changed":
            return
        if change["payload"]["segment"] != self._plan.events[number].segment:
            return  # the class of a household's other side of the year, or of who is linked to it
        del self._waited[customer_id]
        self._seen.told.append(1000 * (now - self._due[customer_id]))
        if number % self._plan.sampled == 0:
            self._reads.append(asyncio.create_task(self._read(number, change["revision"])))

    async def _read(self, number: int, revision: int) -> None:
        """Read the class itself: it must be the one that the feed told, or a later one."""
        event = self._plan.events[number]
        connection = await self._free.get()
        path = f"/v1/customers/{event.customer_id}/classification"
        status, body = await connection.ask(got(path, self._plan.read_headers))
        self._free.put_nowait(connection)
        self._seen.read.append(1000 * (perf_counter() - self._due[event.customer_id]))
        shown = json.loads(body)
        right = status == 200 and shown["segment"] == event.segment
        if not right or shown["revision"] < revision:
            self._seen.misread.append(f"{event.customer_id}: {status} {body[:200]!r}")


async def one_at_a_time(plan: Plan) -> Seen:
    """Each event once the one before is answered; the answer is the class."""
    seen, connection = Seen(), await connect(plan.port)
    for number, event in enumerate(plan.events):
        request = posted(plan, number)
        began = perf_counter()
        status, body = await connection.ask(request)
        seen.told.append(1000 * (perf_counter() - began))
        if status != 200 or json.loads(body)["segment"] != event.segment:
            seen.refused.append(f"{event.customer_id}: {status} {body[:200]!r}")
    return seen


async def run(plan: Plan) -> Seen:
    """Carry out a plan."""
    return await (OpenLoad(plan).run() if plan.per_second else one_at_a_time(plan))


def main() -> int:
    """Read, run, print."""
    given = json.load(sys.stdin)
    events = [Planned(**event) for event in given.pop("events")]
    seen = uvloop.run(run(Plan(**given, events=events)))
    # Not by print: unbuffered (PYTHONUNBUFFERED), it leaves out what a pipe did not take at once.
    with open(sys.stdout.fileno(), "wb", closefd=False) as output:
        output.write(json.dumps(asdict(seen)).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
