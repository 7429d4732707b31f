"""The service catalogue: which service each segment gets, how often, by which channel, how fast.

A stored version is never edited; a newer version supersedes it.
"""

import re
from datetime import time
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic import Strict as StrictMode

from shared.contracts.bounds import AtMost, SaysSomething
from shared.contracts.vocabulary import Instant, Strict

Segment = Literal["A", "B", "O", "C"]
CareChannel = Literal["visit", "office", "video", "phone", "card", "letter", "email"]
"""How a touchpoint reaches the customer. ``card`` is written by hand, ``letter`` is printed."""

ServicePurpose = Literal["service", "advertising", "newsletter", "events"]
"""By law every purpose but ``service`` is advertising (UWG § 7)."""

Occasion = Literal[
    "interval", "birthday", "anniversary", "campaign", "start", "development", "raised"
]
"""What makes the service due: an interval, a birthday, an anniversary of the customer, a fixed day
for all, the start of care, the next gap, or an event (``raised``)."""

Who = Literal["carer", "owner", "back_office"]
Reach = Literal["unit", "customer"]
"""``unit`` means one touchpoint for the household, with its contact person; ``customer`` means one
for each member."""

Served = Literal["clients", "newcomers", "leavers", "bereaved"]
"""Who gets the service. ``clients`` have a mandate; ``newcomers`` includes customers without a
mandate yet; ``leavers`` includes customers whose mandate ended (winding up); ``bereaved`` are the
relatives of a customer who died."""

_CLOCK_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"


def _without_offset(value: object) -> object:
    """A time with an offset could not be compared with those of the agency's own clock."""
    if isinstance(value, time) or (isinstance(value, str) and re.match(_CLOCK_TIME, value)):
        return value
    raise ValueError("a time of day such as 15:00 or 15:00:00")


ClockTime = Annotated[
    time,
    StrictMode(False),
    BeforeValidator(_without_offset),
    WithJsonSchema({"type": "string", "pattern": _CLOCK_TIME, "examples": ["15:00:00"]}),
]
"""A time of day in the agency's time zone."""
Months = Annotated[int, Field(ge=1, le=600, examples=[12])]
Minutes = Annotated[int, Field(ge=0, le=480, examples=[90])]


class AnswerWithin(Strict):
    """By when a request must be answered, in working days of the agency.

    ``working_days`` 0 is the same working day. A request that comes after ``asked_by`` must be
    answered by ``else_by`` of the next working day.
    """

    working_days: Annotated[int, Field(ge=0, le=30, examples=[1])]
    asked_by: ClockTime | None = None
    else_by: ClockTime | None = None


CampaignMonths = Annotated[list[Annotated[int, Field(ge=1, le=12)]], AtMost(12)]


