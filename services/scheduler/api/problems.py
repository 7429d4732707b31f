"""Which error is which problem; ``docs/problems.md`` explains every slug."""

from services.scheduler.domain.appointments import (
    AppointmentInThePast,
    AppointmentOnClosedDay,
    AppointmentOutsideWindow,
    AppointmentOverlaps,
    AppointmentPersonAway,
    AppointmentPersonUnknown,
    AppointmentTooFar,
    HourDoesNotExist,
    HourNotPlausible,
    NoAppointmentForChannel,
)
from services.scheduler.domain.catalogues import CatalogueNotAllowed
from services.scheduler.domain.office_calendars import BlockOutsideHours, ClosedTooLong
from services.scheduler.domain.requests import NobodyToAnswer
from services.scheduler.domain.tasks import (
    DelegatedToOneself,
    DelegateMissing,
    DelegateNotAllowed,
    DelegateUnknown,
    PostponementNotAllowed,
    ReasonMissing,
    ResultNotAllowed,
    TaskAlreadyEnded,
    TaskNotDueYet,
    TaskNotEnded,
    TransitionNotAllowed,
)
from services.scheduler.usecases.agencies import AgencyNotKnownYet
from services.scheduler.usecases.appointments import AppointmentNotFound
from services.scheduler.usecases.campaigns import CampaignNotFound, CampaignTooFar
from services.scheduler.usecases.carers import (
    CarerApplicationNotFound,
    CarerChangeNotProposed,
    CarerNotActive,
    IntroductionNotHeld,
)
from services.scheduler.usecases.catalogues import CatalogueVersionNotFound
from services.scheduler.usecases.day_runs import (
    DayAlreadyPassed,
    DayNotBegun,
    DayStillRunning,
    FirstDayTooEarly,
)
from services.scheduler.usecases.held_contacts import (
    HeldByNobody,
    HeldTooFar,
    TouchpointNotOpen,
)
from services.scheduler.usecases.occasions import (
    OccasionTooFar,
    RaisedForAnotherDay,
    ServiceNotForCustomer,
    ServiceNotFound,
    ServiceNotRaisedByCallers,
)
from services.scheduler.usecases.pins import DayNotAdmissible, TouchpointNotPlanned
from services.scheduler.usecases.planning import PlanKeepsChanging
from services.scheduler.usecases.requests import CustomerNotKnown, RequestNotFound
from services.scheduler.usecases.staff import AbsenceNotFound, StaffIdReserved, StaffNotFound
from services.scheduler.usecases.task_changes import ContactNotPermitted
from services.scheduler.usecases.tasks import TaskNotFound
from services.scheduler.usecases.touchpoints import TouchpointNotFound
from shared.clients.http import ServiceAway, ServiceRefused
from shared.csv.text import UnreadableFile
from shared.heavy_reads import TooManyHeavyReads
from shared.instants import InstantAhead, OutOfReach
from shared.web.cursors import CursorNotValid
from shared.web.documents import Raised
from shared.web.problems import INVALID_BODY, TRY_AGAIN, ProblemType

