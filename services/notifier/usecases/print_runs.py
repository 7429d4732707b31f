"""Print runs after rendering: a person reads them, approves them, hands them over or cancels."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from services.notifier.channels.print_folders import PrintFolders
from services.notifier.channels.print_removal import take_out
from services.notifier.domain.delivery import SENTENCES
from services.notifier.domain.messages import (
    APPROVE,
    APPROVED,
    CANCEL_RUN,
    CANCEL_WITH_RUN,
    HAND_OVER,
    HAVE_FILES,
    RELEASE,
    TAKE_OUT,
    PrintRunStep,
)
from services.notifier.store import letters as letter_store
from services.notifier.store import print_runs as store
from services.notifier.store.delivery_attempts import record_same
from services.notifier.store.emails import NextState
from services.notifier.usecases.letters import letter_question, must_wait, no_longer_allowed
from services.notifier.usecases.message_changes import publish_ended_together, publish_next_states
from services.notifier.usecases.print_run_changes import PrintRunNotFound, publish_print_run
from services.notifier.usecases.recipients import RecipientReader
from shared.clients.http import ServiceAway
from shared.contracts.dispatches import PrintRunState, PrintRunView
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction

SLICE = 1000


class PrintRunNotReady(Exception):
    """the print run is in another state than this needs"""

    def __init__(self, run_id: str, state: PrintRunState, *, needed: str) -> None:
        super().__init__(f"the print run {run_id} is {state}; this needs one that is {needed}")
        self.state = state


class LettersNoLongerAllowed(Exception):
    """somebody objected since the run was rendered"""

    def __init__(self, run_id: str, *, letters: int) -> None:
        super().__init__(
            f"{letters} letters of {run_id} must not leave any more; the run is rendered again "
            f"without them: look at it and approve it then"
        )
        self.letters = letters


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
    recipients: RecipientReader,
    agency: AgencyId,
    run_id: str,
    approved_by: str,
    now: datetime,
) -> PrintRunView:
    """Let a rendered run be handed over; approving twice is harmless.

    The law is asked a last time. If somebody objected since the run was rendered, their letter is
    taken out, the run is rendered again, and this raises ``LettersNoLongerAllowed``. Raises
    ``PrintRunNotFound``, ``PrintRunNotReady``, or ``ServiceAway`` if nobody can be asked.
    """
    run = await read_print_run(database=database, agency=agency, run_id=run_id)
    if run.state in APPROVED:
        return run
    _refuse_unless_ready(run, APPROVE)
    await _take_out_who_objected(database, recipients, agency, run, now=now)
    async with database.transaction(agency) as transaction:
        run = await _locked(transaction, run_id)
        _refuse_unless_ready(run, APPROVE)
        await store.approve_run(transaction, run_id, approved_by=approved_by, now=now)
        await letter_store.begin_transmission(transaction, run_id, now=now)
        return await publish_print_run(transaction, run_id)


async def _take_out_who_objected(
    database: Database,
    reader: RecipientReader,
    agency: AgencyId,
    run: PrintRunView,
    *,
    now: datetime,
) -> None:
    async with database.transaction(agency) as transaction:
        letters = await letter_store.letters_of(transaction, run.run_id)
    recipients = await reader.of(agency, [letter.customer_id for letter in letters])
    question = letter_question(run.template)
    if recipients.copied and must_wait(letters, recipients, question):
        raise ServiceAway("the classifier is away: nobody can say who objected meanwhile")
    objected = no_longer_allowed(letters, recipients, question, as_of=run.day)
    if not objected:
        return
    async with database.transaction(agency) as transaction:
        await store.lock_run(transaction, run.run_id)
        for start in range(0, len(objected), SLICE):
            part = objected[start : start + SLICE]
            ours = await letter_store.leave_out(transaction, part, run_id=run.run_id, now=now)
            ended = [each for each in part if each.message_id in ours]
            publish_next_states(transaction, ended, channel="letter", run=run.run_id)
        await store.render_anew(transaction, [run.run_id])
        transaction.ring("render_print_runs")
    raise LettersNoLongerAllowed(run.run_id, letters=len(objected))


async def release(
    *,
    database: Database,
    recipients: RecipientReader,
    folders: PrintFolders,
    agency: AgencyId,
    run_id: str,
    now: datetime,
) -> PrintRunView:
    """Hand an approved run over to the print shop; releasing twice is harmless.

    Everybody is asked again: who objected, died or was erased since the approval is taken out of
    the files. If nobody is left, the run is cancelled. Raises ``ServiceAway`` if nobody can be
    asked. The run's folder appears in the agency's folder by one rename, while its row is locked.
    If a kill follows the rename, the next call finds the folder there.
    """
    run = await read_print_run(database=database, agency=agency, run_id=run_id)
    gone = await _no_longer_allowed(database, recipients, agency, run)
    async with database.transaction(agency) as transaction:
        run = await _locked(transaction, run_id)
        if run.state != "released":
            _refuse_unless_ready(run, RELEASE)
            if not folders.is_handed_over(agency, run_id):
                run = await _without(transaction, folders, run, gone, now=now)
            if run.letters:
                await asyncio.to_thread(folders.hand_over, agency, run_id)
                await store.release_run(transaction, run_id, now=now)
            else:
                await store.cancel_run(transaction, run_id, reason="no_letters")
            run = await publish_print_run(transaction, run_id)
    await _end_letters(database, agency, run, now=now)
    return run


async def _no_longer_allowed(
    database: Database, reader: RecipientReader, agency: AgencyId, run: PrintRunView
) -> list[NextState]:
    """Return the ends of the letters of an approved run that must not leave any more."""
    if run.state not in RELEASE.before:
        return []
    async with database.transaction(agency) as transaction:
        letters = await letter_store.letters_of(transaction, run.run_id, approved=True)
    recipients = await reader.of(agency, [letter.customer_id for letter in letters])
    question = letter_question(run.template)
    if recipients.copied and must_wait(letters, recipients, question):
        raise ServiceAway("the classifier is away: nobody can say who objected meanwhile")
    return no_longer_allowed(letters, recipients, question, as_of=run.day)


async def _without(
    transaction: Transaction,
    folders: PrintFolders,
    run: PrintRunView,
    gone: Sequence[NextState],
    *,
    now: datetime,
) -> PrintRunView:
    """Take letters out of a locked run and of its files; return what is left of it."""
    if not gone:
        return run
    for start in range(0, len(gone), SLICE):
        part = gone[start : start + SLICE]
        ids = [each.message_id for each in part]
        await record_same(transaction, ids, outcome="cancelled", now=now)
        ours = await letter_store.leave_out(
            transaction, part, run_id=run.run_id, now=now, step=TAKE_OUT
        )
        ended = [each for each in part if each.message_id in ours]
        publish_next_states(transaction, ended, channel="letter", run=run.run_id)
    postage = await letter_store.postage_of(transaction, run.run_id)
    left = await asyncio.to_thread(
        take_out,
        folders.rendered(transaction.agency) / run.run_id,
        {str(each.message_id) for each in gone},
        postage_cents=postage,
    )
    await store.shrink_run(transaction, run.run_id, letters=left.letters, pages=left.pages)
    return run.model_copy(update={"letters": left.letters, "pages": left.pages})


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
    await _end_letters(database, agency, run, now=now)
    return run


async def end_half_ended_runs(*, database: Database, agency: AgencyId, now: datetime) -> None:
    """End the letters of runs whose process was killed after it ended the run itself."""
    async with database.transaction(agency) as transaction:
        runs = await store.half_ended_runs(transaction)
    for run in runs:
        await _end_letters(database, agency, run, now=now)


async def _end_letters(
    database: Database, agency: AgencyId, run: PrintRunView, *, now: datetime
) -> None:
    """End all letters of a run that ended, a thousand at a time."""
    released = run.state == "released"
    reason = None if released else (run.reason or "run_cancelled")
    while True:
        async with database.transaction(agency) as transaction:
            letters = await letter_store.end_letters_of_run(
                transaction,
                run.run_id,
                step=HAND_OVER if released else CANCEL_WITH_RUN,
                outcome="taken" if released else "cancelled",
                reason=reason,
                detail=SENTENCES.get(reason) if reason else None,
                now=now,
                limit=SLICE,
            )
            publish_ended_together(
                transaction,
                letters,
                state="sent" if released else "cancelled",
                reason=reason,
                channel="letter",
                run=run.run_id,
            )
        if len(letters) < SLICE:
            return


def _refuse_unless_ready(run: PrintRunView, step: PrintRunStep) -> None:
    if run.state not in step.before:
        raise PrintRunNotReady(run.run_id, run.state, needed=" or ".join(step.before))


async def _locked(transaction: Transaction, run_id: str) -> PrintRunView:
    run = await store.print_run(transaction, run_id, locked=True)
    if run is None:
        raise PrintRunNotFound(run_id)
    return run
