"""What a process of the scheduler holds open: app and worker alike."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import time

from services.scheduler.clients import Neighbours
from services.scheduler.settings import SchedulerSettings
from services.scheduler.usecases.customers import rebuild_customers
from services.scheduler.usecases.day_runs import DayRunner
from services.scheduler.usecases.follow_classifier import apply_classifier_changes
from services.scheduler.usecases.follow_notifier import apply_notifier_changes, rebuild_messages
from services.scheduler.usecases.planning_waits import Patience
from shared.contracts.vocabulary import AgencyId
from shared.db.connection_limits import WORK_SECONDS
from shared.db.followers import Follower
from shared.heavy_reads import HeavyReads
from shared.resources import Resources, open_resources


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerResources(Resources):
    """What every service holds open, and the scheduler's typed neighbours."""

    calls: Neighbours
    run_seconds: float
    day_begins: time | None
    introductions_share: float
    heavy_reads: HeavyReads
    patience: Patience
    freeze_working_days: int

    @property
    def runner(self) -> DayRunner:
        """What running days needs."""
        return DayRunner(
            database=self.database,
            neighbours=self.calls,
            follower=self.followers["classifier"],
            clock=self.clock,
            freeze_working_days=self.freeze_working_days,
        )


@asynccontextmanager
async def open_service(
    *, statement_seconds: int = WORK_SECONDS
) -> AsyncIterator[SchedulerResources]:
    """Open all that a process of this service needs; close it when the block ends."""
    settings = SchedulerSettings()
    async with open_resources("scheduler", settings, statement_seconds=statement_seconds) as opened:
        yield joined(opened, settings)


def joined(opened: Resources, settings: SchedulerSettings) -> SchedulerResources:
    """The scheduler's own resources over what every service opens, with its followers."""
    resources = opened.widened(
        SchedulerResources,
        calls=Neighbours.over(opened.neighbours),
        run_seconds=settings.run_seconds,
        day_begins=settings.day_begins,
        introductions_share=settings.introductions_share,
        heavy_reads=HeavyReads(),
        patience=Patience(
            quiet_seconds=settings.plan_quiet_seconds, at_most_seconds=settings.plan_waits_seconds
        ),
        freeze_working_days=settings.freeze_working_days,
    )
    _follow(resources)
    return resources


def _follow(resources: SchedulerResources) -> None:
    database, sweep, calls = resources.database, resources.sweep, resources.calls

    async def list_customers(agency: AgencyId) -> None:
        await rebuild_customers(
            database=database,
            classifier=calls.classifier,
            agency=agency,
            now=resources.clock.now(),
        )

    async def list_messages(agency: AgencyId) -> None:
        await rebuild_messages(database=database, notifier=calls.notifier, agency=agency)

    resources.followers["classifier"] = Follower(
        feed_of="classifier",
        feed=calls.classifier,
        database=database,
        sweep=sweep,
        apply=apply_classifier_changes,
        rebuild=list_customers,
    )
    resources.followers["notifier"] = Follower(
        feed_of="notifier",
        feed=calls.notifier,
        database=database,
        sweep=sweep,
        apply=apply_notifier_changes,
        rebuild=list_messages,
    )
