"""Promises 1 and 2 while Postgres and Redis go away under a working kernel."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from prometheus_client import REGISTRY

from kundentakt.servers.ports import free_port
from shared.db.database import Database
from shared.db.failures import is_transient
from shared.db.rings import Ring
from shared.jobs.connections import connected
from shared.jobs.doorbell import Doorbell
from tests.faults.conftest import Fragile
from tests.fixtures.programs import Program, running
from tests.fixtures.waiting import eventually
from tests.shared.toy import NoteWritten, Toy, open_toy

PATIENCE_SECONDS = 60
"""A try takes a second; a connection without a limit would wait for a quarter of an hour."""
NOTES = [f"n{number}" for number in range(1200)]


@asynccontextmanager
async def toy_on(fragile: Fragile) -> AsyncIterator[Toy]:
    """The toy without any worker."""
    async with open_toy(app_url=fragile.app_url, sweep_url=fragile.sweep_url, rung=[]) as toy:
        yield toy


@asynccontextmanager
async def worker_on(
    fragile: Fragile, log: Path, *, metrics_port: int | None = None
) -> AsyncIterator[Program]:
    """A running worker; what is left of it ends with the block."""
    urls = (fragile.app_url, fragile.sweep_url, fragile.redis_url)
    port = str(metrics_port or free_port(0))
    with running("tests.faults.toy_worker", *urls, port, log=log) as worker:
        yield worker


async def exit_code(worker: Program, *, seconds: float) -> int | None:
    """What a worker ends with that was not killed."""

    async def ended() -> bool:
        return worker.poll() is not None

    await eventually(ended, seconds=seconds)
    return worker.returncode


async def in_progress(fragile: Fragile) -> int:
    """How many jobs (not sweeps) a worker has under way or has left barred."""
    async with connected(fragile.redis_url) as redis:
        keys = await redis.keys("arq:in-progress:*")
    return sum(b"sweep" not in key for key in keys)


async def test_a_transaction_cut_by_a_restart_of_postgres_leaves_nothing_and_may_be_tried_again(
    fragile: Fragile,
) -> None:
    async with toy_on(fragile) as toy:
        with pytest.raises(Exception) as cut:  # noqa: PT011 - which errors come, is the question
            async with toy.notes.transaction("agency-x") as transaction:
                await transaction.execute("INSERT INTO note VALUES (:agency, 'lost')")
                transaction.publish(NoteWritten(note_id="lost"))
                async with fragile.without(fragile.postgres):
                    with pytest.raises(ConnectionError) as refused:
                        await toy.echoed("agency-x")
        assert is_transient(cut.value)
        assert is_transient(refused.value)
        await toy.write("agency-x", "n1")
        assert await toy.follower().follow("agency-x") == 1
        assert await toy.echoed("agency-x") == {"n1": 1}


async def test_no_request_fails_because_of_connections_from_before_a_restart(
    fragile: Fragile,
) -> None:
    async with toy_on(fragile) as toy:
        await asyncio.gather(*(toy.write("agency-x", f"before{n}") for n in range(4)))
        async with fragile.without(fragile.postgres):
            pass
        await asyncio.gather(*(toy.write("agency-x", f"after{n}") for n in range(8)))
        assert await toy.follower().follow("agency-x") == 12


async def test_a_follower_robbed_of_postgres_applies_every_change_once_when_it_is_back(
    fragile: Fragile, tmp_path: Path
) -> None:
    async with toy_on(fragile) as toy, worker_on(fragile, tmp_path / "log") as worker:
        await toy.write("agency-x", "slow", *NOTES)

        async def begun() -> bool:
            return await in_progress(fragile) > 0

        async with connected(fragile.redis_url) as redis:
            await redis.enqueue_job(
                "follow_classifier", "agency-x", _queue_name="kundentakt:scheduler"
            )
        await eventually(begun)
        async with fragile.without(fragile.postgres):
            pass
        assert await toy.echoed("agency-x") == {}
        os.kill(worker.pid, signal.SIGTERM)
        await exit_code(worker, seconds=25)
        while await toy.follower().follow("agency-x"):
            pass
        echoed = await toy.echoed("agency-x")
        assert set(echoed) == {"slow", *NOTES}
        assert set(echoed.values()) == {1}


async def test_a_worker_that_loses_redis_ends_and_its_successor_finds_what_was_written_meanwhile(
    fragile: Fragile, tmp_path: Path
) -> None:
    async with toy_on(fragile) as toy:
        doorbell = Doorbell(url=fragile.redis_url, service="classifier")
        notes = Database(service="classifier", url=fragile.app_url, ring=doorbell.ring)
        async with worker_on(fragile, tmp_path / "log") as worker:
            await toy.write("agency-x", "before")

            async def echoed() -> bool:
                return "before" in await toy.echoed("agency-x")

            await eventually(echoed)
            async with fragile.without(fragile.redis):
                assert await exit_code(worker, seconds=30) == 1
                async with notes.transaction("agency-x") as transaction:
                    await transaction.execute("INSERT INTO note VALUES (:agency, 'meanwhile')")
                    transaction.publish(NoteWritten(note_id="meanwhile"))
        async with worker_on(fragile, tmp_path / "log"):

            async def both() -> bool:
                return await toy.echoed("agency-x") == {"before": 1, "meanwhile": 1}

            await eventually(both)
        await notes.close()
        await doorbell.close()


class CountingDoorbell(Doorbell):
    """Counts its tries; who ring together have all committed before one of them tries."""

    tries = 0
    together = asyncio.Barrier(1)

    async def ring(self, rings: Sequence[Ring]) -> None:
        await self.together.wait()
        await super().ring(rings)

    async def _ring_all(self, rings: Sequence[Ring]) -> None:
        self.tries += 1
        await super()._ring_all(rings)


async def test_a_redis_that_hangs_delays_commits_by_one_try_for_all_bells_of_all_who_commit(
    fragile: Fragile,
) -> None:
    doorbell = CountingDoorbell(url=fragile.redis_url, service="classifier")
    database = Database(service="classifier", url=fragile.app_url, ring=doorbell.ring)

    async def write(note: str) -> None:
        async with database.transaction("agency-x") as transaction:
            await transaction.execute("INSERT INTO note VALUES (:agency, :note)", {"note": note})
            for job in ("one", "two", "three"):
                transaction.ring(job)

    def failed() -> float:
        return REGISTRY.get_sample_value("rings_failed_total", {"service": "classifier"}) or 0

    await write("before")
    failed_before = failed()
    assert doorbell.tries == 1
    redis = fragile.redis.state().server.pid
    os.kill(redis, signal.SIGSTOP)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await write("first")
        assert doorbell.tries == 2
        doorbell.together = asyncio.Barrier(20)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.gather(*(write(f"n{number}") for number in range(20)))
        assert doorbell.tries == 3
        assert failed() - failed_before == 3 * 21
        with pytest.raises(TimeoutError):
            await doorbell.ping()
    finally:
        os.kill(redis, signal.SIGCONT)
    doorbell.together = asyncio.Barrier(1)
    await write("after")
    async with connected(fragile.redis_url) as queue:
        await queue.flushdb()
        await write("again")
        assert await queue.zcard("kundentakt:classifier") == 3
    await database.close()
    await doorbell.close()


async def test_a_worker_whose_redis_hangs_ends_instead_of_waiting(
    fragile: Fragile, tmp_path: Path
) -> None:
    async with toy_on(fragile) as toy, worker_on(fragile, tmp_path / "log") as worker:
        await toy.write("agency-x", "n1")

        async def echoed() -> bool:
            return await toy.echoed("agency-x") == {"n1": 1}

        await eventually(echoed)
        redis = fragile.redis.state().server.pid
        os.kill(redis, signal.SIGSTOP)
        try:
            assert await exit_code(worker, seconds=30) == 1
        finally:
            os.kill(redis, signal.SIGCONT)


async def test_a_worker_told_to_stop_gives_its_work_back_at_once(
    fragile: Fragile, tmp_path: Path
) -> None:
    async with toy_on(fragile) as toy, worker_on(fragile, tmp_path / "log") as worker:
        await toy.write("agency-x", "slow")

        async def begun() -> bool:
            return await in_progress(fragile) > 0

        await eventually(begun)
        os.kill(worker.pid, signal.SIGTERM)
        assert await exit_code(worker, seconds=25) == 0
        assert await in_progress(fragile) == 0
        async with connected(fragile.redis_url) as redis:
            assert await redis.zcard("kundentakt:scheduler") >= 1
        assert await toy.echoed("agency-x") == {}


async def test_a_worker_tells_its_metrics_and_logs_as_the_services_do(
    fragile: Fragile, tmp_path: Path
) -> None:
    port = free_port(0)
    async with (
        toy_on(fragile) as toy,
        worker_on(fragile, tmp_path / "log", metrics_port=port) as worker,
    ):
        await toy.write("agency-x", "n1")

        async def echoed() -> bool:
            return await toy.echoed("agency-x") == {"n1": 1}

        await eventually(echoed)
        async with httpx.AsyncClient(trust_env=False) as client:

            async def counted() -> bool:
                answer = await client.get(f"http://127.0.0.1:{port}/metrics")
                return (
                    'job_seconds_count{job="follow_classifier",outcome="done"} 1.0' in answer.text
                )

            await eventually(counted)
        os.kill(worker.pid, signal.SIGTERM)
        await exit_code(worker, seconds=25)
    entries = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert entries
    assert all(entry["service"] == "scheduler" for entry in entries)
