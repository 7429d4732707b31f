"""The notifier's two processes, joined: the app and the worker.

The app: ``uvicorn --factory services.notifier.main:create_application``; the worker:
``python -m services.notifier.main``.
"""

from fastapi import FastAPI

from services.notifier.api import dispatches, messages, print_runs, public_links, templates
from services.notifier.api.problems import PROBLEMS
from services.notifier.resources import open_service
from services.notifier.settings import NotifierSettings
from services.notifier.worker import jobs
from shared.jobs.worker import work
from shared.web.app import create_app

PARTS = (dispatches, messages, templates, print_runs, public_links)


def create_application() -> FastAPI:
    """The app; needs no environment until it starts."""
    return create_app(
        service="notifier",
        description="Messages and letters: ordered once, permitted at the last moment, accounted.",
        routers=[part.router for part in PARTS],
        problem_table=PROBLEMS,
        open_resources=open_service,
    )


if __name__ == "__main__":
    work(NotifierSettings, open_resources=open_service, jobs=jobs)
