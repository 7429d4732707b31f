"""Why a contact cannot come on a day with a person; the same rules for alternatives and pins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from services.scheduler.domain.standing_in import is_here
from shared.calendar import WorkingCalendar
from shared.contracts.pins import PinBroken, WhyNot
from shared.contracts.staff import Staff
from shared.contracts.vocabulary import StaffId

Place = tuple[StaffId, date]
"""A person and a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovableContact:
    """A planned contact as far as it may be moved.

    ``own`` is who is responsible (None: nobody), ``others`` who may do it instead, the nearest
    first; ``handed_over`` is false if only ``own`` may do it. ``stands`` is where it stands now
    (None: no day has room). ``line`` is what it is about, if that is known; ``area`` where it goes
    (empty: unknown, None: it is no visit).
    """

    minutes: int
    earliest: date
    latest: date
    own: StaffId | None
    others: Sequence[StaffId]
    handed_over: bool
    stands: Place | None
    line: str | None = None
    area: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Diary:
    """Everybody's days: minutes that may be planned and those that are taken, by person and day.

    ``first_day`` is the first that can take work, ``people`` are those on the staff by id,
    ``visits`` the areas to which each of them drives on a day, without the contact's own.
    """

    people: Mapping[StaffId, Staff]
    calendar: WorkingCalendar
    first_day: date
    plannable: Mapping[Place, int]
    taken: Mapping[Place, int] = field(default_factory=dict)
    visits: Mapping[Place, Sequence[str]] = field(default_factory=dict)

    def free(self, place: Place, contact: MovableContact) -> int:
        """Minutes that the day has for the contact, which does not stand in its own way."""
        own = contact.minutes if contact.stands == place else 0
        return self.plannable.get(place, 0) - self.taken.get(place, 0) + own


def why_not(contact: MovableContact, place: Place, diary: Diary) -> WhyNot | None:
    """Why the contact cannot come there, the first reason that applies; None if it can.

    ``full`` comes last, so whoever may overrule it knows that it is the only one.
    """
    found = _why_not_that_day(contact, place[1], diary) or _why_not_them(contact, place, diary)
    if found is None and diary.free(place, contact) < contact.minutes:
        return "full"
    return found


def _why_not_that_day(contact: MovableContact, day: date, diary: Diary) -> WhyNot | None:
    if not contact.earliest <= day <= contact.latest:
        return "outside_window"
    if day < diary.first_day:
        return "past"
    if diary.calendar.is_working_day(day):
        return None
    return "holiday" if diary.calendar.is_holiday(day) else "closed"


def _why_not_them(contact: MovableContact, place: Place, diary: Diary) -> WhyNot | None:
    staff_id, day = place
    person = diary.people.get(staff_id)
    if person is None or not person.active:
        return "person_left"
    if staff_id != contact.own:
        found = _why_not_a_colleague(contact, person, diary)
        if found is not None:
            return found
    if not is_here(person, day):
        return "absent"
    return None if diary.plannable.get(place, 0) > 0 else "no_hours"


def _why_not_a_colleague(contact: MovableContact, person: Staff, diary: Diary) -> WhyNot | None:
    if contact.own is None:
        return "nobody_responsible"
    if not contact.handed_over:
        return "lives_on_relationship"
    if person.staff_id not in contact.others:
        return "not_responsible"
    named = {
        line
        for each in diary.people.values()
        if each.active
        for line in each.responsibilities.lines
    }
    elsewhere = contact.line in named and contact.line not in person.responsibilities.lines
    return "wrong_area" if elsewhere else None


_SENTENCES: Final[Mapping[WhyNot | PinBroken, tuple[str, str]]] = {
    "outside_window": (
        "Der {day_de} liegt außerhalb der Tage, an denen der Kontakt fällig ist.",
        "{day} lies outside of the days on which the contact is due.",
    ),
    "past": (
        "Der {day_de} ist vorbei, oder sein Tageslauf ist schon gemacht.",
        "{day} has passed, or was run already.",
    ),
    "holiday": ("Der {day_de} ist ein Feiertag.", "{day} is a public holiday."),
    "closed": ("Am {day_de} ist das Büro geschlossen.", "The office is closed on {day}."),
    "nobody_responsible": (
        "Für den Kontakt ist niemand zuständig.",
        "Nobody is responsible for the contact.",
    ),
    "person_left": ("{who} arbeitet nicht mehr hier.", "{who} does not work here any more."),
    "lives_on_relationship": (
        "Der Kontakt lebt davon, dass ihn der Betreuer selbst macht; {who} ist es nicht.",
        "The contact lives on being the carer's own, and {who} is not the carer.",
    ),
    "not_responsible": (
        "{who} ist weder Betreuer noch Vertretung noch im selben Team.",
        "{who} is neither the carer nor a deputy nor of the same team.",
    ),
    "wrong_area": (
        "{who} ist für die Sparte nicht zuständig; jemand anders ist es.",
        "{who} is not responsible for the line of business, and somebody else is.",
    ),
    "absent": ("{who} ist am {day_de} abwesend.", "{who} is away on {day}."),
    "no_hours": (
        "{who} hat am {day_de} keine Stunden für Kunden.",
        "{who} has no hours for customers on {day}.",
    ),
    "full": (
        "Der {day_de} ist bei {who} voll: Es ginge nur über den planbaren Anteil hinaus.",
        "{day} of {who} is full: it would go beyond what may be planned.",
    ),
    "carer_changed": (
        "Der Kunde hat einen anderen Betreuer; {who} ist nicht mehr an der Reihe.",
        "The customer has another carer, and {who} is not next in line any more.",
    ),
    "day_passed": (
        "Der {day_de} ist vorbei, ohne dass der Kontakt hinausgehen durfte.",
        "{day} has passed, and the contact could not leave.",
    ),
    "appointment_agreed": (
        "Mit dem Kunden ist ein anderer Tag vereinbart.",
        "Another day is agreed with the customer.",
    ),
    "not_permitted": (
        "Der Kunde erlaubt den Kontakt nicht mehr, oder er ist eine Nachricht geworden.",
        "The customer does not permit the contact any more, or it became a message.",
    ),
    "no_longer_owed": (
        "Der Leistungskatalog verspricht den Kontakt nicht mehr.",
        "The catalogue does not promise the contact any more.",
    ),
    "customer_merged": (
        "Der Kunde wurde mit einem anderen zusammengeführt.",
        "The customer was merged with another one.",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sentence:
    """The same in German and in English."""

    de: str
    en: str


def in_words(reason: WhyNot | PinBroken, staff_id: StaffId | None, day: date) -> Sentence:
    """The reason as somebody reads it."""
    de, en = _SENTENCES[reason]
    names = {
        "who": staff_id or "–",
        "day": day.isoformat(),
        "day_de": f"{day.day}.{day.month}.{day.year}",
    }
    return Sentence(de.format(**names), en.format(**names))
