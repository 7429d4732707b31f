"""The process that runs one embedded server while any command uses it: see `shared_server.py`.

`python -m kundentakt.servers.server_daemon KIND VAR durable|fast`. Prints `ready`, or
the reason why not, and closes its output. If the server dies, the daemon starts it again; if the
daemon is killed, the kernel stops the server. The daemon has one thread only, because the kernel
stops the server when the thread that started it ends (`parent_death.py`).
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import cast

from kundentakt.servers.ports import free_port
from kundentakt.servers.shared_server import Kind, ServerFiles, ServerState, make_server, try_lock
from kundentakt.supervisor.installation import Installation
from kundentakt.supervisor.process_identity import ProcessIdentity, with_parent_death_signal

_LOOK_SECONDS = 0.2
_READY_SECONDS = 60.0
_GRACE_SECONDS = 30.0
# A server that dies at once on every start must not keep a core busy.
_RESTART_PAUSE_SECONDS = 0.5


class ServerDoesNotStart(Exception):
    """The server ended while starting, on every port tried."""


class ServerDaemon:
    """Starts, watches, restarts and stops one server."""

    def __init__(self, kind: Kind, installation: Installation, *, durable: bool) -> None:
        self._files = ServerFiles(installation, kind)
        self._server = make_server(kind, installation, durable=durable)
        self._version = self._server.version
        self._running: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._told_to_end = False

    def tell_to_end(self, *_: object) -> None:
        self._told_to_end = True

    def start(self) -> None:
        """Prepare the server and start it on a free port; move damaged data of Redis aside once."""
        self._files.held_down.unlink(missing_ok=True)
        self._server.prepare()
        for port in (self._last_port(), 0, 0):
            self._port = free_port(port)
            if self._start_on_port():
                return
        if self._server.set_aside_damage() and self._start_on_port():
            return
        raise ServerDoesNotStart("er endete beim Starten, siehe sein Protokoll")

    def run(self) -> None:
        """Run until told to end or until no command holds the server, then stop it."""
        holders = os.open(self._files.holders, os.O_RDONLY)
        while not self._told_to_end and not try_lock(holders, alone=True):
            self._look_after()
            time.sleep(_LOOK_SECONDS)
        # If we got the lock we hold it until we end: a new command waits, then starts a new daemon.
        self.stop()

    def stop(self) -> None:
        self._end_server()
        self._files.held_down.unlink(missing_ok=True)
        self._files.state.unlink(missing_ok=True)

    def _look_after(self) -> None:
        held_down = self._files.held_down.exists()
        alive = self._running is not None and self._running.poll() is None
        if held_down and alive:
            self._end_server()
        if not held_down and not alive:
            _log(f"{self._files.kind} is down: starting it again")
            time.sleep(_RESTART_PAUSE_SECONDS)
            self._server.prepare()
            self._start_on_port()

    def _start_on_port(self) -> bool:
        command = with_parent_death_signal(
            self._server.command(self._port),
            signal=self._server.stop_signal,
            user=self._server.user,
        )
        self._running = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=sys.stderr, stderr=sys.stderr,
            env=self._server.environment(), cwd=self._server.data, process_group=0,
        )  # fmt: skip
        if not self._becomes_ready():
            self._end_server()
            return False
        self._files.write_state(
            ServerState(
                daemon=ProcessIdentity.of(os.getpid()),
                server=ProcessIdentity.of(self._running.pid),
                port=self._port,
                version=self._version,
            )
        )
        self._files.port.write_text(str(self._port))
        return True

    def _becomes_ready(self) -> bool:
        deadline = time.monotonic() + _READY_SECONDS
        while self._running is not None and self._running.poll() is None:
            if self._server.is_ready(self._port):
                return True
            if self._told_to_end or time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return False

    def _end_server(self) -> None:
        if self._running is None or self._running.poll() is not None:
            return
        self._running.send_signal(self._server.stop_signal)
        try:
            self._running.wait(_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._running.kill()
            self._running.wait()

    def _last_port(self) -> int:
        try:
            return int(self._files.port.read_text())
        except (OSError, ValueError):
            return 0


def _log(message: str) -> None:
    print(f"{time.strftime('%Y-%m-%d %H:%M:%S')} daemon: {message}", file=sys.stderr, flush=True)


def _answer(word: str) -> None:
    """Tell the starter, and close the pipe on which it waits."""
    print(word, flush=True)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def main() -> None:
    kind, var, durability = sys.argv[1:4]
    if os.fork() > 0:  # the starter waits for our output, not for us
        os._exit(0)
    os.setsid()
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    daemon = ServerDaemon(
        cast(Kind, kind), Installation(Path(var)), durable=durability == "durable"
    )
    signal.signal(signal.SIGTERM, daemon.tell_to_end)
    try:
        daemon.start()
    except Exception as error:
        _log(f"{type(error).__name__}: {error}")
        daemon.stop()
        _answer(str(error))
        sys.exit(1)
    _answer("ready")
    daemon.run()


if __name__ == "__main__":
    main()
