"""Sending e-mails: claim a batch, look up, decide, build, mark, hand over, settle.

``transmitting`` is committed before the first byte leaves and the outcome right after the last;
what a kill cuts off in between ends as ``unknown`` and is never sent again by itself. Messages are
marked in small groups, so that few of them are ever in that state.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from uuid import UUID, uuid4

import structlog

from services.notifier.channels.email import Outcome
from services.notifier.domain.delivery import SENTENCES, WAIT, next_opening
from services.notifier.store import contacts, emails
from services.notifier.store.emails import ClaimedMessage, Settlement
from services.notifier.usecases.agency_profile import Surroundings, SurroundingsUnknown
from services.notifier.usecases.email_outcomes import blocks_address, settlement_of
from services.notifier.usecases.email_preparation import Batch, Ready, prepare
from services.notifier.usecases.leases import kept_lease
from services.notifier.usecases.mailroom import Mailroom
from services.notifier.usecases.message_changes import (
    announce_blocked,
    announce_ended,
    announce_lost,
)
from services.notifier.usecases.recipients import look_up
from shared.contracts.identities import SenderIdentity
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Transaction
from shared.db.failures import is_transient
from shared.failures import backoff_seconds

log = structlog.get_logger(__name__)

BATCH = 100
GROUP = 16
"""Messages marked together: four for each of four connections."""
LANES = 2
"""Batches under way at once: one commits while the other talks to the mail server."""
LOOK_AGAIN_SECONDS = 1.0
SLICE_SECONDS = 40.0
SETTLE_ATTEMPTS = 12


async def send_due_emails(*, room: Mailroom, agency: AgencyId) -> None:
    """Send what is due; stops within a minute and rings again where more is left."""
    await _recover(room, agency)
    surroundings = await _open_for_sending(room, agency)
    if surroundings is None:
        return
    deadline = time.monotonic() + SLICE_SECONDS
    at_work = _AtWork()
    # Not a task group: what fails in one lane must not cut off the mails of the other.
    lanes = (_lane(room, agency, surroundings, deadline, at_work) for _ in range(LANES))
    results = await asyncio.gather(*lanes, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    if any(results):
        async with room.database.transaction(agency) as transaction:
            transaction.ring("send_emails")


async def _recover(room: Mailroom, agency: AgencyId) -> None:
    """Take up what a killed process left: claimed is free again, cut off is unknown."""
    while True:
        async with room.database.transaction(agency) as transaction:
            await emails.free_expired(transaction)
            lost = await emails.end_expired(
                transaction,
                reason="cut_off",
                detail=SENTENCES["cut_off"],
                now=room.clock.now(),
                limit=1000,
            )
            announce_lost(transaction, lost, state="unknown", reason="cut_off")
        if len(lost) < 1000:
            return


async def _open_for_sending(
    room: Mailroom, agency: AgencyId
) -> tuple[Surroundings, SenderIdentity] | None:
    """The agency where it may send now. Otherwise what is due waits, with its reason; outside of
    the sending day only those whose customers wait for them leave."""
    now = room.clock.now()
    try:
        surroundings = await room.surroundings.of(agency)
    except SurroundingsUnknown:
        await _wait(room, agency, "classifier_away")
        return None
    if surroundings.agency.sender is None:
        await _wait(room, agency, "sender_identity_missing")
        return None
    opening = next_opening(now, zone=surroundings.zone, send_times=surroundings.agency.send_times)
    if opening is not None:
        async with room.database.transaction(agency) as transaction:
            await emails.postpone(
                transaction,
                channel="email",
                until=opening,
                reason="sending_hours",
                detail=SENTENCES["sending_hours"],
                now=now,
                waiting_customers_too=False,
            )
    return surroundings, surroundings.agency.sender


async def _wait(room: Mailroom, agency: AgencyId, reason: str) -> None:
    now = room.clock.now()
    async with room.database.transaction(agency) as transaction:
        await emails.postpone(
            transaction,
            channel="email",
            until=now + WAIT,
            reason=reason,
            detail=SENTENCES[reason],
            now=now,
            waiting_customers_too=True,
        )


class _AtWork:
    """Lanes that claim or send. While one does, a ring for this agency only makes the job look
    again at its end, and the mail server may take its time: a lane without work stays."""

    def __init__(self) -> None:
        self._lanes = 0
        self._one_ended = asyncio.Event()

    def __bool__(self) -> bool:
        return self._lanes > 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Count this lane until the block ends."""
        self._lanes += 1
        try:
            yield
        finally:
            self._lanes -= 1
            self._one_ended.set()

    async def wait(self, seconds: float) -> None:
        """Until a lane's block ends, but not longer."""
        self._one_ended.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._one_ended.wait()


