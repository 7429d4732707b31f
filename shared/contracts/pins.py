"""A contact that a person gave a fixed day: what it shows, and why such a day may not hold."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.vocabulary import Day, Instant, StaffId, Strict

WhyNot = Literal[
    "outside_window",
    "past",
    "holiday",
    "closed",
    "nobody_responsible",
    "person_left",
    "lives_on_relationship",
    "not_responsible",
    "wrong_area",
    "absent",
    "no_hours",
    "full",
]
"""Why a contact cannot come on a day with a person. ``past``: the day has passed, or was run.
``lives_on_relationship``: development and greetings are brought by whoever is responsible alone.
``not_responsible``: neither responsible nor deputy, team or owner. ``wrong_area``: the contact is
about a line that somebody is named for, and this colleague is not. ``full``: more than may be
planned; a person may decide so."""

PinBroken = Literal[
    "absent",
    "person_left",
    "carer_changed",
    "nobody_responsible",
    "holiday",
    "closed",
    "no_hours",
    "outside_window",
    "day_passed",
    "appointment_agreed",
    "not_permitted",
    "no_longer_owed",
    "customer_merged",
]
"""Why a pin does not hold. ``carer_changed``: the customer's carer, or who may stand in, is another
one now. ``outside_window``: the promise ends, or begins, on another day now. ``day_passed``: the
contact could not leave on its day. ``appointment_agreed``: the customer agreed to another day.
``not_permitted``: the customer forbade it, or it became a
message. ``no_longer_owed``: the catalogue or the class does not promise it any more."""


class BrokenPin(Strict):
    """Why and since when a pin does not hold, in words."""

    because: PinBroken
    since: Day = Field(examples=["2026-11-25"])
    de: str = Field(examples=["S-1 ist am 3.12.2026 abwesend."])
    en: str = Field(examples=["S-1 is away on 2026-12-03."])


class Pin(Strict):
    """A day that a person fixed for a contact, with who, when and why."""

    day: Day = Field(examples=["2026-12-03"])
    staff_id: StaffId | None = Field(
        description="Who is to do it; null: whoever is responsible for it."
    )
    over_share: bool = Field(description="Knowingly beyond what may be planned on the day.")
    by: str = Field(examples=["S-2"])
    reason: Annotated[str, Field(examples=["Kunde hat nur donnerstags Zeit"])]
    at: Instant = Field(examples=["2026-11-23T09:00:00Z"])
    broken: BrokenPin | None = Field(
        default=None,
        description="Null while it holds. What is broken is planned as if it were not pinned, and"
        " stays broken until somebody pins again or lifts the pin.",
    )
