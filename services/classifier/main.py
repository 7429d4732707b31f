"""The classifier's app and worker: routes, problems and what they work with, joined.

Run the app with ``uvicorn --factory services.classifier.main:create_application``, the worker with
``python -m services.classifier.main``.
"""

from functools import partial
from typing import TYPE_CHECKING

from shared.db.connection_limits import REQUEST_SECONDS

if TYPE_CHECKING:
    from fastapi import FastAPI


def create_application() -> "FastAPI":
    """The app; needs no environment until it starts."""
    # Imported here, because the worker runs this module too and needs no web framework.
    from services.classifier.api import (
        activations,
        address_blocks,
        agency,
        classifications,
        consents,
        contracts,
        customers,
        duplicates,
        events,
        import_words,
        imports,
        merges,
        overrides,
        policies,
        portfolio,
        simulations,
        unassigned_commissions,
    )
    from services.classifier.api.problems import PROBLEMS, RAISED
    from services.classifier.resources import open_service
    from shared.web.app import create_app

    parts = (
        address_blocks, agency, duplicates, merges, customers, contracts, consents,
        imports, import_words, classifications, overrides, policies, activations,
        simulations, unassigned_commissions, portfolio,
    )  # fmt: skip
    return create_app(
        service="classifier",
        description="Who each customer is to the agency: portfolio, consents, events, classes.",
        routers=[part.router for part in parts],
        problem_table=PROBLEMS,
        raised=RAISED,
        open_resources=partial(open_service, statement_seconds=REQUEST_SECONDS),
        direct=[events.router],
    )


def run_worker() -> None:
    """Carry out the service's jobs until told to stop."""
    from services.classifier.resources import open_service
    from services.classifier.settings import ClassifierSettings
    from services.classifier.worker import jobs
    from shared.jobs.worker import work

    work(ClassifierSettings, open_resources=open_service, jobs=jobs)


if __name__ == "__main__":
    run_worker()
