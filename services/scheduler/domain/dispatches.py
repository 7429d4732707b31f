"""What the notifier is told of a touchpoint: template, purpose and data without personal data."""

from datetime import date, timedelta
from typing import Final, cast

from services.scheduler.domain.introductions import CARER_CHANGED
from services.scheduler.domain.services import template_of
from services.scheduler.domain.subjects import Subject
from shared.contracts.changes.notifier import MERGE_UNDONE
from shared.contracts.dispatches import (
    DispatchChannel,
    DispatchData,
    DispatchItem,
    MessagePurpose,
    Withdrawal,
)
from shared.contracts.plans import TouchpointState
from shared.contracts.templates import LAST_SENSIBLE_AFTER

MESSAGE_CHANNELS: Final = ("email", "letter")
"""The notifier sends these if a touchpoint takes no minutes. All else is a person's task."""

STATE_OF_MESSAGE: Final[dict[str, TouchpointState]] = {
    "accepted": "handed_over",
    "claimed": "handed_over",
    "transmitting": "handed_over",
    "sent": "sent",
    "bounced": "failed",
    "complained": "sent",
    "suppressed": "suppressed",
    "cancelled": "cancelled",
    "failed": "failed",
    "unknown": "failed",
}
"""What a message's state means for its touchpoint; a complaint proves that it arrived."""


WITHDRAWALS: Final[dict[str, Withdrawal]] = {
    "deceased": "deceased",
    "mandate_ended": "mandate_ended",
    "erased": "customer_erased",
    "customer_merged": "customer_merged",
    "death_lifted": "death_lifted",
    "mandate_held": "mandate_held",
}
"""Why a touchpoint was cancelled, in the words of who withdraws an order."""


def reason_of_message(state: str, reason: str | None) -> str | None:
    """Why the touchpoint is where it is: what cannot be known is called unknown."""
    if state in ("bounced", "unknown"):
        return state if state == "unknown" else reason or state
    if reason == MERGE_UNDONE:
        return "customer_merged"
    return None if STATE_OF_MESSAGE.get(state) in ("handed_over", "sent") else reason or state


def withdrawal_of(reason: str) -> Withdrawal:
    """What the notifier is told of why an order is withdrawn."""
    return WITHDRAWALS.get(reason, "no_longer_owed")


def dispatch_of(
    *,
    touchpoint_id: str,
    customer_id: str,
    service: str,
    template: str | None,
    channel: str,
    purpose: str,
    staff_id: str | None,
    stand_in: str | None = None,
    because: str,
    subject: Subject | None,
    due: date,
    run_day: date,
) -> DispatchItem:
    """The order for one message; its key is the touchpoint's id, so ordering again is harmless.

    ``template`` is the one that the catalogue's row names; ``stand_in`` does the work of who is
    away that day, so that answers reach somebody who reads them.
    """
    data: DispatchData = {
        "service": service,
        "because": because,
        "run_day": run_day.isoformat(),
        "due": due.isoformat(),
    }
    if staff_id is not None:
        data["staff_id"] = staff_id
    if stand_in is not None:
        # Whom a message introduces signs it; the answers are still read by who is here.
        data["answers_to_id" if because == CARER_CHANGED else "stand_in_id"] = stand_in
    if subject is not None:
        data |= subject.model_dump(mode="json", exclude_none=True)
    named = template_of(service, named=template, has_subject=subject is not None)
    sensible = LAST_SENSIBLE_AFTER.get(named)
    return DispatchItem(
        dispatch_id=touchpoint_id,
        customer_id=customer_id,
        channel=cast(DispatchChannel, channel),
        purpose=cast(MessagePurpose, purpose),
        template=named,
        data=data,
        last_sensible_day=None if sensible is None else due + timedelta(days=sensible),
    )
