"""Every other day and person that a planned contact could have, each with what it would come to.

Moving one contact moves nothing else, so the figures are exact: they are those of the plan as it
stands, without the contact where it is and with it where it would be.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from services.scheduler.domain.obstacles import Diary, MovableContact, Place, why_not
from services.scheduler.domain.travel import travel_word
from shared.contracts.pins import WhyNot
from shared.contracts.plans import TravelWord
from shared.contracts.vocabulary import StaffId

PEOPLE_AT_MOST: Final = 12
"""So many colleagues are looked at, the nearest first; nobody reads a list of more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """A day and a person for a contact, and what they would come to.

    Minutes are those of the person's day before and after, loads are minutes divided by those that
    may be planned (None: none may). ``peak`` is the load of the person's fullest week. ``travel``
    says how a visit lies beside the others of the day (None: it is no visit).
    """

    staff_id: StaffId
    day: date
    why_not: WhyNot | None
    current: bool
    minutes_before: int
    minutes: int
    load: float | None
    week_before: float | None
    week: float | None
    peak_before: float
    peak: float
    travel: TravelWord | None


def alternatives(
    contact: MovableContact, diary: Diary, *, first: date | None = None, last: date | None = None
) -> Iterator[Alternative]:
    """Each day of the contact's window (from ``first`` to ``last``) with each person who may do it,
    in the order of days, whoever is responsible first. Without somebody responsible there is none.
    """
    begin = max(contact.earliest, first or contact.earliest)
    end = min(contact.latest, last or contact.latest)
    weeks = {staff_id: _Weeks(staff_id, contact, diary) for staff_id in people_of(contact)}
    for offset in range((end - begin).days + 1):
        for each in weeks.values():
            yield each.alternative(begin + timedelta(days=offset))


def people_of(contact: MovableContact) -> Sequence[StaffId]:
    """Who is looked at: who is responsible, who does it now, and the nearest others."""
    if contact.own is None:
        return ()
    doer = () if contact.stands is None else (contact.stands[0],)
    found = dict.fromkeys((contact.own, *doer, *contact.others))
    return list(found)[:PEOPLE_AT_MOST]


def only(contact: MovableContact, diary: Diary, staff_id: StaffId, day: date) -> Alternative:
    """What one day with one person would come to."""
    return _Weeks(staff_id, contact, diary).alternative(day)


class _Weeks:
    """One person's weeks without the contact: minutes taken and minutes that may be planned.

    A day on which nothing may be planned (one that was run, a holiday) says nothing of its week.
    """

    def __init__(self, staff_id: StaffId, contact: MovableContact, diary: Diary) -> None:
        self.staff_id, self.contact, self.diary = staff_id, contact, diary
        self.plannable: dict[date, int] = {}
        self.taken: dict[date, int] = {}
        for (who, day), minutes in diary.plannable.items():
            if who == staff_id and minutes > 0:
                monday = _monday(day)
                self.plannable[monday] = self.plannable.get(monday, 0) + minutes
                self.taken[monday] = self.taken.get(monday, 0) + self._without(day)
        stands = contact.stands
        self.now = stands[1] if stands is not None and stands[0] == staff_id else None
        self.peak_before = self._peak(self.now)

    def alternative(self, day: date) -> Alternative:
        """What this day would come to."""
        place, contact = (self.staff_id, day), self.contact
        plannable, without = self.diary.plannable.get(place, 0), self._without(day)
        return Alternative(
            staff_id=self.staff_id,
            day=day,
            why_not=why_not(contact, place, self.diary),
            current=self.now == day,
            minutes_before=without + (contact.minutes if self.now == day else 0),
            minutes=without + contact.minutes,
            load=(without + contact.minutes) / plannable if plannable > 0 else None,
            week_before=self._load(_monday(day), self.now),
            week=self._load(_monday(day), day),
            peak_before=self.peak_before,
            peak=self._peak(day),
            travel=self._travel(place),
        )

    def _travel(self, place: Place) -> TravelWord | None:
        if self.contact.area is None:
            return None
        return travel_word(self.contact.area or None, self.diary.visits.get(place, ()))

    def _without(self, day: date) -> int:
        place = (self.staff_id, day)
        own = self.contact.minutes if self.contact.stands == place else 0
        return self.diary.taken.get(place, 0) - own

    def _load(self, monday: date, with_contact_on: date | None) -> float | None:
        plannable = self.plannable.get(monday)
        if plannable is None:
            return None
        counts = (
            with_contact_on is not None
            and _monday(with_contact_on) == monday
            and self.diary.plannable.get((self.staff_id, with_contact_on), 0) > 0
        )
        return (self.taken[monday] + (self.contact.minutes if counts else 0)) / plannable

    def _peak(self, with_contact_on: date | None) -> float:
        loads = (self._load(monday, with_contact_on) for monday in self.plannable)
        return max((load for load in loads if load is not None), default=0.0)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
