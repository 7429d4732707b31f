"""The agency's own calendar: office hours by weekday, closed and short days, plannable share."""

from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from shared.contracts.agencies import TimeOfDay
from shared.contracts.bounds import AtMost, OneLine, SaysSomething
from shared.contracts.vocabulary import Strict, WorkDay

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: Final[tuple[Weekday, ...]] = get_args(Weekday)

STRETCHES_AT_MOST: Final = 6
"""Of office hours on a day; nobody shuts more often."""
SPECIAL_DAYS_AT_MOST: Final = 200
"""A year has some twenty; lists of several years may be sent at once."""


def require_apart(stretches: Iterable[tuple[str, str]]) -> None:
    """Raise ValueError if two stretches of a day overlap; they may touch."""
    for before, after in pairwise(sorted(stretches)):
        if after[0] < before[1]:
            raise ValueError(f"{' to '.join(before)} and {' to '.join(after)} overlap")


def require_forward(opens: str, closes: str) -> None:
    """Raise ValueError unless a stretch ends after it begins, on the same day."""
    if closes <= opens:
        raise ValueError(f"{opens} to {closes}: ends after it begins, before midnight")


class OfficeHours(Strict):
    """One stretch of office hours; ``closes`` is the first minute that is not open."""

    opens: TimeOfDay = Field(examples=["09:00"])
    closes: TimeOfDay = Field(examples=["12:30"])

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        require_forward(self.opens, self.closes)
        return self


def _apart(hours: list[OfficeHours]) -> list[OfficeHours]:
    require_apart((each.opens, each.closes) for each in hours)
    return hours


def _rest(hours: list[OfficeHours]) -> list[OfficeHours]:
    if hours:
        raise ValueError("Sunday is a day of rest (ArbZG § 9): nothing is planned for it")
    return hours


HoursOfDay = Annotated[list[OfficeHours], AtMost(STRETCHES_AT_MOST), AfterValidator(_apart)]


class OfficeWeek(Strict):
    """Office hours by weekday; an empty list is a closed day.

    Monday to Friday must be named, so that a part that was forgotten closes no day.
    """

    monday: HoursOfDay
    tuesday: HoursOfDay
    wednesday: HoursOfDay
    thursday: HoursOfDay
    friday: HoursOfDay
    saturday: HoursOfDay = Field(default_factory=list)
    sunday: Annotated[list[OfficeHours], AtMost(STRETCHES_AT_MOST), AfterValidator(_rest)] = Field(
        default_factory=list, description="Always empty."
    )

    @model_validator(mode="after")
    def _is_open_at_all(self) -> Self:
        if not any(self.by_weekday):
            raise ValueError("no day has office hours, so no promise could ever be kept")
        return self

    @property
    def by_weekday(self) -> tuple[list[OfficeHours], ...]:
        """Monday's hours first."""
        return tuple(getattr(self, weekday) for weekday in WEEKDAYS)


def _usual_day() -> list[OfficeHours]:
    return [OfficeHours(opens="09:00", closes="12:30"), OfficeHours(opens="13:00", closes="17:30")]


def _usual_week() -> OfficeWeek:
    return OfficeWeek(
        monday=_usual_day(),
        tuesday=_usual_day(),
        wednesday=_usual_day(),
        thursday=_usual_day(),
        friday=_usual_day(),
    )


LEAP_YEAR: Final = 2000


def _is_a_day(every_year: str) -> str:
    try:
        date(LEAP_YEAR, int(every_year[2:4]), int(every_year[5:7]))
    except ValueError:
        raise ValueError("no calendar has this day") from None
    return every_year


class SpecialDay(Strict):
    """A day on which the office shuts early or stays closed.

    One of ``every_year`` (municipal holidays of a fixed day), ``from_easter`` (those that move with
    Easter) and ``first_day`` (a day, or with ``last_day`` several, that come once) says when.
    """

    name: Annotated[
        str,
        Field(max_length=80, examples=["Augsburger Friedensfest"]),
        SaysSomething(),
        OneLine(),
    ]
    every_year: (
        Annotated[
            str,
            Field(pattern=r"^--[0-9]{2}-[0-9]{2}$", examples=["--08-08"]),
            AfterValidator(_is_a_day),
        ]
        | None
    ) = None
    from_easter: Annotated[int, Field(ge=-63, le=63, examples=[-48])] | None = Field(
        default=None,
        description="Days after Easter Sunday, before it when negative: -48 is Rosenmontag.",
    )
    first_day: WorkDay | None = None
    last_day: WorkDay | None = Field(
        default=None, description="The last one, included; null: `first_day` alone."
    )
    closes: TimeOfDay | None = Field(
        default=None,
        description="When the office shuts; null: it stays closed all day.",
        examples=["12:00"],
    )

    @model_validator(mode="after")
    def _says_when_once(self) -> Self:
        told = (self.every_year, self.from_easter, self.first_day)
        if sum(each is not None for each in told) != 1:
            raise ValueError("name exactly one of every_year, from_easter and first_day")
        if self.last_day is not None and self.first_day is None:
            raise ValueError("last_day needs first_day")
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise ValueError("last_day lies on or after first_day")
        return self

    @property
    def dated(self) -> tuple[date, date] | None:
        """First and last day, if they come once."""
        return None if self.first_day is None else (self.first_day, self.last_day or self.first_day)


def _once(days: list[SpecialDay]) -> list[SpecialDay]:
    """Refuse days that are named twice: one of the two is a mistake, and nobody knows which."""
    for rule in ("every_year", "from_easter"):
        named: set[str | int] = set()
        for each in days:
            told = getattr(each, rule)
            if told in named:
                raise ValueError(f"{rule} {told} is named twice")
            named |= {told} - {None}
    spans = sorted(each.dated for each in days if each.dated)
    for before, after in pairwise(spans):
        if after[0] <= before[1]:
            raise ValueError(f"{after[0]} is named twice")
    return days


def _usual_special_days() -> list[SpecialDay]:
    return [
        SpecialDay(name="Heiligabend", every_year="--12-24", closes="12:00"),
        SpecialDay(name="Silvester", every_year="--12-31", closes="12:00"),
    ]


class OfficeCalendar(Strict):
    """Body of ``PUT /v1/agency/calendar``, and the answer: what is left out is as usual.

    Public holidays come from the agency's federal state and need not be named.
    """

    week: OfficeWeek = Field(
        default_factory=_usual_week,
        description="Usually Monday to Friday, 9:00 to 12:30 and 13:00 to 17:30.",
    )
    special_days: Annotated[
        list[SpecialDay], AtMost(SPECIAL_DAYS_AT_MOST), AfterValidator(_once)
    ] = Field(
        default_factory=_usual_special_days,
        description="Company and municipal holidays, half days. Usually 24 and 31 December until"
        " noon; a list that leaves them out makes them whole working days.",
    )
    plannable_share: Annotated[float, Field(ge=0.5, le=0.7, examples=[0.6])] = Field(
        default=0.6,
        description="The share of the hours that may be planned; the rest stays free for what"
        " comes by itself.",
    )
