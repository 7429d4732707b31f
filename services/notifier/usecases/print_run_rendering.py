"""Print runs rendered by turns: claimed under a lease, set section by section, joined at the end.

A turn of the job sets as many sections as its time allows; the next one goes on behind them. What
is set lies aside, and the run keeps the position of the last letter. If a renderer is killed, the
next one takes up the run where it stood. A run that fails whatever is done about it ends as failed.
"""

import asyncio
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar
from uuid import UUID

import structlog

from services.notifier.channels.letters import LetterFailure, RenderedRun, render_run
from services.notifier.channels.print_files import Row, net_cents_of, postage_of
from services.notifier.channels.print_folders import PrintFolders
from services.notifier.channels.print_handoff import hand_off
from services.notifier.channels.print_parts import JoinedParts, Part, join_parts, write_part
from services.notifier.channels.templates import MessageTemplates
from services.notifier.domain.agency_profile import AgencyProfile
from services.notifier.domain.delivery import POISON_TRIES, RETRY_PAUSES, WAIT
from services.notifier.domain.posting_days import expected_posting
from services.notifier.domain.print_runs import (
    PrintRun,
    address_order,
    cheapest_product,
    leitregion,
    promotional_content,
)
from services.notifier.store import letters as letter_store
from services.notifier.store import print_run_assembly, print_runs
from services.notifier.store.emails import ClaimedMessage, NextState
from services.notifier.store.letters import PrintedLetter
from services.notifier.store.message_contents import Content
from services.notifier.store.print_run_assembly import ClaimedRun
from services.notifier.usecases.letters import address_of, compose, letter_question, must_wait
from services.notifier.usecases.message_changes import publish_next_states
from services.notifier.usecases.next_states import ended
from services.notifier.usecases.print_run_changes import publish_print_run
from services.notifier.usecases.print_run_ends import end_letters
from services.notifier.usecases.recipients import RecipientReader, Recipients
from shared.clients.http import ServiceRefused
from shared.clock import Clock
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction
from shared.db.failures import is_transient
from shared.db.leases import LeasedTable
from shared.turns import Turn

log = structlog.get_logger(__name__)

Result = TypeVar("Result")

SECTION_LETTERS = 250
"""Letters set between two looks at the turn: half a second of work, a minute on a busy machine."""


