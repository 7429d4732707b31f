"""Print runs on their way to the print shop: looked at, approved, handed over, cancelled."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from services.notifier.domain.delivery import SENTENCES
from services.notifier.store import print_run_assembly
from services.notifier.store import print_runs as store
from services.notifier.usecases.letters import letter_question, must_wait, no_longer_allowed
from services.notifier.usecases.mailroom import Mailroom
from services.notifier.usecases.message_changes import announce_ended, announce_lost
from services.notifier.usecases.print_run_assembly import SLICE, rendered_directory
from services.notifier.usecases.recipients import look_up
from shared.clients.http import ServiceAway
from shared.contracts.dispatches import PrintRunState, PrintRunView
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction

FILES = {
    "letters.pdf": "application/pdf",
    "recipients.csv": "text/csv; charset=utf-8",
    "manifest.json": "application/json",
}


class PrintRunNotFound(Exception):
    """there is no such print run"""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"there is no print run {run_id}")


class PrintRunNotReady(Exception):
    """the print run is in another state than this needs"""

    def __init__(self, run_id: str, state: PrintRunState, *, wanted: str) -> None:
        super().__init__(f"the print run {run_id} is {state}; this needs one that is {wanted}")
        self.state = state


class PrintRunChanged(Exception):
    """somebody objected since the run was rendered"""

    def __init__(self, run_id: str, *, letters: int) -> None:
        super().__init__(
            f"{letters} letters of {run_id} must not leave any more; the run is rendered again "
            f"without them: look at it and approve it then"
        )
        self.letters = letters


class PrintFilesMissing(Exception):
    """the files of the run are not where they were written"""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"the files of {run_id} are missing; cancel the run and order it again")


async def list_print_runs(
    *, database: Database, agency: AgencyId, after: tuple[datetime, str] | None, limit: int
) -> Sequence[PrintRunView]:
    """Runs in the order of their making."""
    async with database.transaction(agency) as transaction:
        return await store.list_print_runs(transaction, after=after, limit=limit)


async def read_print_run(*, database: Database, agency: AgencyId, run_id: str) -> PrintRunView:
    """One run. Raises PrintRunNotFound."""
    async with database.transaction(agency) as transaction:
        return _found(await store.print_run(transaction, run_id), run_id)


async def file_of_run(*, room: Mailroom, agency: AgencyId, run_id: str, name: str) -> Path:
    """Where a file of a rendered run lies. Raises PrintRunNotFound, PrintRunNotReady or
    PrintFilesMissing."""
    run = await read_print_run(database=room.database, agency=agency, run_id=run_id)
    if run.state not in ("rendered", "approved", "released"):
        raise PrintRunNotReady(run_id, run.state, wanted="rendered")
    for folder in (_handed_over(room, agency), rendered_directory(room, agency)):
        path = folder / run_id / name
        if path.is_file():
            return path
    raise PrintFilesMissing(run_id)


async def approve(
    *, room: Mailroom, agency: AgencyId, run_id: str, approved_by: str
) -> PrintRunView:
    """Let a rendered run be handed over; approving twice is harmless.

    The law is asked a last time: where somebody objected since the run was rendered, their letter
    is taken out, the run is rendered again, and this raises PrintRunChanged. Raises
    PrintRunNotFound, PrintRunNotReady, or ServiceAway where nobody can be asked.
    """
    run = await read_print_run(database=room.database, agency=agency, run_id=run_id)
    if run.state in ("approved", "released"):
        return run
    if run.state != "rendered":
        raise PrintRunNotReady(run_id, run.state, wanted="rendered")
    await _take_out_who_objected(room, agency, run)
    now = room.clock.now()
    async with room.database.transaction(agency) as transaction:
        run = _found(await store.print_run(transaction, run_id, locked=True), run_id)
        if run.state != "rendered":
            raise PrintRunNotReady(run_id, run.state, wanted="rendered")
        await store.move_run(
            transaction, run_id, state="approved", approved_by=approved_by, now=now
        )
        await store.begin_handing_over(transaction, run_id, now=now)
        return await _told(transaction, run_id)


async def _take_out_who_objected(room: Mailroom, agency: AgencyId, run: PrintRunView) -> None:
    async with room.database.transaction(agency) as transaction:
        letters = await print_run_assembly.letters_of(transaction, run.run_id)
    recipients = await look_up(
        database=room.database,
        classifier=room.neighbours.classifier,
        agency=agency,
        customer_ids=[letter.customer_id for letter in letters],
    )
    question = letter_question(run.template)
    if recipients.copied and must_wait(letters, recipients, question):
        raise ServiceAway("the classifier is away: nobody can say who objected meanwhile")
    objected = no_longer_allowed(letters, recipients, question, as_of=run.day)
    if not objected:
        return
    async with room.database.transaction(agency) as transaction:
        await store.lock_run(transaction, run.run_id)
        now = room.clock.now()
        for start in range(0, len(objected), SLICE):
            part = objected[start : start + SLICE]
            ours = await print_run_assembly.end_letters(
                transaction, part, run_id=run.run_id, now=now
            )
            told = [each for each in part if each.message_id in ours]
            announce_ended(transaction, told, channel="letter", run=run.run_id)
        await store.render_anew(transaction, [run.run_id])
        transaction.ring("render_print_runs")
    raise PrintRunChanged(run.run_id, letters=len(objected))


async def release(*, room: Mailroom, agency: AgencyId, run_id: str) -> PrintRunView:
    """Hand an approved run over to the print shop; releasing twice is harmless.

    The run's folder appears in the agency's folder by one rename, while its row is locked; a
    kill right after it leaves a folder that the next call finds.
    """
    async with room.database.transaction(agency) as transaction:
        run = _found(await store.print_run(transaction, run_id, locked=True), run_id)
        if run.state != "released":
            if run.state != "approved":
                raise PrintRunNotReady(run_id, run.state, wanted="approved")
            await asyncio.to_thread(
                _move, rendered_directory(room, agency) / run_id, _handed_over(room, agency), run_id
            )
            await store.move_run(transaction, run_id, state="released", now=room.clock.now())
            run = await _told(transaction, run_id)
    await end_letters(room=room, agency=agency, run=run)
    return run


async def cancel(*, room: Mailroom, agency: AgencyId, run_id: str) -> PrintRunView:
    """Cancel a run that was not handed over, with all its letters; twice is harmless."""
    async with room.database.transaction(agency) as transaction:
        run = _found(await store.print_run(transaction, run_id, locked=True), run_id)
        if run.state not in ("cancelled", "failed"):
            handed_over = (_handed_over(room, agency) / run_id).exists()
            if run.state == "released" or handed_over:
                raise PrintRunNotReady(run_id, "released", wanted="not handed over yet")
            await store.move_run(
                transaction,
                run_id,
                state="cancelled",
                reason="run_cancelled",
                now=room.clock.now(),
            )
            run = await _told(transaction, run_id)
    await end_letters(room=room, agency=agency, run=run)
    return run


async def end_half_ended_runs(*, room: Mailroom, agency: AgencyId) -> None:
    """End the letters of runs whose process was killed after it ended the run itself."""
    async with room.database.transaction(agency) as transaction:
        runs = await store.half_ended_runs(transaction)
    for run in runs:
        await end_letters(room=room, agency=agency, run=run)


async def end_letters(*, room: Mailroom, agency: AgencyId, run: PrintRunView) -> None:
    """End all letters of a run that ended, a thousand at a time."""
    released = run.state == "released"
    reason = None if released else (run.reason or "run_cancelled")
    while True:
        async with room.database.transaction(agency) as transaction:
            letters = await store.end_letters_of_run(
                transaction,
                run.run_id,
                state="sent" if released else "cancelled",
                reason=reason,
                detail=SENTENCES.get(reason) if reason else None,
                now=room.clock.now(),
                limit=SLICE,
            )
            announce_lost(
                transaction,
                letters,
                state="sent" if released else "cancelled",
                reason=reason,
                channel="letter",
                run=run.run_id,
            )
        if len(letters) < SLICE:
            return


async def _told(transaction: Transaction, run_id: str) -> PrintRunView:
    run = _found(await store.print_run(transaction, run_id), run_id)
    transaction.publish(
        kind="print_run.changed",
        subject=run_id,
        payload={"run_id": run_id, "state": run.state, "letters": run.letters},
    )
    return run


def _found(run: PrintRunView | None, run_id: str) -> PrintRunView:
    if run is None:
        raise PrintRunNotFound(run_id)
    return run


def _handed_over(room: Mailroom, agency: AgencyId) -> Path:
    return room.print_directory / agency


def _move(rendered: Path, directory: Path, run_id: str) -> None:
    """Put a run where the print shop fetches it; harmless where it lies there already."""
    directory.mkdir(parents=True, exist_ok=True)
    if (directory / run_id).exists():
        return
    try:
        rendered.rename(directory / run_id)
    except FileNotFoundError as error:
        raise PrintFilesMissing(run_id) from error
