"""The notifier's jobs; each is a line that calls a use case."""

from services.notifier.resources import NotifierResources
from services.notifier.store.emails import agencies_with_emails
from services.notifier.store.print_runs import agencies_with_letters
from services.notifier.usecases.emails import send_due_emails
from services.notifier.usecases.print_run_assembly import render_print_runs
from services.notifier.usecases.print_runs import end_half_ended_runs
from shared.contracts.vocabulary import AgencyId
from shared.db.feed import follow_job
from shared.db.followers import Follower
from shared.jobs.queue import Job


def jobs(resources: NotifierResources) -> list[Job]:
    """Every job of this service."""
    room, sweep, clock = resources.room, resources.sweep, resources.clock

    async def send_emails(agency: AgencyId) -> None:
        await send_due_emails(room=room, agency=agency)

    async def print_letters(agency: AgencyId) -> None:
        await end_half_ended_runs(room=room, agency=agency)
        await render_print_runs(room=room, agency=agency)

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
    async def follow(agency: AgencyId) -> None:
        await follower.follow(agency)

    return Job(name=follow_job(feed_of), run=follow, pending=follower.pending)
