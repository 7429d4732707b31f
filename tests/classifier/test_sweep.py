"""The sweep's narrow rights are enough for what the jobs ask of it."""

from services.classifier.worker import jobs
from tests.classifier.conftest import Service


async def test_the_sweep_may_ask_what_every_job_asks(service: Service) -> None:
    for job in jobs(service.resources):
        if not job.name.startswith("follow"):  # asks another service for its heads
            assert list(await job.pending()) == [], job.name
