"""The scheduler's two processes, joined from their parts.

The app runs with ``uvicorn --factory services.scheduler.main:create_application``, the worker
with ``python -m services.scheduler.main``.
"""

from functools import partial
from typing import TYPE_CHECKING

from shared.db.connection_limits import REQUEST_SECONDS

if TYPE_CHECKING:
    from fastapi import FastAPI


def create_application() -> "FastAPI":
    """The app; needs no environment until it starts."""
    # Imported here, because the worker runs this module too and needs no web framework.
    from services.scheduler.api import (
        agency,
        appointments,
        campaigns,
        carers,
        catalogues,
        day_runs,
        held_contacts,
        occasions,
        pins,
        requests,
        simulations,
        staff,
        tasks,
        touchpoints,
        workloads,
    )
    from services.scheduler.api.problems import PROBLEMS, RAISED
    from services.scheduler.resources import open_service
    from shared.web.app import create_app

    parts = (
        agency, touchpoints, pins, appointments, held_contacts, day_runs, tasks, requests,
        occasions, workloads, staff, carers, catalogues, simulations, campaigns,
    )  # fmt: skip
    return create_app(
        service="scheduler",
        description="Who cares for whom, what is planned and when, and whether it happened.",
        routers=[part.router for part in parts],
        problem_table=PROBLEMS,
        raised=RAISED,
        open_resources=partial(open_service, statement_seconds=REQUEST_SECONDS),
    )


def run_worker() -> None:
    """Carry out the service's jobs until told to stop."""
    from services.scheduler.resources import open_service
    from services.scheduler.settings import SchedulerSettings
    from services.scheduler.worker import jobs
    from shared.jobs.worker import work

    work(SchedulerSettings, open_resources=open_service, jobs=jobs)


if __name__ == "__main__":
    run_worker()
