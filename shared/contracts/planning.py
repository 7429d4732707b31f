"""``POST /v1/customers/lookup`` of the classifier: what planning needs to know of customers.

Personal facts (birth dates) do not travel by feed; who plans asks for them by id.
"""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.customers import (
    ConsentChannel,
    ConsentPurpose,
    ConsentState,
    CustomerKind,
    CustomerStatus,
    FederalState,
)
from shared.contracts.vocabulary import CustomerId, Day, Instant, Strict

PLANNING_LOOKUP_LIMIT = 1000
MandateState = Literal["held", "pending", "ended"]


class PlanningConsent(Strict):
    """The last word on one purpose and channel."""

    purpose: ConsentPurpose
    channel: ConsentChannel
    state: ConsentState


class PlanningFacts(Strict):
    """One customer as planning needs them; a null is unknown."""

    customer_id: CustomerId
    unit_id: CustomerId
    kind: CustomerKind
    status: CustomerStatus
    birth_date: Day | None
    death_date: Day | None
    minor: bool = Field(description="Under 18 on the agency's day.")
    customer_since: Day | None
    federal_state: FederalState | None
    mandate: MandateState = Field(
        description="ended once its last day has passed; pending where it is known that there is "
        "no broker contract and no power of attorney; else held (unknown stops nothing)"
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
    """The question: at most 1,000 customers of one agency."""

    customer_ids: Annotated[list[CustomerId], Field(min_length=1, max_length=PLANNING_LOOKUP_LIMIT)]


class PlanningLookupAnswer(Strict):
    """The answer: those that exist, by id, and those that do not."""

    items: list[PlanningFacts]
    missing: list[CustomerId]


class CustomerPage(Strict):
    """Customers in the order of their ids; ``next_cursor`` is null on the last page."""

    items: list[PlanningFacts]
    next_cursor: str | None
