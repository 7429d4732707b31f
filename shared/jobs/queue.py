"""The doorbell: Redis wakes workers and carries no truth. The only file that knows arq and redis.

A ring says "agency X may have work for job J". Rings coalesce through a flag that the worker
clears *before* it looks and that expires after five seconds; never through arq's job id, because
a used id swallows the next ring. A ring wakes a worker at once: it waits at a list of Redis, where
arq alone would look around fifty times a second and still be late. Once a minute a sweep asks the
database which agencies have work and enqueues them without looking at the flag: a lost ring costs
a minute, never work.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import structlog
from arq import cron, func
from arq.connections import ArqRedis
from arq.worker import Retry, Worker
from prometheus_client import start_http_server
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from shared.contracts.vocabulary import AgencyId
from shared.db.failures import is_transient
from shared.db.rings import Ring
from shared.failures import backoff_seconds
from shared.telemetry import JOB_SECONDS, RINGS_FAILED, begin_trace, configure_logging
from shared.turns import Turn

log = structlog.get_logger(__name__)

FLAG_SECONDS = 5
JOB_TIMEOUT_SECONDS = 120
LOOK_SECONDS = 1
"""How often a worker looks though nobody woke it: for jobs put off, its clock, and its health."""
WAKES_KEPT = 16
"""Wakes that wait while no worker is there; the first ones make it look, and it finds all jobs."""
TURN_SECONDS = 30.0
"""A job is told after this long to end with its slice, and is queued anew: well before its time
limit, and so that other agencies' jobs come in between."""
MAX_TRIES = 6
RING_SECONDS = 1.0
"""Nobody waits longer for a doorbell: the work is committed, and the sweep finds it."""
SILENCE_SECONDS = 5.0
"""A worker whose Redis does not answer for so long ends and is started again. Without a limit a
connection cut without a word would keep it waiting for a quarter of an hour."""
CANCEL_AGAIN_SECONDS = 0.2
"""How soon a task that did not hear that it should end is told again."""
REDRIVE = "redrive"
"""The job every worker has: rings all its other jobs for an agency, whatever the flags say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a worker does for one agency when rung.

    ``pending`` names the agencies that have such work now, by the database's word; the sweep
    asks it each minute. ``run`` looks for work itself and may find none; it is queued anew if it
    had more to do when its turn was over.
    """

    name: str
    run: Callable[[AgencyId, Turn], Awaitable[None]]
    pending: Callable[[], Awaitable[Sequence[AgencyId]]]


def _encode(job: dict[str, Any]) -> bytes:
    # arq would pickle, which executes what it reads; a result may hold an exception.
    return json.dumps(job, default=repr).encode()


def _decode(data: bytes) -> dict[str, Any]:
    return cast(dict[str, Any], json.loads(data))


def queue_name(service: str) -> str:
    """The arq queue of one service's worker."""
    return f"kundentakt:{service}"


def _wakes(queue: str) -> str:
    return f"{queue}:wakes"


def _flag(ring: Ring) -> str:
    return f"kundentakt:rung:{ring.service}:{ring.job}:{ring.agency}"


class Doorbell:
    """Rings workers. A ring that fails is counted and never raised: the sweep finds the work."""

    def __init__(self, *, url: str, service: str) -> None:
        self._redis = _open(url, silence_seconds=RING_SECONDS)
        self._service = service
        self._away = False
        self._trying = False

    async def ring(self, rings: Sequence[Ring]) -> None:
        """Ring each bell that has not been rung in the last seconds; takes a second at most.

        Callers stand in requests whose work is committed: while Redis is away one of them at a
        time tries, and the others go on at once.
        """
        if self._away and self._trying:
            RINGS_FAILED.labels(self._service).inc(len(rings))
            return
        told = _times_told_to_end()
        self._trying = True
        try:
            async with asyncio.timeout(RING_SECONDS):
                await self._ring_all(rings)
            self._away = False
        except Exception as error:
            self._away = True
            RINGS_FAILED.labels(self._service).inc(len(rings))
            log.warning("ring failed", bells=len(rings), error=type(error).__name__)
        finally:
            self._trying = False
        if _times_told_to_end() > told:
            # redis-py sends through asyncio.wait_for, which up to Python 3.11 loses a cancellation
            # that comes as the sending ends: the caller would work on though it was told to end.
            raise asyncio.CancelledError

    async def _ring_all(self, rings: Sequence[Ring]) -> None:
        # All flags on one way: most bells were rung a moment ago, and callers wait for this.
        flags = self._redis.pipeline(transaction=False)
        for bell in rings:
            flags.set(_flag(bell), 1, nx=True, ex=FLAG_SECONDS)
        for bell, first in zip(rings, await flags.execute(), strict=True):
            if first:
                await _enqueue(self._redis, bell)

    async def ping(self) -> None:
        """Raise unless Redis answers within a second."""
        async with asyncio.timeout(RING_SECONDS):
            await self._redis.ping()

    async def close(self) -> None:
        """Close all connections."""
        await self._redis.aclose(close_connection_pool=True)


