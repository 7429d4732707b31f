"""The plan as others see it: touchpoints, tasks, days, runs, completions and capacity."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.catalogues import CareChannel, ServicePurpose
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
Outcome = Literal["done", "delegated", "discarded"]
DevelopmentResult = Literal["won", "not_now", "no"]


class Touchpoint(Strict):
    """One planned contact with one customer.

    ``day`` is null while no day has room; ``earliest`` to ``latest`` is its window. ``because``
    says what raised it, ``reason`` why it is in its state, ``detail`` which gap it is about.
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


class Task(Strict):
    """A piece of work for one person, touched once: done, delegated or discarded."""

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
    because: str
    detail: str | None = None
    deadline: Instant | None = None
    reopened: Annotated[int, Field(ge=0)] = 0
    postponed: Annotated[int, Field(ge=0)] = 0


class DayPlan(Strict):
    """``GET /staff/{id}/days/{date}``: the tasks of one person and day, most important first.

    ``working_minutes`` is the office day, ``plannable_minutes`` what may be planned of it, and
    ``free_minutes`` what stays for what comes by itself.
    """

    staff_id: StaffId
    day: Day
    working_minutes: Annotated[int, Field(ge=0)]
    plannable_minutes: Annotated[int, Field(ge=0)]
    planned_minutes: Annotated[int, Field(ge=0)]
    free_minutes: Annotated[int, Field(ge=0)]
    tasks: list[Task]


class RunCounts(Strict):
    """Answer of ``POST /days/{date}/run``; repeating a run adds nothing and counts the same day."""

    day: Day
    already_run: bool
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

    ``delegated`` needs ``to`` and ``reason``, ``discarded`` needs ``reason``. ``minutes`` are those
    really spent; missing, the planned ones count. ``result`` is told of development alone.
    """

    outcome: Outcome
    to: StaffId | None = None
    reason: Annotated[str, Field(max_length=1000)] | None = None
    minutes: Annotated[int, Field(ge=0, le=1440)] | None = None
    result: DevelopmentResult | None = None


class MonthLoad(Strict):
    """Hours of one person and month: what is owed, what found a day, what could be planned."""

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
    """What does not fit into anybody's hours: whose, which service, how much, and why."""

    staff_id: StaffId | None
    service: str
    reason: Literal["no_room_in_window", "no_working_day_in_window", "nobody_responsible"]
    touchpoints: Annotated[int, Field(ge=0)]
    hours: Annotated[float, Field(ge=0)]


class CapacityReport(Strict):
    """``GET /capacity``: does the promise fit into the hours we have?

    ``fits`` is true when everything owed found a day. ``breaking_book_size`` is how many customers
    of the present mix the hours carry, for the person who breaks first; null when nothing is owed.
    """

    as_of: Day
    first_day: Day
    last_day: Day
    fits: bool
    customers: Annotated[int, Field(ge=0)]
    breaking_book_size: Annotated[int, Field(ge=0)] | None
    breaks_first: StaffId | None
    months: list[MonthLoad]
    days: list[DayLoad]
    unplaced: list[Unplaced]
