"""The classifier's app: routes, problems and what they work with, joined.

Run with ``uvicorn --factory services.classifier.main:create_application``.
"""

from fastapi import FastAPI

from services.classifier.api import (
    agency,
    classifications,
    consents,
    contracts,
    customers,
    events,
    imports,
    policies,
)
from services.classifier.api.problems import PROBLEMS
from services.classifier.usecases.service import open_service
from shared.app import create_app

# Routes are tried one after the other: the one that is called most stands first.
PARTS = (
    events, agency, customers, contracts, consents, imports, classifications, policies,
)  # fmt: skip


def create_application() -> FastAPI:
    """The app; needs no environment until it starts."""
    return create_app(
        service="classifier",
        description="Who each customer is to the agency: portfolio, consents, events, classes.",
        routers=[part.router for part in PARTS],
        problem_table=PROBLEMS,
        open_resources=open_service,
    )
