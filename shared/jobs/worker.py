"""The start of a service's worker: the same for every service."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

from shared.jobs.queue import Job, run_worker
from shared.settings import ServiceSettings
from shared.telemetry import configure_logging

Held = TypeVar("Held")


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
