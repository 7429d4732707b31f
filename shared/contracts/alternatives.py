"""Other days and people for a contact with their prices, pins, and what fits into spare minutes."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.catalogues import CareChannel
from shared.contracts.pins import Pin, WhyNot
from shared.contracts.plans import TravelWord
from shared.contracts.tasks import By, Reason
from shared.contracts.vocabulary import CustomerId, Day, StaffId, Strict, WorkDay

Load = Annotated[float, Field(ge=0, examples=[0.72])]
Minutes = Annotated[int, Field(ge=0, examples=[210])]

WhyNone = Literal["ended", "on_a_desk", "message", "told_to_customer", "nobody_responsible"]
"""Why a contact has no alternatives. ``on_a_desk``: it is a task, which is put off or handed over.
``message``: it leaves by itself, on its day. ``told_to_customer``: an appointment is asked for or
agreed, and is moved by ``PUT …/appointment``."""

FillRank = Literal["legal_duty", "request", "guaranteed", "service", "development", "appreciation"]
"""The order of promises, what is kept first first."""

LeftOut = Literal["too_long", "needs_appointment", "outside_office_hours", "not_permitted", "fixed"]
"""Why work is not offered now. ``needs_appointment``: a visit, an office or a video talk is agreed
on beforehand. ``outside_office_hours``: nobody is called then. ``fixed``: somebody gave it another
day."""


class Alternative(Strict):
    """A day and a person for a contact, and what the plan would be with it there.

    Nothing else moves, so the figures are exact. Loads are minutes divided by those that may be
    planned, and null where none may.
    """

    day: Day = Field(examples=["2026-12-03"])
    staff_id: StaffId
    admissible: bool
    why_not: WhyNot | None = Field(
        default=None, description="The first reason; `full` only if there is no other."
    )
    de: str | None = Field(
        default=None, description="The reason in German.", examples=["S-1 ist abwesend."]
    )
    en: str | None = Field(
        default=None, description="The reason in English.", examples=["S-1 is away."]
    )
    current: bool = Field(description="Where the contact stands now.")
    load_minutes_before: Minutes = Field(description="Of the person's day, as it is.")
    load_minutes: Minutes = Field(description="Of the person's day, with the contact there.")
    load_share: Load | None = Field(description="`load_minutes` of those that may be planned.")
    week_load_before: Load | None = Field(description="Of the week of this day, as it is.")
    week_load_after: Load | None = Field(description="Of the same week, with the contact there.")
    week_peak_before: Load = Field(description="Of the person's fullest week, as it is.")
    week_peak_after: Load = Field(description="Of their fullest week, with the contact there.")
    travel: TravelWord | None = Field(
        description="How a visit would lie beside the person's other visits of the day: `joined` if"
        " one is in the same postcode, `split` if all are elsewhere, `alone` if there is none. Null"
        " if it is no visit."
    )


class AlternativePage(Strict):
    """``GET /v1/touchpoints/{touchpoint_id}/alternatives``: by day, whoever is responsible first.

    ``why_none`` says why there are none.
    """

    items: list[Alternative]
    next_cursor: str | None = None
    why_none: WhyNone | None = None


class DayPin(Strict):
    """``PUT /v1/touchpoints/{touchpoint_id}/day``: the day, and perhaps the person, to be kept."""

    day: WorkDay = Field(
        description="A working day of the contact's window.", examples=["2026-12-03"]
    )
    staff_id: StaffId | None = Field(
        default=None, description="Who is to do it; by default whoever is responsible for it."
    )
    over_share: bool = Field(
        default=False,
        description="True takes a full day all the same: what is not fixed there makes way.",
    )
    by: By
    reason: Reason


class PinnedTouchpoint(Strict):
    """A pin and the contact that it belongs to."""

    touchpoint_id: str
    customer_id: CustomerId
    service: str = Field(examples=["yearly_review"])
    pin: Pin


class PinPage(Strict):
    """``GET /v1/pins``: by id of the contact."""

    items: list[PinnedTouchpoint]
    next_cursor: str | None = None


class FillItem(Strict):
    """Something that may be done now, and why it comes at this place."""

    touchpoint_id: str | None = Field(description="Null: the answer to a request.")
    task_id: str | None = Field(description="Null: it is planned, and may be held early.")
    customer_id: CustomerId
    service: str = Field(examples=["callback"])
    channel: CareChannel
    minutes: Minutes
    rank: FillRank
    deadline: Day = Field(description="By when it is to be done.", examples=["2026-11-24"])
    planned_on: Day | None = Field(
        description="Its day in the plan; null: no day has room.", examples=["2026-11-26"]
    )
    de: str = Field(examples=["Anliegen des Kunden, bis heute zugesagt."])
    en: str = Field(examples=["A request of the customer, promised by today."])


class Fill(Strict):
    """``GET /v1/staff/{staff_id}/fill``: what fits into spare minutes, the best first.

    ``left_out`` counts what is this person's and not offered, by reason.
    """

    items: list[FillItem]
    left_out: dict[LeftOut, int] = Field(examples=[{"too_long": 3, "needs_appointment": 1}])
