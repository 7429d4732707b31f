"""Every command of docker-compose.yml runs with the environment given there.

The file's servers are the embedded ones, its hosts and ports are those of this machine, its paths
lie in a temporary folder, and the packages are those that the image installs. Everything else is
as in the file, the health checks included.
"""

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from kundentakt.servers.embedded import SERVICES, EmbeddedServers
from kundentakt.servers.ports import free_port
from kundentakt.supervisor.environment import PREFERRED_PORTS
from kundentakt.supervisor.installation import Installation
from kundentakt.supervisor.process_identity import with_parent_death_signal
from tests.deployment.compose import Container, containers, wanted_variables
from tests.deployment.image import installed_as_in_the_image
from tests.documents import block, run_shell
from tests.fixtures.waiting import wait_until

_LINE = re.compile(r"^(?P<name>[A-Z_]+)=(?P<quote>'?)(?P<value>.*)(?P=quote)$", re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where things of the file lie here."""

    folder: Path
    packages: Path
    hosts: Mapping[str, str]
    ports: Mapping[int, int]
    containers: Mapping[str, Container]
    secrets: Mapping[str, str]

    def here(self, value: str) -> str:
        """A value of the file with this machine's hosts, ports, folders and interpreter."""
        for theirs, ours in self.hosts.items():
            value = value.replace(f"@{theirs}/", f"@{ours}/")
        for service in SERVICES:
            value = value.replace(f"//{service}:", "//127.0.0.1:")
        for theirs_, ours_ in self.ports.items():
            value = re.sub(rf"(^|127\.0\.0\.1:){theirs_}\b", rf"\g<1>{ours_}", value)
        for folder in ("/var/lib/kundentakt", "/etc/kundentakt"):
            value = value.replace(folder, f"{self.folder}{folder}")
        return value.replace("0.0.0.0", "127.0.0.1")

    def command(self, theirs: list[str]) -> list[str]:
        program, *arguments = theirs
        bin_folder = Path(sys.executable).parent
        return [str(bin_folder / program), *(self.here(argument) for argument in arguments)]

    def environment(self, container: Container) -> dict[str, str]:
        """What the file gives, and nothing of ours but where the packages lie.

        Metrics of workers are served to all of a container's network, which is not for here.
        """
        given = {
            name: self.here(value)
            for name, value in container.environment.items()
            if not name.endswith("_METRICS_PORT")
        }
        return {**given, "PYTHONPATH": str(self.packages)}

    def is_healthy(self, container: Container) -> bool:
        """What an engine would find out: the exit code of the health check."""
        kind, *check = container.health
        assert kind == "CMD"
        asked = subprocess.run(
            self.command(check), env=self.environment(container), cwd=self.folder,
            capture_output=True, timeout=30, check=False,
        )  # fmt: skip
        return asked.returncode == 0

    @contextmanager
    def running(self, container: Container) -> Iterator["Running"]:
        """A program of the file, ended afterwards as an engine ends it."""
        said = self.folder / f"{container.name}.log"
        with said.open("wb") as log:
            process = subprocess.Popen(
                with_parent_death_signal(self.command(container.command)),
                env=self.environment(container), cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            yield Running(process, said)
        finally:
            process.terminate()
            process.wait(timeout=30)


@dataclass(frozen=True, slots=True)
class Running:
    """A program that was started, and the file with what it says."""

    process: subprocess.Popen[bytes]
    said: Path

    def has_ended(self) -> bool:
        return self.process.poll() is not None


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """The embedded servers in place of the file's, with secrets made as the guide says."""
    folder = tmp_path_factory.mktemp("compose")
    for place in ("var/lib/kundentakt/print", "etc/kundentakt/dkim"):
        (folder / place).mkdir(parents=True)
    with ExitStack() as stack:
        installation = stack.enter_context(Installation.temporary())
        servers = stack.enter_context(
            EmbeddedServers(installation=installation, durable=False, environment={})
        )
        postgres, redis = urlsplit(servers.admin_database_url()), urlsplit(servers.redis_url)
        passwords = {"POSTGRES_PASSWORD": postgres.password, "REDIS_PASSWORD": redis.password}
        secrets = made_secrets(folder)
        given = secrets | {name: word or "" for name, word in passwords.items()}
        yield Machine(
            folder=folder,
            packages=installed_as_in_the_image(tmp_path_factory.mktemp("image")),
            hosts={
                "postgres:5432": f"127.0.0.1:{postgres.port}",
                "redis:6379": f"127.0.0.1:{redis.port}",
            },
            ports={PREFERRED_PORTS[service]: free_port() for service in SERVICES},
            containers=containers(given),
            secrets=secrets,
        )


def made_secrets(folder: Path) -> dict[str, str]:
    """The variables that the operator's guide has us make, read as an engine reads `.env`."""
    script = block("docs/operator.md", "secrets").replace("> .env", f"> {folder}/.env")
    run_shell(script)
    text = (folder / ".env").read_text()
    return {match["name"]: match["value"] for match in _LINE.finditer(text)}


@pytest.fixture(scope="module")
def migrated(machine: Machine) -> Machine:
    """The machine after the file's migration job."""
    job = machine.containers["migrate"]
    finished = subprocess.run(
        machine.command(job.command), env=machine.environment(job), cwd=machine.folder,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return machine


def test_the_guide_makes_every_secret_and_nobody_else_can_read_them(machine: Machine) -> None:
    made, file = machine.secrets, machine.folder / ".env"
    # Who runs the block again keeps what the databases were made with.
    kept = file.read_text()
    with pytest.raises(AssertionError, match="cannot overwrite existing file"):
        made_secrets(machine.folder)
    assert file.read_text() == kept
    required = {name for name, required in wanted_variables().items() if required}
    assert set(made) == required
    assert file.stat().st_mode & 0o077 == 0
    assert len(set(made.values())) == len(made)


def test_the_migration_can_be_repeated(migrated: Machine) -> None:
    job = migrated.containers["migrate"]
    environment = migrated.environment(job)
    subprocess.run(
        migrated.command(job.command), env=environment, cwd=migrated.folder,
        capture_output=True, timeout=120, check=True,
    )  # fmt: skip


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("part", ["", "-worker"], ids=["service", "worker"])
def test_every_program_becomes_healthy_as_the_file_starts_it(
    migrated: Machine, service: str, part: str
) -> None:
    container = migrated.containers[service + part]
    assert not migrated.is_healthy(container), "healthy before it was started"
    with migrated.running(container) as program:
        wait_until(
            lambda: program.has_ended() or migrated.is_healthy(container),
            seconds=120,
            looking_every=0.5,
        )
        said = program.said.read_text()
        assert not program.has_ended(), said or "ended at once and said nothing"
        assert "Traceback" not in said
