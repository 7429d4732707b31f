"""People of the agency: role, hours, places, deputies and absences."""

from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from shared.contracts.agencies import TimeOfDay
from shared.contracts.bounds import AtMost, OneLine, SaysSomething
from shared.contracts.office_calendars import Weekday, require_apart, require_forward
from shared.contracts.vocabulary import Cents, StaffId, Strict, WorkDay

AREAS_AT_MOST: Final = 100
AREA_LENGTH: Final = 64
"""Of one person: there are some thirty lines, and a cell of a list may hold a whole text."""
ABSENCES_AT_MOST: Final = 500
"""Of one person in one call: each is stored by itself, and a year has some twenty."""
Area = Annotated[str, AtMost(AREA_LENGTH), SaysSomething()]
Areas = Annotated[list[Area], AtMost(AREAS_AT_MOST)]
StaffRole = Literal["owner", "adviser", "back_office"]


class Absence(Strict):
    """Days on which a person is away, both ends included."""

    first_day: WorkDay
    last_day: WorkDay
    kind: Literal["holiday", "sickness", "training", "other"] = "holiday"

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.last_day < self.first_day:
            raise ValueError("an absence ends on or after its first day")
        return self


BLOCKS_AT_MOST: Final = 100
"""Of one person: a week has six days, and nobody divides one into more than some ten pieces."""


class Block(Strict):
    """Time of a weekday that belongs to something else than customers' appointments and tasks.

    ``mail``: incoming mail, in one go. ``focus``: closed door. ``break``: not working. All count as
    planned time, so nothing else is planned for it.
    """

    weekday: Weekday
    begins: TimeOfDay = Field(examples=["09:00"])
    ends: TimeOfDay = Field(examples=["09:30"])
    kind: Literal["mail", "focus", "break"]

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        require_forward(self.begins, self.ends)
        return self


def _apart(blocks: list[Block]) -> list[Block]:
    """Refuse blocks that overlap, because their minutes would count twice."""
    for weekday in {each.weekday for each in blocks}:
        require_apart((each.begins, each.ends) for each in blocks if each.weekday == weekday)
    return blocks


class Responsibilities(Strict):
    """The areas a person is responsible for."""

    lines: Areas = Field(default_factory=list, examples=[["motor"]])
    requests: Areas = Field(default_factory=list, examples=[["claim"]])


class StaffDetails(Strict):
    """Body of ``PUT /staff/{staff_id}``.

    ``capacity`` is a number of customers; null means no limit. ``weekly_hours`` are the hours for
    customers, within office hours; ``hourly_cents`` is the cost of an hour.
    """

    role: StaffRole
    name: Annotated[str, Field(max_length=120, examples=["Jana Vogt"]), SaysSomething(), OneLine()]
    email: Annotated[str, Field(max_length=254, examples=["vogt@example.org"])] | None = None
    phone: Annotated[str, Field(max_length=40, examples=["+49 3464 5550"])] | None = None
    capacity: Annotated[int, Field(ge=0, le=1_000_000, examples=[350])] | None = None
    weekly_hours: Annotated[float, Field(ge=0, le=60, examples=[40])] = 40.0
    hourly_cents: Annotated[Cents, Field(ge=0, examples=[7000])] | None = None
    deputy: StaffId | None = None
    responsibilities: Responsibilities = Responsibilities()
    absences: Annotated[list[Absence], AtMost(ABSENCES_AT_MOST)] = Field(default_factory=list)
    blocks: Annotated[list[Block], AtMost(BLOCKS_AT_MOST), AfterValidator(_apart)] = Field(
        default_factory=list,
        description="Mail, focus and breaks by weekday, within the agency's office hours.",
    )
    active: bool = True


class Staff(StaffDetails):
    """A person with their id, and with all absences, however often somebody was away."""

    staff_id: StaffId
    absences: list[Absence] = Field(default_factory=list)
