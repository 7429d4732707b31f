"""The classifier's worker as it is started in production, in miniature: a few thousand customers
are many slices, a slice is several transactions, and a lease ends soon. A process of its own, so
that tests can kill it."""

from dataclasses import replace

from services.classifier.resources import open_service
from services.classifier.settings import ClassifierSettings
from services.classifier.store import reclassifications
from services.classifier.usecases import classification, slices
from services.classifier.worker import jobs
from shared.jobs.worker import work

SLICE_UNITS = 100
WRITTEN_AT_ONCE = 25
LEASE_SECONDS = 2


def main() -> None:
    """Make the sizes small, then do as ``python -m services.classifier.main`` does."""
    slices.SLICE_UNITS = SLICE_UNITS
    classification.WRITTEN_AT_ONCE = WRITTEN_AT_ONCE
    reclassifications.RUNS = replace(reclassifications.RUNS, seconds=LEASE_SECONDS)
    work(ClassifierSettings, open_resources=open_service, jobs=jobs)


if __name__ == "__main__":
    main()
