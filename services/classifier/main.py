"""The classifier's app and worker: routes, problems and what they work with, joined.

Run the app with ``uvicorn --factory services.classifier.main:create_application``, the worker with
``python -m services.classifier.main``.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI

from services.classifier.api import (
    agency,
    book,
    classifications,
    consents,
    contracts,
    customers,
    events,
    imports,
    overrides,
    policies,
    simulations,
)
from services.classifier.api.problems import PROBLEMS
from services.classifier.settings import ClassifierSettings
from services.classifier.usecases.service import open_service
from services.classifier.worker import jobs
from shared.app import create_app
from shared.queue import Job, run_worker
from shared.telemetry import configure_logging

PARTS = (
    agency,
    customers,
    contracts,
    consents,
    imports,
    classifications,
    overrides,
    policies,
    simulations,
    book,
)


def create_application() -> FastAPI:
    """The app; needs no environment until it starts."""
    return create_app(
        service="classifier",
        description="Who each customer is to the agency: portfolio, consents, events, classes.",
        routers=[part.router for part in PARTS],
        problem_table=PROBLEMS,
        open_resources=open_service,
        direct=[events.router],
    )


@asynccontextmanager
async def open_jobs() -> AsyncIterator[Sequence[Job]]:
    """The jobs over everything they need, closed at the end."""
    async with open_service() as resources:
        yield jobs(resources)


def work() -> None:
    """Work until told to stop."""
    configure_logging("classifier")
    settings = ClassifierSettings()
    run_worker(
        service="classifier",
        redis_url=settings.redis_url.get_secret_value(),
        open_jobs=open_jobs,
        metrics_port=settings.worker_metrics_port,
    )


if __name__ == "__main__":
    work()
