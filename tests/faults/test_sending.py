"""A real worker killed -9 at each edge of sending: nothing lost, nothing doubled, and what was cut
off while it was handed over ends as unknown. Counted at the mail server."""

import asyncio
import re
from collections import Counter
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from shared.db.rings import Ring
from shared.jobs.doorbell import Doorbell
from tests.fixtures.databases import FreshDatabase
from tests.fixtures.programs import Program, kill, running
from tests.fixtures.waiting import eventually
from tests.notifier.conftest import Notifier, order
from tests.notifier.email.servers import Server, hanging_at, listening, politely
from tests.notifier.neighbours import Neighbours

MESSAGES = 60
MOST_UNKNOWN = 32
"""Two batches under way, sixteen messages of each marked at once."""


def worker(
    environment: dict[str, str],
    database: FreshDatabase,
    *,
    smtp: str,
    log: Path,
) -> AbstractContextManager[Program]:
    """The worker as it is started in production, its leases a second long."""
    variables = {
        **environment,
        "NOTIFIER_DATABASE_URL": database.app_url,
        "NOTIFIER_SWEEP_DATABASE_URL": database.sweep_url,
        "NOTIFIER_LEASE_SECONDS": "1",
        "SMTP_URL": smtp,
    }
    return running("services.notifier.main", environment=variables, log=log)


async def finished(
    notifier: Notifier,
    redis_url: str,
    *,
    job: str = "send_emails",
) -> dict[str, tuple[str, str | None]]:
    """Ring until every message has ended."""
    doorbell = Doorbell(url=redis_url, service="notifier")

    async def all_ended() -> bool:
        await doorbell.ring([Ring(service="notifier", job=job, agency=notifier.agency)])
        states = {state for state, _ in (await notifier.states()).values()}
        return not states & {"accepted", "claimed", "transmitting"}

    await eventually(all_ended, seconds=90)
    await doorbell.close()
    return await notifier.states()


def arrived(*servers: Server) -> Counter[str]:
    """How often each message arrived, by its Message-ID."""
    found: Counter[str] = Counter()
    for server in servers:
        for message in server.messages:
            (message_id,) = re.findall(rb"Message-ID: <([0-9a-f-]{36})@", message)
            found[message_id.decode()] += 1
    return found


async def ordered(notifier: Notifier, neighbours: Neighbours) -> dict[str, str]:
    """Order messages to as many customers; gives message by dispatch."""
    for number in range(MESSAGES):
        neighbours.customer(f"K-{number:04d}")
    answers = await notifier.dispatch(*(order(number) for number in range(MESSAGES)))
    return {answer["dispatch_id"]: answer["message_id"] for answer in answers}


async def told_ends(notifier: Notifier) -> Counter[str]:
    return Counter(each["subject"] for each in await notifier.changes("message.ended"))


async def test_killed_after_claiming_everything_is_sent_once(
    notifier: Notifier,
    neighbours: Neighbours,
    environment: dict[str, str],
    redis_url: str,
    tmp_path: Path,
) -> None:
    ids = await ordered(notifier, neighbours)
    neighbours.answering.clear()
    async with listening() as server:
        options: dict[str, Any] = {"smtp": server.url, "log": tmp_path / "worker.log"}
        with worker(environment, notifier.database, **options) as first:

            async def claimed() -> bool:
                states = (await notifier.states()).values()
                return neighbours.lookups > 0 and ("claimed", None) in states

            await eventually(claimed)
            kill(first)
        neighbours.answering.set()
        with worker(environment, notifier.database, **options):
            states = await finished(notifier, redis_url)
        assert set(states.values()) == {("sent", None)}
        assert arrived(server) == Counter(ids.values())
    assert await told_ends(notifier) == Counter(ids.values())


@pytest.mark.parametrize("verb", [b"EHLO", b"MAIL", b"DATA"])
async def test_killed_after_marking_what_was_cut_off_is_unknown_and_never_doubled(
    notifier: Notifier,
    neighbours: Neighbours,
    environment: dict[str, str],
    redis_url: str,
    tmp_path: Path,
    verb: bytes,
) -> None:
    ids = await ordered(notifier, neighbours)
    log = tmp_path / "worker.log"
    async with listening(hanging_at(verb)) as hanging, listening() as server:
        with worker(environment, notifier.database, smtp=hanging.url, log=log) as first:

            async def transmitting() -> bool:
                states = (await notifier.states()).values()
                reached = any(command[:4].upper() == verb for command in hanging.commands)
                return reached and ("transmitting", None) in states

            await eventually(transmitting)
            kill(first)
        with worker(environment, notifier.database, smtp=server.url, log=log):
            states = await finished(notifier, redis_url)
        check_account(states, ids, arrived(hanging, server))
        unknown = [each for each in states.values() if each == ("unknown", "cut_off")]
        assert 1 <= len(unknown) <= MOST_UNKNOWN
    assert await told_ends(notifier) == Counter(ids.values())


