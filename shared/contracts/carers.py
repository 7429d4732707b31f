"""Changes of carers: proposed, applied, taken back, and told to the customers. And the opening."""

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.bounds import AtMost
from shared.contracts.vocabulary import CustomerId, Instant, StaffId, Strict

AT_ONCE: Final = 9_000
"""Ids in one call; ``all`` names more. A body of 10,000 values is refused as a whole."""
Count = Annotated[int, Field(ge=0, examples=[12])]
ChangeBecause = Literal["rank", "pinned", "left"]
Chosen = Annotated[
    Annotated[list[CustomerId], AtMost(AT_ONCE)] | Literal["all"],
    Field(description="Ids, or `all` of the list.", examples=["all", ["K-0001"]]),
]


class AgencyOpening(Strict):
    """``GET`` and ``POST /v1/agency/opening``: whether the agency is still moving in.

    While it is, carers are given by rank alone, no carer is introduced, and nothing advertising
    leaves.
    """

    state: Literal["moving_in", "open"]
    opened_at: Instant | None = Field(description="Null while the agency is moving in.")


class CarerChange(Strict):
    """A change of carer that waits for a decision. The present carer stays until then."""

    care_unit: CustomerId = Field(description="The household, by the lowest id of its members.")
    customers: Count = Field(description="Active customers of the household.")
    from_: StaffId = Field(alias="from", description="The present carer.", examples=["S-1"])
    to: StaffId = Field(description="The carer by rank or pin.", examples=["S-2"])
    because: ChangeBecause = Field(
        description="`rank`: the class or margin has moved beyond the band, or places have changed;"
        " `left`: the carer is no longer on the staff, and the other does the work already;"
        " `pinned`: somebody pinned the other carer."
    )
    since: Instant = Field(description="When it was first proposed.")


class CarerChangePage(Strict):
    """``GET /v1/carers/changes``: by care unit."""

    items: list[CarerChange]
    next_cursor: str | None = None


class CarerApplicationRequest(Strict):
    """``POST /v1/carers/changes/application``: which proposals become true."""

    units: Chosen
    dry_run: bool = Field(
        default=False, description="True: only tell what would happen.", examples=[True]
    )


class CarerApplication(Strict):
    """What was applied, or would be."""

    application_id: UUID | None = Field(
        description="Takes it back with `DELETE /v1/carers/applications/{application_id}`; null"
        " for a dry run, or if nothing was proposed."
    )
    units: Count = Field(description="Households that change their carer.")
    customers: Count = Field(description="Their active customers.")
    introductions: Count = Field(
        description="Customers whom the new carer writes to; the others came today, or already"
        " know this carer."
    )
    held: bool = Field(
        description="True: the introductions are more than one day may bring and wait at"
        " `GET /v1/carers/introductions`."
    )


class KeptChange(Strict):
    """A household that an undoing left with the new carer."""

    care_unit: CustomerId
    because: Literal["told", "moved_on", "left"] = Field(
        description="`told`: the introduction has left; `moved_on`: it has another carer meanwhile,"
        " or its carer is pinned; `left`: the earlier carer is no longer on the staff."
    )


class CarerUndoing(Strict):
    """``DELETE /v1/carers/applications/{application_id}``: what could be taken back."""

    units: Count = Field(description="Households back with their earlier carer.")
    kept: list[KeptChange]


class HeldIntroduction(Strict):
    """An introduction that waits for a decision."""

    customer_id: CustomerId
    staff_id: StaffId = Field(description="The new carer, in whose name it is written.")
    previous_staff_id: StaffId = Field(description="The carer whom the customer knows.")
    since: Instant


class HeldIntroductionPage(Strict):
    """``GET /v1/carers/introductions``: by customer."""

    items: list[HeldIntroduction]
    next_cursor: str | None = None


class IntroductionDecision(Strict):
    """Whose introductions are released, or dropped."""

    customers: Chosen


class DecidedIntroductions(Strict):
    """How many introductions were released or dropped."""

    customers: Count


class CarerPin(Strict):
    """``PUT /v1/customers/{customer_id}/carer``: this person cares for the household, whatever its
    rank."""

    staff_id: StaffId = Field(description="Somebody active on the staff.", examples=["S-2"])


class PinnedCarer(Strict):
    """Who cares for a customer's household."""

    care_unit: CustomerId
    staff_id: StaffId | None = Field(description="The carer; null before the first plan.")
    pinned: bool
