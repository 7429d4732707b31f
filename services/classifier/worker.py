"""The classifier's worker: which jobs there are; each is a line that calls a use case."""

from services.classifier.resources import ClassifierResources
from services.classifier.store.imports import agencies_with_imports
from services.classifier.store.reclassifications import agencies_with_runs
from services.classifier.store.work_marks import agencies_with_marked_units
from services.classifier.usecases.classification import reclassify_book, reclassify_marked
from services.classifier.usecases.import_runs import run_imports
from shared.contracts.vocabulary import AgencyId
from shared.db.feed import follow_job
from shared.db.followers import Follower
from shared.jobs.jobs import Job
from shared.turns import Turn


def jobs(resources: ClassifierResources) -> list[Job]:
    """Every job of this service."""
    database, sweep, clock = resources.database, resources.sweep, resources.clock

    async def reclassify(agency: AgencyId, turn: Turn) -> None:
        await reclassify_marked(database=database, agency=agency, now=clock.now(), turn=turn)

    async def reclassify_whole_book(agency: AgencyId, turn: Turn) -> None:
        await reclassify_book(database=database, agency=agency, now=clock.now(), turn=turn)

    async def read_files(agency: AgencyId, turn: Turn) -> None:
        await run_imports(database=database, clock=clock, agency=agency, turn=turn)

    return [
        Job(name="reclassify", run=reclassify, pending=lambda: agencies_with_marked_units(sweep)),
        Job(
            name="reclassify_book",
            run=reclassify_whole_book,
            pending=lambda: agencies_with_runs(sweep),
        ),
        Job(name="import", run=read_files, pending=lambda: agencies_with_imports(sweep)),
        *(_following(name, follower) for name, follower in resources.followers.items()),
    ]


def _following(feed_of: str, follower: Follower) -> Job:
    async def follow(agency: AgencyId, turn: Turn) -> None:
        await follower.follow(agency, turn=turn)

    return Job(name=follow_job(feed_of), run=follow, pending=follower.pending)
