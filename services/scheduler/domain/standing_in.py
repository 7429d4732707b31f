"""Who stands in for whom, so that no open work waits for a person who is away."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from services.scheduler.domain.touchpoint_ids import Days
from shared.calendar import WorkingCalendar
from shared.contracts.catalogues import Catalogue
from shared.contracts.staff import Staff, StaffRole
from shared.contracts.vocabulary import StaffId

_LAST_RESORT: Final[tuple[StaffRole, ...]] = ("owner", "adviser", "back_office")
"""Who does the work if a person, all deputies and the team are away."""


def is_here(person: Staff, day: date) -> bool:
    """Whether a person works on a day, as far as absences tell."""
    away = any(absence.first_day <= day <= absence.last_day for absence in person.absences)
    return person.active and not away


def doers_on(staff: Sequence[Staff], day: date) -> dict[StaffId, StaffId]:
    """Who does each person's work on a day.

    The person; the deputy of whoever is away; the deputy's deputy if that one is away too, and so
    on; then the team (the same role); then an owner, else anybody. If nobody at all is here, an
    owner has it; without an owner it stays where it is.
    """
    by_id = {person.staff_id: person for person in staff}
    ranked = sorted(staff, key=lambda each: (_LAST_RESORT.index(each.role), each.staff_id))
    here = [each for each in ranked if is_here(each, day)]
    last_resort = here[0].staff_id if here else owner_of(staff)
    doers: dict[StaffId, StaffId] = {}
    for person in staff:
        chain = (each.staff_id for each in _with_deputies(person, by_id) if is_here(each, day))
        team = (each.staff_id for each in here if each.role == person.role)
        doers[person.staff_id] = (
            next(chain, None) or next(team, None) or (last_resort or person.staff_id)
        )
    return doers


def not_the_carers(catalogue: Catalogue) -> list[str]:
    """The services that the catalogue gives to somebody else than the carer in some class."""
    return [
        row.key
        for row in catalogue.services
        if any(cell.who != "carer" for cell in row.segments.values())
    ]


def owner_of(staff: Sequence[Staff]) -> StaffId | None:
    """Whom work goes to that nobody else has; None without an owner who works here."""
    owners = (each.staff_id for each in staff if each.role == "owner" and each.active)
    return min(owners, default=None)


def _with_deputies(person: Staff, by_id: dict[StaffId, Staff]) -> Iterator[Staff]:
    """The person, their deputy, the deputy's deputy and so on, each once."""
    seen: set[StaffId] = set()
    following: Staff | None = person
    while following is not None and following.staff_id not in seen:
        yield following
        seen.add(following.staff_id)
        following = by_id.get(following.deputy or "")


def substitutes(staff: Sequence[Staff]) -> dict[StaffId, list[StaffId]]:
    """Who may do each person's work before a promise breaks, the nearest first.

    The deputy, the deputy's deputy and so on, then the colleagues of the same role, then an owner.
    """
    by_id = {person.staff_id: person for person in staff}
    ranked = sorted(staff, key=lambda each: each.staff_id)
    found: dict[StaffId, list[StaffId]] = {}
    for person in staff:
        chain = [each.staff_id for each in _with_deputies(person, by_id) if each.active]
        team = [each.staff_id for each in ranked if each.active and each.role == person.role]
        owners = [each.staff_id for each in ranked if each.active and each.role == "owner"]
        found[person.staff_id] = [
            each for each in dict.fromkeys((*chain, *team, *owners)) if each != person.staff_id
        ]
    return found


def with_stand_ins(
    touchpoints: pl.DataFrame,
    *,
    people: Sequence[Staff],
    calendar: WorkingCalendar,
    first_day: date,
) -> pl.DataFrame:
    """Frame ``TOUCHPOINTS`` in which nothing personal waits for somebody away all its window.

    It goes to who stands in on the window's first working day from ``first_day`` on; otherwise it
    would find no day and lapse, or wait until the person is back.
    """
    last = touchpoints["latest"].max()
    if not isinstance(last, date):
        return touchpoints
    open_days = _days(calendar.working_days(first_day, last))
    responsible = touchpoints["staff_id"].to_numpy().astype(object)
    doers = responsible.copy()
    earliest, latest = (
        touchpoints[name].to_numpy().astype("datetime64[D]") for name in ("earliest", "latest")
    )
    has_a_day = (touchpoints["minutes"] > 0).to_numpy() & _any_in(open_days, earliest, latest)
    for person in people:
        if not any(
            absence.first_day <= last and first_day <= absence.last_day
            for absence in person.absences
        ):
            continue
        here = _days([day for day in open_days.tolist() if is_here(person, day)])
        missed = has_a_day & (responsible == person.staff_id) & ~_any_in(here, earliest, latest)
        begins = open_days[np.searchsorted(open_days, earliest[missed])]
        stand_ins = {day: doers_on(people, day)[person.staff_id] for day in set(begins.tolist())}
        doers[missed] = [stand_ins[day] for day in begins.tolist()]
    return touchpoints.with_columns(pl.Series("staff_id", doers, dtype=pl.String))


def _days(days: Sequence[date]) -> Days:
    return np.array(days, dtype="datetime64[D]")


def _any_in(days: Days, earliest: Days, latest: Days) -> NDArray[np.bool_]:
    """Whether each window holds one of these days, which are in order."""
    return np.searchsorted(days, earliest) < np.searchsorted(days, latest, side="right")
