"""Orders of messages: each is checked, accepted once, and cancelled until it is transmitted."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from services.notifier.domain.delivery import SENTENCES
from services.notifier.domain.templates import (
    PurposeMismatch,
    TemplateUnknown,
    find_template,
)
from services.notifier.store import messages, print_runs
from services.notifier.store.messages import Ordered
from services.notifier.usecases.message_changes import publish_accepted, publish_ended
from shared.contracts.dispatches import DispatchError, DispatchItem, MessageState, MessageView
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database

MESSAGES = UUID("0d9f3a57-9d1e-5a0b-8c55-6f2b8f1c7a10")
"""Namespace of message ids, made from (agency, dispatch). Never change it."""

LAST_YEAR = 2200


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
    *, database: Database, agency: AgencyId, items: Sequence[DispatchItem], now: datetime
) -> list[DispatchResult]:
    """Accept the orders that can be carried out; a repeated order returns its first message."""
    faults = [faults_of(item) for item in items]
    ids = [uuid5(MESSAGES, f"{agency}\x1f{item.dispatch_id}") for item in items]
    # If a batch repeats an order, the first one counts. Orders are stored in the order of their
    # ids, because two batches with the same orders would otherwise wait for each other.
    good = {
        message_id: item
        for message_id, item, fault in reversed(list(zip(ids, items, faults, strict=True)))
        if not fault
    }
    orders = [Ordered(message_id=each, item=good[each]) for each in sorted(good)]
    async with database.transaction(agency) as transaction:
        new = await messages.accept(transaction, orders, now=now) if orders else set()
        known = await messages.messages_of(transaction, list(good))
        for message_id in ids:
            if message_id in new:
                item = good[message_id]
                publish_accepted(transaction, message_id=str(message_id), item=item)
                new_jobs = "render_print_runs" if item.channel == "letter" else "send_emails"
                transaction.ring(new_jobs)
    results: list[DispatchResult] = []
    for message_id, fault in zip(ids, faults, strict=True):
        if fault:
            results.append(DispatchResult(errors=tuple(fault)))
            continue
        duplicate = message_id not in new
        new.discard(message_id)
        state = known[message_id].state
        results.append(DispatchResult(message_id=message_id, state=state, duplicate=duplicate))
    return results


def faults_of(item: DispatchItem) -> list[DispatchError]:
    """Return why an order cannot be carried out; empty if it can."""
    if unstorable := _unstorable(item):
        return unstorable
    if item.channel == "webhook":
        return [_fault("/channel", "webhooks are not offered yet: choose email or letter")]
    try:
        template = find_template(item.template, channel=item.channel, purpose=item.purpose)
    except TemplateUnknown as error:
        return [_fault("/template", str(error))]
    except PurposeMismatch as error:
        return [_fault("/purpose", f"the purpose of {error.template} is {error.own}")]
    return [
        _fault(f"/data/{field.name}", f"the template {item.template} needs {field.name}")
        for field in template.fields
        if field.required and item.data.get(field.name) in (None, "")
    ]


def _unstorable(item: DispatchItem) -> list[DispatchError]:
    """Find what JSON permits and a database refuses: NUL, infinite numbers, distant days."""
    faults = [
        _fault(f"/data/{name}", "text holds no NUL, and a number is finite")
        for name, value in item.data.items()
        if not all(map(_storable, value if isinstance(value, list) else [value]))
    ]
    if item.not_before is not None and not 2000 <= item.not_before.year <= LAST_YEAR:
        faults.append(_fault("/not_before", f"an instant from 2000 to {LAST_YEAR}"))
    return faults


def _storable(value: object) -> bool:
    if isinstance(value, dict):
        return all(_storable(key) and _storable(each) for key, each in value.items())
    if isinstance(value, float):
        return math.isfinite(value)
    return not (isinstance(value, str) and "\x00" in value)


def _fault(pointer: str, detail: str) -> DispatchError:
    return DispatchError(pointer=pointer, detail=detail)


async def cancel_dispatch(
    *, database: Database, agency: AgencyId, dispatch_id: str, now: datetime
) -> MessageView:
    """Cancel a message that is not being handed over yet; cancelling twice is harmless.

    Raises ``DispatchNotFound`` or ``DispatchUnderWay``.
    """
    async with database.transaction(agency) as transaction:
        found = await messages.message_of_dispatch(transaction, dispatch_id)
        if found is not None and found.run is not None:
            await print_runs.lock_run(transaction, found.run)
        found = await messages.message_of_dispatch(transaction, dispatch_id, locked=True)
        if found is None:
            raise DispatchNotFound(dispatch_id)
        if found.state == "cancelled":
            return found
        message_id = UUID(found.message_id)
        reason, detail = "cancelled", SENTENCES["cancelled"]
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
