"""``POST /v1/customers/lookup`` of the classifier: the facts about customers that planning needs.

Personal facts such as birth dates are not in the feed, so the scheduler asks for them by id.
"""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.customers import (
    ConsentChannel,
    ConsentPurpose,
    ConsentState,
    CustomerKind,
    CustomerStatus,
    FederalState,
)
from shared.contracts.vocabulary import CustomerId, Day, Instant, StaffId, Strict

PLANNING_LOOKUP_LIMIT = 1000
MandateState = Literal["held", "pending", "ended"]


class PlanningConsent(Strict):
    """The latest consent or refusal for one purpose and channel."""

    purpose: ConsentPurpose
    channel: ConsentChannel
    state: ConsentState


class PlanningFacts(Strict):
    """One customer as planning needs them; null means unknown."""

    customer_id: CustomerId
    unit_id: CustomerId
    kind: CustomerKind
    status: CustomerStatus
    birth_date: Day | None
    death_date: Day | None
    minor: bool = Field(description="Under 18 on the agency's day.")
    customer_since: Day | None
    carer: StaffId | None = Field(default=None, description="As the broker system tells it.")
    last_review_on: Day | None = Field(
        default=None, description="Told, or of the last visit or advice that counts as a review."
    )
    last_contact_on: Day | None = Field(
        default=None, description="Told, or of the last personal contact that the agency made."
    )
    federal_state: FederalState | None
    visit_area: str | None = Field(
        default=None,
        description="Country and postcode of the address: visits there may share a day.",
        examples=["DE-06526"],
    )
    mandate: MandateState = Field(
        description="ended once its last day has passed; pending if contract is false and "
        "power_of_attorney is not true; else held, also if unknown"
    )
    mandate_ends_on: Day | None = Field(
        default=None,
        description="Last day of the mandate, as soon as it is known; null if it goes on.",
        examples=["2026-12-31"],
    )
    email_known: bool
    phone_known: bool
    postal_address_known: bool
    consents: list[PlanningConsent]
    advertising_objected: Instant | None
    profiling_objected: Instant | None
    blocked_channels: list[ConsentChannel]
    no_gifts: bool


class PlanningLookup(Strict):
    """Body of the lookup: at most 1,000 customers of one agency."""

    customer_ids: Annotated[list[CustomerId], Field(min_length=1, max_length=PLANNING_LOOKUP_LIMIT)]


class StandingMerge(Strict):
    """A merge that stands: whose record went into whose."""

    merge_id: UUID
    customer_id: CustomerId
    into: CustomerId


class PlanningLookupAnswer(Strict):
    """Answer of the lookup: the customers that exist, by id, and the ids that do not.

    ``merged`` are ids whose records went into others'. ``merges`` are these merges and those that
    followed them, the oldest first, for who did not hear of them.
    """

    items: list[PlanningFacts]
    missing: list[CustomerId]
    merged: list[CustomerId] = Field(default_factory=list)
    merges: list[StandingMerge] = Field(default_factory=list)


class CustomerPage(Strict):
    """Customers in the order of their ids; ``next_cursor`` is null on the last page."""

    items: list[PlanningFacts]
    next_cursor: str | None
