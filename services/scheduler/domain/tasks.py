"""How a touchpoint lives and ends, and what it takes to end a task.

planned ─▶ due ─▶ handed_over ─▶ sent            a message: given to the notifier, sent
             └──▶ done | discarded               a task: touched once
planned, due, handed_over ─▶ suppressed | cancelled
handed_over, sent ─▶ failed ─▶ due              a bounce, an unknown end; tried again by hand
done, discarded ─▶ due                           reopened, which is counted
suppressed, cancelled ─▶ due                     reopened: the word that ended it was a mistake
due ─▶ due                                       postponed to another day, which is counted
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from shared.calendar import WorkingCalendar
from shared.contracts.plans import DevelopmentResult, Outcome, TouchpointState
from shared.contracts.scheduling import TaskState

TRANSITIONS: Final[dict[TouchpointState, frozenset[TouchpointState]]] = {
    "planned": frozenset({"due", "suppressed", "cancelled", "discarded"}),
    "due": frozenset({"handed_over", "done", "suppressed", "cancelled", "discarded"}),
    "handed_over": frozenset({"sent", "failed", "suppressed", "cancelled"}),
    "sent": frozenset({"failed"}),
    "failed": frozenset({"due", "discarded", "cancelled"}),
    "suppressed": frozenset({"planned", "due"}),
    "done": frozenset({"due"}),
    "discarded": frozenset({"due"}),
    "cancelled": frozenset({"planned", "due"}),
}
"""The states that each state may lead to. Planning again revives what was suppressed or cancelled,
because the id of an occurrence is for ever, so consent given later must find the same
touchpoint."""

OPEN: Final[frozenset[TouchpointState]] = frozenset({"planned", "due", "handed_over"})
"""Still waiting for something; all others are ended."""

MOVABLE: Final[frozenset[TouchpointState]] = frozenset({"planned"})
"""Planning again may change or take back these, and leaves all others alone."""

POSTPONED_AT_MOST: Final = timedelta(days=366)
"""A mistyped year would hide a task for ever."""

IMPORTANCE_OF_PRIORITY: Final[dict[int, int]] = {0: 30, 1: 20, 2: 10, 3: 0}
"""How important the task of a planned touchpoint is, by the touchpoint's priority (0 is a duty)."""

NEEDS_REASON: Final[frozenset[TouchpointState]] = frozenset(
    {"suppressed", "failed", "cancelled", "discarded"}
)


class TransitionNotAllowed(Exception):
    """A touchpoint cannot go from this state to that one."""

    def __init__(self, *, current: TouchpointState, wanted: TouchpointState) -> None:
        super().__init__(f"a touchpoint that is {current} cannot become {wanted}")
        self.current: TouchpointState = current
        self.wanted: TouchpointState = wanted


class ReasonMissing(Exception):
    """This end of a touchpoint or task needs a reason."""

    def __init__(self, *, wanted: str) -> None:
        super().__init__(f"{wanted} needs a reason")
        self.wanted = wanted


class TaskAlreadyEnded(Exception):
    """The task was touched already: it is done or discarded."""

    def __init__(self, *, current: str) -> None:
        super().__init__(f"the task is {current} already")
        self.current = current


class TaskNotDueYet(Exception):
    """The touchpoint's day has not come: there is no task to end."""

    def __init__(self, *, day: date | None) -> None:
        super().__init__("the task's day has not come")
        self.day = day


class TaskNotEnded(Exception):
    """Only a task that was ended can be opened again."""


class PostponementNotAllowed(Exception):
    """A task is put off to a later working day, at most until its last sensible day."""

    def __init__(self, *, to: date, why: str) -> None:
        super().__init__(f"a task cannot be put off to {to}: {why}")
        self.to = to


class DelegateMissing(Exception):
    """A delegated task names who gets it."""


class DelegateUnknown(Exception):
    """Nobody on the staff has this id."""

    def __init__(self, *, staff_id: str) -> None:
        super().__init__(f"nobody on the staff is {staff_id}")
        self.staff_id = staff_id


class DelegatedToOneself(Exception):
    """A task is delegated to somebody else."""

    def __init__(self, *, staff_id: str) -> None:
        super().__init__(f"{staff_id} has the task already")
        self.staff_id = staff_id


class DelegateNotAllowed(Exception):
    """Only a delegated task names somebody else."""

    def __init__(self, *, outcome: Outcome) -> None:
        super().__init__(f"a task that is {outcome} names nobody else")
        self.outcome: Outcome = outcome


class ResultNotAllowed(Exception):
    """Only a development that was done has a result."""

    def __init__(self, *, service: str) -> None:
        super().__init__(f"{service} has no result to tell")
        self.service = service


