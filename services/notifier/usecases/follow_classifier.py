"""Follows the classifier's feed, so that customers who are erased there are erased here."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from services.notifier.channels.local_mailboxes import remove_mails
from services.notifier.channels.print_folders import PrintFolders
from services.notifier.domain.delivery import SENTENCES
from services.notifier.domain.messages import CANCEL
from services.notifier.store import contacts, merges, messages, print_run_assembly, print_runs
from services.notifier.store.messages import MessageFilter
from services.notifier.usecases.message_changes import publish_ended
from services.notifier.usecases.print_run_erasure import erase_from_runs
from shared.clock import Clock
from shared.contracts.changes import Change, read
from shared.contracts.changes.classifier import (
    AddressUnblocked,
    CustomerErased,
    CustomerMerged,
)
from shared.contracts.changes.notifier import MERGE_UNDONE
from shared.contracts.dispatches import MessageView
from shared.contracts.vocabulary import CustomerId
from shared.db.database import Transaction
from shared.db.followers import Apply

OPEN_MESSAGES = 1000
"""Limit of one customer's open messages; usually there are only a few."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFiles:
    """Where files lie that tell of customers: print runs, and mailboxes of a local installation."""

    folders: PrintFolders
    mailboxes: Path | None


def apply_classifier_changes(clock: Clock, files: KeptFiles) -> Apply:
    """Erase whom the classifier erased, and free addresses whose block a person lifted there.

    Other changes need nothing, because each batch looks its recipients up.
    """

    async def apply(transaction: Transaction, changes: Sequence[Change]) -> None:
        for change in changes:
            # One by one: a merge after an erasure would otherwise take away what that must cancel.
            if freed := read(change, AddressUnblocked):
                await contacts.free_address(transaction, bytes.fromhex(freed.address_digest))
            if merged := read(change, CustomerMerged):
                await _follow_merge(transaction, merged, now=clock.now())
            if erased := read(change, CustomerErased):
                await forget(transaction, files, erased.customer_id, now=clock.now())

    return apply


async def _follow_merge(transaction: Transaction, merged: CustomerMerged, *, now: datetime) -> None:
    """What waits for a merged customer goes to who stayed, advertising not twice."""
    from_id, into_id = merged.customer_id, merged.into
    if into_id is None:
        await merges.move_back(transaction, merged.merge_id, from_id=from_id)
        await _tell_undone(transaction, from_id)
        return
    doubled = await merges.doubles(transaction, from_id=from_id, into_id=into_id)
    await _cancel_open(transaction, from_id, now=now, reason="customer_merged", only=doubled)
    await merges.move_waiting(transaction, merged.merge_id, from_id=from_id, into_id=into_id)


async def _tell_undone(transaction: Transaction, customer_id: CustomerId) -> None:
    """Publish what merges cancelled as doubles once more, with the reason that they are undone:
    who ordered it may have heard of the undoing before the message was cancelled."""
    matching = MessageFilter(state="cancelled", customer_id=customer_id)
    ended = await messages.list_messages(transaction, matching, after=None, limit=OPEN_MESSAGES)
    for each in ended:
        if each.reason == "customer_merged":
            _publish_cancelled(transaction, each, customer_id, reason=MERGE_UNDONE)


async def forget(
    transaction: Transaction, files: KeptFiles, customer_id: CustomerId, *, now: datetime
) -> None:
    """Erase what is personal of a customer, in rows and files, and cancel what waits to be sent.

    What the print shop has fetched already is its own; its contract says when it deletes that.
    """
    # First the runs, then their letters, as everybody does; no letter joins a run meanwhile.
    await print_run_assembly.lock_assembly(transaction)
    runs = await print_runs.lock_runs_of(transaction, customer_id)
    further = await print_runs.lock_further_runs_of(transaction, customer_id)
    await _cancel_open(transaction, customer_id, now=now)
    if runs:
        await print_runs.render_anew(transaction, runs)
        transaction.ring("render_print_runs")
    await erase_from_runs(
        transaction, files.folders, customer_id, rendered_anew=runs, further=further, now=now
    )
    await contacts.forget_customer(transaction, customer_id)
    if files.mailboxes is not None:
        sent = await messages.message_ids_of(transaction, customer_id)
        await asyncio.to_thread(remove_mails, files.mailboxes, sent)


async def _cancel_open(
    transaction: Transaction,
    customer_id: CustomerId,
    *,
    now: datetime,
    reason: str = "customer_erased",
    only: Collection[str] | None = None,
) -> None:
    detail = SENTENCES[reason]
    for state in CANCEL.before:
        matching = MessageFilter(state=state, customer_id=customer_id)
        waiting = await messages.list_messages(
            transaction, matching, after=None, limit=OPEN_MESSAGES
        )
        for each in waiting:
            if only is not None and each.message_id not in only:
                continue
            if await messages.cancel(
                transaction, UUID(each.message_id), reason=reason, detail=detail, now=now
            ):
                _publish_cancelled(transaction, each, customer_id, reason=reason)


def _publish_cancelled(
    transaction: Transaction, message: MessageView, customer_id: CustomerId, *, reason: str
) -> None:
    publish_ended(
        transaction,
        message.channel,
        message_id=message.message_id,
        dispatch_id=message.dispatch_id,
        customer_id=customer_id,
        state="cancelled",
        reason=reason,
        run=message.run,
    )
