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
from services.classifier.settings import BATCH_BYTES, IMPORT_BYTES
from services.classifier.usecases.service import open_service
from shared.app import create_app


def create_application() -> FastAPI:
    """The app; needs no environment until it starts."""
    return create_app(
        service="classifier",
        description="Who each customer is to the agency: portfolio, consents, events, classes.",
        routers=[
            module.router
            for module in (
                agency,
                customers,
                contracts,
                consents,
                imports,
                events,
                classifications,
                policies,
            )
        ],  # fmt: skip
        problem_table=PROBLEMS,
        open_resources=open_service,
        body_limits={
            "/v1/imports": IMPORT_BYTES,
            "/v1/commissions": BATCH_BYTES,
            "/v1/interactions": BATCH_BYTES,
        },
    )
