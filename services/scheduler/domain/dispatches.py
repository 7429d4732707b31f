"""What the notifier is told of a touchpoint: template, purpose and data without personal data."""

from datetime import date
from typing import Final, cast

from shared.contracts.dispatches import DispatchChannel, DispatchData, DispatchItem, MessagePurpose
from shared.contracts.plans import TouchpointState

TEMPLATES: Final = {"referral_thanks": "thank_you"}
"""Services whose template has another name than they have."""

WITHOUT_A_LINE: Final = "how_are_you"
"""Where nothing is known of a customer's life there is no gap to speak of: the mail asks."""

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


def reason_of_message(state: str, reason: str | None) -> str | None:
    """Why the touchpoint is where it is: what cannot be known is called unknown."""
    if state in ("bounced", "unknown"):
        return state if state == "unknown" else reason or state
    return None if STATE_OF_MESSAGE.get(state) in ("handed_over", "sent") else reason or state


def dispatch_of(
    *,
    touchpoint_id: str,
    customer_id: str,
    service: str,
    channel: str,
    purpose: str,
    staff_id: str | None,
    because: str,
    detail: str | None,
    due: date,
    run_day: date,
) -> DispatchItem:
    """The order for one message; its key is the touchpoint's id, so ordering again is harmless."""
    data: DispatchData = {
        "service": service,
        "because": because,
        "run_day": run_day.isoformat(),
        "due": due.isoformat(),
    }
    if staff_id is not None:
        data["staff_id"] = staff_id
    data |= _details(service, detail, due)
    return DispatchItem(
        dispatch_id=touchpoint_id,
        customer_id=customer_id,
        channel=cast(DispatchChannel, channel),
        purpose=cast(MessagePurpose, purpose),
        template=_template(service, detail),
        data=data,
    )


def _template(service: str, detail: str | None) -> str:
    if service == "development" and detail is None:
        return WITHOUT_A_LINE
    return TEMPLATES.get(service, service)


def _details(service: str, detail: str | None, due: date) -> DispatchData:
    """What the service's touchpoint is about, by the name that its template knows it under."""
    if detail is None:
        return {}
    match service:
        case "development":
            return {"line": detail}
        case "birthday" | "anniversary":
            return {"years": int(detail)}
        case "cancellation_confirmation":
            return {"contract_id": detail, "cancelled_on": due.isoformat()}
        case "saving" | "contract_expiry":
            return {"contract_id": detail}
        case "life_event":
            return {"change": detail}
        case "carer_introduction":
            return {"previous_staff_id": detail}
        case _:
            return {}
