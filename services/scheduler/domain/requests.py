"""Requests: who answers them, and by when an answer is promised."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from services.scheduler.domain.services import ANSWERS, kind_of_row
from services.scheduler.domain.standing_in import doers_on
from shared.calendar import WorkingCalendar
from shared.contracts.catalogues import AnswerWithin, CareChannel, Catalogue, Cell, Segment
from shared.contracts.events import RequestKind
from shared.contracts.staff import Staff
from shared.contracts.vocabulary import StaffId

NEXT_DAY: Final = AnswerWithin(working_days=1)
"""What the trade usually keeps, if a catalogue promises nothing."""


FOR_THE_HEIRS: Final[frozenset[RequestKind]] = frozenset(
    {"claim", "complaint", "cancellation", "certificate", "end_of_mandate"}
)
"""Requests that a death does not end, because the heirs have to be answered."""


class NobodyToAnswer(Exception):
    """there is nobody on the staff who could answer a request"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisedAnswer:
    """What the catalogue promises to somebody who asks."""

    service: str
    channel: CareChannel
    minutes: int
    importance: int
    deadline: datetime


def promised_answer(
    *,
    kind: RequestKind,
    segment: Segment | None,
    raised: bool,
    catalogue: Catalogue,
    calendar: WorkingCalendar,
    asked_at: datetime,
) -> PromisedAnswer:
    """The promise of the customer's class, or that of the lowest class for who has none.

    ``raised`` says that an earned service level lifts the standard.
    """
    answering = ANSWERS[kind]
    cell = promised_cell(catalogue, answering.key, segment, raised=raised)
    answer = cell.answer if cell is not None and cell.answer is not None else NEXT_DAY
    return PromisedAnswer(
        service=answering.key,
        channel=cell.channel if cell is not None else "phone",
        minutes=(cell.minutes or 15) if cell is not None else 15,
        importance=answering.answers[kind],
        deadline=deadline(answer, asked_at, calendar),
    )


def promised_cell(
    catalogue: Catalogue, service: str, segment: Segment | None, *, raised: bool
) -> Cell | None:
    """What a class is promised of a service, or the lowest class if it is promised nothing.

    ``raised`` says that an earned service level lifts the standard: of care, not of selling.
    """
    lowest: Segment = "C"
    standard = segment or lowest
    row = catalogue.service(service)
    if raised and not (row is not None and kind_of_row(row).looks_at_gaps):
        standard = catalogue.raised_to.get(standard, standard)
    return catalogue.cell(service, standard) or catalogue.cell(service, lowest)


def deadline(answer: AnswerWithin, asked_at: datetime, calendar: WorkingCalendar) -> datetime:
    """The instant by which an answer is promised, in office hours.

    What comes outside of them counts as asked at the last minute before, so that nobody waits
    longer who calls in the evening. If that day is over, the answer is due on the next one.
    """
    asked = calendar.last_open(asked_at)
    return next(due for due in _promised(answer, asked, calendar) if due > asked_at)


def _promised(
    answer: AnswerWithin, asked: datetime, calendar: WorkingCalendar
) -> Iterator[datetime]:
    """The instant promised, then those that stand for it if it has passed."""
    day = asked.date()
    if answer.asked_by is None or asked.time() <= answer.asked_by:
        yield _at(calendar, calendar.add_working_days(day, answer.working_days), None)
    while True:
        day = calendar.next_working_day(day)
        yield _at(calendar, day, answer.else_by)


def _at(calendar: WorkingCalendar, day: date, moment: time | None) -> datetime:
    """The end of a working day, or the last minute of its hours up to a moment.

    If the office opens after that moment, the end of its first hours: nobody could keep less.
    """
    closes = calendar.closes_at(day)
    if closes is None:
        raise ValueError(f"{day} is no working day")
    if moment is None:
        return closes
    first, *later = calendar.openings(day)
    begun = [each for each in later if each.opens < moment]
    last = begun[-1] if begun else first
    until = last.closes if last.opens >= moment else min(last.closes, moment)
    return closes.replace(hour=until.hour, minute=until.minute)


@dataclass(frozen=True, slots=True, kw_only=True)
class Responsible:
    """Whose work a request is, and who does that person's work on the day."""

    staff_id: StaffId
    doer: StaffId

    @property
    def stands_in_for(self) -> StaffId | None:
        """Whose work the doer does; None if it is their own."""
        return None if self.doer == self.staff_id else self.staff_id


def who_answers(
    *, kind: RequestKind, carer: StaffId | None, staff: Sequence[Staff], day: date
) -> Responsible:
    """Who is responsible for such requests, else the carer, else the owner.

    With whoever does their work if they are away. Raises ``NobodyToAnswer``.
    """
    working = [person for person in staff if person.active]
    named = [person.staff_id for person in working if kind in person.responsibilities.requests]
    owners = [person.staff_id for person in working if person.role == "owner"]
    carers = [person.staff_id for person in working if person.staff_id == carer]
    for staff_id in [*named[:1], *carers, *owners, *(person.staff_id for person in working)]:
        return Responsible(staff_id=staff_id, doer=doers_on(staff, day)[staff_id])
    raise NobodyToAnswer(NobodyToAnswer.__doc__)


WON_RESTS: Final = timedelta(days=60)
"""So long a won contract may take to arrive before its carer is asked."""
RESTS_FOR: Final[Mapping[str, timedelta]] = {
    "won": WON_RESTS,
    "not_now": timedelta(days=6 * 365 // 12),
    "no": timedelta(days=24 * 365 // 12),
}
"""How long a gap is not spoken of after an answer. What was won closes the gap by its contract;
if none has arrived in two months, the carer asks what became of it."""


def rest_until(result: str | None, day: date) -> date | None:
    """The day until which a gap is not spoken of after an answer; None if it may be spoken of."""
    rests = RESTS_FOR.get(result or "")
    return None if rests is None else day + rests


def is_won(result: str | None) -> bool:
    """Whether the gap is to be closed by a contract that was won."""
    return result == "won"


def is_late(
    *, deadline: datetime, closed_at: datetime | None, breached_at: datetime | None
) -> bool:
    """Whether the deadline passed while the request was open."""
    return breached_at is not None or (closed_at is not None and closed_at > deadline)
