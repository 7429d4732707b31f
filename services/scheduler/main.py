"""The scheduler's two processes, joined from their parts.

The app runs with ``uvicorn --factory services.scheduler.main:create_application``, the worker
with ``python -m services.scheduler.main``.
"""

from fastapi import FastAPI

from services.scheduler.api import (
    campaigns,
    catalogues,
    day_runs,
    requests,
    staff,
    tasks,
    touchpoints,
)
from services.scheduler.api.problems import PROBLEMS
from services.scheduler.resources import open_service
from services.scheduler.settings import SchedulerSettings
from services.scheduler.worker import jobs
from shared.jobs.worker import work
from shared.web.app import create_app

PARTS = (touchpoints, day_runs, tasks, requests, staff, catalogues, campaigns)


def create_application() -> FastAPI:
    """The app; needs no environment until it starts."""
    return create_app(
        service="scheduler",
        description="Who cares for whom, what is planned and when, and whether it happened.",
        routers=[part.router for part in PARTS],
        problem_table=PROBLEMS,
        open_resources=open_service,
    )


if __name__ == "__main__":
    work(SchedulerSettings, open_resources=open_service, jobs=jobs)
