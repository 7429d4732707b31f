"""One example of every kind of change. Each consumer is tested with every example of its feed."""

from datetime import UTC, date, datetime
from typing import Final
from uuid import UUID

from shared.contracts.changes import classifier, notifier, scheduler
from shared.contracts.changes.published import PublishedChange
from shared.contracts.vocabulary import ServiceName

_AT: Final = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
_DAY: Final = date(2026, 11, 20)
_EVENT: Final = UUID("8c7e1f6a-3f0d-4a57-9d67-6f1f0c9d2a10")
_TOUCHPOINT: Final = UUID("0d3b6d2e-7f0c-5b35-9f8e-4a1b2c3d4e5f")
_REQUEST: Final = UUID("b5d0c1a2-93e4-5f60-8a7b-1c2d3e4f5a6b")
_MESSAGE: Final = "5f0c1c5e-6a1b-4a0e-9b7e-0d8a3a3f2b11"
_LETTER: Final = "2e9a7d40-1c3b-4f5d-8e6f-7a8b9c0d1e2f"
_RUN: Final = "yearly_review-2026-11-20-1"

_DIGEST: Final = "0b" * 32

CLASSIFIER: Final[tuple[PublishedChange, ...]] = (
    classifier.CustomerChanged(
        customer_id="K-0001", kind="person", status="active", unit_id="K-0001", deceased=False
    ),
    classifier.CustomerErased(customer_id="K-0001"),
    classifier.ClassificationChanged(
        customer_id="K-0001",
        unit_id="K-0001",
        segment="A",
        previous="B",
        service_level="high",
        development="active",
        potential_cents=31000,
        gaps=[classifier.PublishedGap(line="disability", kind="missing", expected_cents=18000)],
        policy_version=3,
        margin_cents=62810,
    ),
    classifier.ConsentChanged(
        customer_id="K-0001", purpose="newsletter", channel="email", state="granted"
    ),
    classifier.EventRecorded(
        event_id=_EVENT,
        customer_id="K-0001",
        type="contract.cancelled",
        at=_AT,
        contract_id="C-1",
        cancelled_on=date(2026, 6, 30),
        line="building",
        insurer="Muster Versicherung AG",
        contract_number="WG-4711",
        effective_on=date(2026, 12, 31),
    ),
    classifier.AddressUnblocked(customer_id="K-0001", channel="email", address_digest=_DIGEST),
    classifier.CustomerMerged(customer_id="K-0001", into="K-0002", merge_id=_EVENT),
)

_TOUCHPOINT_FIELDS: Final = {
    "touchpoint_id": str(_TOUCHPOINT),
    "customer_id": "K-0001",
    "service": "development",
    "channel": "phone",
    "purpose": "service",
    "staff_id": "S-1",
    "role": "adviser",
    "day": _DAY,
    "minutes": 25,
    "reason": None,
    "because": "gap",
    "line": "disability",
}
_REQUEST_FIELDS: Final = {
    "request_id": _REQUEST,
    "customer_id": "K-0001",
    "kind": "callback",
    "staff_id": "S-1",
    "opened_at": _AT,
    "deadline": datetime(2026, 11, 23, 11, tzinfo=UTC),
}

SCHEDULER: Final[tuple[PublishedChange, ...]] = (
    scheduler.AgencyOpened(agency_id="musterbetrieb", opened_at=_AT),
    scheduler.CarerChanged(customer_id="K-0001", unit_id="K-0001", staff_id="S-1"),
    scheduler.TouchpointPlanned.model_validate(
        _TOUCHPOINT_FIELDS
        | {"state": "planned", "ended_at": None, "ended_on": None, "result": None}
    ),
    scheduler.TouchpointEnded.model_validate(
        _TOUCHPOINT_FIELDS | {"state": "done", "ended_at": _AT, "ended_on": _DAY, "result": "won"}
    ),
    scheduler.TaskEnded(
        task_id=_TOUCHPOINT,
        customer_id="K-0001",
        touchpoint_id=_TOUCHPOINT,
        request_id=None,
        service="development",
        state="done",
        staff_id="S-1",
        minutes=25,
        result="won",
    ),
    scheduler.AppointmentChanged(
        touchpoint_id=str(_TOUCHPOINT),
        customer_id="K-0001",
        service="yearly_review",
        channel="visit",
        state="agreed",
        staff_id="S-1",
        at=datetime(2027, 1, 12, 9, tzinfo=UTC),
        minutes=90,
        sequence=0,
        reason=None,
    ),
    scheduler.RequestOpened.model_validate(_REQUEST_FIELDS | {"state": "open", "outcome": None}),
    scheduler.RequestBreached.model_validate(_REQUEST_FIELDS | {"state": "open", "outcome": None}),
    scheduler.RequestClosed.model_validate(
        _REQUEST_FIELDS | {"state": "closed", "outcome": "done"}
    ),
)

NOTIFIER: Final[tuple[PublishedChange, ...]] = (
    notifier.MessageAccepted(
        message_id=_MESSAGE,
        dispatch_id=str(_TOUCHPOINT),
        customer_id="K-0001",
        channel="email",
        purpose="newsletter",
        template="newsletter",
    ),
    notifier.MessageEnded(
        message_id=_MESSAGE,
        dispatch_id=str(_TOUCHPOINT),
        customer_id="K-0001",
        channel="email",
        state="suppressed",
        reason="no_consent",
        run=None,
    ),
    notifier.MessageAnswered(
        message_id=_MESSAGE, dispatch_id=str(_TOUCHPOINT), customer_id="K-0001", at=_AT
    ),
    notifier.LetterAccepted(
        message_id=_LETTER,
        dispatch_id=str(_TOUCHPOINT),
        customer_id="K-0001",
        channel="letter",
        purpose="service",
        template="yearly_review",
        again=True,
    ),
    notifier.LetterEnded(
        message_id=_LETTER,
        dispatch_id=str(_TOUCHPOINT),
        customer_id="K-0001",
        channel="letter",
        state="sent",
        reason=None,
        run=_RUN,
    ),
    notifier.PrintRunChanged(run_id=_RUN, state="rendered", letters=120),
    notifier.AddressBlocked(
        customer_id="K-0001",
        channel="email",
        reason="bounced",
        address_digest=_DIGEST,
        message_id=_MESSAGE,
        at=_AT,
    ),
    notifier.ConsentWithdrawn(
        customer_id="K-0001", purpose="newsletter", channel="email", message_id=_MESSAGE, at=_AT
    ),
)

EXAMPLES: Final[dict[ServiceName, tuple[PublishedChange, ...]]] = {
    "classifier": CLASSIFIER,
    "scheduler": SCHEDULER,
    "notifier": NOTIFIER,
}
"""The kinds of each feed, in the order of docs/integrator.md."""
