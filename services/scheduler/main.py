"""The scheduler's app: routes, problems and what they work with, joined.

Run with ``uvicorn --factory services.scheduler.main:create_application``.
"""

from fastapi import FastAPI

from services.scheduler.api import campaigns, catalogues, days, plans, requests, staff, tasks
from services.scheduler.api.problems import PROBLEMS
from services.scheduler.usecases.service import open_service
from shared.app import create_app

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
