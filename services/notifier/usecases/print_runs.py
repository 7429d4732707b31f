"""Print runs after rendering: a person reads them, approves them, hands them over or cancels."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path

from services.notifier.channels.print_folders import PrintFilesMissing, PrintFolders
from services.notifier.channels.print_removal import reissue
from services.notifier.domain.messages import (
    APPROVE,
    APPROVED,
    CANCEL_RUN,
    HAVE_FILES,
    RELEASE,
    TAKE_OUT,
    PrintRunStep,
)
from services.notifier.domain.posting_days import expected_posting
from services.notifier.store import letters as letter_store
from services.notifier.store import print_runs as store
from services.notifier.store.delivery_attempts import record_same
from services.notifier.store.emails import NextState
from services.notifier.usecases.message_changes import publish_next_states
from services.notifier.usecases.print_run_changes import PrintRunNotFound, publish_print_run
from services.notifier.usecases.print_run_ends import end_letters
from services.notifier.usecases.print_run_recheck import UNCHANGED, Recheck, Rechecker
from shared.contracts.dispatches import PrintRunState, PrintRunView
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction

SLICE = 1000


class PrintRunNotReady(Exception):
    """the print run is in another state than this needs"""

    def __init__(self, run_id: str, state: PrintRunState, *, needed: str) -> None:
        super().__init__(f"the print run {run_id} is {state}; this needs one that is {needed}")
        self.state = state


class LettersNoLongerRight(Exception):
    """somebody objected or moved since the run was rendered"""

    def __init__(self, run_id: str, *, gone: int, readdressed: int) -> None:
        super().__init__(
            f"{gone} letters of {run_id} must not leave any more, {readdressed} go to another "
            f"name or address; the run is rendered again: look at it and approve it then"
        )
        self.gone, self.readdressed = gone, readdressed


class OtherLettersThanSeen(Exception):
    """the run's files were made anew since the person looked at them, or nobody knows"""

    def __init__(self, run_id: str, *, seen: int | None, run: PrintRunView) -> None:
        why = (
            "letters joined it after it was first rendered"
            if seen is None
            else f"you looked at rendering {seen}"
        )
        super().__init__(
            f"{why}; {run_id} holds {run.letters} letters in rendering {run.rendering} by now: look"
            f" at its files, and approve it with ?rendering={run.rendering} then"
        )
        self.seen, self.rendering = seen, run.rendering


async def list_print_runs(
    *, database: Database, agency: AgencyId, after: tuple[datetime, str] | None, limit: int
) -> Sequence[PrintRunView]:
    """Return runs in the order of their making."""
    async with database.transaction(agency) as transaction:
        return await store.list_print_runs(transaction, after=after, limit=limit)


async def read_print_run(*, database: Database, agency: AgencyId, run_id: str) -> PrintRunView:
    """Return one run. Raises ``PrintRunNotFound``."""
    async with database.transaction(agency) as transaction:
        run = await store.print_run(transaction, run_id)
    if run is None:
        raise PrintRunNotFound(run_id)
    return run


async def file_of_run(
    *, database: Database, folders: PrintFolders, agency: AgencyId, run_id: str, name: str
) -> Path:
    """Return where a file of a rendered run lies.

    Raises ``PrintRunNotFound``, ``PrintRunNotReady`` or ``PrintFilesMissing``.
    """
    run = await read_print_run(database=database, agency=agency, run_id=run_id)
    if run.state not in HAVE_FILES:
        raise PrintRunNotReady(run_id, run.state, needed="rendered")
    return folders.file(agency, run_id, name)


async def approve(
    *,
    database: Database,
    rechecker: Rechecker,
    agency: AgencyId,
    run_id: str,
    approved_by: str,
    now: datetime,
    seen: int | None = None,
) -> PrintRunView:
    """Let a rendered run be handed over; approving twice is harmless.

    The law and the calendar are asked a last time. If somebody objected since the run was rendered,
    or moved, the run is rendered again, and this raises ``LettersNoLongerRight``. Letters that came
    after somebody looked are not approved unseen: ``OtherLettersThanSeen`` if ``seen`` is not the
    rendering that lies there, or is missing though letters joined since the first one. Raises
    ``PrintRunNotFound``, ``PrintRunNotReady``, or ``ServiceAway`` if nobody can be asked.
    """
    run = await read_print_run(database=database, agency=agency, run_id=run_id)
    if run.state in APPROVED:
        return run
    _refuse_unless_ready(run, APPROVE)
    changed = await rechecker.of(agency, run, now=now)
    if changed.letter_ids:
        await _render_anew(database, agency, run, changed, now=now)
        raise LettersNoLongerRight(
            run_id, gone=len(changed.gone), readdressed=len(changed.readdressed)
        )
    async with database.transaction(agency) as transaction:
        run = await _locked(transaction, run_id)
        if run.state in APPROVED:
            return run  # by another call since this one looked
        _refuse_unless_ready(run, APPROVE)
        if run.grown if seen is None else run.rendering != seen:
            raise OtherLettersThanSeen(run_id, seen=seen, run=run)
        await store.approve_run(transaction, run_id, approved_by=approved_by, now=now)
        await letter_store.begin_transmission(transaction, run_id, now=now)
        return await publish_print_run(transaction, run_id)


