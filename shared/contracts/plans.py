"""The plan in requests and answers: touchpoints, tasks, days, runs, completions, capacity."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.capacity import (
    Count,
    CreepingHours,
    OverloadCertificate,
    OverloadMending,
    PersonLoad,
    ServiceLoad,
    ServiceToLeave,
    StaffingFault,
    WeekLoad,
)
from shared.contracts.catalogues import CareChannel, ServicePurpose
from shared.contracts.pins import Pin
from shared.contracts.staff import Block
from shared.contracts.vocabulary import CustomerId, Day, Instant, StaffId, Strict

TouchpointState = Literal[
    "planned",
    "due",
    "handed_over",
    "sent",
    "done",
    "suppressed",
    "failed",
    "cancelled",
    "discarded",
]
TravelWord = Literal["joined", "alone", "split"]
Outcome = Literal["done", "delegated", "discarded"]
DevelopmentResult = Literal["won", "not_now", "no"]


class Touchpoint(Strict):
    """One planned contact with one customer.

    ``day`` is null while no day has room; ``earliest`` to ``latest`` is its window. ``because``
    is the code of what raised it, ``reason`` explains its state, ``detail`` names its subject.
    """

    touchpoint_id: str
    customer_id: CustomerId
    service: str
    channel: CareChannel
    purpose: ServicePurpose
    staff_id: StaffId | None
    day: Day | None
    earliest: Day
    latest: Day
    minutes: Annotated[int, Field(ge=0)]
    state: TouchpointState
    reason: str | None = None
    because: str
    detail: str | None = None
    travel: TravelWord | None = Field(
        default=None,
        description="Of a visit that is ahead and has a day: `joined` if the same person visits"
        " another customer of the same postcode that day, `split` if the day's other visits are all"
        " elsewhere, `alone` if there is no other.",
    )
    pin: Pin | None = Field(default=None, description="The day that a person fixed, if any did.")


class Task(Strict):
    """A piece of work for one person, to be done, delegated or discarded."""

    task_id: str
    touchpoint_id: str | None
    request_id: str | None = None
    customer_id: CustomerId
    service: str
    channel: CareChannel
    staff_id: StaffId
    day: Day
    minutes: Annotated[int, Field(ge=0)]
    importance: Annotated[int, Field(ge=0)]
    state: Literal["open", "done", "discarded"]
    reason: Annotated[
        str | None, Field(description="Why it was delegated or discarded.", examples=["deceased"])
    ] = None
    stands_in_for: Annotated[
        StaffId | None, Field(description="Whose work it is, while that person is away.")
    ] = None
    because: str
    detail: str | None = None
    deadline: Instant | None = None
    due_on: Annotated[
        Day | None,
        Field(
            description="The last day on which it was in time; `day` moves, this stays.",
            examples=["2026-11-20"],
        ),
    ] = None
    overdue: Annotated[
        bool,
        Field(
            description="Open after the day on which it was to be done, or its deadline.",
            examples=[True],
        ),
    ] = False
    last_sensible_day: Annotated[
        Day | None,
        Field(description="Afterwards it lapses; null if it is owed.", examples=["2027-01-20"]),
    ] = None
    escalates_on: Annotated[
        Day | None,
        Field(description="From this day on owed work is the owner's.", examples=["2026-12-04"]),
    ] = None
    escalated_from: Annotated[
        StaffId | None,
        Field(description="Whose it was before it went to the owner.", examples=["S-2"]),
    ] = None
    result: DevelopmentResult | None = None
    minutes_spent: Annotated[
        int, Field(ge=0, description="Minutes told so far.", examples=[25])
    ] = 0
    reopened: Annotated[int, Field(ge=0, description="How often.")] = 0
    postponed: Annotated[
        int, Field(ge=0, description="How often it was not done on its day, by hand or not.")
    ] = 0
    delegated: Annotated[int, Field(ge=0, description="How often.")] = 0
    opened_at: Instant | None = None
    ended_at: Instant | None = None


class Sinking(Strict):
    """Somebody who is more than two working days behind."""

    staff_id: StaffId
    overdue_tasks: Annotated[int, Field(ge=0, examples=[12])]
    overdue_minutes: Annotated[int, Field(ge=0, examples=[540])]
    days_behind: Annotated[float, Field(ge=0, description="In working days.", examples=[2.5])]


class DayPlan(Strict):
    """``GET /staff/{id}/days/{date}``: the tasks of one person and day, most important first.

    ``working_minutes`` is the office day; ``blocked_minutes`` of it belong to ``blocks`` (mail,
    focus, breaks); ``plannable_minutes`` may be planned beside them, and ``free_minutes`` are left
    for unplanned work. ``overdue_minutes`` are those of all that the person did not do in time,
    whatever day it has now. ``sinking`` tells the owner who is behind.
    """

    staff_id: StaffId
    day: Day
    working_minutes: Annotated[int, Field(ge=0)]
    plannable_minutes: Annotated[int, Field(ge=0)]
    planned_minutes: Annotated[int, Field(ge=0)]
    free_minutes: Annotated[int, Field(ge=0)]
    overdue_tasks: Annotated[int, Field(ge=0)] = 0
    overdue_minutes: Annotated[int, Field(ge=0)] = 0
    blocked_minutes: Annotated[int, Field(ge=0)] = 0
    sinking: list[Sinking] = Field(default_factory=list)
    blocks: list[Block] = Field(default_factory=list)
    tasks: list[Task]


class RunCounts(Strict):
    """Answer of ``POST /days/{date}/run``; repeating a run adds nothing and counts the same day."""

    day: Day
    already_run: bool
    moving_in: bool = Field(
        default=False,
        description="True until `POST /v1/agency/opening`: advertising stays in the plan.",
    )
    planned: Annotated[int, Field(ge=0)] = 0
    due: Annotated[int, Field(ge=0)] = 0
    handed_over: Annotated[int, Field(ge=0)] = 0
    emails: Annotated[int, Field(ge=0, description="Of those handed over.")] = 0
    letters: Annotated[int, Field(ge=0, description="Of those handed over.")] = 0
    tasks: Annotated[int, Field(ge=0)] = 0
    suppressed: Annotated[int, Field(ge=0)] = 0
    cancelled: Annotated[int, Field(ge=0)] = 0
    failed: Annotated[int, Field(ge=0)] = 0
    unplaced: Annotated[int, Field(ge=0)] = 0


class CompletionRequest(Strict):
    """``POST /tasks/{id}/completion``: how a task ended.

    ``delegated`` needs ``to`` and ``reason``, ``discarded`` needs ``reason``. ``minutes`` are the
    minutes spent and default to the planned ones. Only a development has a ``result``.
    """

    outcome: Outcome
    to: StaffId | None = None
    reason: Annotated[str, Field(max_length=1000)] | None = None
    minutes: Annotated[int, Field(ge=0, le=1440)] | None = None
    result: DevelopmentResult | None = None


class MonthLoad(Strict):
    """Hours of one person and month: demanded, placed on a day, and plannable."""

    staff_id: StaffId
    month: Day = Field(description="First day of the month")
    demanded_hours: Annotated[float, Field(ge=0)]
    placed_hours: Annotated[float, Field(ge=0)]
    plannable_hours: Annotated[float, Field(ge=0)]


class DayLoad(Strict):
    """Minutes of one person and day."""

    staff_id: StaffId
    day: Day
    placed_minutes: Annotated[int, Field(ge=0)]
    plannable_minutes: Annotated[int, Field(ge=0)]


class Unplaced(Strict):
    """Touchpoints without a day: of which person and service, how many hours, and the reason."""

    staff_id: StaffId | None
    service: str
    reason: Literal["no_room_in_window", "no_working_day_in_window", "nobody_responsible"]
    touchpoints: Annotated[int, Field(ge=0)]
    hours: Annotated[float, Field(ge=0)]


class CapacityReport(Strict):
    """``GET /capacity``: whether the promised care fits into the hours of the staff.

    The twelve months from ``first_day`` to ``last_day``: demand counts in the month in which it is
    due, hours are those of the same days. ``fits`` is true if everything that is due has a day.
    ``breaking_book_size`` is the largest number of customers, in the present mix, that fits before
    the first person (``breaks_first``) runs out of hours; places stay as they are, so customers who
    are added reach those who have room. It is null if nothing is due, or no growth breaks it.
    """

    as_of: Day
    first_day: Day
    last_day: Day
    fits: bool
    customers: Annotated[int, Field(ge=0)]
    breaking_book_size: Annotated[int, Field(ge=0)] | None
    breaks_first: StaffId | None
    moving_in: bool = Field(
        default=False, description="True until `POST /v1/agency/opening`: nothing is announced."
    )
    people: list[PersonLoad] = Field(default_factory=list)
    faults: list[StaffingFault] = Field(
        default_factory=list, description="What is wrong with places, hours and areas."
    )
    months: list[MonthLoad]
    weeks: list[WeekLoad] = Field(default_factory=list)
    days: list[DayLoad]
    services: list[ServiceLoad] = Field(default_factory=list)
    unplaced: list[Unplaced]
    certificates: list[OverloadCertificate] = Field(
        default_factory=list,
        description="Why what has no day has none, the most promised first; at most three.",
    )
    uncertified: Count = Field(
        default=0,
        description="Contacts without a day that no certificate is about: there are more shortages,"
        " or the book has more than 20,000 customers.",
    )
    mendings: list[OverloadMending] = Field(
        default_factory=list,
        description="The cheapest change of each kind that mends a certificate, each planned to"
        " verify it; by certificate, the cheapest first.",
    )
    mendings_complete: bool = Field(
        default=True, description="False: a large book left no time to plan more of them."
    )
    creeping_hours: CreepingHours | None = Field(
        default=None, description="Null without customers, work or hours."
    )
    to_leave: list[ServiceToLeave] = Field(
        default_factory=list,
        description="Services of the last twelve months by what followed from an hour, the least"
        " first.",
    )
