"""The doorbell: Redis wakes workers and carries no truth. The only file that knows arq and redis.

A ring says "agency X may have work for job J". Rings coalesce through a flag that the worker
clears *before* it looks and that expires after five seconds; never through arq's job id, because
a used id swallows the next ring. Once a minute a sweep asks the database which agencies have
work and enqueues them without looking at the flag: a lost ring costs a minute, never work.
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
from arq.connections import ArqRedis, RedisSettings, create_pool
from arq.worker import Retry, Worker
from redis.exceptions import RedisError

from shared.contracts.vocabulary import AgencyId
from shared.failures import backoff_seconds, is_transient
from shared.telemetry import JOB_SECONDS, RINGS_FAILED, begin_trace

log = structlog.get_logger(__name__)

FLAG_SECONDS = 5
JOB_TIMEOUT_SECONDS = 120
POLL_SECONDS = 0.02
MAX_TRIES = 6


@dataclass(frozen=True, slots=True)
class Ring:
    """A bell: this agency may have work for this job of this service's worker."""

    service: str
    job: str
    agency: AgencyId


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a worker does for one agency when rung.

    ``pending`` names the agencies that have such work now, by the database's word; the sweep
    asks it each minute. ``run`` looks for work itself and may find none.
    """

    name: str
    run: Callable[[AgencyId], Awaitable[None]]
    pending: Callable[[], Awaitable[Sequence[AgencyId]]]


def _encode(job: dict[str, Any]) -> bytes:
    # arq would pickle, which executes what it reads; a result may hold an exception.
    return json.dumps(job, default=repr).encode()


def _decode(data: bytes) -> dict[str, Any]:
    return cast(dict[str, Any], json.loads(data))


def queue_name(service: str) -> str:
    """The arq queue of one service's worker."""
    return f"kundentakt:{service}"


def _flag(ring: Ring) -> str:
    return f"kundentakt:rung:{ring.service}:{ring.job}:{ring.agency}"


class Doorbell:
    """Rings workers. A ring that fails is counted and never raised: the sweep finds the work."""

    def __init__(self, *, url: str, service: str) -> None:
        self._settings = redis_settings(url)
        self._service = service
        self._pool: ArqRedis | None = None
        self._connecting = asyncio.Lock()

    async def ring(self, rings: Sequence[Ring]) -> None:
        """Ring each bell that has not been rung in the last seconds."""
        for bell in rings:
            try:
                async with asyncio.timeout(1):
                    await self._ring_one(bell)
            except (RedisError, OSError, TimeoutError) as error:
                RINGS_FAILED.labels(self._service).inc()
                log.warning("ring failed", job=bell.job, error=type(error).__name__)

    async def _ring_one(self, bell: Ring) -> None:
        redis = await self._redis()
        if await redis.set(_flag(bell), 1, nx=True, ex=FLAG_SECONDS):
            await redis.enqueue_job(bell.job, bell.agency, _queue_name=queue_name(bell.service))

    async def ping(self) -> None:
        """Raise unless Redis answers."""
        await (await self._redis()).ping()

    async def close(self) -> None:
        """Close all connections."""
        if self._pool is not None:
            await self._pool.aclose()

    async def _redis(self) -> ArqRedis:
        async with self._connecting:
            if self._pool is None:
                self._pool = await create_pool(
                    self._settings, job_serializer=_encode, job_deserializer=_decode
                )
        return self._pool


def redis_settings(url: str) -> RedisSettings:
    """Connection settings that give up within a second: nobody waits for a doorbell."""
    settings = RedisSettings.from_dsn(url)
    settings.conn_timeout = 1
    settings.conn_retries = 1
    settings.conn_retry_delay = 0
    return settings


def run_worker(
    *,
    service: str,
    redis_url: str,
    open_jobs: Callable[[], contextlib.AbstractAsyncContextManager[Sequence[Job]]],
) -> None:
    """Run a service's worker until it is told to stop.

    ``open_jobs`` opens what the jobs need, yields them, and closes it all at the end.
    """

    async def run() -> None:
        async with open_jobs() as jobs:
            await make_worker(service=service, redis_url=redis_url, jobs=jobs).async_run()

    asyncio.run(run())


def make_worker(
    *, service: str, redis_url: str, jobs: Sequence[Job], burst: bool = False
) -> Worker:
    """An arq worker for the jobs of one service, with the sweep each minute."""

    async def sweep(ctx: dict[str, Any]) -> None:
        await enqueue_pending(ctx["redis"], service=service, jobs=jobs)

    return Worker(
        functions=[func(_carried_out(service, job), name=job.name, keep_result=0) for job in jobs],
        cron_jobs=[cron(sweep, name="sweep", second=0, run_at_startup=True, keep_result=0)],
        queue_name=queue_name(service),
        redis_settings=redis_settings(redis_url),
        burst=burst,
        poll_delay=POLL_SECONDS,
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
    count = 0
    for job in jobs:
        try:
            agencies = await job.pending()
        except Exception as error:
            # One question that fails must not silence the others; the next minute asks again.
            log.error("sweep failed", job=job.name, error=type(error).__name__, exc_info=error)
            continue
        for agency in agencies:
            await redis.enqueue_job(job.name, agency, _queue_name=queue_name(service))
            count += 1
    return count


def _carried_out(service: str, job: Job) -> Any:
    async def carry_out(ctx: dict[str, Any], agency: AgencyId) -> None:
        begin_trace(None)
        # Before looking: a ring that comes while we work must lead to another look.
        await ctx["redis"].delete(_flag(Ring(service=service, job=job.name, agency=agency)))
        started = time.perf_counter()
        outcome = "done"
        try:
            await job.run(agency)
        except Exception as error:
            outcome = "transient" if is_transient(error) else "failed"
            log.error("job failed", job=job.name, agency=agency, outcome=outcome, exc_info=error)
            if outcome == "transient":
                raise Retry(defer=backoff_seconds(ctx["job_try"])) from error
            raise
        finally:
            JOB_SECONDS.labels(job.name, outcome).observe(time.perf_counter() - started)

    return carry_out


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[ArqRedis]:
    """A plain connection to the queue, for operations and tests."""
    pool = await create_pool(redis_settings(url), job_serializer=_encode, job_deserializer=_decode)
    try:
        yield pool
    finally:
        await pool.aclose()
