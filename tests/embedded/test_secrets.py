"""Which secrets a process gets, which scopes a service's token has, and who can read the files."""

import os
import stat
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kundentakt.cli.keys import SigningKey
from kundentakt.cli.main import app
from kundentakt.servers.embedded import SERVICES
from kundentakt.supervisor import processes
from kundentakt.supervisor.environment import environment_of, of_the_system
from kundentakt.supervisor.forking import ForkServer
from kundentakt.supervisor.installation import Installation
from kundentakt.supervisor.processes import Program, Supervisor
from shared.access import TokenVerifier
from shared.contracts.access import SERVICE_SCOPES
from tests.fixtures.waiting import wait_until

EVERYTHING = {
    **{
        f"{service.upper()}_{name}": f"{service}-{name}"
        for service in SERVICES
        for name in ("DATABASE_URL", "SWEEP_DATABASE_URL", "OWNER_DATABASE_URL", "SERVICE_TOKEN")
    },
    **{f"{service.upper()}_URL": f"http://{service}" for service in SERVICES},
    "KUNDENTAKT_ADMIN_DATABASE_URL": "admin",
    "SMTP_URL": "smtp://user:password@mail",
    "LINK_SECRET": "links",
    "REDIS_URL": "redis",
    "TOKEN_KEYS": "public",
    "PATH": "/bin",
    "LC_ALL": "C",
    "PYTHONPATH": "/code",
    "AWS_SECRET_ACCESS_KEY": "of the shell",
    "POSTGRES_PASSWORD": "of the operator's .env",
    "KUNDENTAKT_TOKEN": "of the operator",
}


@pytest.mark.parametrize(
    ("service", "own"),
    [
        ("classifier", set()),
        ("scheduler", set()),
        ("notifier", {"SMTP_URL", "LINK_SECRET"}),
    ],
)
def test_a_service_gets_its_own_secrets_and_those_that_all_share(
    service: str, own: set[str]
) -> None:
    prefix = service.upper()
    assert set(environment_of(service, EVERYTHING)) == {
        f"{prefix}_DATABASE_URL", f"{prefix}_SWEEP_DATABASE_URL", f"{prefix}_SERVICE_TOKEN",
        "CLASSIFIER_URL", "SCHEDULER_URL", "NOTIFIER_URL", "REDIS_URL", "TOKEN_KEYS",
        "PATH", "LC_ALL", "PYTHONPATH", *own,
    }  # fmt: skip


@pytest.mark.skipif(not ForkServer.is_available(), reason="forks on Linux alone")
def test_what_a_fork_shows_of_its_server_holds_no_secret_either(tmp_path: Path) -> None:
    server = ForkServer(tmp_path / "logs" / "fork-server.log", of_the_system(EVERYTHING)).start()
    try:
        shown = Path(f"/proc/{server.pid}/environ").read_bytes().decode()
        assert {each.partition("=")[0] for each in shown.split("\0") if each} <= {
            "PATH", "LC_ALL", "PYTHONPATH",
        }  # fmt: skip
        assert stat.S_IMODE((tmp_path / "logs").stat().st_mode) == 0o700
        assert stat.S_IMODE((tmp_path / "logs" / "fork-server.log").stat().st_mode) == 0o600
    finally:
        server.stop()


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_token_is_issued_with_what_it_needs(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Installation(tmp_path)
    monkeypatch.setattr(Installation, "of_checkout", lambda: place)
    ran = CliRunner().invoke(app, ["token", "--service", service])
    assert ran.exit_code == 0, ran.output
    claims = TokenVerifier(SigningKey.of(place).public_jwks()).claims(ran.output.strip())
    assert (claims.agency, claims.subject) == ("*", f"service:{service}")
    assert claims.scopes == set(SERVICE_SCOPES[service])


@pytest.mark.parametrize(
    "arguments",
    [["--service", "console"], ["--service", "notifier", "--agency", "harz"]],
)
def test_a_services_token_is_not_issued_with_anything_else(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["token", *arguments]).exit_code == 2


@pytest.mark.parametrize(
    "forked",
    [
        False,
        pytest.param(
            True,
            marks=pytest.mark.skipif(not ForkServer.is_available(), reason="forks on Linux alone"),
        ),
    ],
)
def test_what_a_program_writes_is_for_its_user_alone(tmp_path: Path, forked: bool) -> None:
    letter, log = tmp_path / "letter.pdf", tmp_path / "logs" / "writer.log"
    script = f"import pathlib, time; pathlib.Path({str(letter)!r}).touch(); time.sleep(1000)"
    command = [sys.executable, "-m", "tests.embedded.run_source", script]
    server = ForkServer(tmp_path / "fork-server.log").start() if forked else None
    supervisor = Supervisor(
        [Program(name="writer", command=command)], os.environ, log.parent, fork_server=server
    )
    supervisor.start()
    try:
        wait_until(letter.is_file)
        assert stat.S_IMODE(letter.stat().st_mode) == 0o600
        assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700
    finally:
        supervisor.stop()
        if server is not None:
            server.stop()


def test_a_large_log_begins_anew_and_the_one_before_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_LARGEST_LOG", 1000)
    monkeypatch.setattr(processes, "_ROTATE_EVERY_SECONDS", 0.05)
    kept = tmp_path / "talker.log.1"
    (tmp_path / "postgres.log").write_text("of a server\n" * 100)
    (tmp_path / "postgres.log").chmod(0o600)
    script = (
        "import os, sys, time\n"
        "sys.stdout.write('first\\n' * 500); sys.stdout.flush()\n"
        f"while os.stat({str(tmp_path / 'talker.log')!r}).st_size: time.sleep(0.01)\n"
        "sys.stdout.write('second\\n'); sys.stdout.flush(); time.sleep(1000)"
    )
    program = Program(name="talker", command=[sys.executable, "-c", script])
    supervisor = Supervisor([program], os.environ, tmp_path)
    supervisor.start()
    try:
        log = tmp_path / "talker.log"
        wait_until(lambda: log.is_file() and log.read_text() == "second\n")
        assert kept.read_text() == "first\n" * 500
        assert (tmp_path / "postgres.log").read_text() == ""
        assert (tmp_path / "postgres.log.1").read_text() == "of a server\n" * 100
        assert stat.S_IMODE((tmp_path / "postgres.log.1").stat().st_mode) == 0o600
    finally:
        supervisor.stop()
