"""Requests: opened with a deadline and a task, closed, and noted when they are late."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from services.scheduler.domain.requests import (
    FOR_THE_HEIRS,
    PromisedAnswer,
    is_late,
    promised_answer,
    who_answers,
)
from services.scheduler.domain.subjects import AnswerSubject
from services.scheduler.store import lifted_ends, requests, staff, standing_in, tasks
from services.scheduler.store.merges import merged_into
from services.scheduler.store.task_tables import RequestTable, TaskTable
from services.scheduler.usecases.agencies import agency_here, ensure_agency, ruling_catalogue
from shared.calendar import WorkingCalendar
from shared.clients.classifier import ClassifierClient
from shared.contracts.catalogues import Segment
from shared.contracts.changes.scheduler import (
    RequestBreached,
    RequestChange,
    RequestClosed,
    RequestOpened,
    TaskEnded,
)
from shared.contracts.events import RequestKind
from shared.contracts.scheduling import RequestState, RequestView
from shared.contracts.vocabulary import AgencyId, CustomerId
from shared.db.database import Database, Transaction

REQUESTS = UUID("0c9f3a63-7d8b-4f6f-a9a4-0e8f6f0b3d52")
"""Namespace of ids made from (agency, what asked): a repeated request finds the first."""
LATE_AT_ONCE = 200
EndOfCare = Literal["deceased", "erased"]


class RequestNotFound(Exception):
    """there is no such request"""


class CustomerNotKnown(Exception):
    """no customer of this id is known here"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestToOpen:
    """What a customer wants; a second one with the same key is the same request."""

    key: str
    customer_id: CustomerId
    kind: RequestKind
    asked_at: datetime
    message_id: str | None = None
    """The message that was answered by it."""
    subject: AnswerSubject | None = None
    put_off_to: date | None = None
    """The day to which a person put the task off whose place this one takes; it stays."""

    def begins(self, day: date, calendar: WorkingCalendar) -> date:
        """Return the working day on which it lies on a desk: the one wished, else the present."""
        wished = self.subject.proposed_on if self.subject else None
        return calendar.working_day_from(self.put_off_to or max(day, wished or day))


async def open_requests(transaction: Transaction, wanted: Sequence[RequestToOpen]) -> None:
    """Open the requests that events bring, also those of customers who are not known here yet."""
    for each in await _of_present(transaction, wanted):
        await _open(transaction, each)


async def _of_present(
    transaction: Transaction, wanted: Sequence[RequestToOpen]
) -> list[RequestToOpen]:
    """The same of those who are customers now: a mail may be answered after a merge."""
    now = await merged_into(transaction, {each.customer_id for each in wanted}) if wanted else {}
    return [
        replace(each, customer_id=now.get(each.customer_id, each.customer_id)) for each in wanted
    ]


async def _open(transaction: Transaction, wanted: RequestToOpen) -> RequestTable:
    request_id = uuid5(REQUESTS, f"{transaction.agency}:{wanted.key}")
    known = await requests.request(transaction, request_id)
    if known is not None:
        return known
    agency = await agency_here(transaction)
    people = await staff.list_staff(transaction)
    asker = await requests.requester(transaction, wanted.customer_id)
    segments: dict[str | None, Segment] = {"A": "A", "B": "B", "O": "O", "C": "C"}
    promised = promised_answer(
        kind=wanted.kind,
        segment=segments.get(asker.segment) if asker else None,
        raised=asker is not None and asker.service_level == "high",
        catalogue=(await ruling_catalogue(transaction, now=wanted.asked_at)).catalogue,
        calendar=agency.calendar,
        asked_at=wanted.asked_at,
    )
    day = wanted.asked_at.astimezone(ZoneInfo(agency.time_zone)).date()
    who = who_answers(
        kind=wanted.kind, carer=asker.staff_id if asker else None, staff=people, day=day
    )
    opened = RequestTable(
        agency_id=transaction.agency,
        request_id=request_id,
        customer_id=wanted.customer_id,
        kind=wanted.kind,
        state="open",
        staff_id=who.doer,
        opened_at=wanted.asked_at,
        deadline=promised.deadline,
        message_id=wanted.message_id,
    )
    begins = wanted.begins(day, agency.calendar)
    opened.deadline = _kept_deadline(promised.deadline, day, begins, agency.calendar)
    await requests.open_request(transaction, opened)
    task = _task_of(opened, promised, begins)
    if wanted.subject is not None:
        task.subject = wanted.subject.model_dump(mode="json")
    task.stands_in_for = who.stands_in_for
    await tasks.open_task(transaction, task)
    # It may have been asked on another day than today, with others away.
    await standing_in.outdate_standing_in(transaction)
    transaction.publish(_change(RequestOpened, opened))
    # Read again, because a repetition must answer what is stored.
    return await requests.request(transaction, request_id) or opened


def _kept_deadline(
    promised: datetime, asked: date, begins: date, calendar: WorkingCalendar
) -> datetime:
    """The promise, else the end of the wished day: nobody is late who comes when they were asked
    to come."""
    closes = calendar.closes_at(begins) if begins > asked else None
    return promised if closes is None else max(promised, closes)


async def move_to_wish(
    transaction: Transaction, request: RequestTable, wanted: RequestToOpen
) -> None:
    """Give the task of an open request the day that the customer wishes now, unless a person put
    it off."""
    calendar = (await agency_here(transaction)).calendar
    day = wanted.asked_at.astimezone(ZoneInfo(calendar.time_zone)).date()
    begins = wanted.begins(day, calendar)
    deadline = _kept_deadline(request.deadline, day, begins, calendar)
    if await tasks.wish(transaction, request.request_id, day=begins, deadline=deadline):
        moved = await requests.extend(transaction, request.request_id, deadline=deadline)
        transaction.publish(_change(RequestOpened, moved or request))


