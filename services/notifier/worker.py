"""The notifier's jobs; each is a line that calls a use case."""

from services.notifier.resources import NotifierResources
from services.notifier.store.emails import agencies_with_emails
from services.notifier.store.print_runs import agencies_with_letters
from services.notifier.usecases.emails import send_due_emails
from services.notifier.usecases.print_run_assembly import render_print_runs
from services.notifier.usecases.print_run_ends import end_half_ended_runs
from shared.contracts.vocabulary import AgencyId
from shared.db.feed import follow_job
from shared.db.followers import Follower
from shared.jobs.jobs import Job
from shared.turns import Turn


def jobs(resources: NotifierResources) -> list[Job]:
    """Every job of this service."""
    database, sweep, clock = resources.database, resources.sweep, resources.clock

    async def send_emails(agency: AgencyId, turn: Turn) -> None:
        await send_due_emails(
            agency=agency,
            database=database,
            clock=clock,
            profiles=resources.profiles,
            recipients=resources.recipients,
            composer=resources.composer,
            smtp=resources.smtp,
            lease_seconds=resources.lease_seconds,
            turn=turn,
        )

    async def print_letters(agency: AgencyId, turn: Turn) -> None:
        await end_half_ended_runs(database=database, agency=agency, now=clock.now())
        await render_print_runs(
            agency=agency,
            database=database,
            clock=clock,
            profiles=resources.profiles,
            recipients=resources.recipients,
            templates=resources.templates,
            folders=resources.print_folders,
            quiet_seconds=resources.quiet_seconds,
            lease_seconds=resources.lease_seconds,
            turn=turn,
        )

    return [
        Job(
            name="send_emails",
            run=send_emails,
            pending=lambda: agencies_with_emails(sweep, now=clock.now()),
        ),
        Job(
            name="render_print_runs",
            run=print_letters,
            pending=lambda: agencies_with_letters(sweep, now=clock.now()),
        ),
        *(_following(name, follower) for name, follower in resources.followers.items()),
    ]


def _following(feed_of: str, follower: Follower) -> Job:
    async def follow(agency: AgencyId, turn: Turn) -> None:
        await follower.follow(agency, turn=turn)

    return Job(name=follow_job(feed_of), run=follow, pending=follower.pending)
