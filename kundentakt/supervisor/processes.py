"""Starts the services and workers, restarts those that die, and leaves nothing running.

One thread starts and watches all children, because the kernel ends them with the thread that
started them (`parent_death.py`): so they end even if this process is killed. Each child has its own
process group. Ctrl-C therefore reaches this process alone, which then ends them in order.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil

from kundentakt.supervisor.fork_server import PRIVATE
from kundentakt.supervisor.forking import ForkedProcess, ForkFailed, ForkServer
from kundentakt.supervisor.installation import checkout
from kundentakt.supervisor.process_identity import with_parent_death_signal

_LOOK_SECONDS = 0.05
_STALLED_SECONDS = 60.0
"""A start fails after this long without progress, however long the start takes as a whole."""
_TOLD_AFTER_SECONDS = 5.0
_GRACE_SECONDS = 10.0
_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 10.0
# A child that ran this long did not fail at its start: the next pause is short again.
_HEALTHY_SECONDS = 30.0
_LARGEST_LOG = 20_000_000
"""Bytes of a log that begins anew then; the one before it is kept as `<name>.log.1`."""
_ROTATE_EVERY_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A child to run: its name, command line, and the URL that answers 200 once it can work.

    ``environment`` is all it gets, or None for that of the supervisor.
    """

    name: str
    command: Sequence[str]
    ready_url: str | None = None
    environment: Mapping[str, str] | None = None


def api_command(service: str, port: int) -> list[str]:
    """The command line of a service; docker-compose.yml runs the same with another host."""
    return [
        *(sys.executable, "-m", "uvicorn", f"services.{service}.main:create_application"),
        *("--factory", "--host", "127.0.0.1", "--port", str(port)),
        *("--timeout-graceful-shutdown", "5", "--no-access-log"),
        # Longer than callers keep an idle connection: httpx keeps it for the five seconds that are
        # uvicorn's default too, and calls failed that met its end.
        *("--timeout-keep-alive", "75"),
    ]


def worker_command(service: str) -> list[str]:
    return [sys.executable, "-m", f"services.{service}.main"]


class NotReadyInTime(Exception):
    """A service or worker did not become ready; the message quotes what it wrote in this run."""

    def __init__(self, name: str, log: Path, *, begin: int) -> None:
        self.name = name
        self.log = log
        written = log.read_bytes()[begin:].decode(errors="replace")
        last = "\n".join(written.splitlines()[-15:])
        super().__init__(f"{name} wurde nicht bereit (Protokoll: {log}). Zuletzt:\n{last}")


@dataclass(slots=True)
class _Child:
    """The state of a program in the watching thread."""

    program: Program
    process: subprocess.Popen[bytes] | ForkedProcess | None = None
    started_at: float = 0.0
    pause: float = _FIRST_PAUSE_SECONDS
    start_at: float = 0.0
    held_down: bool = False
    starts: int = 0
    log_begin: int = 0
    """The byte of its log at which this run begins."""


