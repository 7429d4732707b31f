"""Tasks as they are read: lists, one, a person's day, and who is behind."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from services.scheduler.domain.capacity import WorkingPerson, plannable_minutes
from services.scheduler.domain.workloads import DAYS_AVERAGED, SINKS_FROM, caught_up_on, days_behind
from services.scheduler.store import carers_customers, staff, task_lists, task_steps
from services.scheduler.store.agencies import KnownAgency
from services.scheduler.store.task_lists import AsOf, OpenWork, TaskFilter
from services.scheduler.usecases.agencies import ensure_agency
from services.scheduler.usecases.planning_rules import working_person
from services.scheduler.usecases.staff import person
from services.scheduler.usecases.tasks import no_task, task_as_of
from shared.calendar import Opening, WorkingCalendar
from shared.clients.classifier import ClassifierClient
from shared.contracts.office_calendars import WEEKDAYS
from shared.contracts.plans import DayPlan, Sinking, Task
from shared.contracts.staff import Block, Staff
from shared.contracts.tasks import CarersCustomer, TaskDetails, Workload, WorkloadPage
from shared.contracts.vocabulary import AgencyId, CustomerId, StaffId
from shared.db.database import Database, Transaction

WHOLE_DAY = 1.0
LAPSED_SINCE = timedelta(days=30)


async def list_tasks(
    *, database: Database, agency: AgencyId, asked: TaskFilter, now: datetime
) -> list[Task]:
    """Tasks by day, then by id."""
    async with database.transaction(agency) as transaction:
        return await task_lists.list_tasks(transaction, asked, await task_as_of(transaction, now))


async def read_task(
    *, database: Database, agency: AgencyId, task_id: UUID, now: datetime
) -> TaskDetails:
    """One task with what happened to it. Raises TaskNotFound, TaskNotDueYet."""
    async with database.transaction(agency) as transaction:
        as_of = await task_as_of(transaction, now)
        found = await task_lists.shown_task(transaction, task_id, as_of)
        if found is None:
            raise await no_task(transaction, task_id)
        return TaskDetails(**dict(found), steps=await task_steps.steps_of(transaction, task_id))


async def carers_customers_of(
    *, database: Database, agency: AgencyId, staff_id: StaffId, after: CustomerId, limit: int
) -> list[CarersCustomer]:
    """The customers whom a person cares for, by id. Raises StaffNotFound."""
    async with database.transaction(agency) as transaction:
        await person(transaction, staff_id)
        return await carers_customers.customers_of(transaction, staff_id, after=after, limit=limit)


async def day_plan(
    *,
    database: Database,
    classifier: ClassifierClient,
    agency: AgencyId,
    staff_id: StaffId,
    day: date,
    now: datetime,
) -> DayPlan:
    """Return a person's tasks of a day, the most important first, how much of the day stays free,
    and how far behind they are; the owner sees who sinks. Raises StaffNotFound."""
    known = await ensure_agency(database=database, classifier=classifier, agency=agency, now=now)
    async with database.transaction(agency) as transaction:
        who = await person(transaction, staff_id)
        as_of = await task_as_of(transaction, now)
        found = await task_lists.tasks_of_day(
            transaction,
            staff_id,
            day,
            as_of,
            left_over_until=_left_over_until(day, known, as_of),
            moving_in=known.moving_in,
        )
        loads = {each.staff_id: each for each in await _workloads(transaction, known, as_of)}
    hours = _hours(working_person(who), day, known.calendar)
    planned = sum(task.minutes for task in found if task.state != "discarded")
    own = loads.get(staff_id)
    return DayPlan(
        staff_id=staff_id,
        day=day,
        working_minutes=hours.working,
        blocked_minutes=hours.blocked,
        plannable_minutes=hours.plannable,
        planned_minutes=planned,
        free_minutes=max(0, hours.working - hours.blocked - planned),
        overdue_tasks=own.overdue_tasks if own else 0,
        overdue_minutes=own.overdue_minutes if own else 0,
        sinking=_sinking(list(loads.values())) if who.role == "owner" else [],
        blocks=[each for each in who.blocks if _is_on(each, day, hours.openings)],
        tasks=sorted(found, key=_rank),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hours:
    """A person's day: minutes of work, of blocks within them, and what may be planned beside."""

    openings: Sequence[Opening]
    working: int
    blocked: int
    plannable: int