def _times_told_to_end() -> int:
    task = asyncio.current_task()
    return task.cancelling() if task else 0


async def _enqueue(redis: ArqRedis, bell: Ring) -> None:
    """Enqueue the job and wake a worker that waits; the job first, so that it is found."""
    queue = queue_name(bell.service)
    await redis.enqueue_job(bell.job, bell.agency, _queue_name=queue)
    wake = redis.pipeline(transaction=False)
    wake.lpush(_wakes(queue), 1)
    wake.ltrim(_wakes(queue), 0, WAKES_KEPT - 1)
    await wake.execute()


def _open(url: str, *, silence_seconds: float) -> ArqRedis:
    """Connections made when needed. arq's own pool would wait for an answer without a limit."""
    pool: ConnectionPool = ConnectionPool.from_url(
        url, socket_connect_timeout=RING_SECONDS, socket_timeout=silence_seconds, encoding="utf8"
    )
    return ArqRedis(pool, job_serializer=_encode, job_deserializer=_decode)


def run_worker(
    *,
    service: str,
    redis_url: str,
    open_jobs: Callable[[], contextlib.AbstractAsyncContextManager[Sequence[Job]]],
    metrics_port: int | None = None,
) -> None:
    """Run a service's worker until it is told to stop; its metrics are served on ``metrics_port``.

    ``open_jobs`` opens what the jobs need, yields them, and closes it all at the end. Ends with
    exit code 1 when Redis goes away; whoever supervises it starts it again.
    """
    configure_logging(service)
    if metrics_port is not None:
        start_http_server(metrics_port)

    async def run() -> bool:
        async with open_jobs() as jobs:
            return await _work(make_worker(service=service, redis_url=redis_url, jobs=jobs))

    if not asyncio.run(run()):
        raise SystemExit(1)


async def _work(worker: Worker) -> bool:
    """Work until told to stop; false where Redis went away."""
    try:
        await _run_until_told(worker)
    except asyncio.CancelledError:
        log.info("worker stops")
    except (RedisError, OSError) as error:
        log.error("worker ends, Redis is away", error=type(error).__name__)
        return False
    finally:
        # Jobs end before what they use is closed, and those that were cut off give back their
        # place in the queue, where it would be barred for two minutes.
        while running := [task for task in worker.tasks.values() if not task.done()]:
            for task in running:
                if not task.cancelling():  # a second time would cut off the giving back
                    task.cancel()
            await _told_to_end([*worker.job_tasks.values()], until=running)
        worker.tasks.clear()
        with contextlib.suppress(RedisError, OSError):
            await worker.close()
    return True


async def _run_until_told(worker: Worker) -> None:
    """Run the worker until it ends by itself or is told to stop."""
    told = asyncio.Event()
    worker.on_stop = lambda _signal: told.set()
    main = asyncio.create_task(worker.async_run())
    stop = asyncio.create_task(told.wait())
    try:
        await asyncio.wait((main, stop), return_when=asyncio.FIRST_COMPLETED)
        while not main.done():
            await _told_to_end([main], until=[main])
        await main
    finally:
        main.cancel()
        stop.cancel()


async def _told_to_end(
    tasks: Sequence[asyncio.Task[Any]], *, until: Sequence[asyncio.Task[Any]]
) -> None:
    """Cancel tasks and wait a moment; to be repeated while any of ``until`` is running.

    Once is not enough: before Python 3.12 `asyncio.wait_for` (which connecting uses) swallows a
    cancellation that comes when what it waits for has just ended. The worker would work on, and
    be killed in the end with its jobs barred.
    """
    for task in tasks:
        task.cancel()
    await asyncio.wait(until, timeout=CANCEL_AGAIN_SECONDS)


class _WokenWorker(Worker):
    """Looks into its queue when it is woken, and now and then by itself."""

    async def main(self) -> None:
        if self.burst:
            await super().main()
            return
        self.ctx["redis"] = self.pool
        while True:
            await self._poll_iteration()
            woken = self.pool.blpop([_wakes(self.queue_name)], timeout=LOOK_SECONDS)
            await cast(Awaitable[Any], woken)


