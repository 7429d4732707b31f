"""One embedded server that all commands of an installation share; it stops after the last of them.

Each command that uses the server holds a shared lock on the folder `holders`. The server daemon, a
small process of its own, runs the server and tries to get that lock exclusively. If it gets it, no
command is left: it stops the server and ends. The kernel releases the locks of a killed
process, so no lock becomes stale, and a lock on a folder leaves no lock file behind.
"""

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, assert_never

from kundentakt.servers.postgres_server import PostgresServer
from kundentakt.servers.redis_server import RedisServer
from kundentakt.supervisor.installation import Installation, write_private
from kundentakt.supervisor.process_identity import ProcessIdentity

Kind = Literal["postgres", "redis"]
Server = PostgresServer | RedisServer

# The first start copies 41 MB and makes a cluster; another command may be doing so before us.
_START_SECONDS = 120.0
_STOP_SECONDS = 60.0
_LOOK_SECONDS = 0.02


class EmbeddedServerFailed(Exception):
    """An embedded server could not be started or did not answer in time."""

    def __init__(self, kind: Kind, reason: str, log: Path) -> None:
        self.kind = kind
        self.reason = reason
        self.log = log
        super().__init__(f"Der mitgelieferte Server {kind} fehlt: {reason} (Protokoll: {log})")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerState:
    """What the daemon writes when its server answers."""

    daemon: ProcessIdentity
    server: ProcessIdentity
    port: int
    version: str

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> "ServerState":
        """Raises ValueError, KeyError or TypeError if no daemon wrote this text."""
        fields = json.loads(text)
        return cls(
            daemon=ProcessIdentity(**fields["daemon"]),
            server=ProcessIdentity(**fields["server"]),
            port=int(fields["port"]),
            version=str(fields["version"]),
        )


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """The files of one kind of server below `var/`."""

    installation: Installation
    kind: Kind

    @property
    def folder(self) -> Path:
        return self.installation.var / "embedded" / self.kind

    @property
    def holders(self) -> Path:
        return self.folder / "holders"

    @property
    def state(self) -> Path:
        return self.folder / "state.json"

    @property
    def port(self) -> Path:
        """The last port; used again if it is free, so that addresses survive a restart."""
        return self.folder / "port"

    @property
    def held_down(self) -> Path:
        """While this file exists, the daemon keeps the server stopped; for tests of outages."""
        return self.folder / "held-down"

    @property
    def log(self) -> Path:
        return self.installation.logs / f"{self.kind}.log"

    def make(self) -> None:
        self.holders.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)

    def read_state(self) -> ServerState | None:
        try:
            return ServerState.from_json(self.state.read_text())
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write_state(self, state: ServerState) -> None:
        write_private(self.state, state.to_json())


def make_server(kind: Kind, installation: Installation, *, durable: bool) -> Server:
    match kind:
        case "postgres":
            return PostgresServer(installation, durable)
        case "redis":
            return RedisServer(installation, durable)
        case _:
            assert_never(kind)


