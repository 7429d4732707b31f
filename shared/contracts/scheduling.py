"""Bodies and answers of the scheduler besides the plan: lists, campaigns, requests, the ledger."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.capacity import StaffingFault
from shared.contracts.catalogues import CareChannel, Catalogue
from shared.contracts.events import RequestKind
from shared.contracts.plans import DevelopmentResult, Touchpoint, TouchpointState
from shared.contracts.staff import Staff
from shared.contracts.vocabulary import (
    CustomerId,
    Day,
    ExternalId,
    Instant,
    StaffId,
    Strict,
    ToldInstant,
    WorkDay,
)

Count = Annotated[int, Field(ge=0)]
Hours = Annotated[float, Field(ge=0)]
ServiceKey = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,39}$", examples=["newsletter"])]
Month = Annotated[str, Field(pattern=r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])$", examples=["2026-11"])]

RequestState = Literal["open", "closed"]
TaskState = Literal["open", "done", "discarded"]


class PlannedGroup(Strict):
    """Planned touchpoints that are alike; ``month`` is null if no day of their window has room."""

    month: Day | None = Field(description="First day of the month.")
    service: str
    channel: CareChannel
    staff_id: StaffId | None
    state: Literal["planned", "suppressed"]
    reason: str | None
    touchpoints: Count
    hours: Hours


class CarerShare(Strict):
    """How many care units and customers a person cares for."""

    staff_id: StaffId | None
    units: Count
    customers: Count


class PlanSummary(Strict):
    """``GET /v1/plan``: the plan in numbers. The version is 0 before the first plan."""

    version: Count
    as_of: Day | None = Field(description="The day it was planned as of.")
    catalogue_version: Count | None
    planned_at: Instant | None
    touchpoints: Count = Field(description="Planned, with a day.")
    suppressed: Count
    unplaced: Count = Field(description="Due, but no day of the window has room.")
    unplaced_hours: Hours
    carers: list[CarerShare]
    groups: list[PlannedGroup]


class TouchpointPage(Strict):
    """``GET /v1/touchpoints``: by day, touchpoints without a day last."""

    items: list[Touchpoint]
    next_cursor: str | None = None


class StaffPage(Strict):
    """``GET /v1/staff``."""

    items: list[Staff]
    next_cursor: str | None = None
    faults: list[StaffingFault] = Field(
        default_factory=list,
        description="What is wrong with places and areas; `GET /v1/capacity` adds hours.",
    )


class StaffImportRow(Strict):
    """One cell or row of a staff file that was rejected, or is doubtful."""

    line: int = Field(description="Line of the file, counted from 1.")
    column: str
    value: str
    code: str = Field(examples=["hours-out-of-range"])
    reason_de: str
    reason_en: str


class StaffImport(Strict):
    """``POST /v1/staff/imports``: valid rows are imported, invalid ones are rejected."""

    imported: list[StaffId]
    rejected: list[StaffImportRow]
    doubtful: list[StaffImportRow] = Field(description="The row was imported without this cell.")
    faults: list[StaffingFault] = Field(
        default_factory=list, description="As in `GET /v1/staff`, after the import."
    )


class CatalogueView(Strict):
    """A version of the catalogue; exactly one is in force."""

    version: Annotated[int, Field(ge=1)]
    created_at: Instant
    in_force: bool
    catalogue: Catalogue


class CataloguePage(Strict):
    """``GET /v1/catalogues``: the newest first."""

    items: list[CatalogueView]
    next_cursor: str | None = None


class CatalogueVersion(Strict):
    """The number of a version."""

    version: Annotated[int, Field(ge=1)]


class CampaignView(Strict):
    """A coming campaign: its service, its month and the day on which it leaves."""

    service: ServiceKey
    month: Month
    day: Day
    moved: bool = Field(description="True if the day is not the one of the catalogue.")


class CampaignPage(Strict):
    """``GET /v1/campaigns``: in order of their days."""

    items: list[CampaignView]
    next_cursor: str | None = None


class CampaignMove(Strict):
    """``PUT /v1/campaigns/{service}/{month}``: the new day of the campaign."""

    day: WorkDay


class NewRequest(Strict):
    """``POST /v1/requests``: a request of a customer; the free text stays with the broker."""

    kind: RequestKind
    customer_id: CustomerId
    asked_at: ToldInstant | None = Field(default=None, description="By default now.")


class RequestView(Strict):
    """A request: who must answer it, and by when."""

    request_id: UUID
    task_id: UUID
    customer_id: CustomerId
    kind: RequestKind
    state: RequestState
    staff_id: StaffId
    opened_at: Instant
    deadline: Instant
    late: bool = Field(description="The deadline passed while it was open.")
    closed_at: Instant | None = None
    outcome: str | None = Field(default=None, examples=["done"])
    message_id: str | None = Field(
        default=None, description="The message that the customer answered by it."
    )


class NewOccasion(Strict):
    """``POST /v1/customers/{customer_id}/occasions``: something that raises a service."""

    service: ServiceKey = Field(
        description="A row of the catalogue in force with the occasion `raised`.",
        examples=["customer_event"],
    )
    on: WorkDay | None = Field(
        default=None,
        description="The day it is due: today (the default), up to 60 days back, or within the "
        "next twelve months.",
    )
    reference: ExternalId | None = Field(
        default=None,
        description="Your id of what happened. The same reference for the same customer and "
        "service is the same occasion, whenever it comes again.",
        examples=["event-2027-03"],
    )


class HeldContact(Strict):
    """``POST /v1/touchpoints/{touchpoint_id}/held``: the contact took place, early or elsewhere."""

    on: WorkDay = Field(
        description="The day it was held: today or up to a year back.", examples=["2026-11-20"]
    )
    minutes: Annotated[int, Field(ge=0, le=1440, examples=[75])] = Field(
        description="Minutes it took, travel included."
    )
    result: DevelopmentResult | None = Field(
        default=None, description="What came of it, if it spoke of a gap."
    )
    staff_id: StaffId | None = Field(
        default=None, description="Who held it; by default whoever it was planned for."
    )


class OccasionView(Strict):
    """What was raised, and the id of the contact that planning makes of it."""

    customer_id: CustomerId
    service: ServiceKey
    on: Day
    touchpoint_id: UUID


class RequestPage(Strict):
    """``GET /v1/requests``."""

    items: list[RequestView]
    next_cursor: str | None = None


class TaskEnded(Strict):
    """Answer of ``POST /v1/tasks/{id}/completion``; a delegated task stays open."""

    task_id: UUID
    state: TaskState
    staff_id: StaffId
    minutes_spent: Count
    repeated: bool = Field(
        description="True if it had ended in the same way before; nothing was changed."
    )


class LedgerEntry(Strict):
    """The state of one due touchpoint: ended, or waiting with a reason, and since when."""

    touchpoint_id: ExternalId
    customer_id: CustomerId
    service: str
    channel: CareChannel
    due: Day
    state: TouchpointState
    reason: str | None
    since: Instant
    left_on: Day | None = Field(
        description="The day run that took it out of the plan; null while no day has room for it."
    )


class LedgerPage(Strict):
    """``GET /v1/operations/ledger``: every touchpoint due up to a day, each once, by id."""

    items: list[LedgerEntry]
    next_cursor: str | None = None
