"""Unfinished work: its last sensible day, and how it is spread over the coming days.

What is left over in the morning goes, the most important first, to the next days on which there is
room. Without that it would fill today, nothing else would find a day, and new work would stop.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final, Literal

from services.scheduler.domain.services import USUAL_IMPORTANCE, kind_of
from shared.contracts.catalogues import ServicePurpose
from shared.contracts.vocabulary import StaffId

LEFTOVER_SHARE: Final = 0.5
"""Of the minutes that may be planned on a day. The other half stays for new work, however much
was left undone."""

SPREAD_DAYS: Final = 90
"""How many days ahead room is looked for; the longest time that a kind makes sense, and more."""

LAPSED_LATE: Final = "last_sensible_day_passed"
LAPSED_FULL: Final = "no_room_in_time"
"""Why work of advertising ends by itself: too late, or no room before it is."""

ESCALATES_AFTER: Final = timedelta(days=14)
"""An owed contact that nobody had two weeks after its day goes to the owner."""

ANSWER_ESCALATES_AFTER: Final = timedelta(days=2)
"""The same of an answer, after its deadline: somebody waits for it."""

ESCALATED_IMPORTANCE: Final = 60
"""Above those who wait for a usual answer, below cancellations, claims and complaints."""

_SENSIBLE_DAYS: Final[Mapping[str, int]] = {
    "birth_date": 7,
    "customer_since": 14,
    "raised": 30,
}
_SENSIBLE_DAYS_ELSE: Final = 60
"""How many days after its day advertising still makes sense: a birthday, common years, what
happened, and what comes round by itself."""


def last_sensible_day(
    *, service: str, purpose: ServicePurpose | None, due: date, due_on: date
) -> date | None:
    """The last day on which a contact makes sense; None if it is owed, so that it never lapses.

    ``purpose`` is None for answers to requests. ``due`` is the occasion's day, ``due_on`` the day
    on which it was to be done; a card is written before the birthday.
    """
    if purpose in (None, "service"):
        return None
    kind = kind_of(service)
    days = _SENSIBLE_DAYS.get(kind.returns_on or kind.occasion, _SENSIBLE_DAYS_ELSE)
    return max(due, due_on) + timedelta(days=days)


def escalates_on(
    *, purpose: ServicePurpose | None, due_on: date, handed_back_on: date | None = None
) -> date | None:
    """The day from which owed work is the owner's; None if it lapses instead.

    ``handed_back_on`` is the day on which the owner gave it back, so that it does not return at
    once.
    """
    since = max(due_on, handed_back_on or due_on)
    if purpose is None:
        return since + ANSWER_ESCALATES_AFTER
    return since + ESCALATES_AFTER if purpose == "service" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftover:
    """An open task whose day has passed, or the owner's day has come; days as the functions above
    say. ``day_passed`` is false for who has another day before them still."""

    task_id: str
    staff_id: StaffId
    minutes: int
    importance: int
    due_on: date
    last_day: date | None
    escalates_on: date | None
    escalated: bool
    day_passed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What becomes of a leftover: it gets another day, or the owner gets it, or it lapses."""

    task_id: str
    step: Literal["carried_over", "escalated", "lapsed"]
    staff_id: StaffId
    day: date
    importance: int
    reason: str | None = None
    late: bool


@dataclass(slots=True, kw_only=True)
class DayRoom:
    """One person's day: the minutes that may be planned, those of open tasks (``leftovers`` are
    a part of them), and those planned by importance."""

    plannable: int
    tasks: int = 0
    leftovers: int = 0
    planned: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def has_room(self, minutes: int, importance: int) -> bool:
        """Whether a leftover fits. It yields to planned work that is as important, and a day takes
        one leftover that is longer than the share."""
        kept = sum(taken for rank, taken in self.planned.items() if rank >= importance)
        within_share = self.leftovers + minutes <= LEFTOVER_SHARE * self.plannable
        fits = self.tasks + kept + minutes <= self.plannable
        return fits and (within_share or self.leftovers == 0)

    def take(self, minutes: int) -> None:
        """Enter a leftover."""
        self.tasks += minutes
        self.leftovers += minutes


Room = Mapping[StaffId, Mapping[date, DayRoom]]
"""The days on which each person works, in order."""


def carried_over(
    leftovers: Sequence[Leftover], *, room: Room, today: date, owner: StaffId | None
) -> list[Carried]:
    """What becomes of each leftover, the most important first; ``room`` is filled.

    Whoever waits for an answer, or whose matter was escalated, is not put off. Advertising lapses
    after its last sensible day, or if no day before has room. What is owed goes to the owner once
    it is late enough, whatever day it has; if no day has room, to the least filled one. Without an
    owner it stays.
    """
    ranked = sorted(leftovers, key=lambda each: (-each.importance, each.due_on, each.task_id))
    decided = []
    for each in ranked:
        escalates = owner is not None and _escalates(each, today)
        if escalates and owner is not None:
            importance = max(each.importance, ESCALATED_IMPORTANCE)
            day = _day_for(each.minutes, importance, room.get(owner, {}), today, last=None)
            decided.append(_carried(each, "escalated", owner, day or today, importance, today))
            continue
        if not each.day_passed:
            continue
        if each.last_day is not None and each.last_day < today:
            decided.append(_lapsed(each, LAPSED_LATE, today))
            continue
        days = room.get(each.staff_id, {})
        found = _day_for(each.minutes, each.importance, days, today, last=each.last_day)
        if found is None:
            decided.append(_lapsed(each, LAPSED_FULL, today))
        else:
            decided.append(
                _carried(each, "carried_over", each.staff_id, found, each.importance, today)
            )
    return decided


def _escalates(leftover: Leftover, today: date) -> bool:
    named = leftover.escalates_on
    return named is not None and named <= today and not leftover.escalated


def _day_for(
    minutes: int, importance: int, days: Mapping[date, DayRoom], today: date, *, last: date | None
) -> date | None:
    """The first day with room; None if advertising finds none in time."""
    coming = [(day, room) for day, room in days.items() if last is None or day <= last]
    if not coming:
        return today if last is None else None
    found = (
        coming[0] if importance >= USUAL_IMPORTANCE else _first_free(minutes, importance, coming)
    )
    if found is None and last is None:
        found = min(coming, key=lambda each: (each[1].tasks / max(each[1].plannable, 1), each[0]))
    if found is None:
        return None
    found[1].take(minutes)
    return found[0]


def _first_free(
    minutes: int, importance: int, coming: Iterable[tuple[date, DayRoom]]
) -> tuple[date, DayRoom] | None:
    return next((each for each in coming if each[1].has_room(minutes, importance)), None)


def _carried(
    leftover: Leftover,
    step: Literal["carried_over", "escalated"],
    staff_id: StaffId,
    day: date,
    importance: int,
    today: date,
) -> Carried:
    return Carried(
        task_id=leftover.task_id,
        step=step,
        staff_id=staff_id,
        day=day,
        importance=importance,
        late=leftover.due_on < today,
    )


def _lapsed(leftover: Leftover, reason: str, today: date) -> Carried:
    return Carried(
        task_id=leftover.task_id,
        step="lapsed",
        staff_id=leftover.staff_id,
        day=today,
        importance=leftover.importance,
        reason=reason,
        late=True,
    )
