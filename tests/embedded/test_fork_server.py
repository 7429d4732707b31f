"""The fork server: what its processes have and share, and what happens when it fails."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kundentakt.servers.ports import free_port
from kundentakt.supervisor.fork_server import PRELOADED
from kundentakt.supervisor.forking import ForkedProcess, ForkFailed, ForkServer
from kundentakt.supervisor.processes import Supervisor
from tests.embedded.run_supervisor import web_server
from tests.fixtures.waiting import wait_until

pytestmark = pytest.mark.skipif(not ForkServer.is_available(), reason="forks on Linux alone")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkServer]:
    """One for all tests that let it live: it loads for more than a second."""
    server = ForkServer(tmp_path_factory.mktemp("fork-server") / "log").start()
    yield server
    server.stop()


def run(server: ForkServer, log: Path, source: str, *arguments: str) -> ForkedProcess:
    """A forked process that runs this source."""
    command = [sys.executable, "-m", "tests.embedded.run_source", source, *arguments]
    return server.fork("child", command, environment={"ONLY": "this"}, log=log)


def test_what_is_loaded_beforehand_starts_no_thread(tmp_path: Path) -> None:
    script = (
        "import os; from kundentakt.supervisor.fork_server import preload; preload();"
        "print(len(os.listdir('/proc/self/task')))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert PRELOADED
    assert ran.stdout == b"1\n"


def test_a_forked_process_has_its_own_arguments_environment_log_and_group(
    server: ForkServer, tmp_path: Path
) -> None:
    source = "import os\nprint(sys.argv[1:], dict(os.environ), os.getpgrp() == os.getpid())"
    process = run(server, tmp_path / "log", source, "one", "two")
    wait_until(lambda: process.poll() == 0)
    written = (tmp_path / "log").read_text()
    assert written == "['one', 'two'] {'ONLY': 'this'} True\n"


def test_the_exit_code_of_a_forked_process_is_told(server: ForkServer, tmp_path: Path) -> None:
    failed = run(server, tmp_path / "log", "sys.exit(7)")
    wait_until(lambda: failed.poll() is not None)
    killed = run(server, tmp_path / "log", "import signal\nsignal.pause()")
    os.kill(killed.pid, signal.SIGKILL)
    wait_until(lambda: killed.poll() is not None)
    assert (failed.returncode, killed.returncode) == (7, -signal.SIGKILL)


def test_another_program_is_not_forked(server: ForkServer, tmp_path: Path) -> None:
    with pytest.raises(ForkFailed):
        server.fork("sleep", ["/bin/sleep", "1"], environment={}, log=tmp_path / "sleep.log")


def test_programs_are_started_again_when_the_fork_server_is_killed(tmp_path: Path) -> None:
    server = ForkServer(tmp_path / "fork-server.log").start()
    supervisor = Supervisor([web_server(free_port())], os.environ, tmp_path, fork_server=server)
    supervisor.start()
    try:
        first = supervisor.pid("web")
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        wait_until(lambda: supervisor.pid("web") not in {None, first})
        supervisor.wait_until_ready("web")
    finally:
        supervisor.stop()
        server.stop()


def test_programs_are_started_without_a_fork_server_that_cannot_load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (tmp_path / "uvicorn.py").write_text("raise SystemExit('broken')")
    server = ForkServer(tmp_path / "fork-server.log").start()
    supervisor = Supervisor([web_server(free_port())], os.environ, tmp_path, fork_server=server)
    supervisor.start()
    supervisor.stop()
    server.stop()
    assert "not forked" in (tmp_path / "web.log").read_text()