PROBLEMS: dict[type[Exception], ProblemType] = {
    StaffNotFound: ProblemType("staff-not-found", 404, "Nobody on the staff has this id"),
    StaffIdReserved: ProblemType("id-reserved", 422, "The id is the name of a route"),
    AbsenceNotFound: ProblemType("absence-not-found", 404, "There is no such absence"),
    CarerChangeNotProposed: ProblemType(
        "carer-change-not-proposed", 409, "No such change of carer is proposed"
    ),
    CarerApplicationNotFound: ProblemType(
        "carer-application-not-found", 404, "Changes of carers were never applied under this id"
    ),
    CarerNotActive: ProblemType("carer-not-active", 409, "This person is nobody's carer any more"),
    IntroductionNotHeld: ProblemType(
        "introduction-not-held", 409, "No such introduction waits for a decision"
    ),
    UnreadableFile: ProblemType("file-unreadable", 422, "The file cannot be read as a whole"),
    CatalogueVersionNotFound: ProblemType(
        "catalogue-not-found", 404, "There is no such version of the catalogue"
    ),
    CatalogueNotAllowed: INVALID_BODY,
    OutOfReach: INVALID_BODY,
    ClosedTooLong: INVALID_BODY,
    BlockOutsideHours: INVALID_BODY,
    CampaignNotFound: ProblemType("campaign-not-found", 404, "There is no such campaign"),
    CampaignTooFar: ProblemType("campaign-too-far", 422, "The day lies too far from its month"),
    CustomerNotKnown: ProblemType("customer-not-found", 404, "There is no such customer"),
    ServiceNotFound: ProblemType("service-not-found", 404, "The catalogue has no such service"),
    ServiceNotRaisedByCallers: ProblemType(
        "service-not-raised-by-callers", 422, "No caller can raise this service"
    ),
    ServiceNotForCustomer: ProblemType(
        "service-not-for-customer", 409, "The customer does not get this service"
    ),
    OccasionTooFar: ProblemType("occasion-too-far", 422, "The day lies too far from today"),
    RaisedForAnotherDay: ProblemType(
        "raised-for-another-day", 409, "The same was raised for another day"
    ),
    NobodyToAnswer: ProblemType("nobody-to-answer", 409, "Nobody on the staff could answer"),
    RequestNotFound: ProblemType("request-not-found", 404, "There is no such request"),
    TouchpointNotOpen: ProblemType("touchpoint-not-open", 409, "The contact can not be ended"),
    HeldTooFar: ProblemType("held-too-far", 422, "The day it was held lies too far from today"),
    HeldByNobody: ProblemType("held-by-nobody", 422, "Nobody is known who held the contact"),
    AppointmentNotFound: ProblemType(
        "appointment-not-found", 404, "The contact has no appointment"
    ),
    NoAppointmentForChannel: ProblemType(
        "appointment-not-wanted", 409, "This contact needs no appointment"
    ),
    HourDoesNotExist: ProblemType("hour-does-not-exist", 422, "The clocks skip this hour"),
    HourNotPlausible: ProblemType("hour-not-plausible", 422, "Nobody agrees to this hour"),
    AppointmentInThePast: ProblemType("appointment-in-the-past", 422, "The hour has passed"),
    AppointmentTooFar: ProblemType("appointment-too-far", 422, "The hour lies too far ahead"),
    AppointmentOnClosedDay: ProblemType(
        "appointment-on-closed-day", 422, "The day is a Sunday or a holiday"
    ),
    AppointmentOutsideWindow: ProblemType(
        "appointment-outside-window", 422, "The contact is promised for other days"
    ),
    AppointmentPersonUnknown: ProblemType(
        "appointment-person-unknown", 422, "Nobody who works here is to come"
    ),
    AppointmentPersonAway: ProblemType(
        "appointment-person-away", 409, "Who is to come is absent that day"
    ),
    AppointmentOverlaps: ProblemType(
        "appointment-overlaps", 409, "Who is to come has another appointment at that hour"
    ),
    TouchpointNotFound: ProblemType("touchpoint-not-found", 404, "There is no such touchpoint"),
    TouchpointNotPlanned: ProblemType(
        "touchpoint-not-planned", 409, "Only a planned contact can be pinned"
    ),
    DayNotAdmissible: ProblemType(
        "day-not-admissible", 409, "The contact cannot come on this day with this person"
    ),
    TaskNotFound: ProblemType("task-not-found", 404, "There is no such task"),
    TaskNotDueYet: ProblemType("task-not-due-yet", 409, "The task's day has not come"),
    TaskAlreadyEnded: ProblemType("task-already-ended", 409, "The task was ended already"),
    TransitionNotAllowed: ProblemType("task-already-ended", 409, "The task was ended already"),
    ReasonMissing: ProblemType("reason-missing", 422, "This end of a task needs a reason"),
    TaskNotEnded: ProblemType("task-not-ended", 409, "The task is open"),
    PostponementNotAllowed: ProblemType(
        "postponement-not-allowed", 422, "The task cannot be put off to this day"
    ),
    ContactNotPermitted: ProblemType(
        "contact-not-permitted", 409, "The contact is not permitted any more"
    ),
    DelegateMissing: ProblemType("delegate-missing", 422, "A delegated task names who gets it"),
    DelegateUnknown: ProblemType("delegate-unknown", 422, "Nobody on the staff has this id"),
    DelegatedToOneself: ProblemType(
        "delegated-to-oneself", 422, "A task is delegated to somebody else"
    ),
    DelegateNotAllowed: ProblemType(
        "delegate-not-wanted", 422, "Only a delegated task names somebody else"
    ),
    ResultNotAllowed: ProblemType(
        "result-not-wanted", 422, "Only a development that was done has a result"
    ),
    DayAlreadyPassed: ProblemType("day-already-passed", 409, "A later day was run already"),
    DayNotBegun: ProblemType("day-not-begun", 422, "The day has not begun"),
    FirstDayTooEarly: ProblemType("first-day-too-early", 422, "The first day lies too far back"),
    DayStillRunning: ProblemType("day-still-running", 503, "The day is not run to its end yet"),
    PlanKeepsChanging: ProblemType("plan-keeps-changing", 503, "The plan is being changed"),
    AgencyNotKnownYet: ProblemType("agency-not-known-yet", 503, "The agency is not known yet"),
    ServiceAway: ProblemType("service-away", 503, "A service that is needed for this is away"),
    ServiceRefused: ProblemType("service-refused", 502, "A service refused what this needs"),
    TooManyHeavyReads: TRY_AGAIN,
    CursorNotValid: ProblemType("cursor-not-valid", 422, "The cursor is none of ours"),
}

_PAGE = (CursorNotValid,)
_AWAY = (AgencyNotKnownYet,)
_DELEGATION = (
    TaskAlreadyEnded,
    TransitionNotAllowed,
    ReasonMissing,
    DelegateMissing,
    DelegateUnknown,
    DelegatedToOneself,
    DelegateNotAllowed,
    ResultNotAllowed,
)

