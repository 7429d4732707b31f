"""Appointments: the hour that a customer agreed to for a visit, an office or a video talk."""

from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import Field

from shared.contracts.answers import DayPart
from shared.contracts.bounds import AtMost, OneLine, SaysSomething
from shared.contracts.catalogues import CareChannel
from shared.contracts.vocabulary import CustomerId, Day, Instant, StaffId, Strict, ToldInstant

AppointmentState = Literal[
    "proposed",
    "unanswered",
    "other_time",
    "not_now",
    "agreed",
    "confirmed",
    "held",
    "withdrawn",
]
"""Asked with proposals; nobody answered in time; the customer wishes another time, or not now;
an hour stands; its confirmation has left; it took place; it is off.

Hours are entered by people so far, so what occurs is ``agreed``, ``confirmed``, ``held`` and
``withdrawn``."""

AppointmentWay = Literal["visit", "office", "video"]
"""The channels that carry an appointment."""

AppointmentQuestion = Literal[
    "unanswered",
    "other_time",
    "not_now",
    "person_away",
    "hour_taken",
    "overlaps",
    "no_contact",
    "not_told",
]
"""What a person has to see to: nobody answered; the customer wishes another time, or not now; who
was to come is away; the hour chosen is taken; two agreed hours overlap; an hour was told that
belongs to no planned contact; the customer could be told neither by e-mail nor by letter."""

AGREED: Final[frozenset[AppointmentState]] = frozenset({"agreed", "confirmed"})
"""An hour stands."""

AppointmentMinutes = Annotated[int, Field(ge=5, le=480, examples=[90])]
AppointmentPlace = Annotated[
    str,
    Field(examples=["Café am Markt, Göpenstraße 2"]),
    AtMost(200),
    OneLine(),
    SaysSomething(),
]


class AgreedAppointment(Strict):
    """``PUT /v1/touchpoints/{touchpoint_id}/appointment``: the hour that was agreed."""

    at: ToldInstant = Field(
        description="When it begins, with the offset of the agency's time zone, in whole minutes.",
        examples=["2027-01-12T10:00:00+01:00"],
    )
    minutes: AppointmentMinutes | None = Field(
        default=None,
        description="How long the talk takes, without travel; by default what the catalogue plans.",
    )
    place: AppointmentPlace | None = Field(
        default=None,
        description="Where, if it is neither the customer's home, the office nor the usual video"
        " room. The customer reads it.",
    )
    staff_id: StaffId | None = Field(
        default=None, description="Who comes; by default whoever the contact is planned for."
    )
    outside_window: bool = Field(
        default=False,
        description="True: the customer wishes a day outside of the contact's window.",
    )
    tell: bool = Field(
        default=True,
        description="The customer is sent a confirmation with an entry for their calendar, and a"
        " reminder. False: neither, because they know; but what they were told is told on when it"
        " moves. While the agency is moving in nobody is told.",
    )


class Appointment(Strict):
    """An appointment as it stands now."""

    touchpoint_id: str
    customer_id: CustomerId
    service: str
    channel: CareChannel
    state: Annotated[
        AppointmentState,
        Field(
            description="`agreed`: the hour stands; `confirmed`: its confirmation was ordered;"
            " `held`: it took place; `withdrawn`: it is off. The others are for customers who are"
            " asked by message, which is not done yet."
        ),
    ]
    at: Annotated[Instant | None, Field(description="Null while no hour is agreed.")] = None
    minutes: Annotated[int, Field(ge=0, description="Of the talk, without travel.")]
    travel_minutes: Annotated[int, Field(ge=0)] = 0
    place: str | None = None
    staff_id: StaffId | None = None
    proposals: Annotated[
        list[Instant], Field(description="Empty: customers are not asked by message yet.")
    ] = Field(default_factory=list)
    answer_by: Annotated[
        Day | None, Field(description="Null, as long as nobody is asked.", examples=["2026-12-07"])
    ] = None
    wished_on: Annotated[Day | None, Field(description="The day the customer wishes.")] = None
    wished_part: DayPart | None = None
    sequence: Annotated[
        int,
        Field(ge=0, description="Counts the changes of the hour, as the customer's calendar does."),
    ] = 0
    reason: Annotated[
        str | None,
        Field(
            description="Why it is off: `by_hand`, `hour_taken`, or why its contact ended.",
            examples=["by_hand"],
        ),
    ] = None
    changed_at: Instant


def whole_minute(at: datetime) -> bool:
    """Whether an instant lies on a whole minute."""
    return at.second == 0 and at.microsecond == 0
