"""Sends one message over one open SMTP connection and returns what is certain about it.

The final dot decides. Before it is sent, the server has accepted nothing (RFC 5321 § 4.1.1.4), so
every failure may be retried. After it, only the server's answer counts: if the connection breaks or
stays silent, nobody knows whether the message arrived. This is our own code because aiosmtplib's
``data`` does not say on which side of the dot it failed.
"""

import asyncio
from collections.abc import Awaitable
from typing import cast

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponse, SMTPResponseException
from aiosmtplib.protocol import SMTPProtocol

from services.notifier.channels.email.mime import BuiltEmail
from services.notifier.channels.email.outcomes import (
    AddressNotCarried,
    Outcome,
    PermanentFailure,
    Sent,
    TransientFailure,
    UnknownOutcome,
    refusal,
)
from services.notifier.channels.email.refusals import Stage

FINAL_DOT = b".\r\n"
DRAIN_POLL_SECONDS = 0.002
"""Pause between two looks at a large body's buffer; the usual body fits the kernel's buffer."""


class ConnectionStale(Exception):
    """The connection was gone, or was closed by the server, before this message began."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


async def transmit(client: aiosmtplib.SMTP, mail: BuiltEmail, *, patience: float) -> Outcome:
    """Send one message; wait up to ``patience`` seconds for each answer of the server.

    Closes the connection unless it is ready for the next message. Raises ``ConnectionStale`` if the
    server closed the connection (with or without a 421) before the message began.
    """
    if mail.needs_smtputf8 and not client.supports_extension("smtputf8"):
        return AddressNotCarried()
    began = False
    content = mail.content()
    limit = _size_limit(client)
    if limit is not None and len(content) > limit:
        text = f"5.3.4 the server takes {limit} bytes; the message has {len(content)}"
        return PermanentFailure(552, text, "message")
    try:
        refused = await _address(client, mail, patience=patience)
        if refused is not None:
            return refused
        began = True
        start = await client.execute_command(b"DATA", timeout=patience)
        if start.code != 354:
            return await _refused(client, start, "data", patience)
        protocol = client.protocol
        if protocol is None:
            return TransientFailure(None, "connection lost before the message")
        return await _hand_over(client, protocol, content, patience=patience)
    except (SMTPException, OSError) as error:
        client.close()
        text = _words(error)
        if not began and isinstance(error, ConnectionError):
            raise ConnectionStale(text) from error
        return TransientFailure(None, text)
    except BaseException:  # cancelled: the next message must not continue half a dialogue
        client.close()
        raise


def _size_limit(client: aiosmtplib.SMTP) -> int | None:
    """Return the most bytes that the server said it takes (RFC 1870); None if it set no limit."""
    told = client.esmtp_extensions.get("size", "").strip()
    return int(told) if told.isdecimal() and told.isascii() and int(told) > 0 else None


async def _address(client: aiosmtplib.SMTP, mail: BuiltEmail, *, patience: float) -> Outcome | None:
    """Send sender and recipient; return None if the server accepted both."""
    # Its headers hold UTF-8, which no server may change on the way (RFC 6531 § 3.4).
    extension = " BODY=8BITMIME SMTPUTF8" if mail.needs_smtputf8 else ""
    command = f"MAIL FROM:<{mail.envelope_from}>{extension}".encode("ascii")
    answer = await client.execute_command(command, timeout=patience)
    if answer.code == 421:
        raise aiosmtplib.SMTPServerDisconnected(answer.message)
    if answer.code != 250:
        return await _refused(client, answer, "mail", patience)
    command = f"RCPT TO:<{mail.envelope_to}>".encode()
    answer = await client.execute_command(command, timeout=patience)
    if answer.code not in (250, 251):
        return await _refused(client, answer, "rcpt", patience)
    return None


async def _refused(
    client: aiosmtplib.SMTP, answer: SMTPResponse, stage: Stage, patience: float
) -> Outcome:
    """Read a refusal and make the connection ready again, or close it."""
    outcome = refusal(answer.code, readable(answer.message), stage=stage)
    try:
        reset = await client.execute_command(b"RSET", timeout=patience)
    except (SMTPException, OSError):
        client.close()
        return outcome
    if answer.code == 421 or reset.code != 250:
        client.close()
    return outcome


async def _hand_over(
    client: aiosmtplib.SMTP, protocol: SMTPProtocol, content: bytes, *, patience: float
) -> Outcome:
    """Write the body and the final dot, then wait for the answer that decides.

    Reading begins first, because the library forgets what a server says while nobody reads.
    """
    reading = asyncio.ensure_future(protocol.read_response())
    try:
        await asyncio.sleep(0)
        protocol.write(content.replace(b"\r\n.", b"\r\n.."))  # dot-stuffing, RFC 5321 § 4.5.2
        await asyncio.sleep(0)  # uvloop writes at the end of a turn
        early = await _drained(protocol, reading, patience=patience)
        if early is not None:
            client.close()
            return early
        protocol.write(FINAL_DOT)
        return await _answer(client, asyncio.wait_for(reading, patience))
    finally:
        if not reading.cancel() and not reading.cancelled():
            reading.exception()  # Else asyncio logs that nobody looked at it.


async def _answer(client: aiosmtplib.SMTP, waiting: Awaitable[SMTPResponse]) -> Outcome:
    """Return the server's answer to the whole message; without a valid one it is unknown."""
    try:
        answer = await waiting
    except (SMTPException, OSError) as error:
        client.close()
        return UnknownOutcome(_words(error))
    if 200 <= answer.code <= 299:
        return Sent(readable(answer.message))
    if answer.code == 421 or not 400 <= answer.code <= 599:
        client.close()
    if 400 <= answer.code <= 599:
        return refusal(answer.code, readable(answer.message), stage="data")
    return UnknownOutcome(f"{answer.code} {readable(answer.message)}")


