"""Orders of messages: each is checked, accepted once, and cancelled until it is transmitted."""

import asyncio
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from services.notifier.domain.delivery import SENTENCES
from services.notifier.domain.dispatches import faults_of
from services.notifier.domain.last_sensible_days import ORDERED
from services.notifier.store import messages, print_run_assembly, print_runs
from services.notifier.store.messages import KnownMessage, Ordered
from services.notifier.usecases.agency_profile import AgencyProfileReader
from services.notifier.usecases.message_changes import publish_accepted, publish_ended
from shared.contracts.dispatches import (
    DispatchError,
    DispatchItem,
    MessageState,
    MessageView,
    Withdrawal,
)
from shared.contracts.vocabulary import AgencyId, StaffId
from shared.db.database import Database, Transaction

MESSAGES = UUID("0d9f3a57-9d1e-5a0b-8c55-6f2b8f1c7a10")
"""Namespace of message ids, made from (agency, dispatch). Never change it."""


REUSED = DispatchError(
    pointer="/dispatch_id",
    detail="idempotency-key-reused: another order came before under this id, and stays as it was; "
    "order this one under an id of its own",
)


class DispatchNotFound(Exception):
    """there is no such dispatch"""

    def __init__(self, dispatch_id: str) -> None:
        super().__init__(f"no message was ordered under {dispatch_id}")
        self.dispatch_id = dispatch_id


class DispatchUnderWay(Exception):
    """the message is being handed over, or has ended already"""

    def __init__(self, dispatch_id: str, state: MessageState) -> None:
        super().__init__(f"the message of {dispatch_id} is {state}: it is too late to cancel it")
        self.dispatch_id, self.state = dispatch_id, state


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchResult:
    """The result of one readable order: a message, or why there is none."""

    message_id: UUID | None = None
    state: MessageState | None = None
    duplicate: bool = False
    errors: tuple[DispatchError, ...] = ()


async def accept_dispatches(
    *,
    database: Database,
    profiles: AgencyProfileReader,
    agency: AgencyId,
    items: Sequence[DispatchItem],
    ordered_by: str | None,
    now: datetime,
) -> list[DispatchResult]:
    """Accept the orders that can be carried out; a repeated order returns its first message.
    ``ordered_by`` is None for what the scheduler planned.
    Another order under the same id is refused with the id of that message.

    Whether an order is a repetition is asked before its faults count: an event that has begun since
    the first order, or a colleague who has left, must not turn the repetition into a refusal."""
    named = {str(item.data["staff_id"]) for item in items if item.data.get("staff_id")}
    unknown = await profiles.unknown_staff(agency, named) if named else frozenset()
    faults = await asyncio.to_thread(_faults, items, now, unknown)
    ids = [uuid5(MESSAGES, f"{agency}\x1f{item.dispatch_id}") for item in items]
    # If a batch repeats an order, the first one counts. Orders are stored in the order of their
    # ids, because two batches with the same orders would otherwise wait for each other.
    good = {
        message_id: item
        for message_id, item, fault in reversed(list(zip(ids, items, faults, strict=True)))
        if not fault
    }
    async with database.transaction(agency) as transaction:
        new = await _store(transaction, good, ordered_by=ordered_by, now=now)
        known = await messages.messages_of(transaction, ids)
        repeated = [each for each in ids if each not in new]
        before = await messages.orders_of(transaction, repeated) if repeated else {}
        for message_id in dict.fromkeys(ids):
            if message_id in new:
                publish_accepted(transaction, message_id=str(message_id), item=good[message_id])
    orders = list(zip(ids, items, faults, strict=True))
    counting = {each: good[each] for each in new}
    return await asyncio.to_thread(_results, orders, known=known, new=counting, before=before)


def _faults(
    items: Sequence[DispatchItem], now: datetime, unknown_staff: Set[StaffId]
) -> list[list[DispatchError]]:
    return [faults_of(item, now=now, unknown_staff=unknown_staff) for item in items]


