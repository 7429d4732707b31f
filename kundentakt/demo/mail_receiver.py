"""A local SMTP server that stores every message as a file; the demo and tests send to it.

It answers 250 only after the file stands under its final name, so a message reported as sent can
be read. Listens on 127.0.0.1 only and delivers nothing further.
"""

import asyncio
import os
import threading
import uuid
from pathlib import Path
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session

START_SECONDS = 10.0
LARGEST_MESSAGE = 25 * 1024 * 1024


class MailReceiverNotStarted(Exception):
    """The mail receiver could not open its port."""

    def __init__(self, port: int) -> None:
        super().__init__(f"Der Empfänger der E-Mails kann Port {port} nicht öffnen.")


class _Keep:
    """Stores each message, written aside and renamed, with its envelope in front.

    The file's name begins with a running number, so that a listing shows the order of arrival.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._received = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 (aiosmtpd names its hooks so)
        name = f"{self._received:06d}-{uuid.uuid4().hex}"
        self._received += 1
        recipients = ", ".join(str(recipient) for recipient in envelope.rcpt_tos)
        head = f"X-Envelope-From: {envelope.mail_from}\r\nX-Envelope-To: {recipients}\r\n"
        content = envelope.content or b""
        aside = self._directory / f".{name}.part"
        # What was mailed to customers is for the user alone who runs this.
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(head.encode())
            file.write(content if isinstance(content, bytes) else content.encode())
        os.replace(aside, self._directory / f"{name}.eml")
        return f"250 2.0.0 kept as {name}"


class MailReceiver:
    """Receives mail on a free port of 127.0.0.1, in a thread of its own.

    ``directory`` is made when missing. Use as a context, or ``start()`` and ``stop()``.
    """

    def __init__(self, directory: Path, *, port: int = 0) -> None:
        self.directory = directory
        self._wanted_port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._stopping: asyncio.Event | None = None
        self._port: int | None = None
        self._failure: OSError | None = None
        self._keep = _Keep(directory)

    @property
    def port(self) -> int:
        """The port it listens on. Raises ``MailReceiverNotStarted`` before it does."""
        if self._port is None:
            raise MailReceiverNotStarted(self._wanted_port)
        return self._port

    @property
    def url(self) -> str:
        """The value for ``SMTP_URL``."""
        return f"smtp://127.0.0.1:{self.port}"

    def messages(self) -> list[Path]:
        """The files stored so far, in order of arrival."""
        return sorted(self.directory.glob("*.eml"))

    def start(self) -> Self:
        """Listen, also after a stop. Raises ``MailReceiverNotStarted`` without the port."""
        self._ready.clear()
        self._failure = None
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._thread = threading.Thread(target=self._run, name="mail-receiver", daemon=True)
        self._thread.start()
        self._ready.wait(START_SECONDS)
        if self._port is None:
            raise MailReceiverNotStarted(self._wanted_port) from self._failure
        return self

    def stop(self) -> None:
        """Stop listening and end the thread; harmless when it never ran."""
        if self._loop is not None and self._stopping is not None and self._loop.is_running():
            self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread is not None:
            self._thread.join(START_SECONDS)
        self._thread = self._loop = self._port = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        connections: set[SMTP] = set()

        def connection() -> SMTP:
            smtp = SMTP(
                self._keep,
                hostname="localhost",
                data_size_limit=LARGEST_MESSAGE,
                enable_SMTPUTF8=True,
                loop=self._loop,
            )
            connections.add(smtp)
            return smtp

        server = await self._loop.create_server(connection, "127.0.0.1", self._wanted_port)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stopping.wait()
        server.close()
        for smtp in connections:
            if smtp.transport is not None:
                smtp.transport.close()