def _hours(who: WorkingPerson, day: date, calendar: WorkingCalendar) -> _Hours:
    def minutes(person: WorkingPerson, share: float) -> int:
        frame = plannable_minutes(
            people=[person], calendar=calendar, first=day, last=day, share=share
        )
        return int(frame["plannable_minutes"].sum())

    working = minutes(replace(who, blocks=()), WHOLE_DAY)
    openings = () if who.is_away(day) else calendar.openings(day)
    left = sum(each.minutes for each in who.open_hours(day, calendar))
    blocked = calendar.working_minutes(day) - left if openings else 0
    return _Hours(
        openings=openings,
        working=working,
        blocked=min(working, blocked),
        plannable=minutes(who, calendar.plannable_share),
    )


def _is_on(block: Block, day: date, openings: Sequence[Opening]) -> bool:
    begins, ends = time.fromisoformat(block.begins), time.fromisoformat(block.ends)
    within = any(each.opens < ends and begins < each.closes for each in openings)
    return within and WEEKDAYS.index(block.weekday) == day.weekday()


def _left_over_until(day: date, known: KnownAgency, as_of: AsOf) -> date:
    """The last day whose open tasks count as left over on ``day``.

    On the evening before, today's open tasks are tomorrow's; further ahead they will have got days
    of their own.
    """
    is_next = day <= known.calendar.next_working_day(as_of.today)
    return as_of.today if is_next else as_of.today - timedelta(days=1)


def _sinking(loads: Sequence[Workload]) -> list[Sinking]:
    return [
        Sinking(
            staff_id=each.staff_id,
            overdue_tasks=each.overdue_tasks,
            overdue_minutes=each.overdue_minutes,
            days_behind=each.days_behind,
        )
        for each in loads
        if each.sinks
    ]


def _rank(task: Task) -> tuple[bool, int, str, str]:
    """Sorts open tasks first, then by importance and deadline."""
    deadline = task.deadline.isoformat() if task.deadline else "9999"
    return task.state != "open", -task.importance, deadline, task.task_id


async def workloads(
    *, database: Database, classifier: ClassifierClient, agency: AgencyId, now: datetime
) -> WorkloadPage:
    """The open work of everybody, who sinks deepest first, and what nobody has."""
    known = await ensure_agency(database=database, classifier=classifier, agency=agency, now=now)
    async with database.transaction(agency) as transaction:
        loads = await _workloads(transaction, known, await task_as_of(transaction, now))
        waiting = await task_lists.waiting_for_staff(transaction)
    return WorkloadPage(items=loads, waiting_for_staff=waiting)


async def _workloads(transaction: Transaction, known: KnownAgency, as_of: AsOf) -> list[Workload]:
    people = {each.staff_id: each for each in await staff.list_staff(transaction)}
    since = as_of.today - LAPSED_SINCE
    work = {
        each.staff_id: each for each in await task_lists.open_work(transaction, as_of, since=since)
    }
    active = [staff_id for staff_id, each in people.items() if each.active]
    loads = [
        _workload(work.get(staff_id) or _no_work(staff_id), people.get(staff_id), known, as_of)
        for staff_id in {*active, *work}
    ]
    return sorted(loads, key=lambda each: (-each.days_behind, -each.overdue_tasks, each.staff_id))


def _no_work(staff_id: StaffId) -> OpenWork:
    return OpenWork(
        staff_id=staff_id, open_tasks=0, open_minutes=0, overdue_tasks=0, overdue_minutes=0,
        oldest=None, caught_up_on=None, escalated=0, lapsed=0,
    )  # fmt: skip


def _workload(work: OpenWork, who: Staff | None, known: KnownAgency, as_of: AsOf) -> Workload:
    usual = 0
    coming: list[tuple[date, int]] = []
    if who is not None:
        days = plannable_minutes(
            people=[working_person(who.model_copy(update={"absences": []}))],
            calendar=known.calendar,
            first=as_of.today,
            last=as_of.today + DAYS_AVERAGED,
        )
        coming = list(days.sort("day").select("day", "plannable_minutes").iter_rows())
        usual = int(days["plannable_minutes"].mean() or 0)  # type: ignore[arg-type]  # of minutes, a number
    behind = days_behind(overdue_minutes=work.overdue_minutes, plannable_per_day=usual)
    return Workload(
        staff_id=work.staff_id,
        open_tasks=work.open_tasks,
        open_minutes=work.open_minutes,
        overdue_tasks=work.overdue_tasks,
        overdue_minutes=work.overdue_minutes,
        days_behind=behind,
        oldest=work.oldest,
        caught_up_on=caught_up_on(
            overdue_minutes=work.overdue_minutes,
            last_given=work.caught_up_on,
            plannable=coming,
        ),
        escalated=work.escalated,
        lapsed=work.lapsed,
        sinks=behind > SINKS_FROM,
        nobody=work.open_tasks > 0 and (who is None or not who.active),
    )
