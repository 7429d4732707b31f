"""Events in (``POST /v1/events/{agency_id}/{source}``).

The body is ``{"type", "timestamp", "data"}``; ``data`` always names the customer. Free text is
kept with the customer and never enters a feed.
"""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import Field, ValidationInfo, field_validator, model_validator

from shared.contracts.bounds import SaysSomething
from shared.contracts.customers import (
    Commission,
    Consent,
    ConsentChannel,
    ConsentPurpose,
    Contract,
    Customer,
    Interaction,
    KnownLine,
    LifeSituation,
    Text,
    Text200,
)
from shared.contracts.plans import DevelopmentResult
from shared.contracts.vocabulary import (
    ContractId,
    CustomerId,
    ExternalId,
    RecordDay,
    Revision,
    Strict,
    ToldInstant,
)

FlagName = Literal["favourite", "useful", "promising", "conduct", "no_gifts"]
LifeChange = Literal[
    "birth", "marriage", "divorce", "move", "house", "job", "self_employment", "retirement"
]
RequestKind = Literal[
    "callback", "question", "offer", "claim", "complaint", "certificate", "data_change", "review",
    "cancellation", "end_of_mandate",
]  # fmt: skip
Who = Annotated[str, Field(max_length=120), SaysSomething()]


class OfCustomer(Strict):
    """The field that the data of every event has."""

    customer_id: CustomerId


class CustomerUpserted(Customer):
    """The customer's whole record, as in ``PUT /customers/{customer_id}``, with the id."""

    customer_id: CustomerId

    @field_validator("customer_id")
    @classmethod
    def _is_connected_with_others(cls, value: CustomerId, info: ValidationInfo) -> CustomerId:
        if any(link.customer_id == value for link in info.data.get("connections") or ()):
            raise ValueError("nobody is connected with themselves; leave that connection out")
        return value


class CustomerDied(OfCustomer):
    """A customer died; ``died_on`` defaults to the day of the event."""

    died_on: RecordDay | None = None


class ContractUpserted(Contract):
    """The contract's whole record, with the ids of customer and contract."""

    customer_id: CustomerId
    contract_id: ContractId


class ContractCancelled(OfCustomer):
    """A contract was cancelled; it ends on ``effective_on``."""

    contract_id: ContractId
    cancelled_on: RecordDay
    effective_on: RecordDay | None = None
    reason: Text200 | None = None

    @model_validator(mode="after")
    def _takes_effect_later(self) -> Self:
        if self.effective_on and self.effective_on < self.cancelled_on:
            raise ValueError("effective_on lies before cancelled_on")
        return self


class PaymentLate(OfCustomer):
    """A premium is late by ``days``; ``reminder`` is true if the insurer has sent a reminder."""

    contract_id: ContractId | None = None
    days: Annotated[int, Field(ge=0, le=3660)]
    reminder: bool = False


class PriceDisputed(OfCustomer):
    """The customer disputed a price; asking for a comparison is service, not a dispute."""

    contract_id: ContractId | None = None
    text: Text | None = None


class Business(OfCustomer):
    """Business that the customer announced or delivered."""

    line: KnownLine | None = None
    text: Text | None = None


class ComplaintFiled(OfCustomer):
    """A complaint; ``cause`` is a code for statistics."""

    text: Annotated[str, Field(max_length=2000), SaysSomething()]
    cause: Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9_]+$")] | None = None


class ReferralMade(OfCustomer):
    """The customer recommended the agency to somebody."""

    referred_customer_id: CustomerId | None = None

    @field_validator("referred_customer_id")
    @classmethod
    def _is_another(cls, value: CustomerId | None, info: ValidationInfo) -> CustomerId | None:
        if value is not None and value == info.data.get("customer_id"):
            raise ValueError("nobody recommends the agency to themselves; name another customer")
        return value


class LifeChanged(OfCustomer):
    """A life event; ``life`` holds the fields that are different now."""

    change: LifeChange
    life: LifeSituation | None = None


class FlagSet(OfCustomer):
    """A flag that staff set or removed, with author and reason; it expires after twelve months."""

    flag: FlagName
    value: bool
    reason: Annotated[str, Field(max_length=500), SaysSomething()]
    author: Who


class ConsentChanged(Consent):
    """A consent or refusal for one purpose and channel, as in ``PUT …/consents/…``."""

    customer_id: CustomerId
    purpose: ConsentPurpose
    channel: ConsentChannel


class MandateEnded(OfCustomer):
    """The mandate ended; ``ended_on`` defaults to the day of the event."""

    ended_on: RecordDay | None = None


class ClaimReported(OfCustomer):
    """A claim was reported."""

    contract_id: ContractId | None = None
    text: Text | None = None


class PraiseReceived(OfCustomer):
    """Praise for a colleague, who is notified."""

    staff_id: ExternalId | None = None
    text: Text | None = None


class RequestMade(OfCustomer):
    """A request of the customer, for which the scheduler sets a deadline."""

    request: RequestKind
    contract_id: ContractId | None = None
    text: Text | None = None


class TouchpointResult(OfCustomer):
    """The result of a contact; ``won`` means that it brought a contract."""

    touchpoint_id: Annotated[str, Field(max_length=64), SaysSomething()]
    result: DevelopmentResult


EVENT_DATA: dict[str, type[Strict]] = {
    "customer.upserted": CustomerUpserted,
    "customer.died": CustomerDied,
    "contract.upserted": ContractUpserted,
    "contract.cancelled": ContractCancelled,
    "commission.booked": Commission,
    "interaction.logged": Interaction,
    "payment.late": PaymentLate,
    "price.disputed": PriceDisputed,
    "business.announced": Business,
    "business.delivered": Business,
    "complaint.filed": ComplaintFiled,
    "referral.made": ReferralMade,
    "life.changed": LifeChanged,
    "flag.set": FlagSet,
    "consent.changed": ConsentChanged,
    "mandate.ended": MandateEnded,
    "claim.reported": ClaimReported,
    "praise.received": PraiseReceived,
    "request.made": RequestMade,
    "touchpoint.result": TouchpointResult,
}
"""Every event type with the shape of its data."""


class EventBody(Strict):
    """The body of a webhook; ``data`` must be of the shape of its type."""

    type: str = Field(min_length=1, max_length=64, examples=["payment.late"])
    timestamp: ToldInstant
    data: dict[str, Any] = Field(
        examples=[{"customer_id": "K-0001", "contract_id": "9999:1", "days": 20, "reminder": True}]
    )


class EventAccepted(Strict):
    """Answer 202: the event is stored; ``duplicate`` is true if this webhook-id came before."""

    event_id: UUID
    duplicate: bool
    revision: Revision | None = Field(
        default=None,
        description="How far the feed reached then; null if the event only counts. The "
        "classification waits for it (`?wait_for=`).",
    )
