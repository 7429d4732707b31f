"""Pinned classes: staff set the class of a customer, with reason and expiry."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, model_validator

from shared.contracts.bounds import SaysSomething
from shared.contracts.classifications import Segment
from shared.contracts.vocabulary import CustomerId, Day, Instant, Strict, WorkDay

Words = Annotated[str, Field(max_length=500), SaysSomething()]
Author = Annotated[str, Field(max_length=64, examples=["VJ"]), SaysSomething()]


class OverrideRequest(Strict):
    """Pin a class; it holds for the whole care unit."""

    segment: Segment
    reason: Words = Field(
        description="why; disclosed to the customer who asks (GDPR art. 15)",
        examples=["Hausverkauf steht an, bis dahin volle Betreuung"],
    )
    until: WorkDay = Field(description="the last day on which it holds")
    author: Author | None = Field(
        default=None, description="who decided; by default the subject of the token"
    )


class PinnedClass(Strict):
    """A class that was pinned; ``ended_at`` is set if it ended before ``until`` had passed."""

    override_id: UUID
    customer_id: CustomerId = Field(
        description="the customer it was set for; it holds for the care unit"
    )
    segment: Segment
    reason: str
    author: str
    set_at: Instant
    until: Day
    ended_at: Instant | None
    ended_by: str | None = Field(description="who lifted it, or set another class in its place")
    in_force: bool = Field(description="it holds on the agency's day")

    @model_validator(mode="after")
    def _ended_by_somebody(self) -> Self:
        if (self.ended_at is None) != (self.ended_by is None):
            raise ValueError("ended_at and ended_by come together")
        return self


class PinnedClassPage(Strict):
    """Every class that was pinned for the members of a care unit, the latest first."""

    items: list[PinnedClass]
    next_cursor: str | None = None
