"""The scheduler's two processes, joined from their parts.

The app runs with ``uvicorn --factory services.scheduler.main:create_application``, the worker
with ``python -m services.scheduler.main``.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.scheduler.api import campaigns, catalogues, days, plans, requests, staff, tasks
from services.scheduler.api.problems import PROBLEMS
from services.scheduler.settings import SchedulerSettings
from services.scheduler.usecases.service import open_service
from services.scheduler.worker import jobs
from shared.app import create_app
from shared.queue import Job, run_worker
from shared.telemetry import configure_logging

PARTS = (plans, days, tasks, requests, staff, catalogues, campaigns)


def create_application() -> FastAPI:
    """The app; needs no environment until it starts."""
    return create_app(
        service="scheduler",
        description="Who cares for whom, what is planned and when, and whether it happened.",
        routers=[part.router for part in PARTS],
        problem_table=PROBLEMS,
        open_resources=open_service,
    )


@asynccontextmanager
async def open_jobs() -> AsyncIterator[Sequence[Job]]:
    """The worker's jobs over everything they need, closed at the end."""
    async with open_service() as resources:
        yield jobs(resources)


def work() -> None:
    """Run the worker until told to stop."""
    configure_logging("scheduler")
    settings = SchedulerSettings()
    run_worker(
        service="scheduler",
        redis_url=settings.redis_url.get_secret_value(),
        open_jobs=open_jobs,
        metrics_port=settings.worker_metrics_port,
    )


if __name__ == "__main__":
    work()
