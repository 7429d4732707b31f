"""Bookings that found no contract, and whom somebody gives them to."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.customers import CommissionKind
from shared.contracts.vocabulary import ContractId, CustomerId, Day, ExternalId, Instant, Strict


class UnassignedCommission(Strict):
    """A booking of a statement that counts for nobody yet."""

    commission_id: ExternalId
    booked_on: Day
    kind: CommissionKind
    amount_cents: Annotated[int, Field(examples=[84210])]
    contract_number: str | None = Field(description="Normalised: V-1 is V1.", examples=["V1"])
    insurer_number: str | None = Field(examples=["9876"])
    insurer: str | None
    told_customer_id: str | None = Field(
        description="The customer number of the statement; no customer here has it."
    )
    reason: Literal["contract-unknown", "several-contracts"]
    received_at: Instant


class UnassignedCommissions(Strict):
    """A page of bookings without a contract, in the order of their ids."""

    items: list[UnassignedCommission]
    next_cursor: str | None = None


class CommissionAssignment(Strict):
    """To whom a booking belongs."""

    customer_id: CustomerId
    contract_id: ContractId | None = Field(
        default=None, description="One of the customer's contracts; null: none in particular."
    )
