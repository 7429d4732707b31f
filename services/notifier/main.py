"""The notifier's two processes, joined: the app and the worker.

The app: ``uvicorn --factory services.notifier.main:create_application``; the worker:
``python -m services.notifier.main``.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.notifier.api import dispatches, messages, print_runs, public
from services.notifier.api.problems import PROBLEMS
from services.notifier.settings import NotifierSettings
from services.notifier.usecases.service import open_service
from services.notifier.worker import jobs
from shared.app import create_app
from shared.queue import Job, run_worker
from shared.telemetry import configure_logging

PARTS = (dispatches, messages, print_runs, public)


def create_application() -> FastAPI:
    """The app; needs no environment until it starts."""
    return create_app(
        service="notifier",
        description="Messages and letters: ordered once, permitted at the last moment, accounted.",
        routers=[part.router for part in PARTS],
        problem_table=PROBLEMS,
        open_resources=open_service,
    )


@asynccontextmanager
async def open_jobs() -> AsyncIterator[Sequence[Job]]:
    """The jobs over everything they need, closed at the end."""
    async with open_service() as resources:
        yield jobs(resources)


def work() -> None:
    """Work until told to stop."""
    configure_logging("notifier")
    settings = NotifierSettings()
    run_worker(
        service="notifier",
        redis_url=settings.redis_url.get_secret_value(),
        open_jobs=open_jobs,
        metrics_port=settings.worker_metrics_port,
    )


if __name__ == "__main__":
    work()
