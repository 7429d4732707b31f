"""The life of the embedded servers, with commands and servers that are killed."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import psutil
import pytest

from kundentakt.servers.embedded import (
    DATABASE_VARIABLES,
    DatabasesPartlyGiven,
    EmbeddedServers,
    NoAdministrator,
)
from kundentakt.servers.redis_server import RedisServer
from kundentakt.servers.shared_server import ServerState, SharedServer
from kundentakt.supervisor.installation import Installation
from kundentakt.supervisor.process_identity import ProcessIdentity
from tests.fixtures.waiting import wait_until


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    with Installation.temporary() as temporary:
        yield temporary


@pytest.fixture
def embedded(installation: Installation) -> Iterator[EmbeddedServers]:
    servers = EmbeddedServers(installation=installation, durable=False, environment={})
    yield servers
    servers.stop()
    _everything_has_ended(installation)


class Command:
    """Another command of the same installation."""

    def __init__(self, installation: Installation) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.embedded.hold_servers", str(installation.var)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def urls(self) -> list[str]:
        assert self.process.stdout is not None
        return self.process.stdout.readline().split()

    def end(self) -> None:
        self.process.communicate()
        assert self.process.returncode == 0


@contextmanager
def _command(installation: Installation) -> Iterator[Command]:
    command = Command(installation)
    try:
        yield command
    finally:
        command.process.kill()
        command.process.communicate()


def _postgres(servers: EmbeddedServers) -> SharedServer:
    assert servers.postgres is not None
    return servers.postgres


def _redis(servers: EmbeddedServers) -> SharedServer:
    assert servers.redis is not None
    return servers.redis


def _kill(victim: ProcessIdentity) -> None:
    os.kill(victim.pid, signal.SIGKILL)
    wait_until(lambda: not victim.is_alive())


def _everything_has_ended(installation: Installation) -> None:
    """No process works in our folders, and no file says that one does."""

    def ours() -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                words = " ".join(process.cmdline())
                if process.pid != os.getpid() and (
                    str(installation.var) in words or str(installation.data) in words
                ):
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    wait_until(lambda: not ours())
    left = {path.name for path in (installation.var / "embedded").glob("*/*")}
    assert left <= {"holders", "port"}
    assert not (installation.data / "postgres" / "postmaster.pid").exists()


async def _query(servers: EmbeddedServers, statement: str) -> object:
    connection = await asyncpg.connect(servers.admin_database_url())
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_a_second_command_joins_the_servers_and_the_last_one_ends_them(
    installation: Installation, embedded: EmbeddedServers
) -> None:
    embedded.start()
    with _command(installation) as second:
        assert second.urls() == [embedded.admin_database_url(), embedded.redis_url]
        embedded.stop()
        state = _postgres(embedded).state()
        assert state.server.is_alive(), "the second command still uses it"
        second.end()
        assert not state.server.is_alive()


def test_two_commands_that_start_at_once_use_the_same_servers(
    installation: Installation, embedded: EmbeddedServers
) -> None:
    with _command(installation) as first, _command(installation) as second:
        assert first.urls() == second.urls()
        first.end()
        second.end()


async def test_rows_survive_a_killed_postmaster_which_comes_back_by_itself(
    embedded: EmbeddedServers,
) -> None:
    postgres = _postgres(embedded.start())
    url = embedded.admin_database_url()
    await _query(embedded, "CREATE TABLE IF NOT EXISTS kept AS SELECT 7 AS number")
    before = postgres.state().server
    os.kill(before.pid, signal.SIGKILL)
    wait_until(lambda: postgres.state().server != before)
    postgres.wait_until_answering()
    assert embedded.admin_database_url() == url
    assert await _query(embedded, "SELECT number FROM kept") == 7


def test_servers_end_by_themselves_when_every_command_was_killed(
    installation: Installation, embedded: EmbeddedServers
) -> None:
    with _command(installation) as killed:
        assert killed.urls()
        killed.process.kill()
        _everything_has_ended(installation)


def test_stopping_clears_away_what_a_killed_daemon_left(embedded: EmbeddedServers) -> None:
    for server in (_postgres(embedded.start()), _redis(embedded)):
        _kill(server.state().daemon)  # the fixture then stops, and looks whether anything is left


@pytest.mark.parametrize("victims", [("daemon",), ("daemon", "server")])
async def test_a_new_start_recovers_from_killed_predecessors(
    installation: Installation, embedded: EmbeddedServers, victims: tuple[str, ...]
) -> None:
    states: list[ServerState] = []
    with _command(installation) as killed:
        assert killed.urls()
        for server in (_postgres(embedded), _redis(embedded)):
            states.append(server.state())
            for victim in victims:
                _kill(getattr(states[-1], victim))
        killed.process.kill()
    embedded.start()
    assert await _query(embedded, "SELECT 1") == 1
    assert not any(state.server.is_alive() for state in states)


async def test_a_stale_pid_file_that_names_a_strangers_process_harms_neither(
    installation: Installation, embedded: EmbeddedServers
) -> None:
    embedded.start()
    embedded.stop()
    data = installation.data / "postgres"
    with socket.socket() as listener:  # a process of ours that is not a server: this one
        listener.bind(("127.0.0.1", 0))
        lines = [
            str(os.getpid()),
            str(data),
            "0",
            str(listener.getsockname()[1]),
            "",
            "",
            "",
            "ready",
        ]
        (data / "postmaster.pid").write_text("\n".join(lines) + "\n")
        embedded.start()
        assert await _query(embedded, "SELECT 1") == 1


async def test_a_port_taken_meanwhile_is_replaced(embedded: EmbeddedServers) -> None:
    port = _postgres(embedded.start()).state().port
    embedded.stop()
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        assert _postgres(embedded.start()).state().port != port


async def test_the_databases_stay_usable_when_the_secrets_are_removed(
    installation: Installation, embedded: EmbeddedServers
) -> None:
    embedded.start()
    before = embedded.admin_database_url()
    embedded.stop()
    shutil.rmtree(installation.secrets)
    embedded.start()
    assert embedded.admin_database_url() != before
    assert await _query(embedded, "SELECT 1") == 1
    assert (installation.secrets / "postgres-password").stat().st_mode & 0o077 == 0


async def test_a_half_made_data_folder_is_set_aside(embedded: EmbeddedServers) -> None:
    with Installation.temporary() as installation:
        half = installation.make_data() / "postgres"
        (half / "base").mkdir(parents=True)
        (installation.data / "postgres.draft").mkdir()
        with EmbeddedServers(installation=installation, durable=False, environment={}) as servers:
            assert await _query(servers, "SELECT 1") == 1
        assert len(list(installation.data.glob("postgres.incomplete-*/base"))) == 1


def test_redis_begins_anew_when_its_file_is_damaged(
    installation: Installation, embedded: EmbeddedServers
) -> None:
    embedded.start()
    embedded.stop()
    for file in (installation.data / "redis").rglob("*.aof"):
        file.write_bytes(b"*1\r\n$1\r\nthis is no command\r\n" * 10)
    redis = _redis(embedded.start())
    assert redis.server.is_ready(redis.state().port)
    assert list(installation.data.glob("redis.unreadable-*"))


def test_a_server_can_be_taken_away_and_brought_back(embedded: EmbeddedServers) -> None:
    redis = _redis(embedded.start())
    port = redis.state().port
    redis.take_away()
    assert not redis.server.is_ready(port)
    redis.bring_back()
    assert redis.server.is_ready(port)
    assert redis.state().port == port


async def test_both_servers_refuse_a_wrong_password(embedded: EmbeddedServers) -> None:
    embedded.start()
    right = _postgres(embedded).server.password()
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(embedded.admin_database_url().replace(right, "wrong"))
    with Installation.temporary() as other:
        stranger = RedisServer(other)
        assert not stranger.is_ready(_redis(embedded).state().port)


def test_given_databases_switch_the_embedded_server_off(tmp_path: Path) -> None:
    given = dict.fromkeys(DATABASE_VARIABLES, "postgresql://a:b@db/c")
    given |= {"REDIS_URL": "redis://cache/3"}
    with EmbeddedServers(installation=Installation(tmp_path), environment=given) as servers:
        assert (servers.postgres, servers.redis) == (None, None)
        assert servers.redis_url == "redis://cache/3"
        with pytest.raises(NoAdministrator):
            servers.admin_database_url()


def test_a_mix_of_given_and_embedded_databases_is_refused_by_name(tmp_path: Path) -> None:
    given = {"CLASSIFIER_DATABASE_URL": "postgresql://a:b@db/c"}
    with pytest.raises(DatabasesPartlyGiven, match="NOTIFIER_SWEEP_DATABASE_URL"):
        EmbeddedServers(installation=Installation(tmp_path), environment=given)


async def test_a_refused_statement_leaves_no_values_in_the_servers_log(
    embedded: EmbeddedServers, installation: Installation
) -> None:
    embedded.start()
    connection = await asyncpg.connect(embedded.admin_database_url())
    try:
        await connection.execute("CREATE TEMP TABLE note (words text CHECK (length(words) < 3))")
        for refused in ("INSERT INTO note VALUES ('Zyxwort')", "SELECT 'Zyxwort'::integer"):
            with pytest.raises(asyncpg.PostgresError):
                await connection.execute(refused)
    finally:
        await connection.close()
    log = installation.logs / "postgres.log"
    assert "ready to accept connections" in log.read_text()
    assert "Zyxwort" not in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
