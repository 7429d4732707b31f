"""Tasks in lists and one by one: what happened to them, and who has too much of them."""

from typing import Annotated, Literal

from pydantic import Field

from shared.contracts.catalogues import Segment
from shared.contracts.plans import Task
from shared.contracts.vocabulary import (
    CustomerId,
    Day,
    ExternalId,
    Instant,
    StaffId,
    Strict,
    WorkDay,
)

TaskStepKind = Literal[
    "postponed", "carried_over", "handed_over", "reopened", "escalated", "lapsed", "rejudged"
]
"""``carried_over``: the morning gave what was left over another day. ``escalated``: owed work that
nobody did went to the owner. ``lapsed``: it made no sense any more. ``rejudged``: a word of the
customer changed its channel, or ended it."""

Reason = Annotated[
    str,
    Field(
        min_length=1,
        max_length=1000,
        pattern=r"\S",
        description="Why; written with care, because an access request discloses it.",
        examples=["Kunde bittet um Donnerstag"],
    ),
]
By = Annotated[
    ExternalId, Field(description="Who says so: the person's id in your system.", examples=["S-2"])
]
Count = Annotated[int, Field(ge=0, examples=[3])]
Minutes = Annotated[int, Field(ge=0, examples=[45])]


class TaskStep(Strict):
    """One thing that happened to a task."""

    at: Instant = Field(examples=["2026-11-23T09:00:00Z"])
    step: TaskStepKind
    by: str | None = Field(
        default=None, description="Null if nobody did it by hand.", examples=["S-2"]
    )
    reason: str | None = Field(default=None, examples=["Kunde bittet um Donnerstag"])
    before: str | None = Field(
        default=None,
        description="The day, person or channel before, as the step says.",
        examples=["2026-11-23"],
    )
    after: str | None = Field(default=None, examples=["2026-11-26"])


class TaskDetails(Task):
    """``GET /v1/tasks/{task_id}``: a task and what happened to it, the oldest first."""

    steps: list[TaskStep] = Field(default_factory=list)


class TaskPage(Strict):
    """``GET /v1/tasks``: by day, then by id."""

    items: list[Task]
    next_cursor: str | None = None


class Postponement(Strict):
    """``POST /v1/tasks/{task_id}/postponement``: the task's new day."""

    to: WorkDay = Field(description="A later working day.", examples=["2026-11-26"])
    reason: Reason
    by: By


class Reopening(Strict):
    """``POST /v1/tasks/{task_id}/reopening``: the end was a mistake."""

    reason: Reason
    by: By


class Handover(Strict):
    """``POST /v1/tasks/{task_id}/handover``: somebody else gets the task."""

    to: StaffId = Field(description="Somebody on the staff.", examples=["S-3"])
    reason: Reason
    by: By


class CarersCustomer(Strict):
    """One customer of a carer."""

    customer_id: CustomerId
    unit_id: CustomerId = Field(description="The household; it has one carer.", examples=["K-0001"])
    segment: Segment | None = Field(
        description="Null while the customer has no class yet.", examples=["A"]
    )
    since: Instant = Field(
        description="Since when this person is the carer.", examples=["2026-11-23T09:00:00Z"]
    )
    pinned: bool = Field(description="The carer was chosen by hand.", examples=[False])


class CarersCustomerPage(Strict):
    """``GET /v1/staff/{staff_id}/customers``: by id."""

    items: list[CarersCustomer]
    next_cursor: str | None = None


class Workload(Strict):
    """The open work of one person."""

    staff_id: StaffId
    open_tasks: Count
    open_minutes: Minutes
    overdue_tasks: Count = Field(description="Those whose day or deadline has passed.")
    overdue_minutes: Minutes = Field(description="Minutes of the overdue tasks.")
    days_behind: float = Field(
        ge=0,
        description="Working days that the overdue minutes take of what can be planned.",
        examples=[2.5],
    )
    oldest: Day | None = Field(
        description="When the oldest overdue task was to be done.", examples=["2026-11-16"]
    )
    caught_up_on: Day | None = Field(
        description="The last day that overdue tasks were given, or a later one if their minutes "
        "do not fit until then; null if there are none.",
        examples=["2026-12-03"],
    )
    escalated: Count = Field(description="Overdue tasks of this person that the owner has now.")
    lapsed: Count = Field(description="Tasks that lapsed in the last 30 days.")
    sinks: bool = Field(description="More than two working days behind.", examples=[True])
    nobody: bool = Field(
        description="A fault: nobody who works here has this work, because the person has left or "
        "is unknown and there is no owner.",
        examples=[False],
    )


class WorkloadPage(Strict):
    """``GET /v1/workloads``: everybody, who sinks deepest first.

    ``waiting_for_staff`` counts planned contacts that nobody could be given: a fault.
    """

    items: list[Workload]
    waiting_for_staff: Count
    next_cursor: None = None
