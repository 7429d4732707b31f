"""SMTP servers that misbehave: real sockets, each breaking the conversation at one point."""

import asyncio
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Reader = asyncio.StreamReader
Writer = asyncio.StreamWriter
Behaviour = Callable[["Server", Reader, Writer, bytes], Awaitable[bool]]
"""Handles one command its own way and returns true, or returns false to be polite."""

POLITE = {
    b"EHLO": b"250 hello",
    b"HELO": b"250 hello",
    b"MAIL": b"250 ok",
    b"RCPT": b"250 ok",
    b"RSET": b"250 ok",
}


class HungUp(Exception):
    """The server ends this connection."""


@dataclass
class Server:
    """One listening server, and what it saw."""

    behaviour: Behaviour
    greeting: bytes = b"220 ready"
    port: int = 0
    connections: int = 0
    commands: list[bytes] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    taken: asyncio.Event = field(default_factory=asyncio.Event)
    forever: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def converse(self, reader: Reader, writer: Writer) -> None:
        self.connections += 1
        try:
            await answer(writer, self.greeting)
            while line := await reader.readline():
                self.commands.append(line.strip())
                if not await self.behaviour(self, reader, writer, line[:4].upper()):
                    await self.be_polite(reader, writer, line[:4].upper())
        except (HungUp, ConnectionError):
            pass
        finally:
            writer.close()

    async def be_polite(self, reader: Reader, writer: Writer, verb: bytes) -> None:
        if verb == b"DATA":
            self.messages.append(await self.take_message(reader, writer))
            await answer(writer, b"250 2.0.0 queued as 4711")
        elif verb == b"QUIT":
            await answer(writer, b"221 bye")
            raise HungUp
        else:
            await answer(writer, POLITE[verb])

    async def take_message(self, reader: Reader, writer: Writer) -> bytes:
        await answer(writer, b"354 go on")
        taken, end = bytearray(), b"\r\n.\r\n"
        while not taken.endswith(end):
            piece = await reader.read(2**20)
            if not piece:
                raise HungUp
            taken += piece
        self.taken.set()
        return bytes(taken)


async def answer(writer: Writer, line: bytes) -> None:
    writer.write(line + b"\r\n")
    await writer.drain()


async def politely(server: Server, reader: Reader, writer: Writer, verb: bytes) -> bool:
    return False


def answering(wanted: bytes, *lines: bytes) -> Behaviour:
    """Answers one command with these lines in turn, the last one for ever."""
    left = list(lines)

    async def behave(server: Server, reader: Reader, writer: Writer, verb: bytes) -> bool:
        if verb != wanted:
            return False
        await answer(writer, left.pop(0) if len(left) > 1 else left[0])
        return True

    return behave


def hanging_at(wanted: bytes) -> Behaviour:
    """Never answers one command."""

    async def behave(server: Server, reader: Reader, writer: Writer, verb: bytes) -> bool:
        if verb == wanted:
            await server.forever.wait()
            raise HungUp
        return False

    return behave


def after_the_dot(line: bytes | None, *, hang: bool = False) -> Behaviour:
    """Takes the whole message, then answers with ``line``, hangs, or hangs up without a word."""

    async def behave(server: Server, reader: Reader, writer: Writer, verb: bytes) -> bool:
        if verb != b"DATA":
            return False
        server.messages.append(await server.take_message(reader, writer))
        if hang:
            await server.forever.wait()
        if line is None:
            raise HungUp
        await answer(writer, line)
        return True

    return behave


def in_the_middle(line: bytes | None, *, hang: bool = False) -> Behaviour:
    """Says go on, reads a little of the message, then speaks, hangs, or hangs up."""

    async def behave(server: Server, reader: Reader, writer: Writer, verb: bytes) -> bool:
        if verb != b"DATA":
            return False
        await answer(writer, b"354 go on")
        await reader.read(100)
        if hang:
            await server.forever.wait()
        if line is not None:
            await answer(writer, line)
        raise HungUp

    return behave


@asynccontextmanager
async def listening(
    behaviour: Behaviour = politely,
    *,
    greeting: bytes = b"220 ready",
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Server]:
    """A server on a free port of 127.0.0.1; whatever hangs is let go at the end."""
    server = Server(behaviour, greeting)
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: Reader, writer: Writer) -> None:
        task = asyncio.current_task()
        if task is not None:
            tasks.add(task)
        await server.converse(reader, writer)

    listener = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        server.forever.set()
        await asyncio.gather(*tasks, return_exceptions=True)


def certified(host: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS for a server with a certificate of its own making, and for a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    public = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as directory:
        chain = Path(directory) / "chain.pem"
        chain.write_bytes(private + public)
        server_side.load_cert_chain(chain)
    return server_side, ssl.create_default_context(cadata=public.decode("ascii"))
