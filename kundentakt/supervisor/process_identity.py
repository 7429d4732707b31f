"""Identifies processes by pid and start time, because the system reuses pids; and ends them."""

import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals

import psutil

# The kernel's start time is derived from the boot time, which moves when the clock is corrected.
_CLOCK_CORRECTION_SECONDS = 2.0

_PARENT_DEATH_SCRIPT = Path(__file__).with_name("parent_death.py")


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process by pid and start time (seconds since the epoch)."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity":
        """Raises psutil.NoSuchProcess when there is none."""
        return cls(pid, psutil.Process(pid).create_time())

    def process(self) -> psutil.Process | None:
        """The running process, or None if it has ended or its pid belongs to another now."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < _CLOCK_CORRECTION_SECONDS
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None

    def is_alive(self) -> bool:
        return self.process() is not None

    def end(self, *, first: Signals = SIGTERM, grace_seconds: float = 10.0) -> None:
        """Ask the process to end, then kill it; returns when it is gone."""
        for signal, seconds in ((first, grace_seconds), (SIGKILL, 10.0)):
            process = self.process()
            if process is None:
                return
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal)
            if self._is_gone_within(seconds):
                return

    def _is_gone_within(self, seconds: float) -> bool:
        """Polls, because an ended orphan stays a zombie if nobody reaps it (many containers)."""
        deadline = time.monotonic() + seconds
        while self.is_alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True


def with_parent_death_signal(
    command: Sequence[str], *, signal: Signals = SIGTERM, user: tuple[int, int] | None = None
) -> list[str]:
    """The command line that runs `command` so that it gets `signal` when its starter dies.

    `user` is the (uid, gid) to become first. `parent_death.py` says which thread must start it.
    """
    uid, gid = user if user is not None else ("-", "-")
    own = [sys.executable, "-I", "-S", str(_PARENT_DEATH_SCRIPT)]
    return [*own, str(int(signal)), str(os.getpid()), str(uid), str(gid), *command]
