"""What the scheduler publishes: carers, touchpoints, tasks and requests."""

from typing import Annotated, ClassVar

from pydantic import Field

from shared.contracts.appointments import AppointmentState
from shared.contracts.catalogues import CareChannel, ServicePurpose
from shared.contracts.changes.published import Id, InstantWithOffset, PublishedChange
from shared.contracts.customers import StaffRole
from shared.contracts.events import RequestKind
from shared.contracts.plans import DevelopmentResult, TouchpointState
from shared.contracts.scheduling import RequestState
from shared.contracts.vocabulary import AgencyId, CustomerId, Day, ExternalId, StaffId

Minutes = Annotated[int, Field(ge=0)]


class AgencyOpened(PublishedChange):
    """The agency has moved in: from now on carers are introduced and advertising leaves."""

    KIND: ClassVar = "agency.opened"
    SUBJECT: ClassVar = "agency_id"

    agency_id: AgencyId = Field(exclude=True)
    opened_at: InstantWithOffset


class CarerChanged(PublishedChange):
    """Who cares for a customer now; null if nobody does."""

    KIND: ClassVar = "carer.changed"
    SUBJECT: ClassVar = "customer_id"

    customer_id: CustomerId = Field(exclude=True)
    unit_id: CustomerId
    staff_id: StaffId | None


class TouchpointChange(PublishedChange):
    """A touchpoint as it stands now: ``touchpoint.planned`` while open, then ``touchpoint.ended``.

    ``role`` is that of ``staff_id``. ``minutes`` are those really spent once the touchpoint is
    done, else the planned ones. ``reason`` is a code; it is null if a person discarded the
    touchpoint, because what they wrote is free text. ``ended_at`` is when its task ended,
    ``ended_on`` the day of the touchpoint's end. Only a development has ``line`` and ``result``.
    """

    SUBJECT: ClassVar = "touchpoint_id"

    touchpoint_id: ExternalId = Field(exclude=True)
    customer_id: CustomerId
    service: str
    channel: CareChannel
    purpose: ServicePurpose
    staff_id: StaffId | None
    role: StaffRole | None
    day: Day | None
    minutes: Minutes
    ended_at: InstantWithOffset | None
    state: TouchpointState
    reason: str | None
    because: str
    ended_on: Day | None
    line: str | None = None
    result: DevelopmentResult | None = None


class TouchpointPlanned(TouchpointChange):
    """A touchpoint is in the plan, or is being worked on."""

    KIND: ClassVar = "touchpoint.planned"


class TouchpointEnded(TouchpointChange):
    """A touchpoint has ended: done, sent, suppressed, failed, cancelled or discarded."""

    KIND: ClassVar = "touchpoint.ended"


class TaskEnded(PublishedChange):
    """A task was completed; ``state`` is that of its touchpoint."""

    KIND: ClassVar = "task.ended"
    SUBJECT: ClassVar = "task_id"

    task_id: Id = Field(exclude=True)
    customer_id: CustomerId
    touchpoint_id: Id | None
    request_id: Id | None
    service: str
    state: TouchpointState
    staff_id: StaffId
    minutes: Minutes
    result: DevelopmentResult | None


class AppointmentChanged(PublishedChange):
    """An appointment as it stands now.

    ``at`` is null while no hour is agreed. ``sequence`` counts the changes of the hour. Where it
    takes place is free text, so it is not told here.
    """

    KIND: ClassVar = "appointment.changed"
    SUBJECT: ClassVar = "touchpoint_id"

    touchpoint_id: ExternalId = Field(exclude=True)
    customer_id: CustomerId
    service: str
    channel: CareChannel
    state: AppointmentState
    staff_id: StaffId | None
    at: InstantWithOffset | None
    minutes: Minutes
    sequence: Annotated[int, Field(ge=0)]
    reason: str | None


class RequestChange(PublishedChange):
    """A request as it stands now; ``outcome`` is null while it is open."""

    SUBJECT: ClassVar = "request_id"

    request_id: Id = Field(exclude=True)
    customer_id: CustomerId
    kind: RequestKind
    state: RequestState
    staff_id: StaffId
    opened_at: InstantWithOffset
    deadline: InstantWithOffset
    outcome: str | None


class RequestOpened(RequestChange):
    """A customer wants something, and somebody owes an answer by the deadline."""

    KIND: ClassVar = "request.opened"


class RequestBreached(RequestChange):
    """The deadline of a request passed without an answer."""

    KIND: ClassVar = "request.breached"


class RequestClosed(RequestChange):
    """A request was answered."""

    KIND: ClassVar = "request.closed"
