"""What fits best into spare minutes: open tasks, and planned contacts that may be held early."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from services.scheduler.domain.obstacles import Sentence
from services.scheduler.domain.promises import Rank
from shared.calendar import WorkingCalendar
from shared.contracts.alternatives import LeftOut
from shared.contracts.catalogues import CareChannel
from shared.contracts.vocabulary import CustomerId

AGREED_BEFOREHAND: Final[frozenset[CareChannel]] = frozenset({"visit", "office", "video"})
"""Nobody is visited, or asked into the office, on the spur of the moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A task, or a planned contact whose window has begun (``task_id`` is None).

    ``priority`` is that of the class, ``deadline`` the last day on which it is in time.
    ``permitted``: what the customer has said allows it. ``fixed``: a person gave it another day.
    """

    touchpoint_id: str | None
    task_id: str | None
    customer_id: CustomerId
    service: str
    channel: CareChannel
    minutes: int
    rank: Rank
    priority: int
    deadline: date
    planned_on: date | None
    permitted: bool
    fixed: bool


def fitting(
    candidates: Sequence[Candidate], *, minutes: int, at: datetime, calendar: WorkingCalendar
) -> tuple[list[Candidate], dict[LeftOut, int]]:
    """What fits into so many minutes and is allowed at this instant, the best first; and how much
    is left out, by reason. In the order of promises; within it the class, the deadline, the id."""
    fit: list[Candidate] = []
    left_out: dict[LeftOut, int] = {}
    for each in candidates:
        reason = _left_out(each, minutes, at, calendar)
        if reason is None:
            fit.append(each)
        else:
            left_out[reason] = left_out.get(reason, 0) + 1
    ordered = sorted(
        fit,
        key=lambda each: (
            each.rank,
            each.priority,
            each.deadline,
            each.task_id or each.touchpoint_id or "",
        ),
    )
    return ordered, left_out


def _left_out(
    each: Candidate, minutes: int, at: datetime, calendar: WorkingCalendar
) -> LeftOut | None:
    return next(_reasons(each, minutes, at, calendar), None)


def _reasons(
    each: Candidate, minutes: int, at: datetime, calendar: WorkingCalendar
) -> Iterator[LeftOut]:
    if not each.permitted:
        yield "not_permitted"
    if each.fixed:
        yield "fixed"
    if each.channel in AGREED_BEFOREHAND:
        yield "needs_appointment"
    if each.channel == "phone" and calendar.last_open(at) != at:
        yield "outside_office_hours"
    if each.minutes > minutes:
        yield "too_long"


_WHAT: Final[Mapping[Rank, tuple[str, str]]] = {
    Rank.LEGAL_DUTY: ("Gesetzliche Pflicht", "A legal duty"),
    Rank.REQUEST: ("Anliegen des Kunden", "A request of the customer"),
    Rank.GUARANTEED: ("Fest zugesagt", "Firmly promised"),
    Rank.SERVICE: ("Versprochener Service", "A promised service"),
    Rank.DEVELOPMENT: ("Entwicklung des Kunden", "Development of the customer"),
    Rank.APPRECIATION: ("Aufmerksamkeit", "Appreciation"),
}


def why_now(each: Candidate, today: date) -> Sentence:
    """Why it comes at its place, as somebody reads it."""
    de, en = _WHAT[each.rank]
    day, day_de = each.deadline.isoformat(), _german(each.deadline)
    if each.deadline < today:
        when_de, when_en = f"seit dem {day_de} überfällig", f"overdue since {day}"
    elif each.deadline == today:
        when_de, when_en = "bis heute", "by today"
    else:
        when_de, when_en = f"bis zum {day_de}", f"by {day}"
    if each.task_id is not None:
        return Sentence(f"{de}, {when_de}.", f"{en}, {when_en}.")
    if each.planned_on is None:
        return Sentence(
            f"{de}, {when_de}; im Plan hat noch kein Tag Platz dafür.",
            f"{en}, {when_en}; no day of the plan has room for it yet.",
        )
    return Sentence(
        f"{de}, {when_de}; geplant am {_german(each.planned_on)}, darf vorgezogen werden.",
        f"{en}, {when_en}; planned on {each.planned_on}, and may be held early.",
    )


def _german(day: date) -> str:
    return f"{day.day}.{day.month}.{day.year}"
