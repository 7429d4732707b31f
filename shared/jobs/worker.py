"""A service's worker: carries out the service's jobs until it is told to stop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar, cast

import structlog
import uvloop
from arq import cron, func
from arq.worker import Worker
from prometheus_client import start_http_server
from redis.exceptions import RedisError

from shared.contracts.vocabulary import AgencyId
from shared.db.rings import Ring
from shared.jobs.connections import SILENCE_SECONDS, decoded, encoded, open_redis, queue_name
from shared.jobs.doorbell import REDRIVE, enqueue, flag_of, wakes_of
from shared.jobs.failing import notes_of
from shared.jobs.jobs import (
    JOB_TIMEOUT_SECONDS,
    MAX_TRIES,
    Job,
    carried_out,
    enqueue_pending,
)
from shared.jobs.places import PLACES, Places
from shared.settings import ServiceSettings
from shared.telemetry import configure_logging

Held = TypeVar("Held")

log = structlog.get_logger(__name__)

LOOK_SECONDS = 1
"""How often a worker looks though nobody woke it: for jobs put off, its clock, and its health."""
CANCEL_AGAIN_SECONDS = 0.2
"""How soon a task that did not hear that it should end is told again."""


def work(
    settings_class: type[ServiceSettings],
    *,
    open_resources: Callable[[], AbstractAsyncContextManager[Held]],
    jobs: Callable[[Held], Sequence[Job]],
) -> None:
    """Carry out a service's jobs until told to stop; what they need is open meanwhile."""
    # Before the settings are read: what is wrong with them is logged as everything is.
    configure_logging(settings_class.service)
    settings = settings_class()

    @asynccontextmanager
    async def open_jobs() -> AsyncIterator[Sequence[Job]]:
        async with open_resources() as resources:
            yield jobs(resources)

    run_worker(
        service=settings.service,
        redis_url=settings.redis_url.get_secret_value(),
        open_jobs=open_jobs,
        metrics_port=settings.worker_metrics_port,
    )


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

    # The loop that uvicorn gives the services. With asyncio's own the worker spent a quarter of its
    # time writing to sockets.
    if not uvloop.run(run()):
        raise SystemExit(1)


def make_worker(
    *, service: str, redis_url: str, jobs: Sequence[Job], burst: bool = False
) -> Worker:
    """An arq worker for the jobs of one service, with the sweep each minute."""

    unanswered: set[str] = set()

    async def sweep(ctx: dict[str, Any]) -> None:
        await enqueue_pending(ctx["redis"], service=service, jobs=jobs, unanswered=unanswered)

    async def redrive(ctx: dict[str, Any], agency: AgencyId) -> None:
        await ctx["redis"].delete(notes_of(service, agency))  # whoever redrives has mended it
        for job in jobs:
            await ctx["redis"].delete(flag_of(Ring(service=service, job=REDRIVE, agency=agency)))
            await enqueue(ctx["redis"], Ring(service=service, job=job.name, agency=agency))

    places = Places()
    # arq's cron id is this name and the minute, whatever the queue: under one name the services
    # would swallow each other's sweeps.
    sweep_name = f"sweep_{service}"
    return _WokenWorker(
        functions=[
            *(
                func(carried_out(service, job, places), name=job.name, keep_result=0)
                for job in jobs
            ),
            func(redrive, name=REDRIVE, keep_result=0),
        ],
        cron_jobs=[cron(sweep, name=sweep_name, second=0, run_at_startup=True, keep_result=0)],
        queue_name=queue_name(service),
        redis_pool=open_redis(redis_url, silence_seconds=SILENCE_SECONDS),
        burst=burst,
        poll_delay=LOOK_SECONDS,
        max_jobs=PLACES,
        job_timeout=JOB_TIMEOUT_SECONDS,
        keep_result=0,
        max_tries=MAX_TRIES,
        health_check_interval=20,
        handle_signals=True,
        job_serializer=encoded,
        job_deserializer=decoded,
        log_results=False,
    )


class _WokenWorker(Worker):
    """Looks into its queue when it is woken, and now and then by itself."""

    async def main(self) -> None:
        if self.burst:
            await super().main()
            return
        self.ctx["redis"] = self.pool
        while True:
            await self._poll_iteration()
            woken = self.pool.blpop([wakes_of(self.queue_name)], timeout=LOOK_SECONDS)
            await cast(Awaitable[Any], woken)


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