async def _drained(
    protocol: SMTPProtocol, reading: "asyncio.Task[SMTPResponse]", *, patience: float
) -> Outcome | None:
    """Wait until the body has left; return None if it has and the server still listens.

    A server that answers, disconnects or stops reading before the final dot has accepted nothing.
    """
    clock = asyncio.get_running_loop().time
    left, deadline = _undrained(protocol), clock() + patience
    while left and not reading.done():
        if clock() > deadline:
            return TransientFailure(None, "the server stopped reading mid-message")
        await asyncio.sleep(DRAIN_POLL_SECONDS)
        before, left = left, _undrained(protocol)
        if left < before:
            deadline = clock() + patience
    if not reading.done() and (protocol.transport is None or protocol.transport.is_closing()):
        # Nothing is left to be sent, because the connection broke: what the server said before that
        # is still to be read.
        await asyncio.wait({reading}, timeout=patience)
    if not reading.done():
        return None
    error = reading.exception()
    if error is not None:
        return TransientFailure(None, _words(error))
    answer = reading.result()
    return refusal(answer.code, readable(answer.message), stage="data")


def _undrained(protocol: SMTPProtocol) -> int:
    """Return the bytes that have not left, or 0 if the connection is gone; uvloop's transports are
    no subclasses of asyncio's."""
    transport = protocol.transport
    if transport is None:
        return 0
    return cast(asyncio.WriteTransport, transport).get_write_buffer_size()


def readable(text: str) -> str:
    """Return the words of a server as text that can be stored, whatever bytes it answered with.

    Some answer in Windows-1252. A zero byte or half a character would keep the outcome out of the
    database, and the message would end as unknown.
    """
    answered = text.encode("utf-8", "surrogateescape")
    try:
        decoded = answered.decode("utf-8")
    except UnicodeDecodeError:
        decoded = answered.decode("cp1252", "replace")
    return "".join(sign for sign in decoded if sign.isprintable() or sign in "\n\t ")


def _words(error: BaseException) -> str:
    if isinstance(error, SMTPResponseException):
        return readable(f"{error.code} {error.message}")
    return readable(str(error)) or type(error).__name__
