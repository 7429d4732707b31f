"""Who stands in for whom, so that no open work waits for a person who is away."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from shared.contracts.staff import Staff, StaffRole
from shared.contracts.vocabulary import StaffId

_LAST_RESORT: Final[tuple[StaffRole, ...]] = ("owner", "adviser", "back_office")
"""Who does the work if a person and all deputies are away: an owner, else whoever is here."""


def is_here(person: Staff, day: date) -> bool:
    """Whether a person works on a day, as far as absences tell."""
    away = any(absence.first_day <= day <= absence.last_day for absence in person.absences)
    return person.active and not away


def doers_on(staff: Sequence[Staff], day: date) -> dict[StaffId, StaffId]:
    """Who does each person's work on a day.

    The person; the deputy of whoever is away; the deputy's deputy if that one is away too; an
    owner, or else anybody, if all of them are. The work stays where it is if nobody is here.
    """
    by_id = {person.staff_id: person for person in staff}
    ranked = sorted(staff, key=lambda each: (_LAST_RESORT.index(each.role), each.staff_id))
    here = [each.staff_id for each in ranked if is_here(each, day)]
    doers: dict[StaffId, StaffId] = {}
    for person in staff:
        chain = (each.staff_id for each in _with_deputies(person, by_id) if is_here(each, day))
        doers[person.staff_id] = next(chain, here[0] if here else person.staff_id)
    return doers


def _with_deputies(person: Staff, by_id: dict[StaffId, Staff]) -> Iterator[Staff]:
    """The person, their deputy, the deputy's deputy and so on, each once."""
    seen: set[StaffId] = set()
    following: Staff | None = person
    while following is not None and following.staff_id not in seen:
        yield following
        seen.add(following.staff_id)
        following = by_id.get(following.deputy or "")