def _results(
    orders: Sequence[tuple[UUID, DispatchItem, list[DispatchError]]],
    *,
    known: Mapping[UUID, KnownMessage],
    new: Mapping[UUID, DispatchItem],
    before: Mapping[UUID, Mapping[str, Any]],
) -> list[DispatchResult]:
    """Return the result of each order. The order of this batch counts under its id if it is
    ``new``, else the one ``before``."""
    counting = {**{each: _order(item) for each, item in new.items()}, **before}
    fresh = set(new)
    results: list[DispatchResult] = []
    for message_id, item, fault in orders:
        if fault and (message_id in fresh or message_id not in known):
            results.append(DispatchResult(errors=tuple(fault)))
            continue
        if not _is_same(item, counting[message_id]):
            results.append(DispatchResult(message_id=message_id, errors=(REUSED,)))
            continue
        duplicate = message_id not in fresh
        fresh.discard(message_id)
        state = known[message_id].state
        results.append(DispatchResult(message_id=message_id, state=state, duplicate=duplicate))
    return results


def _order(item: DispatchItem) -> dict[str, Any]:
    return _kept(item).model_dump(include=set(messages.ORDER))


def _is_same(item: DispatchItem, before: Mapping[str, Any]) -> bool:
    """Whether an order repeats the first one under its id. Who was erased has no data left."""
    order = _order(item)
    names = [name for name in messages.ORDER if name != "data" or before["data"]]
    return all(order[name] == before[name] for name in names)


async def _store(
    transaction: Transaction,
    items: Mapping[UUID, DispatchItem],
    *,
    ordered_by: str | None,
    now: datetime,
) -> set[UUID]:
    """Store orders by the ids of their messages and ring the jobs that carry them out; return the
    new ids."""
    orders = [Ordered(message_id=each, item=_kept(items[each])) for each in sorted(items)]
    new: set[UUID] = set()
    if orders:
        new = await messages.accept(transaction, orders, ordered_by=ordered_by, now=now)
    for message_id in new:
        letter = items[message_id].channel == "letter"
        transaction.ring("render_print_runs" if letter else "send_emails")
    return new


def _kept(item: DispatchItem) -> DispatchItem:
    """Return the item with its last sensible day in its data, where the jobs that send it find the
    day."""
    if item.last_sensible_day is None:
        return item
    return item.model_copy(update={"data": {**item.data, ORDERED: str(item.last_sensible_day)}})


async def cancel_dispatch(
    *,
    database: Database,
    agency: AgencyId,
    dispatch_id: str,
    now: datetime,
    reason: Withdrawal = "cancelled",
) -> MessageView:
    """Cancel a message that is not being handed over yet; cancelling twice is harmless.

    Raises ``DispatchNotFound`` or ``DispatchUnderWay``.
    """
    async with database.transaction(agency) as transaction:
        found = await _locked(transaction, dispatch_id)
        if found.state == "cancelled":
            return found
        message_id = UUID(found.message_id)
        detail = SENTENCES[reason]
        if not await messages.cancel(
            transaction, message_id, reason=reason, detail=detail, now=now
        ):
            raise DispatchUnderWay(dispatch_id, found.state)
        if found.run is not None:
            await print_runs.render_anew(transaction, [found.run])
            transaction.ring("render_print_runs")
        publish_ended(
            transaction,
            found.channel,
            message_id=found.message_id,
            dispatch_id=dispatch_id,
            customer_id=found.customer_id,
            state="cancelled",
            reason=reason,
            run=found.run,
        )
        return found.model_copy(
            update={"state": "cancelled", "reason": reason, "detail": detail, "ended_at": now}
        )


async def _locked(transaction: Transaction, dispatch_id: str) -> MessageView:
    """Return the message, locked after the print run it lies in. Raises ``DispatchNotFound``.

    While we look, no letter joins a run: one that did would be locked before its run, and whoever
    approves the run would wait for us while we wait for them.
    """
    found = await messages.message_of_dispatch(transaction, dispatch_id)
    if found is not None and found.channel == "letter":
        await print_run_assembly.lock_assembly(transaction)
        found = await messages.message_of_dispatch(transaction, dispatch_id)
        if found is not None and found.run is not None:
            await print_runs.lock_run(transaction, found.run)
    found = await messages.message_of_dispatch(transaction, dispatch_id, locked=True)
    if found is None:
        raise DispatchNotFound(dispatch_id)
    return found
