"""The scheduler's worker: which jobs there are; each is a line that calls a use case."""

from collections.abc import Sequence

from services.scheduler.resources import SchedulerResources
from services.scheduler.store import (
    appointment_messages,
    change_outbox,
    day_runs,
    dispatches,
    standing_in,
    work_marks,
)
from services.scheduler.store.change_outbox import PUBLISH_CHANGES
from services.scheduler.store.requests import agencies_with_late_requests
from services.scheduler.usecases.agencies import ensure_agency
from services.scheduler.usecases.appointment_messages import tell_hours
from services.scheduler.usecases.appointments import TELL_HOURS
from services.scheduler.usecases.change_outbox import publish_changes
from services.scheduler.usecases.customers import refresh_customers
from services.scheduler.usecases.day_runs import run_day_by_time
from services.scheduler.usecases.dispatches import cancel_dispatches, hand_over
from services.scheduler.usecases.planning import plan_marked_units
from services.scheduler.usecases.planning_waits import seconds_to_wait
from services.scheduler.usecases.requests import note_late_requests
from services.scheduler.usecases.standing_in import stand_in
from shared.contracts.vocabulary import AgencyId
from shared.db.feed import follow_job
from shared.jobs.jobs import Job
from shared.turns import Turn


def jobs(resources: SchedulerResources) -> list[Job]:
    """Every job of this service."""
    return [
        *_day_jobs(resources),
        *_planning_jobs(resources),
        *_standing_in_jobs(resources),
        *_message_jobs(resources),
        *_following_jobs(resources),
    ]


def _day_jobs(resources: SchedulerResources) -> list[Job]:
    begins = resources.day_begins
    if begins is None:
        return []

    async def run_day(agency: AgencyId, turn: Turn) -> None:
        await run_day_by_time(runner=resources.runner, agency=agency, begins=begins, turn=turn)

    async def pending() -> Sequence[AgencyId]:
        return await day_runs.agencies_whose_day_has_come(
            resources.sweep, now=resources.clock.now(), begins=begins
        )

    return [Job(name="run_day", run=run_day, pending=pending)]


def _planning_jobs(resources: SchedulerResources) -> list[Job]:
    database, sweep, clock = resources.database, resources.sweep, resources.clock
    classifier = resources.calls.classifier

    async def refresh(agency: AgencyId, turn: Turn) -> None:
        await refresh_customers(
            database=database, classifier=classifier, agency=agency, now=clock.now(), turn=turn
        )

    async def plan(agency: AgencyId, turn: Turn) -> None:
        patience = resources.patience
        wait = await seconds_to_wait(database=database, agency=agency, patience=patience)
        if wait:
            turn.put_off(wait)
            return
        await plan_marked_units(
            database=database,
            classifier=classifier,
            agency=agency,
            now=clock.now(),
            freeze_working_days=resources.freeze_working_days,
            facts_wait_seconds=patience.at_most_seconds,
        )

    async def publish(agency: AgencyId, turn: Turn) -> None:
        await publish_changes(database=database, agency=agency, turn=turn)

    async def late(agency: AgencyId, _turn: Turn) -> None:
        await note_late_requests(database=database, agency=agency, now=clock.now())

    return [
        Job(
            name="refresh_customers",
            run=refresh,
            pending=lambda: work_marks.agencies_with_marked_customers(sweep),
        ),
        Job(name="plan", run=plan, pending=lambda: work_marks.agencies_with_marked_units(sweep)),
        Job(
            name=PUBLISH_CHANGES,
            run=publish,
            pending=lambda: change_outbox.agencies_with_unpublished_changes(sweep),
        ),
        Job(
            name="late_requests",
            run=late,
            pending=lambda: agencies_with_late_requests(sweep, clock.now()),
        ),
    ]


def _standing_in_jobs(resources: SchedulerResources) -> list[Job]:
    sweep, clock = resources.sweep, resources.clock

    async def stand(agency: AgencyId, _turn: Turn) -> None:
        await stand_in(database=resources.database, agency=agency, now=clock.now())

    async def pending() -> Sequence[AgencyId]:
        return await standing_in.agencies_with_work_to_move(sweep, clock.now())

    return [Job(name="stand_in", run=stand, pending=pending)]


def _message_jobs(resources: SchedulerResources) -> list[Job]:
    database, sweep, notifier = resources.database, resources.sweep, resources.calls.notifier

    async def hand(agency: AgencyId, turn: Turn) -> None:
        await hand_over(database=database, notifier=notifier, agency=agency, turn=turn)

    async def cancel(agency: AgencyId, turn: Turn) -> None:
        await cancel_dispatches(database=database, notifier=notifier, agency=agency, turn=turn)

    async def tell(agency: AgencyId, turn: Turn) -> None:
        now = resources.clock.now()
        await tell_hours(database=database, notifier=notifier, agency=agency, now=now, turn=turn)

    async def hours() -> Sequence[AgencyId]:
        return await appointment_messages.agencies_with_hours_to_tell(
            sweep, now=resources.clock.now()
        )

    return [
        Job(name=TELL_HOURS, run=tell, pending=hours),
        Job(
            name="hand_over", run=hand, pending=lambda: dispatches.agencies_with_due_messages(sweep)
        ),
        Job(
            name="cancel_dispatches",
            run=cancel,
            pending=lambda: dispatches.agencies_with_cancellations(sweep),
        ),
    ]


def _following_jobs(resources: SchedulerResources) -> list[Job]:
    classifier_feed = resources.followers["classifier"]
    notifier_feed = resources.followers["notifier"]

    async def follow_classifier(agency: AgencyId, turn: Turn) -> None:
        await ensure_agency(
            database=resources.database,
            classifier=resources.calls.classifier,
            agency=agency,
            now=resources.clock.now(),
        )
        await classifier_feed.follow(agency, turn=turn)

    async def follow_notifier(agency: AgencyId, turn: Turn) -> None:
        await notifier_feed.follow(agency, turn=turn)

    return [
        Job(name=follow_job("classifier"), run=follow_classifier, pending=classifier_feed.pending),
        Job(name=follow_job("notifier"), run=follow_notifier, pending=notifier_feed.pending),
    ]
