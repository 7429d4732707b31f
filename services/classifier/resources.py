"""What a process of the classifier holds open: app and worker alike."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from services.classifier.clients import Neighbours
from services.classifier.settings import ClassifierSettings
from services.classifier.usecases.agencies import WebhookSecrets
from services.classifier.usecases.event_intake import EventIntake
from services.classifier.usecases.follow_feeds import (
    apply_notifier_changes,
    apply_scheduler_changes,
)
from services.classifier.usecases.simulation import SimulationTurns
from shared.contracts.changes import Change
from shared.contracts.vocabulary import AgencyId
from shared.db.connection_limits import WORK_SECONDS
from shared.db.database import Transaction
from shared.db.followers import Feed, Follower
from shared.heavy_reads import HeavyReads
from shared.resources import Resources, open_resources

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierResources(Resources):
    """What every service holds open, and the classifier's intake of events."""

    intake: EventIntake
    webhook_secrets: WebhookSecrets
    simulations: SimulationTurns
    heavy_reads: HeavyReads


@asynccontextmanager
async def open_service(
    *, statement_seconds: int = WORK_SECONDS
) -> AsyncIterator[ClassifierResources]:
    """Open all that a process of this service needs; close it when the block ends."""
    settings = ClassifierSettings()
    async with open_resources(
        "classifier", settings, statement_seconds=statement_seconds
    ) as opened:
        neighbours = Neighbours.over(opened.neighbours)
        resources = opened.widened(
            ClassifierResources,
            intake=EventIntake(database=opened.database, clock=opened.clock),
            webhook_secrets=WebhookSecrets(opened.database),
            simulations=SimulationTurns(),
            heavy_reads=HeavyReads(),
        )
        follow(resources, "scheduler", neighbours.scheduler, apply_scheduler_changes)
        follow(resources, "notifier", neighbours.notifier, apply_notifier_changes)
        try:
            yield resources
        finally:
            await resources.intake.close()


def follow(
    resources: Resources,
    feed_of: str,
    feed: Feed,
    apply: Callable[[Transaction, Sequence[Change]], Awaitable[None]],
) -> None:
    """Follow another service's feed."""

    async def rebuild(agency: AgencyId) -> None:
        # What was learnt stands here as rows of our own (contacts, consents, blocks). A restored
        # neighbour can only have forgotten some of it: there is nothing to take back or to add.
        log.warning("neighbour was restored, following from its head", feed=feed_of, agency=agency)

    resources.followers[feed_of] = Follower(
        feed_of=feed_of,
        feed=feed,
        database=resources.database,
        sweep=resources.sweep,
        apply=apply,
        rebuild=rebuild,
    )