def make_worker(
    *, service: str, redis_url: str, jobs: Sequence[Job], burst: bool = False
) -> Worker:
    """An arq worker for the jobs of one service, with the sweep each minute."""

    async def sweep(ctx: dict[str, Any]) -> None:
        await enqueue_pending(ctx["redis"], service=service, jobs=jobs)

    async def redrive(ctx: dict[str, Any], agency: AgencyId) -> None:
        for job in jobs:
            await ctx["redis"].delete(_flag(Ring(service=service, job=REDRIVE, agency=agency)))
            await _enqueue(ctx["redis"], Ring(service=service, job=job.name, agency=agency))

    # arq's cron id is this name and the minute, whatever the queue: under one name the services
    # would swallow each other's sweeps.
    sweep_name = f"sweep_{service}"
    return _WokenWorker(
        functions=[
            *(func(_carried_out(service, job), name=job.name, keep_result=0) for job in jobs),
            func(redrive, name=REDRIVE, keep_result=0),
        ],
        cron_jobs=[cron(sweep, name=sweep_name, second=0, run_at_startup=True, keep_result=0)],
        queue_name=queue_name(service),
        redis_pool=_open(redis_url, silence_seconds=SILENCE_SECONDS),
        burst=burst,
        poll_delay=LOOK_SECONDS,
        max_jobs=20,
        job_timeout=JOB_TIMEOUT_SECONDS,
        keep_result=0,
        max_tries=MAX_TRIES,
        health_check_interval=20,
        handle_signals=True,
        job_serializer=_encode,
        job_deserializer=_decode,
        log_results=False,
    )


async def enqueue_pending(redis: ArqRedis, *, service: str, jobs: Sequence[Job]) -> int:
    """Enqueue every agency that has work, whatever the flags say; gives the number enqueued."""

    async def enqueue(job: Job) -> int:
        try:
            agencies = await job.pending()
        except Exception as error:
            # One question that fails must not silence the others; the next minute asks again.
            if is_transient(error):
                log.warning("sweep waits", job=job.name, error=str(error)[:200])
            else:
                log.error("sweep failed", job=job.name, exc_info=error)
            return 0
        for agency in agencies:
            await _enqueue(redis, Ring(service=service, job=job.name, agency=agency))
        return len(agencies)

    # All at once: a neighbour that hangs must not hold up the service's own work.
    return sum(await asyncio.gather(*(enqueue(job) for job in jobs)))


def _carried_out(service: str, job: Job) -> Any:
    rung_again: dict[AgencyId, bool] = {}
    """The agencies that this process works for now, and whether there may be more to do."""

    async def carry_out(ctx: dict[str, Any], agency: AgencyId) -> None:
        begin_trace(None)
        bell = Ring(service=service, job=job.name, agency=agency)
        if agency in rung_again:
            # Beside the one at work this would share its processor, and halve what it does at once.
            # The flag stays until that one looks again, and further rings cost nothing.
            rung_again[agency] = True
            return
        turn = Turn(TURN_SECONDS)
        rung_again[agency] = True
        try:
            while rung_again[agency] and turn.goes_on():
                rung_again[agency] = False
                # Before looking: a ring that comes while we work must lead to another look.
                await ctx["redis"].delete(_flag(bell))
                await _look(job, agency, turn, tries=ctx["job_try"])
                rung_again[agency] = rung_again[agency] or turn.cut_short
        finally:
            if rung_again.pop(agency):
                with contextlib.suppress(RedisError, OSError):
                    await _enqueue(ctx["redis"], bell)

    return carry_out


async def _look(job: Job, agency: AgencyId, turn: Turn, *, tries: int) -> None:
    """Run the job once; raises arq's Retry for what fails for now."""
    started = time.perf_counter()
    outcome = "cut off"
    try:
        await job.run(agency, turn)
        outcome = "done"
    except Exception as error:
        if is_transient(error):
            outcome = "transient"
            log.warning("job waits", job=job.name, agency=agency, error=str(error)[:200])
            raise Retry(defer=backoff_seconds(tries)) from error
        outcome = "failed"
        log.error("job failed", job=job.name, agency=agency, exc_info=error)
        raise
    finally:
        JOB_SECONDS.labels(job.name, outcome).observe(time.perf_counter() - started)


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[ArqRedis]:
    """A plain connection to the queue, for operations and tests."""
    redis = _open(url, silence_seconds=SILENCE_SECONDS)
    try:
        await redis.ping()
        yield redis
    finally:
        await redis.aclose(close_connection_pool=True)
