"""Sending e-mails: claim a batch, prepare it, mark it, hand it over, store what came of it.

``transmitting`` is committed before the first byte leaves and the outcome right after the last. If
a kill cuts a message off in between, it ends as ``unknown`` and is never sent again by itself.
Messages are marked in small groups, so that few of them are ever in that state.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import structlog

from services.notifier.channels.email import DkimKeyUnusable, Outcome, SmtpSender
from services.notifier.domain.agency_profile import AgencyProfile
from services.notifier.domain.delivery import (
    CHANNEL_PAUSES,
    SENTENCES,
    WAIT,
    ChannelFault,
    next_opening,
)
from services.notifier.store import contacts, emails
from services.notifier.store.emails import ClaimedMessage, NextState
from services.notifier.usecases.agency_profile import AgencyProfileReader, ProfileUnavailable
from services.notifier.usecases.busy_lanes import BusyLanes
from services.notifier.usecases.email_outcomes import (
    ChannelProof,
    blocks_address,
    held_back,
    next_state_of,
)
from services.notifier.usecases.email_preparation import EmailBatch, EmailComposer, ReadyEmail
from services.notifier.usecases.message_changes import (
    publish_blocked_addresses,
    publish_ended_together,
    publish_next_states,
)
from services.notifier.usecases.next_states import poisoned, waiting
from services.notifier.usecases.recipients import RecipientReader
from shared.clients.http import ServiceRefused
from shared.clock import Clock
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction
from shared.db.failures import is_transient
from shared.db.leases import LeasedTable
from shared.failures import backoff_seconds
from shared.turns import UNLIMITED, Turn

log = structlog.get_logger(__name__)

BATCH = 100
GROUP = 16
"""Messages marked together: four for each of four connections."""
LANES = 2
"""Batches under way at once: one commits while the other talks to the mail server."""
LOOK_AGAIN_SECONDS = 1.0
SETTLE_ATTEMPTS = 12


async def send_due_emails(
    *,
    agency: AgencyId,
    database: Database,
    clock: Clock,
    profiles: AgencyProfileReader,
    recipients: RecipientReader,
    composer: EmailComposer,
    smtp: SmtpSender,
    lease_seconds: float,
    turn: Turn = UNLIMITED,
) -> None:
    """Send what is due until nothing is or the turn is over."""
    leased = emails.leased_emails(lease_seconds)
    await _recover(database, agency, leased, now=clock.now())
    profile = await _profile_for_sending(database, agency, profiles, now=clock.now())
    if profile is None:
        return
    sending = _Sending(
        agency=agency,
        database=database,
        clock=clock,
        profile=profile,
        recipients=recipients,
        composer=composer,
        smtp=smtp,
        leased=leased,
    )
    busy = BusyLanes()
    # Not a task group: what fails in one lane must not cut off the mails of the other.
    lanes = (sending.send_in(turn, busy) for _ in range(LANES))
    results = await asyncio.gather(*lanes, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result


async def _recover(
    database: Database, agency: AgencyId, leased: LeasedTable, *, now: datetime
) -> None:
    """Take over what a killed process left. Messages that it had claimed are due again; those that
    it was handing over end as unknown."""
    while True:
        async with database.transaction(agency) as transaction:
            await emails.free_expired(transaction, leased)
            lost = await emails.end_expired(
                transaction,
                leased,
                reason="cut_off",
                detail=SENTENCES["cut_off"],
                now=now,
                limit=1000,
            )
            publish_ended_together(transaction, lost, state="unknown", reason="cut_off")
        if len(lost) < 1000:
            return


async def _profile_for_sending(
    database: Database, agency: AgencyId, profiles: AgencyProfileReader, *, now: datetime
) -> AgencyProfile | None:
    """Return the agency's profile, or None if it is not complete and everything waits.

    Outside of the sending day only messages that a customer waits for leave.
    """
    try:
        profile = await profiles.of(agency)
    except ProfileUnavailable as missing:
        await _postpone(database, agency, now + WAIT, missing.reason, now=now, everything=True)
        return None
    opening = next_opening(now, zone=profile.zone, send_times=profile.send_times)
    if opening is not None:
        await _postpone(database, agency, opening, "sending_hours", now=now, everything=False)
    return profile


async def _postpone(
    database: Database,
    agency: AgencyId,
    until: datetime,
    reason: str,
    *,
    now: datetime,
    everything: bool,
) -> None:
    async with database.transaction(agency) as transaction:
        await emails.postpone_emails(
            transaction,
            until=until,
            reason=reason,
            detail=SENTENCES[reason],
            now=now,
            waiting_customers_too=everything,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sending:
    """One run of the job for one agency."""

    agency: AgencyId
    database: Database
    clock: Clock
    profile: AgencyProfile
    recipients: RecipientReader
    composer: EmailComposer
    smtp: SmtpSender
    leased: LeasedTable
    proof: ChannelProof = field(default_factory=ChannelProof)

    async def send_in(self, turn: Turn, busy: BusyLanes) -> None:
        """Send batch after batch until nothing is due or the turn is over."""
        while turn.goes_on():
            with busy.one():
                sent = await self._send_next()
            if sent:
                continue
            if not busy:
                return
            await busy.wait(LOOK_AGAIN_SECONDS)

    async def _send_next(self) -> bool:
        """Claim and send a batch; false if nothing is due."""
        async with self.database.transaction(self.agency) as transaction:
            token, claimed = await emails.claim_emails(
                transaction, self.leased, now=self.clock.now(), limit=BATCH
            )
        if not claimed:
            return False
        async with self.leased.kept_alive(self.database, self.agency, token):
            try:
                await self._send(claimed, token)
            except Exception as error:
                if is_transient(error):
                    raise
                log.error("batch not sent", agency=self.agency, error=type(error).__name__)
                await self._send_singly(claimed, token)
        return True

    async def _send_singly(self, claimed: Sequence[ClaimedMessage], token: UUID) -> None:
        """Send each message of a batch by itself, so that only the broken one stays behind.

        What the batch has handed over is no longer claimed, and does not leave again.
        """
        for message in claimed:
            try:
                await self._send([message], token)
            except Exception as error:
                if is_transient(error):
                    raise
                broken = poisoned(message, error, now=self.clock.now())
                await self._enter_and_begin(token, [broken], [], [])

    async def _send(self, claimed: Sequence[ClaimedMessage], token: UUID) -> None:
        customer_ids = [message.customer_id for message in claimed]
        try:
            recipients = await self.recipients.of(self.agency, customer_ids)
        except ServiceRefused as error:
            log.error("customers refused", agency=self.agency, status=error.status)
            now = self.clock.now()
            refused = [waiting(message, "classifier_refuses", now) for message in claimed]
            await self._enter_and_begin(token, refused, [], [])
            return
        batch = EmailBatch(
            agency=self.agency,
            profile=self.profile,
            recipients=recipients,
            now=self.clock.now(),
        )
        decided: list[NextState] = []
        bounced: list[ReadyEmail] = []
        left = list(claimed)
        fault: ChannelFault | None = None
        while left and fault is None:
            try:
                group, unsent = self._next_group(left, batch)
            except DkimKeyUnusable as error:
                log.error("signing key unusable", agency=self.agency, reason=error.reason)
                fault = "signing_key_unusable"
                break
            leaving = await self._enter_and_begin(token, [*decided, *unsent], bounced, group)
            outcomes = await asyncio.gather(*(self.smtp.send(ready.mail) for ready in leaving))
            fault = await self._fault_in(outcomes)
            decided, bounced = self._next_states(leaving, outcomes, fault)
        if fault is not None:
            decided += [held_back(message, fault, now=self.clock.now()) for message in left]
        await self._enter_and_begin(token, decided, bounced, [])
        if fault is not None:
            await self._hold_all_back(fault)

    def _next_group(
        self, left: list[ClaimedMessage], batch: EmailBatch
    ) -> tuple[list[ReadyEmail], list[NextState]]:
        """Take from ``left`` what leaves together, and what goes on without leaving.

        The first e-mail of a turn leaves alone, because the server may refuse us altogether.
        """
        group: list[ReadyEmail] = []
        unsent: list[NextState] = []
        while left and len(group) < (GROUP if self.proof.tried else 1):
            prepared = self._prepared(left[0], batch)
            del left[0]
            if isinstance(prepared, ReadyEmail):
                group.append(prepared)
            else:
                unsent.append(prepared)
        return group, unsent

    def _prepared(self, message: ClaimedMessage, batch: EmailBatch) -> ReadyEmail | NextState:
        """Return the e-mail, or how the message goes on; raises for what all messages lack."""
        try:
            return self.composer.prepare(message, batch)
        except DkimKeyUnusable:
            raise
        except Exception as error:
            log.error(
                "message not prepared",
                agency=self.agency,
                message_id=str(message.message_id),
                error=type(error).__name__,
            )
            return poisoned(message, error, now=batch.now)

    async def _fault_in(self, outcomes: Sequence[Outcome]) -> ChannelFault | None:
        """Return what every message would meet; if it is gone, let go on what waited for it."""
        proven = self.proof.taken
        fault = self.proof.fault_in(outcomes)
        if self.proof.taken and not proven:
            async with self.database.transaction(self.agency) as transaction:
                await emails.resume_emails(
                    transaction, reasons=sorted(CHANNEL_PAUSES), now=self.clock.now()
                )
        return fault

    def _next_states(
        self,
        leaving: Sequence[ReadyEmail],
        outcomes: Sequence[Outcome],
        fault: ChannelFault | None,
    ) -> tuple[list[NextState], list[ReadyEmail]]:
        """Return how each message goes on, and the e-mails whose address does not exist."""
        answered = list(zip(leaving, outcomes, strict=True))
        now, proven = self.clock.now(), self.proof.taken
        decided = [
            next_state_of(ready, outcome, fault=fault, proven=proven, now=now)
            for ready, outcome in answered
        ]
        return decided, [ready for ready, outcome in answered if blocks_address(outcome)]

    async def _hold_all_back(self, fault: ChannelFault) -> None:
        """Let everything that is due wait, because it would be refused as well."""
        log.error("all e-mails wait", agency=self.agency, reason=fault)
        now = self.clock.now()
        until = now + CHANNEL_PAUSES[fault]
        await _postpone(self.database, self.agency, until, fault, now=now, everything=True)

    async def _enter_and_begin(
        self,
        token: UUID,
        decided: Sequence[NextState],
        bounced: Sequence[ReadyEmail],
        group: Sequence[ReadyEmail],
    ) -> list[ReadyEmail]:
        """Store what became of the last group and mark the next in one commit; return the e-mails
        that may be sent.

        What is entered was sent already. Were it not stored because the database is away for a
        moment, it would end as unknown; therefore this retries for long.
        """
        for attempt in range(1, SETTLE_ATTEMPTS + 1):
            try:
                async with self.database.transaction(self.agency) as transaction:
                    now = self.clock.now()
                    await _enter_next_states(transaction, token, decided, bounced, now=now)
                    begun = await emails.begin_transmitting(
                        transaction, [ready.content for ready in group], token=token, now=now
                    )
                return [ready for ready in group if ready.message.message_id in begun]
            except Exception as error:
                if not is_transient(error) or attempt == SETTLE_ATTEMPTS:
                    raise
                log.warning(
                    "outcomes not stored yet", agency=self.agency, error=type(error).__name__
                )
                await asyncio.sleep(backoff_seconds(attempt, longest=5.0))
        raise AssertionError("the last attempt returns or raises")


async def _enter_next_states(
    transaction: Transaction,
    token: UUID,
    decided: Sequence[NextState],
    bounced: Sequence[ReadyEmail],
    *,
    now: datetime,
) -> None:
    if not decided:
        return
    ours = await emails.enter_next_states(transaction, decided, token=token, now=now)
    publish_next_states(transaction, [each for each in decided if each.message_id in ours])
    if bounced:
        # The contact's address as it is known to the classifier, not in its form for SMTP.
        refused = [(ready.message, ready.address) for ready in bounced]
        await contacts.block_addresses(transaction, [address for _, address in refused], at=now)
        publish_blocked_addresses(transaction, refused, at=now)