def moved(
    *, current: TouchpointState, wanted: TouchpointState, reason: str | None = None
) -> TouchpointState:
    """The wanted state, if it may be reached; staying is always allowed, so ends can be repeated.

    Raises ``TransitionNotAllowed``, ``ReasonMissing``.
    """
    if current == wanted:
        return current
    if wanted not in TRANSITIONS[current]:
        raise TransitionNotAllowed(current=current, wanted=wanted)
    if wanted in NEEDS_REASON and not (reason and reason.strip()):
        raise ReasonMissing(wanted=wanted)
    return wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTask:
    """A task as it stands before somebody ends it. ``development``: does it speak of a gap?"""

    state: TouchpointState
    service: str
    development: bool
    staff_id: str
    minutes: int
    day: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What somebody says about a task; see ``complete``."""

    outcome: Outcome
    to: str | None = None
    reason: str | None = None
    minutes: int | None = None
    result: DevelopmentResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedTask:
    """What follows: the touchpoint's state, whose it is, and the minutes really spent.

    Delegated, it stays due with the new person; minutes already spent count nevertheless.
    """

    state: TouchpointState
    staff_id: str
    minutes_spent: int
    reason: str | None
    result: DevelopmentResult | None


def complete(*, task: OpenTask, completion: Completion, staff: frozenset[str]) -> CompletedTask:
    """End a task or pass it on.

    ``done``: minutes missing count as planned; a development may tell its result. ``delegated``:
    needs ``to``, somebody else on the staff, and a reason. ``discarded``: needs a reason.
    ``staff`` are the ids of those who work here. Raises the errors of this module.
    """
    _can_be_ended(task)
    _fits_the_outcome(task, completion, staff)
    if completion.outcome == "delegated":
        return CompletedTask(
            state=task.state,
            staff_id=completion.to or task.staff_id,
            minutes_spent=completion.minutes or 0,
            reason=completion.reason,
            result=None,
        )
    done = completion.outcome == "done"
    spent = task.minutes if done and completion.minutes is None else completion.minutes or 0
    return CompletedTask(
        state=moved(current=task.state, wanted=completion.outcome, reason=completion.reason),
        staff_id=task.staff_id,
        minutes_spent=spent,
        reason=completion.reason,
        result=completion.result,
    )


def require_postponable(
    *,
    task: OpenTask,
    to: date,
    today: date,
    last_sensible_day: date | None,
    calendar: WorkingCalendar,
) -> None:
    """Raise unless the open task may be put off to this day.

    Raises ``TaskNotDueYet``, ``TaskAlreadyEnded``, ``PostponementNotAllowed``.
    """
    _can_be_ended(task)
    if to <= today:
        raise PostponementNotAllowed(to=to, why=f"it must lie after today, {today}")
    if to > today + POSTPONED_AT_MOST:
        raise PostponementNotAllowed(to=to, why=f"at most {POSTPONED_AT_MOST.days} days")
    if last_sensible_day is not None and to > last_sensible_day:
        raise PostponementNotAllowed(
            to=to, why=f"after {last_sensible_day} it makes no sense any more"
        )
    if not calendar.is_working_day(to):
        raise PostponementNotAllowed(
            to=to, why=f"nobody works then; the next working day is {calendar.working_day_from(to)}"
        )


def reopened_state(
    *, task: TaskState, touchpoint: TouchpointState | None, is_message: bool
) -> TouchpointState:
    """The state of a touchpoint whose ended task is opened again.

    A call that became a letter is no task any more. Raises ``TaskNotEnded``,
    ``TransitionNotAllowed``.
    """
    if task == "open":
        raise TaskNotEnded(TaskNotEnded.__doc__)
    if touchpoint is None:
        return "due"
    if is_message:
        raise TransitionNotAllowed(current=touchpoint, wanted="due")
    return moved(current=touchpoint, wanted="due")


def _can_be_ended(task: OpenTask) -> None:
    if task.state == "planned":
        raise TaskNotDueYet(day=task.day)
    if task.state != "due":
        raise TaskAlreadyEnded(current=task.state)


def _fits_the_outcome(task: OpenTask, completion: Completion, staff: frozenset[str]) -> None:
    outcome, to = completion.outcome, completion.to
    if outcome == "delegated":
        if to is None:
            raise DelegateMissing
        if to == task.staff_id:
            raise DelegatedToOneself(staff_id=to)
        if to not in staff:
            raise DelegateUnknown(staff_id=to)
    elif to is not None:
        raise DelegateNotAllowed(outcome=outcome)
    if outcome != "done" and not (completion.reason and completion.reason.strip()):
        raise ReasonMissing(wanted=outcome)
    if completion.result is not None and not (task.development and outcome == "done"):
        raise ResultNotAllowed(service=task.service)
