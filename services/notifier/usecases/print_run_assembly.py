"""Print runs assembled from the letters that are due, rendered, and read back.

A run that is killed while it is rendered is rendered again under the same id; what lies aside of
it until its approval is replaced whole.
"""

import asyncio
import shutil
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import structlog

from services.notifier.channels.letters import RenderedRun, render_run
from services.notifier.channels.print_handoff import hand_off
from services.notifier.domain.delivery import SENTENCES, WAIT
from services.notifier.domain.letters import Letter
from services.notifier.domain.print_runs import PrintRun, cheapest_product
from services.notifier.store import emails, print_run_assembly, print_runs
from services.notifier.store.emails import ClaimedMessage, Content
from services.notifier.store.print_run_assembly import ClaimedRun
from services.notifier.usecases.agency_profile import Surroundings, SurroundingsUnknown
from services.notifier.usecases.email_preparation import ended
from services.notifier.usecases.leases import kept_lease
from services.notifier.usecases.letters import ComposedRun, compose, letter_question, must_wait
from services.notifier.usecases.mailroom import Mailroom
from services.notifier.usecases.message_changes import announce_ended
from services.notifier.usecases.recipients import look_up
from shared.contracts.identities import SenderIdentity
from shared.contracts.vocabulary import AgencyId

log = structlog.get_logger(__name__)

LARGEST_RUN = 10_000
"""Letters of one run: rendered within half a minute, well below the time of a job."""
POSTED_AFTER = timedelta(days=3)
"""When the print shop is expected to post: decides whose price table counts."""
SLICE = 1000
SLICE_SECONDS = 40.0


class RunChangedMeanwhile(Exception):
    """the run was cancelled, or lost a letter, while it was rendered"""


def rendered_directory(room: Mailroom, agency: AgencyId) -> Path:
    """Where runs wait for their approval: beside the agencies' folders, on the same disk."""
    return room.print_directory / ".rendered" / agency


async def render_print_runs(*, room: Mailroom, agency: AgencyId) -> None:
    """Put what is due into print runs, and render each run that has been quiet for a moment."""
    surroundings = await _open_for_printing(room, agency)
    if surroundings is None:
        return
    deadline = time.monotonic() + SLICE_SECONDS
    while time.monotonic() < deadline:
        await _assemble(room, agency, surroundings)
        async with room.database.transaction(agency) as transaction:
            wait = await print_run_assembly.seconds_until_quiet(
                transaction, quiet_seconds=room.gathering_seconds
            )
        if wait is None:
            return
        # More letters of the same day are on their way: batches come a second apart.
        await asyncio.sleep(max(0.05, min(wait, room.gathering_seconds)))
        if not await _render_one(room, agency, surroundings):
            continue
    async with room.database.transaction(agency) as transaction:
        transaction.ring("render_print_runs")


async def _open_for_printing(
    room: Mailroom, agency: AgencyId
) -> tuple[Surroundings, SenderIdentity] | None:
    reason = "sender_identity_missing"
    try:
        surroundings = await room.surroundings.of(agency)
        if surroundings.agency.sender is not None:
            return surroundings, surroundings.agency.sender
    except SurroundingsUnknown:
        reason = "classifier_away"
    now = room.clock.now()
    async with room.database.transaction(agency) as transaction:
        await emails.postpone(
            transaction,
            channel="letter",
            until=now + WAIT,
            reason=reason,
            detail=SENTENCES[reason],
            now=now,
            waiting_customers_too=True,
        )
    return None


async def _assemble(
    room: Mailroom, agency: AgencyId, sender: tuple[Surroundings, SenderIdentity]
) -> None:
    now = room.clock.now()
    day = now.astimezone(sender[0].zone).date()
    async with room.database.transaction(agency) as transaction:
        await print_run_assembly.lock_assembly(transaction)
        while templates := await print_run_assembly.due_templates(transaction, now=now):
            joined = [
                await print_run_assembly.assemble(
                    transaction, template=template, day=day, now=now, room=LARGEST_RUN
                )
                for template in templates
            ]
            if not all(joined):  # what is left is being cancelled at this moment
                return


async def _render_one(
    room: Mailroom, agency: AgencyId, sender: tuple[Surroundings, SenderIdentity]
) -> bool:
    token = uuid4()
    async with room.database.transaction(agency) as transaction:
        run = await print_run_assembly.claim_run(
            transaction,
            token=token,
            quiet_seconds=room.gathering_seconds,
            lease_seconds=room.lease_seconds,
        )
    if run is None:
        return False
    keep = partial(print_run_assembly.keep_run_lease, token=token, lease_seconds=room.lease_seconds)
    async with kept_lease(
        database=room.database, agency=agency, keep=keep, lease_seconds=room.lease_seconds
    ):
        try:
            await _render_claimed(room, agency, sender, run, token)
        except RunChangedMeanwhile as changed:
            log.info("print run is rendered anew", agency=agency, because=str(changed))
    return True