def try_lock(descriptor: int, *, alone: bool) -> bool:
    """Take a lock on an open folder if it is free now."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class SharedServer:
    """This command's hold on one embedded server."""

    def __init__(self, kind: Kind, installation: Installation, *, durable: bool) -> None:
        self.kind: Kind = kind
        self.server = make_server(kind, installation, durable=durable)
        self.files = ServerFiles(installation, kind)
        self._durable = durable
        self._hold: int | None = None

    def start(self) -> ServerState:
        """Join the running server or start it. Raises EmbeddedServerFailed."""
        if self._hold is not None:
            return self.state()
        self.files.make()
        hold = os.open(self.files.holders, os.O_RDONLY)
        try:
            with self._start_lock():
                self._wait_for_lock(hold, alone=False)
                state = self._running() or self._spawn_daemon()
        except BaseException:
            os.close(hold)
            raise
        self._hold = hold
        return state

    def stop(self) -> None:
        """Release the server; the last command to do so waits until it has stopped."""
        if self._hold is None:
            return
        hold, self._hold = self._hold, None
        try:
            state = self.files.read_state()
            if state is not None and try_lock(hold, alone=True):
                state.daemon.end(grace_seconds=_STOP_SECONDS)
                self._clear_away()
        finally:
            os.close(hold)

    def state(self) -> ServerState:
        """The server that runs now; another process after a kill. Raises EmbeddedServerFailed."""
        state = self.files.read_state()
        if state is None:
            raise EmbeddedServerFailed(self.kind, "er läuft nicht", self.files.log)
        return state

    def take_away(self) -> None:
        """Stop the server and keep it stopped until `bring_back`; for tests of outages."""
        self.files.held_down.touch()
        self._wait_until(lambda: not self.state().server.is_alive(), "er endete nicht")

    def bring_back(self) -> None:
        """Start the stopped server on the same port; returns when it answers."""
        before = self.state().server
        self.files.held_down.unlink(missing_ok=True)
        self._wait_until(
            lambda: self.state().server != before and self.state().server.is_alive(),
            "er kam nicht wieder",
        )

    def wait_until_answering(self) -> ServerState:
        """Wait until the daemon has started a killed server again."""
        self._wait_until(self._answers, "er kam nicht wieder")
        return self.state()

    def _clear_away(self) -> None:
        """Remove what a killed daemon left; a daemon that was told to end leaves nothing."""
        leftover = self.server.leftover()
        if leftover is not None:
            leftover.end(first=self.server.stop_signal, grace_seconds=_STOP_SECONDS)
        self.files.held_down.unlink(missing_ok=True)
        self.files.state.unlink(missing_ok=True)

    def _answers(self) -> bool:
        state = self.state()
        return state.server.is_alive() and self.server.is_ready(state.port)

    def _running(self) -> ServerState | None:
        """The state if our daemon runs and its server answers; None otherwise."""
        state = self.files.read_state()
        if state is None or not state.daemon.is_alive():
            return None
        with suppress(EmbeddedServerFailed):
            return self.wait_until_answering()
        return None

    def _spawn_daemon(self) -> ServerState:
        state = self.files.read_state()
        if state is not None:
            state.daemon.end()
        command = [sys.executable, "-m", "kundentakt.servers.server_daemon", self.kind]
        command += [str(self.files.installation.var), "durable" if self._durable else "fast"]
        source = str(Path(__file__).resolve().parents[2])
        try:
            with self.files.log.open("a") as log:
                os.chmod(self.files.log, 0o600)
                # The daemon forks itself and closes its output when the server answers.
                started = subprocess.run(
                    command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                    text=True, cwd=source, timeout=_START_SECONDS, check=False,
                )  # fmt: skip
        except subprocess.TimeoutExpired:
            reason = f"keine Antwort in {_START_SECONDS:.0f} s"
            raise EmbeddedServerFailed(self.kind, reason, self.files.log) from None
        if started.stdout.strip() != "ready":
            reason = started.stdout.strip() or "sein Wächter endete"
            raise EmbeddedServerFailed(self.kind, reason, self.files.log)
        return self.state()

    @contextmanager
    def _start_lock(self) -> Iterator[None]:
        """One command starts at a time; the others find the server running."""
        descriptor = os.open(self.files.folder, os.O_RDONLY)
        try:
            self._wait_for_lock(descriptor, alone=True)
            yield
        finally:
            os.close(descriptor)

    def _wait_for_lock(self, descriptor: int, *, alone: bool) -> None:
        self._wait_until(lambda: try_lock(descriptor, alone=alone), "ein anderer Befehl sperrt ihn")

    def _wait_until(self, holds: Callable[[], bool], reason: str) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not holds():
            if time.monotonic() > deadline:
                raise EmbeddedServerFailed(self.kind, reason, self.files.log)
            time.sleep(_LOOK_SECONDS)
