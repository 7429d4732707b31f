"""The notifier's two processes, joined: the app and the worker.

The app: ``uvicorn --factory services.notifier.main:create_application``; the worker:
``python -m services.notifier.main``.
"""

from functools import partial
from typing import TYPE_CHECKING

from shared.db.connection_limits import REQUEST_SECONDS

if TYPE_CHECKING:
    from fastapi import FastAPI


def create_application() -> "FastAPI":
    """The app; needs no environment until it starts."""
    # Imported here, because the worker runs this module too and needs no web framework.
    from services.notifier.api import dispatches, messages, print_runs, public_links, templates
    from services.notifier.api.pages import problem_page
    from services.notifier.api.problems import PROBLEMS, RAISED
    from services.notifier.resources import open_service
    from shared.web.app import create_app

    parts = (dispatches, messages, templates, print_runs, public_links)
    return create_app(
        service="notifier",
        description="Messages and letters: ordered once, permitted at the last moment, accounted.",
        routers=[part.router for part in parts],
        problem_table=PROBLEMS,
        raised=RAISED,
        open_resources=partial(open_service, statement_seconds=REQUEST_SECONDS),
        problem_page=problem_page,
    )


def run_worker() -> None:
    """Carry out the service's jobs until told to stop."""
    from services.notifier.resources import open_service
    from services.notifier.settings import NotifierSettings
    from services.notifier.worker import jobs
    from shared.jobs.worker import work

    work(NotifierSettings, open_resources=open_service, jobs=jobs)


if __name__ == "__main__":
    run_worker()