async def test_killed_between_the_servers_yes_and_our_commit_nothing_is_sent_again(
    notifier: Notifier,
    neighbours: Neighbours,
    environment: dict[str, str],
    redis_url: str,
    tmp_path: Path,
) -> None:
    ids = await ordered(notifier, neighbours)
    log = tmp_path / "worker.log"
    processes: list[Program] = []

    async def kill_at_the_fifth(server: Server, reader: Any, writer: Any, verb: bytes) -> bool:
        """Say yes, and have the process killed before it can store the fifth yes."""
        # Or later: two that arrive at once may make five of three.
        if verb == b"DATA" and len(server.messages) >= 4:
            server.messages.append(await server.take_message(reader, writer))
            kill(processes[0])
            writer.write(b"250 2.0.0 queued\r\n")
            return True
        return False

    async with listening(kill_at_the_fifth) as server:
        with worker(environment, notifier.database, smtp=server.url, log=log) as first:
            processes.append(first)
            await eventually(lambda: asyncio.to_thread(lambda: first.poll() is not None))
        before = list(arrived(server))
        assert len(before) >= 5
        server.behaviour = politely
        with worker(environment, notifier.database, smtp=server.url, log=log):
            states = await finished(notifier, redis_url)
        check_account(states, ids, arrived(server))
        by_message = {ids[dispatch]: state for dispatch, (state, _) in states.items()}
        # The first e-mail of a turn leaves alone, so its outcome was stored before the kill.
        assert by_message[before[0]] in ("sent", "unknown")
        assert {by_message[each] for each in before[1:]} == {"unknown"}
    assert await told_ends(notifier) == Counter(ids.values())


def check_account(
    states: dict[str, tuple[str, str | None]], ids: dict[str, str], arrived: Counter[str]
) -> None:
    """Every message is in one place: sent and arrived once, or unknown and arrived once at most."""
    assert states.keys() == ids.keys()
    assert {state for state, _ in states.values()} <= {"sent", "unknown"}
    assert max(arrived.values()) == 1
    sent = {ids[dispatch] for dispatch, (state, _) in states.items() if state == "sent"}
    assert sent <= arrived.keys()
    unknown = len(states) - len(sent)
    assert unknown <= MOST_UNKNOWN


async def test_killed_while_rendering_the_same_run_comes_out(
    notifier: Notifier,
    neighbours: Neighbours,
    environment: dict[str, str],
    redis_url: str,
    tmp_path: Path,
) -> None:
    for number in range(200):
        neighbours.customer(f"K-{number:04d}")
    orders = [order(number, channel="letter") for number in range(200)]
    await notifier.dispatch(*orders)
    options: dict[str, Any] = {"smtp": "smtp://127.0.0.1:9", "log": tmp_path / "worker.log"}
    aside = tmp_path / "print" / ".rendered" / notifier.agency
    with worker(environment, notifier.database, **options) as first:

        async def rendering() -> bool:
            return await asyncio.to_thread(lambda: any(aside.glob(".rendering-*")))

        await eventually(rendering)
        kill(first)
    (cut_off,) = (await notifier.get("/print-runs"))["items"]
    assert cut_off["state"] == "open"

    with worker(environment, notifier.database, **options):
        doorbell = Doorbell(url=redis_url, service="notifier")

        async def rendered() -> bool:
            ring = Ring(service="notifier", job="render_print_runs", agency=notifier.agency)
            await doorbell.ring([ring])
            runs = (await notifier.get("/print-runs"))["items"]
            return [run["state"] for run in runs] == ["rendered"]

        await eventually(rendered, seconds=90)
        await doorbell.close()
    (run,) = (await notifier.get("/print-runs"))["items"]
    assert (run["run_id"], run["letters"]) == (cut_off["run_id"], 200)
    assert {state for state, _ in (await notifier.states()).values()} == {"claimed"}
