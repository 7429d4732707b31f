"""Takes an erased customer out of the files of print runs, wherever these lie.

Doing it again changes nothing: a follower that was killed or took too long begins anew, and what is
done already costs a look at the recipients.
"""

import asyncio
import json
import shutil
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from services.notifier.channels.print_files import MANIFEST
from services.notifier.channels.print_folders import PrintFilesMissing, PrintFolders
from services.notifier.channels.print_removal import ReissuedRun, reissue
from services.notifier.domain.delivery import SENTENCES
from services.notifier.domain.messages import RELEASE, TAKE_OUT
from services.notifier.store import letters as letter_store
from services.notifier.store import print_runs as store
from services.notifier.store.delivery_attempts import record_same
from services.notifier.store.emails import NextState
from services.notifier.usecases.message_changes import publish_next_states
from services.notifier.usecases.print_run_changes import publish_print_run
from shared.contracts.dispatches import PrintRunView
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction

RunsOfCustomer = Sequence[tuple[PrintRunView, list[UUID]]]


async def erase_from_runs(
    transaction: Transaction,
    folders: PrintFolders,
    customer_id: CustomerId,
    *,
    rendered_anew: Sequence[str],
    further: RunsOfCustomer,
    now: datetime,
) -> None:
    """Take a customer's letters out of the files of these locked runs.

    What is rendered anew or was cancelled loses its files. Out of an approved run the letters are
    taken as at its release. A released run keeps the sums of what the print shop got in its rows
    here, and its files lose the pages.
    """
    agency = transaction.agency
    for run_id in rendered_anew:
        await asyncio.to_thread(folders.discard, agency, run_id)
    for run, letters in further:
        if run.state in RELEASE.before:
            await _take_out_of_approved(transaction, folders, run, customer_id, letters, now=now)
        elif run.state in RELEASE.after:
            folder = folders.released_run(agency, run.run_id)
            if folder is not None:
                await asyncio.to_thread(_empty_released, folder, letters)
        else:
            await asyncio.to_thread(folders.discard, agency, run.run_id)


async def _take_out_of_approved(
    transaction: Transaction,
    folders: PrintFolders,
    run: PrintRunView,
    customer_id: CustomerId,
    letters: Sequence[UUID],
    *,
    now: datetime,
) -> None:
    lying = await letter_store.letters_of(transaction, run.run_id, approved=True)
    gone = [
        NextState(
            message_id=each.message_id,
            dispatch_id=each.dispatch_id,
            customer_id=customer_id,
            state="suppressed",
            reason="customer_erased",
            detail=SENTENCES["customer_erased"],
        )
        for each in lying
        if each.customer_id == customer_id
    ]
    await record_same(transaction, [e.message_id for e in gone], outcome="cancelled", now=now)
    await letter_store.leave_out(transaction, gone, run_id=run.run_id, now=now, step=TAKE_OUT)
    publish_next_states(transaction, gone, channel="letter", run=run.run_id)
    try:
        folder = folders.waiting_run(transaction.agency, run.run_id)
    except PrintFilesMissing:
        return
    left = await asyncio.to_thread(_without, folder, letters)
    await store.note_files(
        transaction, run.run_id, letters=left.letters, pages=left.pages, postage=left.postage
    )
    if not left.letters:
        await store.cancel_run(transaction, run.run_id, reason="no_letters")
        await asyncio.to_thread(folders.discard, transaction.agency, run.run_id)
    await publish_print_run(transaction, run.run_id)


def _empty_released(folder: Path, letters: Sequence[UUID]) -> None:
    if not _without(folder, letters).letters:
        shutil.rmtree(folder)  # a file without pages can be read by nobody


def _without(folder: Path, letters: Sequence[UUID]) -> ReissuedRun:
    """The files without these letters, for the day of posting that they have."""
    due_on = json.loads((folder / MANIFEST).read_bytes())["due_on"]
    gone = {str(each) for each in letters}
    return reissue(folder, without=gone, due_on=date.fromisoformat(due_on))