async def _lane(
    room: Mailroom,
    agency: AgencyId,
    sender: tuple[Surroundings, SenderIdentity],
    deadline: float,
    at_work: _AtWork,
) -> bool:
    """Send batch after batch; true where more may be left when the time is up."""
    while time.monotonic() < deadline:
        with at_work.one():
            sent = await _claim_and_send(room, agency, sender)
        if sent:
            continue
        if not at_work:
            return False
        await at_work.wait(LOOK_AGAIN_SECONDS)
    return True


async def _claim_and_send(
    room: Mailroom, agency: AgencyId, sender: tuple[Surroundings, SenderIdentity]
) -> bool:
    """Send a batch; false where nothing is due."""
    token = uuid4()
    async with room.database.transaction(agency) as transaction:
        claimed = await emails.claim_emails(
            transaction,
            token=token,
            now=room.clock.now(),
            lease_seconds=room.lease_seconds,
            limit=BATCH,
        )
    if not claimed:
        return False
    keep = partial(emails.keep_lease, token=token, lease_seconds=room.lease_seconds)
    async with kept_lease(
        database=room.database, agency=agency, keep=keep, lease_seconds=room.lease_seconds
    ):
        await _send_batch(room, agency, sender, claimed, token)
    return True


async def _send_batch(
    room: Mailroom,
    agency: AgencyId,
    sender: tuple[Surroundings, SenderIdentity],
    claimed: Sequence[ClaimedMessage],
    token: UUID,
) -> None:
    surroundings, identity = sender
    batch = Batch(
        agency=agency,
        identity=identity,
        surroundings=surroundings,
        recipients=await look_up(
            database=room.database,
            classifier=room.neighbours.classifier,
            agency=agency,
            customer_ids=[message.customer_id for message in claimed],
        ),
        now=room.clock.now(),
    )
    settled: list[Settlement] = []
    dead: list[Ready] = []
    waiting = list(claimed)
    while waiting:
        group: list[Ready] = []
        while waiting and len(group) < GROUP:
            prepared = prepare(waiting.pop(0), batch, room)
            if isinstance(prepared, Ready):
                group.append(prepared)
            else:
                settled.append(prepared)
        leaving = await _step(room, agency, token, settled, dead, group)
        outcomes = await asyncio.gather(*(room.smtp.send(ready.mail) for ready in leaving))
        settled, dead = _read(leaving, outcomes, batch)
    await _step(room, agency, token, settled, dead, [])


def _read(
    leaving: Sequence[Ready], outcomes: Sequence[Outcome], batch: Batch
) -> tuple[list[Settlement], list[Ready]]:
    settled = [
        settlement_of(ready, outcome, now=batch.now)
        for ready, outcome in zip(leaving, outcomes, strict=True)
    ]
    dead = [
        ready for ready, outcome in zip(leaving, outcomes, strict=True) if blocks_address(outcome)
    ]
    return settled, dead


async def _step(
    room: Mailroom,
    agency: AgencyId,
    token: UUID,
    settled: Sequence[Settlement],
    dead: Sequence[Ready],
    group: Sequence[Ready],
) -> list[Ready]:
    """Store what became of the last group and mark the next, in one commit; gives those to send.

    What is settled was sent already: a database that is away for a moment must not make it
    unknown, hence the patience.
    """
    for attempt in range(1, SETTLE_ATTEMPTS + 1):
        try:
            async with room.database.transaction(agency) as transaction:
                await _store(transaction, room, token, settled, dead)
                begun = await emails.begin_transmitting(
                    transaction,
                    [ready.content for ready in group],
                    token=token,
                    now=room.clock.now(),
                )
            return [ready for ready in group if ready.message.message_id in begun]
        except Exception as error:
            if not is_transient(error) or attempt == SETTLE_ATTEMPTS:
                raise
            log.warning("outcomes not stored yet", agency=agency, error=type(error).__name__)
            await asyncio.sleep(backoff_seconds(attempt, longest=5.0))
    raise AssertionError("the last attempt returns or raises")


async def _store(
    transaction: Transaction,
    room: Mailroom,
    token: UUID,
    settled: Sequence[Settlement],
    dead: Sequence[Ready],
) -> None:
    if not settled:
        return
    now = room.clock.now()
    ours = await emails.settle(transaction, settled, token=token, now=now)
    announce_ended(transaction, [each for each in settled if each.message_id in ours])
    if dead:
        addresses = [ready.mail.envelope_to for ready in dead]
        await contacts.block_addresses(transaction, addresses, at=now)
        announce_blocked(transaction, [ready.message for ready in dead], at=now)
