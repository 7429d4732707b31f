"""Written letters asked about again: may they still leave, and do they still go there?"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.notifier.channels.print_files import addressed_to, recipient_cells
from services.notifier.channels.print_folders import PrintFolders
from services.notifier.domain.agency_profile import AgencyProfile
from services.notifier.domain.messages import RELEASE
from services.notifier.store import letters as letter_store
from services.notifier.store import print_runs
from services.notifier.store.emails import ClaimedMessage, NextState
from services.notifier.usecases.agency_profile import AgencyProfileReader, ProfileUnavailable
from services.notifier.usecases.letters import (
    address_of,
    letter_question,
    must_wait,
    no_longer_allowed,
)
from services.notifier.usecases.recipients import RecipientReader, Recipients, person_of
from shared.clients.http import ServiceAway, ServiceRefused
from shared.contracts.dispatches import PrintRunView
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """Letters that must not leave any more, with their ends, and those that go elsewhere now."""

    gone: Sequence[NextState]
    readdressed: Sequence[ClaimedMessage]

    @property
    def letter_ids(self) -> set[str]:
        """All letters that cannot stay in their run as they were written."""
        moved = {str(each.message_id) for each in self.readdressed}
        return moved | {str(each.message_id) for each in self.gone}


UNCHANGED = Recheck(gone=(), readdressed=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Rechecker:
    """Asks the classifier about the letters of runs that lie in the folders."""

    database: Database
    profiles: AgencyProfileReader
    recipients: RecipientReader
    folders: PrintFolders

    async def of(self, agency: AgencyId, run: PrintRunView, *, now: datetime) -> Recheck:
        """Return what is no longer right in a rendered or approved run.

        Whoever objected, died or was erased is gone, and so is what comes too late by now; who
        moved or has another name is addressed anew. Raises ``ServiceAway`` if nobody can be asked,
        and ``PrintFilesMissing``.
        """
        async with self.database.transaction(agency) as transaction:
            letters = await letter_store.letters_of(
                transaction, run.run_id, approved=run.state in RELEASE.before
            )
        profile = await self.profile_of(agency)
        recipients = await self._recipients_of(agency, letters)
        question = letter_question(run.template)
        if recipients.copied and must_wait(letters, recipients, question):
            raise ServiceAway("the classifier is away: nobody can say who objected meanwhile")
        gone = no_longer_allowed(letters, recipients, question, profile, now=now)
        ended = {each.message_id for each in gone}
        async with self.database.transaction(agency) as transaction:
            await print_runs.lock_run(transaction, run.run_id)  # or its files move while we read
            printed = await asyncio.to_thread(self._printed, agency, run.run_id)
        staying = [each for each in letters if each.message_id not in ended]
        moved = [each for each in staying if _goes_elsewhere(each, recipients, printed)]
        return Recheck(gone=gone, readdressed=moved)

    def _printed(self, agency: AgencyId, run_id: str) -> dict[str, tuple[str, ...]]:
        return addressed_to(self.folders.waiting_run(agency, run_id))

    async def _recipients_of(
        self, agency: AgencyId, letters: Sequence[ClaimedMessage]
    ) -> Recipients:
        try:
            return await self.recipients.of(agency, [each.customer_id for each in letters])
        except ServiceRefused as error:
            raise ServiceAway(f"the classifier refuses to tell: {error.status}") from error

    async def profile_of(self, agency: AgencyId) -> AgencyProfile:
        """Return the agency's profile. Raises ``ServiceAway``."""
        try:
            return await self.profiles.of(agency)
        except ProfileUnavailable as error:
            raise ServiceAway(f"the agency's settings cannot be read: {error}") from error


def _goes_elsewhere(
    message: ClaimedMessage, recipients: Recipients, printed: dict[str, tuple[str, ...]]
) -> bool:
    contact = recipients.contacts[message.customer_id]
    cells = recipient_cells(person_of(contact), address_of(contact))
    return printed.get(str(message.message_id)) != cells