def _task_of(request: RequestTable, promised: PromisedAnswer, day: date) -> TaskTable:
    """Return the task of the person who answers the request; it has the request's id."""
    return TaskTable(
        agency_id=request.agency_id,
        task_id=request.request_id,
        request_id=request.request_id,
        customer_id=request.customer_id,
        service=promised.service,
        channel=promised.channel,
        staff_id=request.staff_id,
        day=day,
        due_on=max(day, request.deadline.date()),
        minutes=promised.minutes,
        importance=promised.importance,
        state="open",
        because=f"request.{request.kind}",
        deadline=request.deadline,
    )


def _change(model: type[RequestChange], request: RequestTable) -> RequestChange:
    return model(
        request_id=request.request_id,
        customer_id=request.customer_id,
        kind=request.kind,
        state=request.state,
        staff_id=request.staff_id,
        opened_at=request.opened_at,
        deadline=request.deadline,
        outcome=request.outcome,
    )


async def open_request(
    *,
    database: Database,
    classifier: ClassifierClient,
    agency: AgencyId,
    wanted: RequestToOpen,
) -> RequestView:
    """Open a request of a known customer; the same key finds the one it opened before.

    Raises CustomerNotKnown.
    """
    await ensure_agency(
        database=database, classifier=classifier, agency=agency, now=wanted.asked_at
    )
    async with database.transaction(agency) as transaction:
        (wanted,) = await _of_present(transaction, [wanted])
        if await requests.requester(transaction, wanted.customer_id) is None:
            raise CustomerNotKnown(f"no customer {wanted.customer_id} is known here")
        return _view(await _open(transaction, wanted))


async def close(transaction: Transaction, request_id: UUID, *, outcome: str, now: datetime) -> None:
    """Close a request whose task ended."""
    closed = await requests.close_request(transaction, request_id, outcome=outcome, now=now)
    if closed is not None:
        transaction.publish(_change(RequestClosed, closed))


async def reopen(transaction: Transaction, request_id: UUID) -> None:
    """Open a request again whose task was opened again; its deadline stays."""
    opened = await requests.reopen_request(transaction, request_id)
    if opened is not None:
        transaction.publish(_change(RequestOpened, opened))


async def discard_requests_of(
    transaction: Transaction, customer_ids: Sequence[CustomerId], *, reason: EndOfCare
) -> None:
    """Close the open requests of the dead or erased; the discarded task keeps the reason.

    What heirs have to be answered stays open after a death; after an erasure nothing does, because
    nobody could be answered.
    """
    kept = FOR_THE_HEIRS if reason == "deceased" else ()
    found = await requests.open_requests_of(transaction, customer_ids, but=kept)
    await discard_requests(transaction, found, reason=reason)


async def discard_requests(
    transaction: Transaction, found: Sequence[RequestTable], *, reason: str
) -> None:
    """Take open requests off the desks; the task keeps the reason."""
    now = datetime.now(UTC)
    ids = [each.request_id for each in found]
    for task in await tasks.discard_tasks_of_requests(transaction, ids, reason=reason, now=now):
        transaction.publish(
            TaskEnded(
                task_id=task.task_id,
                customer_id=task.customer_id,
                touchpoint_id=None,
                request_id=task.request_id,
                service=task.service,
                state="discarded",
                staff_id=task.staff_id,
                minutes=task.minutes_spent,
                result=None,
            )
        )
    for request_id in ids:
        await close(transaction, request_id, outcome="discarded", now=now)


async def reopen_requests(
    transaction: Transaction, customer_ids: Sequence[CustomerId], *, reason: str
) -> None:
    """Put back on the desks what was discarded for this reason, with the deadlines of before."""
    for request_id in await lifted_ends.reopen_discarded(transaction, customer_ids, reason=reason):
        reopened = await requests.request(transaction, request_id)
        if reopened is not None:
            transaction.publish(_change(RequestOpened, reopened))


async def read_request(*, database: Database, agency: AgencyId, request_id: UUID) -> RequestView:
    """One request. Raises RequestNotFound."""
    async with database.transaction(agency) as transaction:
        found = await requests.request(transaction, request_id)
    if found is None:
        raise RequestNotFound(f"there is no request {request_id}")
    return _view(found)


async def list_requests(
    *, database: Database, agency: AgencyId, state: RequestState | None, after: str, limit: int
) -> list[RequestView]:
    """Requests by id."""
    async with database.transaction(agency) as transaction:
        found = await requests.list_requests(transaction, state=state, after=after, limit=limit)
    return [_view(stored) for stored in found]


def _view(stored: RequestTable) -> RequestView:
    return RequestView.model_validate(
        {
            "request_id": stored.request_id,
            "task_id": stored.request_id,
            "customer_id": stored.customer_id,
            "kind": stored.kind,
            "state": stored.state,
            "staff_id": stored.staff_id,
            "opened_at": stored.opened_at,
            "deadline": stored.deadline,
            "late": is_late(
                deadline=stored.deadline,
                closed_at=stored.closed_at,
                breached_at=stored.breached_at,
            ),
            "closed_at": stored.closed_at,
            "outcome": stored.outcome,
            "message_id": stored.message_id,
        }
    )


async def note_late_requests(*, database: Database, agency: AgencyId, now: datetime) -> int:
    """Publish the open requests whose deadline has passed; returns how many."""
    async with database.transaction(agency) as transaction:
        late = await requests.note_breaches(transaction, now=now, limit=LATE_AT_ONCE)
        for request in late:
            transaction.publish(_change(RequestBreached, request))
        if len(late) == LATE_AT_ONCE:
            transaction.ring("late_requests")
    return len(late)
