"""Print runs rendered: claimed under a lease, written, typeset, and read back.

If a run's renderer is killed, the run is rendered again under the same id. Its files lie aside
until it is approved, and each rendering replaces them whole.
"""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog

from services.notifier.channels.letters import RenderedLetter, RenderedRun, render_run
from services.notifier.channels.print_folders import PrintFolders
from services.notifier.channels.print_handoff import hand_off
from services.notifier.channels.templates import MessageTemplates
from services.notifier.domain.agency_profile import AgencyProfile
from services.notifier.domain.letters import Letter
from services.notifier.domain.posting_days import posting_day
from services.notifier.domain.print_runs import PrintRun, cheapest_product, expected_postage
from services.notifier.store import letters as letter_store
from services.notifier.store import print_run_assembly
from services.notifier.store.emails import ClaimedMessage, NextState
from services.notifier.store.letters import PrintedLetter
from services.notifier.store.message_contents import Content
from services.notifier.store.print_run_assembly import ClaimedRun
from services.notifier.usecases.letters import ComposedRun, compose, letter_question, must_wait
from services.notifier.usecases.message_changes import publish_next_states
from services.notifier.usecases.next_states import ended
from services.notifier.usecases.print_run_changes import publish_print_run
from services.notifier.usecases.recipients import RecipientReader
from shared.clock import Clock
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database
from shared.db.leases import LeasedTable

log = structlog.get_logger(__name__)

POSTED_AFTER = timedelta(days=3)
"""When the print shop is expected to post: decides whose price table counts."""
SLICE = 1000


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

    async def render_next(self) -> None:
        """Render a run that has been quiet; do nothing if there is none."""
        async with self.database.transaction(self.agency) as transaction:
            claimed = await print_run_assembly.claim_run(
                transaction, self.leased, quiet_seconds=self.quiet_seconds
            )
        if claimed is None:
            return
        token, run = claimed
        async with self.leased.kept_alive(self.database, self.agency, token):
            try:
                await self._render(run, token)
            except RunChangedMeanwhile as changed:
                log.info("print run is rendered anew", agency=self.agency, because=str(changed))

    async def _render(self, run: ClaimedRun, token: UUID) -> None:
        async with self.database.transaction(self.agency) as transaction:
            messages = await letter_store.letters_of(transaction, run.run_id)
        recipients = await self.recipients.of(
            self.agency, [message.customer_id for message in messages]
        )
        if recipients.copied and must_wait(messages, recipients, letter_question(run.template)):
            async with self.database.transaction(self.agency) as transaction:
                await print_run_assembly.postpone_run(
                    transaction, self.leased, token=token, reason="classifier_away"
                )
            return
        composed = await asyncio.to_thread(
            compose, messages, recipients, self.templates, self.profile, run
        )
        rendered: RenderedRun | None = None
        if composed.letters:
            rendered = await asyncio.to_thread(self._put_aside, composed.letters, run)
        now = self.clock.now()
        await self._end_unprinted(run, _unprinted(composed, rendered, messages), now)
        await self._finish(run, token, self._printed(run, composed, rendered), rendered, now)

    def _put_aside(self, letters: Sequence[Letter], run: ClaimedRun) -> RenderedRun:
        """Render a run and put its files where they wait for approval. Blocking."""
        printed = self._order(run, letters)
        directory = self.folders.rendered(self.agency)
        working = _emptied(directory / f".rendering-{run.run_id}")
        rendered = render_run(
            letters, identity=self.profile.sender, run=printed, pdf=working / "letters.pdf"
        )
        # What an earlier attempt put aside no longer holds: contacts may have changed since.
        shutil.rmtree(directory / run.run_id, ignore_errors=True)
        if rendered.letters:
            hand_off(rendered, run=printed, directory=directory)
        shutil.rmtree(working)
        return rendered

    def _order(self, run: ClaimedRun, letters: Sequence[Letter]) -> PrintRun:
        return PrintRun(
            run_id=run.run_id,
            agency=self.agency,
            created_on=run.day,
            due_on=posting_day(run.day + POSTED_AFTER),
            product=cheapest_product(letters),
        )

    async def _end_unprinted(
        self, run: ClaimedRun, decided: Sequence[NextState], now: datetime
    ) -> None:
        """End the letters that are not printed, a thousand at a time."""
        for start in range(0, len(decided), SLICE):
            part = decided[start : start + SLICE]
            async with self.database.transaction(self.agency) as transaction:
                ours = await letter_store.leave_out(transaction, part, run_id=run.run_id, now=now)
                publish_next_states(
                    transaction,
                    [each for each in part if each.message_id in ours],
                    channel="letter",
                    run=run.run_id,
                )

    def _printed(
        self, run: ClaimedRun, composed: ComposedRun, rendered: RenderedRun | None
    ) -> list[PrintedLetter]:
        if rendered is None:
            return []
        version = self.templates.version_of(run.template)
        order = self._order(run, composed.letters)
        return [_printed(each, order, composed.bases, version) for each in rendered.letters]

    async def _finish(
        self,
        run: ClaimedRun,
        token: UUID,
        printed: Sequence[PrintedLetter],
        rendered: RenderedRun | None,
        now: datetime,
    ) -> None:
        """Let the run wait for its approval; cancel it if no letter of it is left."""
        async with self.database.transaction(self.agency) as transaction:
            finished = await print_run_assembly.finish_rendering(
                transaction,
                run_id=run.run_id,
                token=token,
                state="rendered" if printed else "cancelled",
                reason=None if printed else "no_letters",
                letters=len(printed),
                pages=rendered.pages if rendered else 0,
                now=now,
            )
            if not finished or not await letter_store.keep_printed(
                transaction, printed, run_id=run.run_id
            ):
                raise RunChangedMeanwhile(f"{run.run_id}: {RunChangedMeanwhile.__doc__}")
            await publish_print_run(transaction, run.run_id)


def _unprinted(
    composed: ComposedRun, rendered: RenderedRun | None, messages: Sequence[ClaimedMessage]
) -> list[NextState]:
    """Return the ends of letters that must not leave or could not be typeset."""
    by_id = {str(message.message_id): message for message in messages}
    failures = rendered.failures if rendered else ()
    return [
        *composed.decided,
        *(
            ended(by_id[each.letter_id], "failed", "letter_not_printable", each.reason)
            for each in failures
        ),
    ]


def _emptied(working: Path) -> Path:
    """Return the run's working folder, without what a killed renderer left in it."""
    shutil.rmtree(working, ignore_errors=True)
    working.mkdir(parents=True)
    return working


def _printed(
    rendered: RenderedLetter, run: PrintRun, bases: Mapping[str, str], template_version: str
) -> PrintedLetter:
    letter = rendered.letter
    return PrintedLetter(
        content=Content(
            message_id=UUID(letter.letter_id),
            subject=letter.subject,
            digest=bytes.fromhex(rendered.content_sha256),
            basis=bases[letter.letter_id],
            template_version=template_version,
        ),
        sheets=rendered.sheets,
        postage_cents=expected_postage(run, address=letter.address, grams=rendered.weight_g),
        page_from=rendered.page_from,
        page_to=rendered.page_to,
    )