RAISED: Raised = {
    "get_opening": _AWAY,
    "open_agency": _AWAY,
    "get_office_calendar": _AWAY,
    "put_office_calendar": (OutOfReach, ClosedTooLong, *_AWAY),
    "list_carer_changes": _PAGE,
    "apply_carer_changes": (CarerChangeNotProposed, *_AWAY),
    "undo_carer_application": (CarerApplicationNotFound, *_AWAY),
    "list_held_introductions": _PAGE,
    "release_introductions": (IntroductionNotHeld, CarerNotActive, *_AWAY),
    "drop_introductions": (IntroductionNotHeld,),
    "pin_carer": (CustomerNotKnown, StaffNotFound, CarerNotActive, *_AWAY),
    "unpin_carer": (CustomerNotKnown,),
    "list_campaigns": _AWAY,
    "move_campaign": (CampaignNotFound, CampaignTooFar, *_AWAY),
    "create_catalogue": (CatalogueNotAllowed,),
    "activate_catalogue": (CatalogueVersionNotFound, CatalogueNotAllowed),
    "simulate_catalogue": (CatalogueVersionNotFound, *_AWAY),
    "run_day": (
        DayAlreadyPassed,
        DayNotBegun,
        FirstDayTooEarly,
        ServiceRefused,
        ServiceAway,
        DayStillRunning,
        PlanKeepsChanging,
        *_AWAY,
    ),
    "get_day_plan": (StaffNotFound, *_AWAY),
    "get_capacity": _AWAY,
    "list_requests": _PAGE,
    "create_request": (
        CustomerNotKnown,
        NobodyToAnswer,
        InstantAhead,
        OutOfReach,
        *_AWAY,
    ),
    "raise_occasion": (
        CustomerNotKnown,
        ServiceNotFound,
        ServiceNotRaisedByCallers,
        ServiceNotForCustomer,
        OccasionTooFar,
        RaisedForAnotherDay,
        *_AWAY,
    ),
    "get_staff": (StaffNotFound,),
    "put_staff": (StaffNotFound, StaffIdReserved, OutOfReach, BlockOutsideHours),
    "add_absence": (StaffNotFound, OutOfReach),
    "remove_absence": (StaffNotFound, AbsenceNotFound),
    "import_staff": (UnreadableFile,),
    "complete_task": (TaskNotFound, TaskNotDueYet, *_DELEGATION, *_AWAY),
    "list_tasks": (*_PAGE, *_AWAY),
    "get_task": (TaskNotFound, TaskNotDueYet, *_AWAY),
    "postpone_task": (
        DelegateUnknown,
        TaskNotFound,
        TaskNotDueYet,
        TaskAlreadyEnded,
        PostponementNotAllowed,
        *_AWAY,
    ),
    "reopen_task": (
        DelegateUnknown,
        TaskNotFound,
        TaskNotDueYet,
        TaskNotEnded,
        TransitionNotAllowed,
        ContactNotPermitted,
        ReasonMissing,
        *_AWAY,
    ),
    "hand_over_task": (
        TaskNotFound,
        TaskNotDueYet,
        *_DELEGATION,
        *_AWAY,
    ),
    "get_request": (RequestNotFound,),
    "get_touchpoint": (TouchpointNotFound,),
    "put_appointment": (
        TouchpointNotFound,
        AppointmentNotFound,
        TouchpointNotOpen,
        NoAppointmentForChannel,
        HourDoesNotExist,
        HourNotPlausible,
        AppointmentInThePast,
        AppointmentTooFar,
        AppointmentOnClosedDay,
        AppointmentOutsideWindow,
        AppointmentPersonUnknown,
        AppointmentPersonAway,
        AppointmentOverlaps,
        *_AWAY,
    ),
    "get_appointment": (TouchpointNotFound, AppointmentNotFound),
    "withdraw_appointment": (
        TouchpointNotFound,
        AppointmentNotFound,
        TouchpointNotOpen,
        *_AWAY,
    ),
    "list_alternatives": (TouchpointNotFound, *_PAGE, *_AWAY),
    "pin_day": (
        TouchpointNotFound,
        TouchpointNotPlanned,
        DayNotAdmissible,
        DelegateUnknown,
        PlanKeepsChanging,
        *_AWAY,
    ),
    "lift_day": (TouchpointNotFound,),
    "list_pins": _PAGE,
    "get_fill": (StaffNotFound, *_AWAY),
    "hold_touchpoint": (
        TouchpointNotFound,
        TouchpointNotOpen,
        HeldTooFar,
        HeldByNobody,
        TaskNotDueYet,
        *_DELEGATION,
        *_AWAY,
    ),
    "list_workloads": _AWAY,
    "list_carers_customers": (StaffNotFound, *_PAGE),
    "list_touchpoints": _PAGE,
    "get_ledger": _PAGE,
}
"""What each route may refuse besides what is wrong with the request itself; in the document."""
