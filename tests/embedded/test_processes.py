"""Services and workers: started, started again, and never left behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from kundentakt.demo.mail_receiver import MailReceiver, MailReceiverNotStarted
from kundentakt.servers.ports import PortTaken, free_port, require_free
from kundentakt.supervisor.environment import Addresses, passed_over
from kundentakt.supervisor.forking import ForkServer
from kundentakt.supervisor.processes import NotReadyInTime, Program, Supervisor, api_command
from shared.clients.http import LIMITS
from tests.embedded.run_supervisor import web_server
from tests.fixtures.waiting import wait_until

FORKED = pytest.param(
    True,
    id="forked",
    marks=pytest.mark.skipif(not ForkServer.is_available(), reason="forks on Linux alone"),
)


@pytest.fixture(scope="module", params=[pytest.param(False, id="started"), FORKED])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ForkServer | None]:
    """What forks the children, or nothing: then each is started by itself."""
    if not request.param:
        yield None
        return
    server = ForkServer(tmp_path_factory.mktemp("fork-server") / "log").start()
    yield server
    server.stop()


@pytest.fixture
def supervisor(server: ForkServer | None, tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor([web_server(free_port())], os.environ, tmp_path, fork_server=server)
    supervisor.start()
    yield supervisor
    supervisor.stop()


def _pid(supervisor: Supervisor) -> int:
    pid = supervisor.pid("web")
    assert pid is not None
    return pid


def test_a_killed_child_is_started_again_and_works(supervisor: Supervisor) -> None:
    killed = _pid(supervisor)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: supervisor.starts("web") == 2)
    supervisor.wait_until_ready("web")
    assert _pid(supervisor) != killed


def test_stopping_ends_every_child(supervisor: Supervisor) -> None:
    pid = _pid(supervisor)
    supervisor.stop()
    assert not psutil.pid_exists(pid)


def test_a_child_that_ignores_the_request_to_end_is_ended(tmp_path: Path) -> None:
    script = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True)\n"
    program = Program(name="deaf", command=[sys.executable, "-c", script + "time.sleep(1000)"])
    supervisor = Supervisor([program], os.environ, tmp_path, grace_seconds=0.5)
    supervisor.start()
    pid = supervisor.pid("deaf")
    assert pid is not None
    wait_until(lambda: "up" in (tmp_path / "deaf.log").read_text())
    supervisor.stop()
    assert not psutil.pid_exists(pid)


def test_a_child_held_down_stays_down_until_let_up(supervisor: Supervisor) -> None:
    supervisor.hold_down("web")
    assert supervisor.pid("web") is None
    supervisor.let_up("web")
    assert _pid(supervisor)


@pytest.mark.parametrize("forked", [pytest.param(False, id="started"), FORKED])
def test_children_end_with_a_killed_supervisor(tmp_path: Path, forked: bool) -> None:
    command = [sys.executable, "-m", "tests.embedded.run_supervisor", str(tmp_path)]
    command += [str(free_port()), *(["forked"] if forked else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = psutil.Process(int(process.stdout.readline()))
        process.kill()
    wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def test_a_child_that_cannot_start_is_named_with_its_last_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no database here')"]
    program = Program(name="broken", command=command, ready_url="http://127.0.0.1:9/readyz")
    supervisor = Supervisor([program], os.environ, tmp_path)
    with pytest.raises(NotReadyInTime, match="no database here"):
        supervisor.start(stalled_seconds=2)


def test_what_an_earlier_run_wrote_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "broken.log").write_text("no disk there\n")
    command = [sys.executable, "-c", "raise SystemExit('no database here')"]
    program = Program(name="broken", command=command, ready_url="http://127.0.0.1:9/readyz")
    with pytest.raises(NotReadyInTime, match="no database here") as failed:
        Supervisor([program], os.environ, tmp_path).start(stalled_seconds=1)
    assert "no disk there" not in str(failed.value)


def test_a_start_waits_as_long_as_the_program_works_on_it(tmp_path: Path) -> None:
    told: list[str] = []
    port = free_port()
    working = (
        "import time, http.server\n"
        "until = time.monotonic() + 7\n"
        "while time.monotonic() < until: pass\n"
        f"http.server.ThreadingHTTPServer(('127.0.0.1', {port}), "
        "http.server.SimpleHTTPRequestHandler).serve_forever()\n"
    )
    program = Program(
        name="slow", command=[sys.executable, "-c", working], ready_url=f"http://127.0.0.1:{port}/"
    )
    supervisor = Supervisor([program], os.environ, tmp_path, report=told.append)
    supervisor.start(stalled_seconds=3)
    supervisor.stop()
    assert [line.partition(" (")[0] for line in told] == ["Warte auf slow"]


def test_a_program_whose_port_another_has_taken_is_not_ready(tmp_path: Path) -> None:
    port = free_port()
    other = Supervisor([web_server(port)], os.environ, tmp_path / "other")
    other.start()
    waiting = [sys.executable, "-c", "import time; time.sleep(1000)"]
    program = Program(name="late", command=waiting, ready_url=f"http://127.0.0.1:{port}/")
    try:
        with pytest.raises(NotReadyInTime, match="late"):
            Supervisor([program], os.environ, tmp_path).start(stalled_seconds=1)
    finally:
        other.stop()


def test_the_kernel_gives_a_free_port_to_nobody_else_and_a_server_can_listen_on_it() -> None:
    port = free_port()
    assert psutil.CONN_TIME_WAIT in {
        connection.status
        for connection in psutil.net_connections("tcp4")
        if connection.laddr and connection.laddr.port == port
    }
    with socket.create_server(("127.0.0.1", port)):
        assert free_port(port) != port


def test_a_port_that_another_program_has_is_told_with_the_one_in_its_place() -> None:
    ports = {"classifier": 8101, "scheduler": 40_002, "notifier": 8103}
    assert Addresses(ports=ports, mail_port=8125).moved() == [
        "Port 8102 hat ein anderes Programm: scheduler diesmal auf Port 40002."
    ]
    assert Addresses(ports={}, mail_port=40_003).moved() == [
        "Port 8125 hat ein anderes Programm: E-Mails diesmal auf Port 40003."
    ]


def test_a_port_taken_before_the_start_ends_it_with_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        require_free({"classifier": free_port()})
        with pytest.raises(PortTaken, match=rf"Port {port} \(classifier\)"):
            require_free({"classifier": port})
        with pytest.raises(MailReceiverNotStarted, match=str(port)):
            MailReceiver(tmp_path, port=port).start()


def test_what_a_caller_sets_in_vain_is_told() -> None:
    given = {"CLASSIFIER_URL": "http://other", "PATH": "/bin", "TOKEN_KEYS": "", "SMTP_URL": "smtp"}
    taken = {**given, "CLASSIFIER_URL": "http://127.0.0.1:8101", "TOKEN_KEYS": "ours"}
    assert passed_over(given, taken) == [
        "Gilt hier nicht, weil dieser Befehl es selbst bestimmt: CLASSIFIER_URL."
    ]
    assert passed_over(taken, taken) == []


def test_a_service_keeps_idle_connections_longer_than_its_callers_do() -> None:
    command = api_command("classifier", 1)
    kept = float(command[command.index("--timeout-keep-alive") + 1])
    expiry = LIMITS.keepalive_expiry
    assert expiry is not None
    assert kept > 2 * expiry