class Cell(Strict):
    """One service for one segment: how often, how, how long, and by whom.

    ``every_months``, ``times_per_year`` or ``on_request`` says how often; a service that is not
    made due by time needs none of them. ``fallback`` is the channel that is used if the law
    forbids the first; without a fallback the touchpoint is suppressed with a reason.
    ``window_days`` is how far the day may move: earlier for intervals, whose due day is the last
    one; both ways for developments; later for all others.
    """

    channel: CareChannel
    every_months: Months | None = None
    times_per_year: Annotated[int, Field(ge=1, le=24)] | None = None
    on_request: bool = False
    months: CampaignMonths = Field(default_factory=list)
    minutes: Minutes = 0
    travel_minutes: Minutes = 0
    who: Who = "carer"
    window_days: Annotated[int, Field(ge=0, le=180)] = 14
    fallback: CareChannel | None = None
    fallback_minutes: Minutes = 0
    answer: AnswerWithin | None = None
    counts_in: Annotated[str, Field(max_length=40)] | None = None
    guaranteed: bool = Field(
        default=False,
        description="A promise in writing, which goes before every other service that may wait.",
    )

    @model_validator(mode="after")
    def _one_rhythm(self) -> Self:
        rhythms = [self.every_months is not None, self.times_per_year is not None, self.on_request]
        if sum(rhythms) > 1:
            raise ValueError("give one of every_months, times_per_year and on_request")
        return self

    @property
    def interval_months(self) -> int | None:
        """Months between two touchpoints, rounded down; None if no interval makes it due."""
        if self.times_per_year is not None:
            return max(1, 12 // self.times_per_year)
        return self.every_months

    @property
    def leaves_by_itself(self) -> bool:
        """Whether a letter or e-mail can leave without any minutes of the staff."""
        return any(leaves_as_message(way, minutes) for _, way, minutes in self.ways)

    @property
    def ways(self) -> list[tuple[str, CareChannel, int]]:
        """How it may reach the customer: the field, the channel, the minutes of a person."""
        ways = [("channel", self.channel, self.minutes + self.travel_minutes)]
        if self.fallback is not None:
            ways.append(("fallback", self.fallback, self.fallback_minutes))
        return ways


def leaves_as_message(way: CareChannel, minutes: int) -> bool:
    """Whether it leaves by its template, without any minutes of the staff."""
    return way in ("letter", "email") and minutes == 0


class CampaignDay(Strict):
    """The day of the month on which a campaign leaves: the ``ordinal``-th ISO ``weekday``.

    On a holiday it moves to the next working day.
    """

    ordinal: Annotated[int, Field(ge=1, le=4)] = 2
    weekday: Annotated[int, Field(ge=1, le=7)] = 2


class Service(Strict):
    """One row of the catalogue. ``phase_months`` spreads the services of a unit over its year."""

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$", examples=["yearly_review"])]
    name_de: Annotated[str, Field(max_length=120, examples=["Jahresgespräch"]), SaysSomething()]
    name_en: Annotated[str, Field(max_length=120, examples=["Yearly review"])] = ""
    purpose: ServicePurpose = "advertising"
    duty: bool = False
    occasion: Occasion = "interval"
    reach: Reach = "unit"
    served: Served = "clients"
    phase_months: Annotated[int, Field(ge=0, le=23)] = 0
    campaign_day: CampaignDay = CampaignDay()
    template: Annotated[
        str | None,
        Field(
            pattern=r"^[a-z][a-z0-9_]{0,39}$",
            examples=["newsletter"],
            description="of its e-mails and letters; default: the service's key",
        ),
    ] = None
    segments: dict[Segment, Cell]

    @model_validator(mode="after")
    def _rhythm_fits_the_occasion(self) -> Self:
        for segment, cell in self.segments.items():
            timed = self.occasion in ("interval", "anniversary", "development")
            if timed and not cell.on_request and cell.interval_months is None:
                raise ValueError(f"{self.key}, {segment}: says neither how often nor on_request")
            if self.occasion == "campaign" and not cell.months:
                raise ValueError(f"{self.key}, {segment}: a campaign names its months")
        return self

    @model_validator(mode="after")
    def _condolence_is_personal(self) -> Self:
        for segment, cell in self.segments.items():
            if self.served == "bereaved" and cell.leaves_by_itself:
                raise ValueError(
                    f"{self.key}, {segment}: what is for the bereaved takes somebody's minutes"
                )
        return self


class Catalogue(Strict):
    """All services. ``raised_to`` maps a segment to the one whose standard of care a higher
    service level grants; it never grants development."""

    name: Annotated[str, Field(max_length=120)] = ""
    services: Annotated[list[Service], Field(min_length=1, max_length=200)]
    raised_to: dict[Segment, Segment] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _keys_are_unique_and_known(self) -> Self:
        keys = [service.key for service in self.services]
        doubled = sorted({key for key in keys if keys.count(key) > 1})
        if doubled:
            raise ValueError(f"services named twice: {', '.join(doubled)}")
        cells = [cell for service in self.services for cell in service.segments.values()]
        missing = {cell.counts_in for cell in cells if cell.counts_in} - set(keys)
        if missing:
            raise ValueError(f"counts_in names unknown services: {', '.join(sorted(missing))}")
        return self

    def service(self, key: str) -> Service | None:
        """The row of that key; None when the catalogue has none."""
        return next((service for service in self.services if service.key == key), None)

    def cell(self, key: str, segment: Segment) -> Cell | None:
        """The cell of a service and segment; None when the segment does not get it."""
        service = self.service(key)
        return None if service is None else service.segments.get(segment)


class StoredCatalogue(Strict):
    """A version of the catalogue as it is kept."""

    version: Annotated[int, Field(ge=1)]
    created_at: Instant
    catalogue: Catalogue