@dataclass(slots=True)
class Supervisor:
    """Runs programs until stopped. Start it once only."""

    programs: Sequence[Program]
    environment: Mapping[str, str]
    logs: Path
    grace_seconds: float = _GRACE_SECONDS
    report: Callable[[str], None] = lambda line: None
    fork_server: ForkServer | None = None
    """Forks the programs, if it can; without it each is started and loads everything itself."""
    _children: dict[str, _Child] = field(init=False)
    _stopping: threading.Event = field(init=False, default_factory=threading.Event)
    _thread: threading.Thread | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self._children = {program.name: _Child(program) for program in self.programs}

    def start(self, *, stalled_seconds: float = _STALLED_SECONDS) -> None:
        """Start all and wait until all can work, as long as they make progress.

        Raises NotReadyInTime after ending all, if one makes no progress for ``stalled_seconds``.
        """
        self.logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._thread.start()
        try:
            for name in self._children:
                self.wait_until_ready(name, stalled_seconds=stalled_seconds)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ask every child to end, then kill those left. Returns when all are gone."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def pid(self, name: str) -> int | None:
        """The pid of a running child, for tests that kill it."""
        process = self._children[name].process
        return process.pid if process is not None and process.poll() is None else None

    def starts(self, name: str) -> int:
        """How often a child was started so far."""
        return self._children[name].starts

    def hold_down(self, name: str) -> None:
        """End a child and keep it down until `let_up`; for tests of outages."""
        child = self._children[name]
        child.held_down = True
        _wait(lambda: self.pid(name) is None, _GRACE_SECONDS * 2)

    def let_up(self, name: str) -> None:
        """Start a child held down; returns when it can work."""
        child = self._children[name]
        child.start_at = 0.0
        child.held_down = False
        self.wait_until_ready(name)

    def wait_until_ready(self, name: str, *, stalled_seconds: float = _STALLED_SECONDS) -> None:
        """Wait as long as the program works on its start; raises NotReadyInTime.

        Progress is processor time of the same process: a program that ends and is restarted again
        and again makes none.
        """
        child, began = self._children[name], time.monotonic()
        starts, worked, told, deadline = child.starts, 0.0, False, began + stalled_seconds
        while not _can_work(child.program, self.pid(name)):
            now, seconds = time.monotonic(), self._processor_seconds(name)
            if seconds > worked and child.starts <= starts + 1:
                worked, deadline = seconds, now + stalled_seconds
            if now > deadline:
                raise NotReadyInTime(name, self._log(name), begin=child.log_begin)
            if not told and now - began > _TOLD_AFTER_SECONDS:
                self.report(f"Warte auf {name} (Protokoll: {self._log(name)}) ...")
                told = True
            time.sleep(_LOOK_SECONDS)

    def _processor_seconds(self, name: str) -> float:
        """The processor time of the child so far; 0 while it does not run."""
        pid = self.pid(name)
        try:
            return 0.0 if pid is None else sum(psutil.Process(pid).cpu_times()[:2])
        except psutil.NoSuchProcess:
            return 0.0

    def _watch(self) -> None:
        try:
            rotate_at = 0.0
            while not self._stopping.wait(_LOOK_SECONDS):
                for child in self._children.values():
                    self._look_after(child)
                if (now := time.monotonic()) > rotate_at:
                    rotate_at = now + _ROTATE_EVERY_SECONDS
                    self._rotate()
        finally:
            self._end(*self._children.values())

    def _look_after(self, child: _Child) -> None:
        alive = child.process is not None and child.process.poll() is None
        if child.held_down:
            if alive:
                self._end(child)
            return
        if alive:
            return
        now = time.monotonic()
        if child.process is not None:
            self._plan_restart(child, now)
        if now >= child.start_at:
            self._spawn(child, now)

    def _plan_restart(self, child: _Child, now: float) -> None:
        assert child.process is not None
        healthy = now - child.started_at > _HEALTHY_SECONDS
        child.pause = (
            _FIRST_PAUSE_SECONDS if healthy else min(child.pause * 2, _LONGEST_PAUSE_SECONDS)
        )
        child.start_at = now + child.pause
        code = child.process.returncode
        self._note(child, f"ended with {code}, again in {child.pause:.1f} s")
        child.process = None

    def _spawn(self, child: _Child, now: float) -> None:
        log = self._log(child.program.name)
        if child.starts == 0:
            child.log_begin = log.stat().st_size if log.is_file() else 0
        child.process = self._forked(child) or self._started(child)
        child.started_at = now
        child.starts += 1

    def _forked(self, child: _Child) -> ForkedProcess | None:
        """The program in a process of the fork server; None if there is none or it fails."""
        if self.fork_server is None:
            return None
        name, command = child.program.name, child.program.command
        try:
            return self.fork_server.fork(
                name, command, environment=self._environment(child), log=self._log(name)
            )
        except ForkFailed as error:
            self._note(child, f"not forked: {error}")
            return None

    def _started(self, child: _Child) -> subprocess.Popen[bytes]:
        with self._log(child.program.name).open("ab") as log:
            return subprocess.Popen(
                with_parent_death_signal(child.program.command),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=dict(self._environment(child)), cwd=checkout(), process_group=0, umask=PRIVATE,
            )  # fmt: skip

    def _environment(self, child: _Child) -> Mapping[str, str]:
        given = child.program.environment
        return self.environment if given is None else given

    def _note(self, child: _Child, line: str) -> None:
        with self._log(child.program.name).open("a") as log:
            print(f"supervisor: {line}", file=log)

    def _end(self, *children: _Child) -> None:
        """End all at the same time, each with what it started in its process group."""
        processes = [child.process for child in children if child.process is not None]
        for name, seconds in ((signal.SIGTERM, self.grace_seconds), (signal.SIGKILL, 5.0)):
            for process in processes:
                if process.poll() is None:
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, name)
            _wait(lambda: all(process.poll() is not None for process in processes), seconds)

    def _rotate(self) -> None:
        """Keep each log that has grown large as the one before, and let it begin anew: also those
        of the servers and the fork server, which lie in the same folder.

        Who writes holds the file open and goes on at its end, so the file is copied and emptied; a
        line that is written between the two is lost.
        """
        for log in self.logs.glob("*.log"):
            if log.stat().st_size > _LARGEST_LOG:
                shutil.copy(log, log.with_suffix(".log.1"))  # with its mode
                os.truncate(log, 0)
                if child := self._children.get(log.stem):
                    child.log_begin = 0

    def _log(self, name: str) -> Path:
        return self.logs / f"{name}.log"


def _can_work(program: Program, pid: int | None) -> bool:
    """Whether the process runs, and answers at its URL if it has one."""
    if pid is None or program.ready_url is None:
        return pid is not None
    try:
        response = httpx.get(program.ready_url, timeout=5.0, trust_env=False)
    except httpx.HTTPError:
        return False
    # Another program may have taken the port and be the one that answers.
    return response.status_code == httpx.codes.OK and _listens(pid, program.ready_url)


def _listens(pid: int, url: str) -> bool:
    try:
        connections = psutil.Process(pid).net_connections("tcp")
    except psutil.NoSuchProcess:
        return False
    port = urlsplit(url).port
    return any(
        connection.status == psutil.CONN_LISTEN and connection.laddr.port == port
        for connection in connections
    )


def _wait(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_SECONDS)
    return True
