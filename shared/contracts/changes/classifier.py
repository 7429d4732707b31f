"""What the classifier publishes: customers, their classes and consents, and reported events."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shared.contracts.changes.published import Id, PublishedChange
from shared.contracts.classifications import Development, Segment, ServiceLevel
from shared.contracts.contacts import AddressDigest
from shared.contracts.customers import (
    ConsentChannel,
    ConsentPurpose,
    ConsentState,
    CustomerKind,
    CustomerStatus,
)
from shared.contracts.events import LifeChange, RequestKind
from shared.contracts.policies import GapKind
from shared.contracts.vocabulary import (
    Cents,
    ContractId,
    CustomerId,
    Day,
    ExternalId,
    Instant,
    Strict,
)

RECORDED_TYPES = frozenset(
    {
        "complaint.filed", "contract.cancelled", "referral.made", "life.changed", "request.made",
        "customer.died", "mandate.ended", "claim.reported", "praise.received", "business.announced",
    }
)  # fmt: skip
"""The types of events that are published as ``event.recorded``, because others act on them."""


class CustomerChanged(PublishedChange):
    """A customer was written, or belongs to another care unit now."""

    KIND: ClassVar = "customer.changed"
    SUBJECT: ClassVar = "customer_id"

    customer_id: CustomerId = Field(exclude=True)
    kind: CustomerKind
    status: CustomerStatus
    unit_id: CustomerId
    deceased: bool


class CustomerErased(PublishedChange):
    """A customer was erased; every service forgets them."""

    KIND: ClassVar = "customer.erased"
    SUBJECT: ClassVar = "customer_id"

    customer_id: CustomerId = Field(exclude=True)


class PublishedGap(Strict):
    """A need that nothing covers, without the facts of the life situation that raise it."""

    line: str
    kind: GapKind
    expected_cents: Cents


class ClassificationChanged(PublishedChange):
    """The class of a customer's care unit, a level or the gaps are different now.

    The amounts of somebody who objected to profiling are 0. ``previous`` is null for the first
    class.
    """

    KIND: ClassVar = "classification.changed"
    SUBJECT: ClassVar = "customer_id"

    customer_id: CustomerId
    unit_id: CustomerId
    segment: Segment
    previous: Segment | None
    service_level: ServiceLevel
    development: Development
    potential_cents: Cents
    gaps: list[PublishedGap]
    policy_version: Annotated[int, Field(ge=1)]
    margin_cents: Cents


class ConsentChanged(PublishedChange):
    """What a customer said last about one purpose and channel, or about objecting.

    With the purpose ``objection`` (GDPR art. 21) the two objections are there, and neither channel
    nor state.
    """

    KIND: ClassVar = "consent.changed"
    SUBJECT: ClassVar = "customer_id"

    customer_id: CustomerId = Field(exclude=True)
    purpose: ConsentPurpose | Literal["objection"]
    channel: ConsentChannel | None = None
    state: ConsentState | None = None
    advertising_objected: bool | None = None
    profiling_objected: bool | None = None


class EventRecorded(PublishedChange):
    """An event on which others act; what it does not tell is left out.

    Of a cancelled contract it tells what its owner knows it by: line, insurer (the company's name)
    and number.
    """

    KIND: ClassVar = "event.recorded"
    SUBJECT: ClassVar = "event_id"

    event_id: Id = Field(exclude=True)
    customer_id: CustomerId
    type: str
    at: Instant
    contract_id: ContractId | None = None
    cancelled_on: Day | None = None
    effective_on: Day | None = None
    line: str | None = None
    insurer: str | None = None
    contract_number: str | None = None
    cause: str | None = None
    change: LifeChange | None = None
    request: RequestKind | None = None
    referred_customer_id: CustomerId | None = None
    staff_id: ExternalId | None = None


class AddressUnblocked(PublishedChange):
    """A person lifted the block of an address: it may be written to again."""

    KIND: ClassVar = "address.unblocked"
    SUBJECT: ClassVar = "customer_id"

    customer_id: CustomerId
    channel: ConsentChannel
    address_digest: AddressDigest


class CustomerMerged(PublishedChange):
    """A customer's record went into another's, or came back: then ``into`` is null.

    Whatever the services have of the customer follows.
    """

    KIND: ClassVar = "customer.merged"
    SUBJECT: ClassVar = "customer_id"

    customer_id: CustomerId
    into: CustomerId | None
    merge_id: Id
