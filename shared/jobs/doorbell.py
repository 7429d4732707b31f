"""The doorbell: Redis wakes workers and carries no truth.

A ring says "agency X may have work for job J". Rings coalesce through a flag that the worker
clears *before* it looks and that expires after five seconds; never through arq's job id, because
a used id swallows the next ring. A ring wakes a worker at once: it waits at a list of Redis, where
arq alone would look around fifty times a second and still be late. Once a minute a sweep asks the
database which agencies have work and enqueues them without looking at the flag: a lost ring costs
a minute, never work.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog
from arq.connections import ArqRedis

from shared.contracts.vocabulary import AgencyId
from shared.db.rings import Ring
from shared.jobs.connections import RING_SECONDS, open_redis, queue_name
from shared.jobs.failing import FailingJob, failing_jobs
from shared.telemetry import RINGS_FAILED

log = structlog.get_logger(__name__)

FLAG_SECONDS = 5
WAKES_KEPT = 16
"""Wakes that wait while no worker is there; the first ones make it look, and it finds all jobs."""
REDRIVE = "redrive"
"""The job every worker has: rings all its other jobs for an agency, whatever the flags say."""


class Doorbell:
    """Rings workers. A ring that fails is counted and never raised: the sweep finds the work."""

    def __init__(self, *, url: str, service: str) -> None:
        self._redis = open_redis(url, silence_seconds=RING_SECONDS)
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
            flags.set(flag_of(bell), 1, nx=True, ex=FLAG_SECONDS)
        for bell, first in zip(rings, await flags.execute(), strict=True):
            if first:
                await enqueue(self._redis, bell)

    async def ping(self) -> None:
        """Raise unless Redis answers within a second."""
        async with asyncio.timeout(RING_SECONDS):
            await self._redis.ping()

    async def failing_jobs(self, agency: AgencyId) -> Sequence[FailingJob]:
        """The agency's jobs that fail; none if Redis cannot say."""
        try:
            async with asyncio.timeout(RING_SECONDS):
                return await failing_jobs(self._redis, self._service, agency)
        except Exception as error:
            log.warning("failing jobs unknown", error=type(error).__name__)
            return ()

    async def close(self) -> None:
        """Close all connections."""
        await self._redis.aclose(close_connection_pool=True)


def _times_told_to_end() -> int:
    task = asyncio.current_task()
    return task.cancelling() if task else 0


async def enqueue(redis: ArqRedis, bell: Ring) -> None:
    """Enqueue the job and wake a worker that waits; the job first, so that it is found."""
    queue = queue_name(bell.service)
    await redis.enqueue_job(bell.job, bell.agency, _queue_name=queue)
    wake = redis.pipeline(transaction=False)
    wake.lpush(wakes_of(queue), 1)
    wake.ltrim(wakes_of(queue), 0, WAKES_KEPT - 1)
    await wake.execute()


async def enqueue_later(redis: ArqRedis, bell: Ring, *, seconds: float) -> None:
    """Enqueue the job for so much later. While it is put off, further calls change nothing: each
    ring of an import puts the same planning off."""
    later = timedelta(seconds=seconds)
    if await redis.set(f"{flag_of(bell)}:later", 1, nx=True, px=later):
        await redis.enqueue_job(
            bell.job, bell.agency, _queue_name=queue_name(bell.service), _defer_by=later
        )


def wakes_of(queue: str) -> str:
    return f"{queue}:wakes"


def flag_of(ring: Ring) -> str:
    return f"kundentakt:rung:{ring.service}:{ring.job}:{ring.agency}"
