"""The supervisor's side of the fork server: starts it and asks it for processes."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from kundentakt.supervisor.fork_server import LONGEST_MESSAGE, Request
from kundentakt.supervisor.installation import checkout
from kundentakt.supervisor.process_identity import with_parent_death_signal

_ANSWER_SECONDS = 60.0
"""The first answer waits until everything is loaded."""


class ForkFailed(Exception):
    """The fork server is gone, does not answer, or cannot run this command."""


@dataclass(slots=True)
class ForkedProcess:
    """A process of the fork server; `poll` and `returncode` are those of `subprocess.Popen`."""

    pid: int
    server: "ForkServer"
    returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, negative for a signal, or None while the process runs."""
        self.server.hear()
        return self.returncode


@dataclass(slots=True)
class ForkServer:
    """Starts processes quickly and with shared memory, by `fork_server.py`. Any thread may use it.

    The kernel ends the fork server with the thread that started it, and its processes with the
    fork server: start it from a thread that lives as long as they shall.
    """

    log: Path
    environment: Mapping[str, str] | None = None
    """What the fork server itself gets, and every fork shows as its first; None: all of ours."""
    _process: subprocess.Popen[bytes] | None = None
    _connection: socket.socket | None = None
    _forked: dict[int, ForkedProcess] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @staticmethod
    def is_available() -> bool:
        """Whether this system can end the children of a killed parent, and watch processes."""
        return sys.platform == "linux" and hasattr(os, "pidfd_open")

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def start(self) -> Self:
        """Start the fork server and return at once; it loads while the caller goes on."""
        with self._lock:
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            self.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            module = "kundentakt.supervisor.fork_server"
            with theirs, self.log.open("ab") as log:
                os.chmod(self.log, 0o600)
                self._process = subprocess.Popen(
                    with_parent_death_signal([sys.executable, "-m", module, str(theirs.fileno())]),
                    stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    pass_fds=[theirs.fileno()], cwd=checkout(), process_group=0,
                    env=None if self.environment is None else dict(self.environment),
                )  # fmt: skip
            self._connection = ours
        return self

    def fork(
        self, name: str, command: Sequence[str], *, environment: Mapping[str, str], log: Path
    ) -> ForkedProcess:
        """Run `command`, which must be one of this Python's modules, in a forked process.

        Raises ForkFailed.
        """
        if list(command[:2]) != [sys.executable, "-m"]:
            raise ForkFailed("not a module of this Python")
        request = Request(
            name=name,
            module=command[2],
            arguments=command[3:],
            environment=dict(environment),
            log=str(log.absolute()),
        )
        with self._lock:
            self.hear()
            if self._connection is None:
                self.start()
            self._send(request)
            pid = None
            while pid is None:
                pid = (self._receive(wait=True) or {}).get("pid")
            self._forked[pid] = process = ForkedProcess(pid, self)
            return process

    def hear(self) -> None:
        """Take in what ended since the last look."""
        with self._lock, contextlib.suppress(ForkFailed):
            while self._connection is not None and self._receive(wait=False):
                pass

    def stop(self) -> None:
        """End the fork server, and what it has forked."""
        with self._lock:
            if self._process is not None:
                self._lose()

    def _send(self, request: Request) -> None:
        assert self._connection is not None
        self._connection.settimeout(_ANSWER_SECONDS)
        try:
            self._connection.send(request.to_bytes())
        except OSError as error:
            self._lose()
            raise ForkFailed(str(error)) from error

    def _receive(self, *, wait: bool) -> dict[str, Any] | None:
        """One message, or None if none came and we do not wait. Raises ForkFailed."""
        assert self._connection is not None
        self._connection.settimeout(_ANSWER_SECONDS if wait else 0.0)
        try:
            message = self._connection.recv(LONGEST_MESSAGE)
        except BlockingIOError:
            return None
        except OSError as error:
            self._lose()
            raise ForkFailed(str(error)) from error
        if not message:
            self._lose()
            raise ForkFailed("the fork server ended")
        told: dict[str, Any] = json.loads(message)
        if "ended" in told and (process := self._forked.pop(told["ended"], None)):
            process.returncode = told["code"]
        return told

    def _lose(self) -> None:
        """The fork server is of no more use: end it, and with it all that it has forked."""
        assert self._process is not None
        assert self._connection is not None
        self._connection.close()
        self._process.kill()
        self._process.wait()
        self._process = self._connection = None
        for process in self._forked.values():
            process.returncode = -signal.SIGTERM
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        self._forked.clear()