async def _render_claimed(
    room: Mailroom,
    agency: AgencyId,
    sender: tuple[Surroundings, SenderIdentity],
    run: ClaimedRun,
    token: UUID,
) -> None:
    async with room.database.transaction(agency) as transaction:
        messages = await print_run_assembly.letters_of(transaction, run.run_id)
    recipients = await look_up(
        database=room.database,
        classifier=room.neighbours.classifier,
        agency=agency,
        customer_ids=[message.customer_id for message in messages],
    )
    if recipients.copied and must_wait(messages, recipients, letter_question(run.template)):
        async with room.database.transaction(agency) as transaction:
            await print_run_assembly.postpone_run(
                transaction, token=token, reason="classifier_away"
            )
        return
    composed = await asyncio.to_thread(compose, messages, recipients, room.templates, sender, run)
    rendered: RenderedRun | None = None
    if composed.letters:
        rendered = await asyncio.to_thread(
            _put_aside, composed.letters, sender[1], agency, run, rendered_directory(room, agency)
        )
    await _finish(room, agency, run, token, composed, rendered, messages)


def _put_aside(
    letters: Sequence[Letter],
    identity: SenderIdentity,
    agency: AgencyId,
    run: ClaimedRun,
    directory: Path,
) -> RenderedRun:
    """Render a run and put its files where they wait for approval. Blocking."""
    printed = PrintRun(
        run_id=run.run_id,
        agency=agency,
        created_on=run.day,
        due_on=run.day + POSTED_AFTER,
        product=cheapest_product(letters),
    )
    directory.mkdir(parents=True, exist_ok=True)
    # Named after the run: what a killed renderer left here goes with the next attempt.
    working = directory / f".rendering-{run.run_id}"
    shutil.rmtree(working, ignore_errors=True)
    working.mkdir()
    rendered = render_run(letters, identity=identity, run=printed, pdf=working / "letters.pdf")
    # What an earlier attempt put aside no longer holds: contacts may have changed since.
    shutil.rmtree(directory / run.run_id, ignore_errors=True)
    if rendered.letters:
        hand_off(rendered, run=printed, directory=directory)
    shutil.rmtree(working)
    return rendered


async def _finish(
    room: Mailroom,
    agency: AgencyId,
    run: ClaimedRun,
    token: UUID,
    composed: ComposedRun,
    rendered: RenderedRun | None,
    messages: Sequence[ClaimedMessage],
) -> None:
    """Tell what is not printed, a thousand at a time, then let the run wait for its approval."""
    by_id = {str(message.message_id): message for message in messages}
    failures = rendered.failures if rendered else ()
    settled = [
        *composed.settled,
        *(
            ended(by_id[each.letter_id], "failed", "letter_not_printable", each.reason)
            for each in failures
        ),
    ]
    now = room.clock.now()
    for start in range(0, len(settled), SLICE):
        part = settled[start : start + SLICE]
        async with room.database.transaction(agency) as transaction:
            ours = await print_run_assembly.end_letters(
                transaction, part, run_id=run.run_id, now=now
            )
            announce_ended(
                transaction,
                [each for each in part if each.message_id in ours],
                channel="letter",
                run=run.run_id,
            )
    printed = rendered.letters if rendered else ()
    contents = [_content(each.letter, each.content_sha256, composed.bases) for each in printed]
    await _approve_later(
        room, agency, run.run_id, token, contents, rendered.pages if rendered else 0, now
    )


async def _approve_later(
    room: Mailroom,
    agency: AgencyId,
    run_id: str,
    token: UUID,
    contents: Sequence[Content],
    pages: int,
    now: datetime,
) -> None:
    async with room.database.transaction(agency) as transaction:
        finished = await print_run_assembly.finish_rendering(
            transaction,
            contents,
            run_id=run_id,
            token=token,
            state="rendered" if contents else "cancelled",
            reason=None if contents else "no_letters",
            pages=pages,
            now=now,
        )
        if not finished:
            raise RunChangedMeanwhile(f"{run_id}: {RunChangedMeanwhile.__doc__}")
        run = await print_runs.print_run(transaction, run_id)
        assert run is not None
        transaction.publish(
            kind="print_run.changed",
            subject=run_id,
            payload={"run_id": run_id, "state": run.state, "letters": run.letters},
        )


def _content(letter: Letter, digest: str, bases: Mapping[str, str]) -> Content:
    return Content(
        message_id=UUID(letter.letter_id),
        subject=letter.subject,
        digest=bytes.fromhex(digest),
        basis=bases[letter.letter_id],
    )