async def _render_anew(
    database: Database, agency: AgencyId, run: PrintRunView, changed: Recheck, *, now: datetime
) -> None:
    async with database.transaction(agency) as transaction:
        await store.lock_run(transaction, run.run_id)
        for part in _parts(changed.gone):
            ours = await letter_store.leave_out(transaction, part, run_id=run.run_id, now=now)
            ended = [each for each in part if each.message_id in ours]
            publish_next_states(transaction, ended, channel="letter", run=run.run_id)
        await store.render_anew(transaction, [run.run_id])
        transaction.ring("render_print_runs")


async def release(
    *,
    database: Database,
    rechecker: Rechecker,
    folders: PrintFolders,
    agency: AgencyId,
    run_id: str,
    now: datetime,
) -> PrintRunView:
    """Hand an approved run over to the print shop; releasing twice is harmless.

    Everybody is asked again: who objected, died or was erased since the approval is taken out of
    the files, and so is what would come too late; who moved gets a letter in another run. If nobody
    is left, the run is cancelled. Raises ``ServiceAway`` if nobody can be asked. The run's folder
    appears in the agency's folder by one rename, while its row is locked. If a kill follows the
    rename, the next call finds the folder there.
    """
    run = await read_print_run(database=database, agency=agency, run_id=run_id)
    there = folders.is_handed_over(agency, run_id)
    changed, profile = UNCHANGED, None
    if run.state in RELEASE.before and not there:
        profile = await rechecker.profile_of(agency)
        try:
            changed = await rechecker.of(agency, run, now=now)
        except PrintFilesMissing:
            if await _still_lacks_files(database, folders, agency, run):
                raise
            profile = None  # another call handed it over meanwhile
    async with database.transaction(agency) as transaction:
        run = await _locked(transaction, run_id)
        if run.state != "released":
            _refuse_unless_ready(run, RELEASE)
            if profile is not None and not folders.is_handed_over(agency, run_id):
                posted = expected_posting(profile.day(now), state=profile.federal_state)
                run = await _reissued(transaction, folders, run, changed, posted, now=now)
            if run.letters:
                await asyncio.to_thread(folders.hand_over, agency, run_id)
                await store.release_run(transaction, run_id, now=now)
            else:
                await store.cancel_run(transaction, run_id, reason="no_letters")
            run = await publish_print_run(transaction, run_id)
    await end_letters(database, agency, run, now=now)
    return run


async def _still_lacks_files(
    database: Database, folders: PrintFolders, agency: AgencyId, run: PrintRunView
) -> bool:
    """Whether a run whose files were not found still stands where it stood and needs them."""
    now = await read_print_run(database=database, agency=agency, run_id=run.run_id)
    return now.state == run.state and not folders.is_handed_over(agency, run.run_id)


async def _reissued(
    transaction: Transaction,
    folders: PrintFolders,
    run: PrintRunView,
    changed: Recheck,
    posted_on: date,
    *,
    now: datetime,
) -> PrintRunView:
    """Make the files of a locked run anew for its release; return what is left of it."""
    await _take_out(transaction, run, changed, now=now)
    left = await asyncio.to_thread(
        reissue,
        folders.waiting_run(transaction.agency, run.run_id),
        without=changed.letter_ids,
        due_on=posted_on,
    )
    await store.note_files(
        transaction, run.run_id, letters=left.letters, pages=left.pages, postage=left.postage
    )
    await letter_store.price_anew(transaction, left.net_cents, run_id=run.run_id)
    return run.model_copy(update={"letters": left.letters, "pages": left.pages})


async def _take_out(
    transaction: Transaction, run: PrintRunView, changed: Recheck, *, now: datetime
) -> None:
    """End the letters that must not leave, and let those that go elsewhere join another run."""
    for part in _parts(changed.gone):
        ids = [each.message_id for each in part]
        await record_same(transaction, ids, outcome="cancelled", now=now)
        ours = await letter_store.leave_out(
            transaction, part, run_id=run.run_id, now=now, step=TAKE_OUT
        )
        ended = [each for each in part if each.message_id in ours]
        publish_next_states(transaction, ended, channel="letter", run=run.run_id)
    if changed.readdressed:
        ids = [each.message_id for each in changed.readdressed]
        await record_same(transaction, ids, outcome="cancelled", now=now)
        await letter_store.put_back(transaction, ids, run_id=run.run_id, now=now)
        transaction.ring("render_print_runs")


def _parts(decided: Sequence[NextState]) -> Iterator[Sequence[NextState]]:
    for start in range(0, len(decided), SLICE):
        yield decided[start : start + SLICE]


async def cancel(
    *, database: Database, folders: PrintFolders, agency: AgencyId, run_id: str, now: datetime
) -> PrintRunView:
    """Cancel a run that was not handed over, with all its letters; twice is harmless."""
    async with database.transaction(agency) as transaction:
        run = await _locked(transaction, run_id)
        if run.state not in ("cancelled", "failed"):
            if run.state not in CANCEL_RUN.before or folders.is_handed_over(agency, run_id):
                raise PrintRunNotReady(run_id, "released", needed="not handed over yet")
            await store.cancel_run(transaction, run_id, reason="run_cancelled")
            run = await publish_print_run(transaction, run_id)
    await end_letters(database, agency, run, now=now)
    if run.state != "released":
        await asyncio.to_thread(folders.discard, agency, run_id)
    return run


def _refuse_unless_ready(run: PrintRunView, step: PrintRunStep) -> None:
    if run.state not in step.before:
        raise PrintRunNotReady(run.run_id, run.state, needed=" or ".join(step.before))


async def _locked(transaction: Transaction, run_id: str) -> PrintRunView:
    run = await store.print_run(transaction, run_id, locked=True)
    if run is None:
        raise PrintRunNotFound(run_id)
    return run
