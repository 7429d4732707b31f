"""One embedded server shared by all commands of an installation, and ended with the last of them.

Each command that uses the server holds a shared lock on the folder `holders`. A *keeper*, a small
process of its own, runs the server and looks whether it can have that lock alone: then nobody is
left, killed or not, and it stops the server and goes. The kernel drops locks with their process,
so there is nothing stale to clean up, and locks on folders leave no lock file behind.
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
from kundentakt.supervisor.installation import Home, write_private
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
    """What the keeper wrote once its server answered."""

    keeper: ProcessIdentity
    server: ProcessIdentity
    port: int
    version: str

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> "ServerState":
        """Raises ValueError, KeyError or TypeError for what a keeper did not write."""
        fields = json.loads(text)
        return cls(
            keeper=ProcessIdentity(**fields["keeper"]),
            server=ProcessIdentity(**fields["server"]),
            port=int(fields["port"]),
            version=str(fields["version"]),
        )


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """The files of one kind of server below `var/`."""

    home: Home
    kind: Kind

    @property
    def folder(self) -> Path:
        return self.home.var / "embedded" / self.kind

    @property
    def holders(self) -> Path:
        return self.folder / "holders"

    @property
    def state(self) -> Path:
        return self.folder / "state.json"

    @property
    def port(self) -> Path:
        """The port used last, taken again when free, so that addresses survive a restart."""
        return self.folder / "port"

    @property
    def held_down(self) -> Path:
        """While this file is there, the keeper keeps the server stopped (tests of outages)."""
        return self.folder / "held-down"

    @property
    def log(self) -> Path:
        return self.home.logs / f"{self.kind}.log"

    def make(self) -> None:
        self.holders.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)

    def read_state(self) -> ServerState | None:
        try:
            return ServerState.from_json(self.state.read_text())
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write_state(self, state: ServerState) -> None:
        write_private(self.state, state.to_json())


def make_server(kind: Kind, home: Home, *, durable: bool) -> Server:
    match kind:
        case "postgres":
            return PostgresServer(home, durable)
        case "redis":
            return RedisServer(home, durable)
        case _:
            assert_never(kind)


def try_lock(descriptor: int, *, alone: bool) -> bool:
    """Take a lock on an open folder if it is free now."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class KeptServer:
    """This command's hold on one embedded server."""

    def __init__(self, kind: Kind, home: Home, *, durable: bool) -> None:
        self.kind: Kind = kind
        self.server = make_server(kind, home, durable=durable)
        self.files = ServerFiles(home, kind)
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
                state = self._running() or self._spawn_keeper()
        except BaseException:
            os.close(hold)
            raise
        self._hold = hold
        return state

    def stop(self) -> None:
        """Let go; the last one to do so waits until the server has stopped."""
        if self._hold is None:
            return
        hold, self._hold = self._hold, None
        try:
            state = self.files.read_state()
            if state is not None and try_lock(hold, alone=True):
                state.keeper.end(grace_seconds=_STOP_SECONDS)
                self._clear_away()
        finally:
            os.close(hold)

    def state(self) -> ServerState:
        """The running server now; its process changes when it is started again after a kill."""
        state = self.files.read_state()
        if state is None:
            raise EmbeddedServerFailed(self.kind, "er läuft nicht", self.files.log)
        return state

    def take_away(self) -> None:
        """Stop the server and keep it stopped until `bring_back`; for tests of outages."""
        self.files.held_down.touch()
        self._wait_until(lambda: not self.state().server.is_alive(), "er endete nicht")

    def bring_back(self) -> None:
        """Start the server taken away, on the same port; returns when it answers."""
        before = self.state().server
        self.files.held_down.unlink(missing_ok=True)
        self._wait_until(
            lambda: self.state().server != before and self.state().server.is_alive(),
            "er kam nicht wieder",
        )

    def wait_until_answering(self) -> ServerState:
        """After its process was killed: wait for the keeper to have started it again."""
        self._wait_until(self._answers, "er kam nicht wieder")
        return self.state()

    def _clear_away(self) -> None:
        """What a keeper leaves that was killed instead of told to end; nothing otherwise."""
        leftover = self.server.leftover()
        if leftover is not None:
            leftover.end(first=self.server.stop_signal, grace_seconds=_STOP_SECONDS)
        self.files.held_down.unlink(missing_ok=True)
        self.files.state.unlink(missing_ok=True)

    def _answers(self) -> bool:
        state = self.state()
        return state.server.is_alive() and self.server.is_ready(state.port)

    def _running(self) -> ServerState | None:
        """The state of a server that is truly ours and answers; a held-down one does not."""
        state = self.files.read_state()
        if state is None or not state.keeper.is_alive():
            return None
        with suppress(EmbeddedServerFailed):
            return self.wait_until_answering()
        return None

    def _spawn_keeper(self) -> ServerState:
        state = self.files.read_state()
        if state is not None:
            state.keeper.end()
        command = [sys.executable, "-m", "kundentakt.servers.server_daemon", self.kind]
        command += [str(self.files.home.var), "durable" if self._durable else "fast"]
        source = str(Path(__file__).resolve().parents[2])
        try:
            with self.files.log.open("a") as log:
                # The keeper forks itself free and closes its output when the server answers.
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
