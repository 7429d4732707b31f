"""Print runs assembled from the letters that are due, one for each template and day.

A run that has been quiet for a while is rendered. Letters that come later join it as long as nobody
has approved it, and it is rendered anew.
"""

import asyncio
from datetime import datetime

from services.notifier.channels.print_folders import PrintFolders
from services.notifier.channels.templates import MessageTemplates
from services.notifier.domain.agency_profile import AgencyProfile
from services.notifier.domain.delivery import SENTENCES, WAIT
from services.notifier.store import print_run_assembly
from services.notifier.usecases.agency_profile import AgencyProfileReader, ProfileUnavailable
from services.notifier.usecases.print_run_rendering import RunRenderer
from services.notifier.usecases.recipients import RecipientReader
from shared.clock import Clock
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database
from shared.turns import UNLIMITED, Turn

LARGEST_RUN = 10_000
"""Letters of one run, so that a person can look at it before it is approved."""
PATIENCE_SECONDS = 5.0
"""How long a job waits for a run to become quiet; for longer it leaves the run to the sweep."""


async def render_print_runs(
    *,
    agency: AgencyId,
    database: Database,
    clock: Clock,
    profiles: AgencyProfileReader,
    recipients: RecipientReader,
    templates: MessageTemplates,
    folders: PrintFolders,
    quiet_seconds: float,
    lease_seconds: float,
    turn: Turn = UNLIMITED,
) -> None:
    """Put what is due into print runs, and render each run that has been quiet for a moment."""
    profile = await _profile_for_printing(database, agency, profiles, now=clock.now())
    if profile is None:
        return
    renderer = RunRenderer(
        agency=agency,
        database=database,
        clock=clock,
        profile=profile,
        recipients=recipients,
        templates=templates,
        folders=folders,
        quiet_seconds=quiet_seconds,
        leased=print_run_assembly.leased_runs(lease_seconds),
    )
    while turn.goes_on():
        await _assemble(database, agency, profile, now=clock.now())
        async with database.transaction(agency) as transaction:
            wait = await print_run_assembly.seconds_until_quiet(
                transaction, quiet_seconds=quiet_seconds
            )
        if wait is None or wait > PATIENCE_SECONDS:
            return
        # More letters of the same day are on their way: batches come a second apart.
        await asyncio.sleep(max(0.05, min(wait, quiet_seconds)))
        await renderer.render_next(turn)


async def _profile_for_printing(
    database: Database, agency: AgencyId, profiles: AgencyProfileReader, *, now: datetime
) -> AgencyProfile | None:
    """Return the agency's profile, or None if it is not complete and all letters wait."""
    try:
        return await profiles.of(agency)
    except ProfileUnavailable as missing:
        async with database.transaction(agency) as transaction:
            await print_run_assembly.postpone_letters(
                transaction,
                until=now + WAIT,
                reason=missing.reason,
                detail=SENTENCES[missing.reason],
                now=now,
            )
            await print_run_assembly.note_waiting(transaction, reason=missing.reason)
        return None


async def _assemble(
    database: Database, agency: AgencyId, profile: AgencyProfile, *, now: datetime
) -> None:
    async with database.transaction(agency) as transaction:
        await print_run_assembly.lock_assembly(transaction)
        while due := await print_run_assembly.due_letters(transaction, now=now):
            joined = [
                await print_run_assembly.assemble(
                    transaction, each, day=profile.day(now), now=now, room=LARGEST_RUN
                )
                for each in due
            ]
            if not any(joined):  # what is left is being cancelled, or its run rendered just now
                return