class RunChangedMeanwhile(Exception):
    """the run was cancelled, or lost a letter, while it was rendered"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRenderer:
    """Renders the runs of one agency."""

    agency: AgencyId
    database: Database
    clock: Clock
    profile: AgencyProfile
    recipients: RecipientReader
    templates: MessageTemplates
    folders: PrintFolders
    quiet_seconds: float
    leased: LeasedTable

    async def render_next(self, turn: Turn) -> None:
        """Render a run that has been quiet, as far as the turn goes, if there is one."""
        async with self.database.transaction(self.agency) as transaction:
            claimed = await print_run_assembly.claim_run(
                transaction, self.leased, quiet_seconds=self.quiet_seconds
            )
        if claimed is None:
            return
        token, run = claimed
        async with self.leased.kept_alive(self.database, self.agency, token):
            try:
                await self._render(run, token, turn)
            except RunChangedMeanwhile as changed:
                log.info("print run is rendered anew", agency=self.agency, because=str(changed))
                await self._tidy(run)
            except Exception as error:
                if is_transient(error):
                    raise
                await self._note_failure(run, token, error)

    async def _render(self, run: ClaimedRun, token: UUID, turn: Turn) -> None:
        """Set section after section until all letters are set or the turn is over."""
        if not run.placed and not await self._place(run, token):
            return
        done = run.letters_done if run.placed else 0
        while turn.goes_on():
            async with self.database.transaction(self.agency) as transaction:
                last, messages = await letter_store.section_of(
                    transaction, run.run_id, after=done, limit=SECTION_LETTERS
                )
            if not messages:
                await self._finish(run, token)
                return
            if not await self._set_section(run, token, messages, last=last):
                return
            done = last
        async with self.database.transaction(self.agency) as transaction:
            await self.leased.release(transaction, token)

    async def _place(self, run: ClaimedRun, token: UUID) -> bool:
        """Put the letters of a run in the order of their addresses; false if it must wait."""
        async with self.database.transaction(self.agency) as transaction:
            messages = await letter_store.letters_of(transaction, run.run_id)
        recipients = await self._recipients_of(run, token, messages)
        if recipients is None:
            return False
        working = self.folders.being_rendered(self.agency, run.run_id)
        await asyncio.to_thread(shutil.rmtree, working, ignore_errors=True)
        ordered = sorted(messages, key=lambda each: _order_of(each, recipients))
        async with self.database.transaction(self.agency) as transaction:
            if not await print_run_assembly.begin_printing(transaction, run.run_id, token=token):
                raise RunChangedMeanwhile(run.run_id)
            ids = [each.message_id for each in ordered]
            await letter_store.place(transaction, ids, run_id=run.run_id)
        return True

    async def _recipients_of(
        self, run: ClaimedRun, token: UUID, messages: Sequence[ClaimedMessage]
    ) -> Recipients | None:
        """Return whom the letters go to; None if the run waits for the classifier."""
        recipients = await self.recipients.of(self.agency, [each.customer_id for each in messages])
        if not recipients.copied or not must_wait(
            messages, recipients, letter_question(run.template)
        ):
            return recipients
        async with self.database.transaction(self.agency) as transaction:
            await print_run_assembly.postpone_run(
                transaction, self.leased, token=token, reason="classifier_away"
            )
        return None

    async def _set_section(
        self, run: ClaimedRun, token: UUID, messages: Sequence[ClaimedMessage], *, last: int
    ) -> bool:
        """Set the next letters of a run and keep them; false if the run must wait."""
        recipients = await self._recipients_of(run, token, messages)
        if recipients is None:
            return False
        work = partial(self._set_and_put_aside, run, messages, recipients, last)
        decided = await _in_thread(work)
        async with self.database.transaction(self.agency) as transaction:
            if not await print_run_assembly.note_progress(
                transaction, run.run_id, token=token, letters_done=last
            ):
                raise RunChangedMeanwhile(run.run_id)
            await self._enter_next_states(transaction, run, decided)
        return True

    def _set_and_put_aside(
        self,
        run: ClaimedRun,
        messages: Sequence[ClaimedMessage],
        recipients: Recipients,
        number: int,
        stop: threading.Event,
    ) -> list[NextState]:
        """Write and set letters, and put their pages aside as one part of the run. Blocking.

        Returns how those go on that are not printed.
        """
        now = self.clock.now()
        composed = compose(messages, recipients, self.templates, self.profile, run, now=now)
        folder = self.folders.being_rendered(self.agency, run.run_id)
        folder.mkdir(parents=True, exist_ok=True)
        pdf = folder / f"{number:06}.pdf"
        rendered = render_run(
            composed.letters, identity=self.profile.sender, run=self._order(run), pdf=pdf, stop=stop
        )
        part = Part(
            letters=rendered.letters,
            bases=composed.bases,
            template_version=self.templates.version_of(run.template),
            form=self.profile.letter_form,
        )
        if rendered.letters:
            write_part(folder, number, part, pdf.read_bytes())
        pdf.unlink()
        return [*composed.decided, *_failed(rendered.failures, messages)]

    async def _enter_next_states(
        self, transaction: Transaction, run: ClaimedRun, decided: Sequence[NextState]
    ) -> None:
        """End the letters that are not printed, and put off those that may be later."""
        ends = [each for each in decided if each.state != "accepted"]
        later = [each for each in decided if each.state == "accepted"]
        ours = await letter_store.leave_out(
            transaction, ends, run_id=run.run_id, now=self.clock.now()
        )
        left = [each for each in ends if each.message_id in ours]
        publish_next_states(transaction, left, channel="letter", run=run.run_id)
        await letter_store.put_off(transaction, later, run_id=run.run_id)

    async def _finish(self, run: ClaimedRun, token: UUID) -> None:
        """Join what was set and let the run wait for approval; cancel a run of nobody."""
        async with self.database.transaction(self.agency) as transaction:
            waiting = await letter_store.letters_of(transaction, run.run_id)
        wanted = {str(each.message_id) for each in waiting}
        joined, rows = await _in_thread(partial(self._join, run, wanted))
        if joined.missing:
            log.warning("a part of a print run is lost", agency=self.agency, run=run.run_id)
            async with self.database.transaction(self.agency) as transaction:
                await print_run_assembly.start_over(transaction, run.run_id, token=token)
            return
        async with self.database.transaction(self.agency) as transaction:
            await self._end_rendering(transaction, run, token, joined, rows)
        working = self.folders.being_rendered(self.agency, run.run_id)
        await asyncio.to_thread(shutil.rmtree, working, ignore_errors=True)

    def _join(
        self, run: ClaimedRun, wanted: set[str], stop: threading.Event
    ) -> tuple[JoinedParts, Sequence[Row]]:
        """Join the parts of a run and put its files where they wait for approval. Blocking."""
        working = self.folders.being_rendered(self.agency, run.run_id)
        working.mkdir(parents=True, exist_ok=True)
        order = self._order(run)
        joined = join_parts(
            working, wanted=wanted, order=order, pdf=working / "letters.pdf", stop=stop
        )
        # What an earlier attempt put aside no longer holds: contacts may have changed since.
        directory = self.folders.rendered(self.agency)
        shutil.rmtree(directory / run.run_id, ignore_errors=True)
        if joined.missing or not joined.run.letters:
            return joined, ()
        order = self._order(run, joined.run)
        return joined, hand_off(joined.run, run=order, directory=directory).rows

    async def _end_rendering(
        self,
        transaction: Transaction,
        run: ClaimedRun,
        token: UUID,
        joined: JoinedParts,
        rows: Sequence[Row],
    ) -> None:
        printed = _printed(joined, rows)
        finished = await print_run_assembly.finish_rendering(
            transaction,
            run_id=run.run_id,
            token=token,
            state="rendered" if printed else "cancelled",
            reason=None if printed else "no_letters",
            letters=len(printed),
            pages=joined.run.pages,
            now=self.clock.now(),
        )
        if not finished or not await letter_store.keep_printed(
            transaction, printed, run_id=run.run_id
        ):
            raise RunChangedMeanwhile(run.run_id)
        await print_runs.note_files(
            transaction,
            run.run_id,
            letters=len(printed),
            pages=joined.run.pages,
            postage=postage_of(rows),
        )
        await publish_print_run(transaction, run.run_id)

    async def _note_failure(self, run: ClaimedRun, token: UUID, error: Exception) -> None:
        """Let a run that could not be rendered wait, or end it after a few tries.

        What says nothing about its letters does not count. The kind of the error is logged, not its
        words, which may hold personal data.
        """
        fault = _not_of_the_letters(error)
        reason = fault or "preparation_failed"
        log.error(
            "print run not rendered",
            agency=self.agency,
            run=run.run_id,
            reason=reason,
            error=type(error).__name__,
        )
        if fault is None and run.failures + 1 >= POISON_TRIES:
            await self._fail(run, token, reason)
            return
        pause = RETRY_PAUSES[run.failures] if fault is None else WAIT
        async with self.database.transaction(self.agency) as transaction:
            await print_run_assembly.postpone_run(
                transaction,
                self.leased,
                token=token,
                reason=reason,
                wait_seconds=pause.total_seconds(),
                counts=fault is None,
            )

    async def _fail(self, run: ClaimedRun, token: UUID, reason: str) -> None:
        """End a run with all its letters."""
        async with self.database.transaction(self.agency) as transaction:
            if not await print_run_assembly.fail_run(
                transaction, run.run_id, token=token, reason=reason
            ):
                return
            view = await publish_print_run(transaction, run.run_id)
        await end_letters(self.database, self.agency, view, now=self.clock.now())
        await self._tidy(run)

    async def _tidy(self, run: ClaimedRun) -> None:
        """Delete what lies aside of a run that was cancelled or failed meanwhile."""
        async with self.database.transaction(self.agency) as transaction:
            found = await print_runs.print_run(transaction, run.run_id)
        if found is not None and found.state in ("cancelled", "failed"):
            await asyncio.to_thread(self.folders.discard, self.agency, run.run_id)

    def _order(self, run: ClaimedRun, rendered: RenderedRun | None = None) -> PrintRun:
        """Return how a run is printed, and how it is posted once its letters are known."""
        letters = [each.letter for each in rendered.letters] if rendered else []
        return PrintRun(
            run_id=run.run_id,
            agency=self.agency,
            created_on=run.day,
            due_on=expected_posting(run.day, state=self.profile.federal_state),
            form=self.profile.letter_form,
            product=cheapest_product(
                promotional_content(letters), [leitregion(each.address) for each in letters]
            ),
        )


def _not_of_the_letters(error: Exception) -> str | None:
    """Return what must be mended on our side before any run can be rendered; None if this one is
    broken."""
    if isinstance(error, ServiceRefused):
        return "classifier_refuses"
    return "print_folder_unusable" if isinstance(error, OSError) else None


async def _in_thread(work: Callable[[threading.Event], Result]) -> Result:
    """Do work in a thread, which is told to stop if we are."""
    stop = threading.Event()
    try:
        return await asyncio.to_thread(work, stop)
    finally:
        stop.set()


def _order_of(message: ClaimedMessage, recipients: Recipients) -> tuple[object, ...]:
    """Return where a letter stands in its run; those of unknown customers come first."""
    contact = recipients.contacts.get(message.customer_id)
    letter_id = str(message.message_id)
    return address_order(address_of(contact), letter_id) if contact else (False, "", letter_id)


def _failed(
    failures: Sequence[LetterFailure], messages: Sequence[ClaimedMessage]
) -> list[NextState]:
    """Return the ends of letters that could not be typeset."""
    by_id = {str(message.message_id): message for message in messages}
    return [
        ended(by_id[each.letter_id], "failed", "letter_not_printable", each.reason)
        for each in failures
    ]


def _printed(joined: JoinedParts, rows: Sequence[Row]) -> list[PrintedLetter]:
    return [
        PrintedLetter(
            content=Content(
                message_id=UUID(each.letter.letter_id),
                subject=each.letter.subject,
                digest=bytes.fromhex(each.content_sha256),
                basis=joined.bases[each.letter.letter_id],
                template_version=joined.versions[each.letter.letter_id],
            ),
            sheets=each.sheets,
            postage_cents=net_cents_of(row),
            page_from=each.page_from,
            page_to=each.page_to,
        )
        for each, row in zip(joined.run.letters, rows, strict=True)
    ]
