"""Sends messages over a few SMTP connections that stay open.

Connections are reused because each costs a TLS handshake and a login. Each carries one message at a
time, so as many messages are under way as there are connections.
"""

import asyncio
import ssl
from types import TracebackType
from typing import Self

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from services.notifier.channels.email.endpoint import SmtpEndpoint, read_smtp_url
from services.notifier.channels.email.mime import BuiltEmail
from services.notifier.channels.email.outcomes import Outcome, PermanentFailure, TransientFailure
from services.notifier.channels.email.transmission import ConnectionStale, readable, transmit

CONNECTIONS = 4
"""Providers commonly allow five to ten at once from one sender."""
CONNECT_SECONDS = 30.0
ANSWER_SECONDS = 300.0
"""RFC 5321 § 4.5.3.2 asks for 5 to 10 minutes. After a shorter wait for the final answer, mails
would end as unknown that a slow content filter is about to accept."""

START_TLS: dict[str, bool | None] = {"none": False, "auto": None, "required": True}


class SmtpSender:
    """Sends built messages to one SMTP server. Use it as an async context, or ``close()`` it.

    ``send`` returns an outcome for everything that a server does, and never raises for it. If it is
    cancelled, it closes its connection, and the outcome of the message is unknown.
    """

    def __init__(
        self,
        url: str,
        *,
        connections: int = CONNECTIONS,
        connect_seconds: float = CONNECT_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
        tls_context: ssl.SSLContext | None = None,
        local_hostname: str | None = None,
    ) -> None:
        self._endpoint: SmtpEndpoint = read_smtp_url(url)
        self._connect_seconds = connect_seconds
        self._answer_seconds = answer_seconds
        self._tls_context = tls_context
        self._local_hostname = local_hostname
        self._places = asyncio.Semaphore(connections)
        self._idle: list[aiosmtplib.SMTP] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Quit every idle connection; do not wait long for a server that does not answer."""
        idle, self._idle = self._idle, []
        for client in idle:
            try:
                await client.quit(timeout=2)
            except (SMTPException, OSError):
                client.close()

    async def send(self, mail: BuiltEmail) -> Outcome:
        """Wait for a free connection and hand one message over."""
        async with self._places:
            while self._idle:
                client = self._idle.pop()
                try:
                    return await self._transmit(client, mail)
                except ConnectionStale:
                    continue  # the server closed it while it was idle, before this message began
            return await self._send_anew(mail)

    async def _send_anew(self, mail: BuiltEmail) -> Outcome:
        client = self._client()
        try:
            await client.connect()
            await _greet(client)
        except SMTPResponseException as error:
            client.close()
            return _turned_away(error)
        except (SMTPException, OSError) as error:
            client.close()
            return TransientFailure(None, readable(f"no connection: {error}"), reached=False)
        try:
            return await self._transmit(client, mail)
        except ConnectionStale as stale:
            return TransientFailure(None, stale.text)

    async def _transmit(self, client: aiosmtplib.SMTP, mail: BuiltEmail) -> Outcome:
        outcome = await transmit(client, mail, patience=self._answer_seconds)
        if client.is_connected:
            self._idle.append(client)
        return outcome

    def _client(self) -> aiosmtplib.SMTP:
        endpoint = self._endpoint
        return aiosmtplib.SMTP(
            hostname=endpoint.host,
            port=endpoint.port,
            username=endpoint.username,
            password=endpoint.password,
            local_hostname=self._local_hostname,
            timeout=self._connect_seconds,
            use_tls=endpoint.tls,
            start_tls=START_TLS[endpoint.starttls],
            tls_context=self._tls_context,
        )


def _turned_away(error: SMTPResponseException) -> Outcome:
    """A greeting or login that is refused says nothing about the message, only about us."""
    text = readable(f"no connection: {error.message}")
    if 500 <= error.code <= 599:
        return PermanentFailure(error.code, text, "sender")
    return TransientFailure(error.code, text, reached=False)


async def _greet(client: aiosmtplib.SMTP) -> None:
    """Say EHLO, or HELO to an old server, before the first mail (RFC 5321 § 4.1.4).

    The library says it only for STARTTLS and login.
    """
    if not client.is_ehlo_or_helo_needed:
        return
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        await client.helo()
