"""What planning goes by, read once: the same rules say what an alternative would come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import polars as pl

from services.scheduler.domain.capacity import (
    WorkingPerson,
    last_day_needed,
    plannable_minutes,
)
from services.scheduler.domain.levelling import Levelled, level
from services.scheduler.domain.pins import Break, judged_pins, with_fixed
from services.scheduler.domain.standing_in import substitutes, with_stand_ins
from services.scheduler.domain.touchpoints import planned_touchpoints, work_to_level
from services.scheduler.domain.travel import visited_areas
from services.scheduler.store import campaigns, day_runs, staff
from services.scheduler.store.agencies import KnownAgency
from services.scheduler.store.planning import BookFrames
from services.scheduler.usecases.agencies import agency_here, ruling_catalogue
from shared.contracts.catalogues import StoredCatalogue, Who
from shared.contracts.office_calendars import WEEKDAYS
from shared.contracts.staff import Staff, StaffRole
from shared.db.database import Transaction

DAYS_AFTER = timedelta(days=14)
"""Capacity is known so much longer than the last window, for duties that find no day in theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRules:
    """The agency, its catalogue and people (those who work here), and the day planned as of."""

    agency: KnownAgency
    as_of: date
    freeze_working_days: int
    day_was_run: bool
    catalogue: StoredCatalogue
    people: Sequence[Staff]
    moved_campaigns: Mapping[tuple[str, date], date]

    @property
    def first_day(self) -> date:
        """Return the first day that can take work; a day that was run cannot."""
        return self.as_of + timedelta(days=1) if self.day_was_run else self.as_of

    @property
    def frozen_until(self) -> date:
        """The last day up to which planning moves things only for what is promised more. While the
        agency is moving in nobody relies on a day, and what an import gave too early may move."""
        if self.agency.moving_in:
            return self.first_day - timedelta(days=1)
        return self.agency.calendar.add_working_days(self.first_day, self.freeze_working_days)


async def read_rules(
    transaction: Transaction, *, now: datetime, freeze_working_days: int
) -> PlanRules:
    """The rules as they are now. Raises AgencyNotKnownYet."""
    known = await agency_here(transaction)
    as_of = known.day_at(now)
    return PlanRules(
        agency=known,
        as_of=as_of,
        freeze_working_days=freeze_working_days,
        day_was_run=await day_runs.was_finished(transaction, as_of),
        catalogue=await ruling_catalogue(transaction, now=now),
        people=[each for each in await staff.list_staff(transaction) if each.active],
        moved_campaigns=await campaigns.moved_campaigns(transaction),
    )


def due_touchpoints(rules: PlanRules, book: BookFrames) -> pl.DataFrame:
    """Frame ``TOUCHPOINTS``: what is due, each with who does it, personal ones without a day."""
    due = planned_touchpoints(
        agency=rules.agency.agency_id,
        customers=book.customers,
        history=book.history,
        gaps=book.gaps,
        occasions=book.occasions,
        catalogue=rules.catalogue.catalogue,
        calendar=rules.agency.calendar,
        as_of=rules.as_of,
        staff_of=staff_of_roles(rules.people),
        moved_campaigns=rules.moved_campaigns,
        running=book.running,
    )
    return with_stand_ins(
        due, people=rules.people, calendar=rules.agency.calendar, first_day=rules.first_day
    )


def work_of(rules: PlanRules, due: pl.DataFrame, book: BookFrames) -> pl.DataFrame:
    """Frame ``WORK`` of what is due (``TOUCHPOINTS``), with the days it has already."""
    return work_to_level(
        due,
        book.standing,
        freeze_until=rules.frozen_until,
        others=substitutes(rules.people),
        catalogue=rules.catalogue.catalogue,
        areas=visited_areas(due, book.customers),
    )


def capacity_for(
    rules: PlanRules, work: pl.DataFrame, *, share: float | None = None
) -> pl.DataFrame:
    """Frame ``CAPACITY`` of everybody from the first day on, until all this work is over.

    ``share`` is the agency's own by default.
    """
    last = max(last_day_needed(work, rules.as_of), rules.first_day) + DAYS_AFTER
    return capacity_until(rules, last, share=share)


def capacity_until(rules: PlanRules, last: date, *, share: float | None = None) -> pl.DataFrame:
    """Frame ``CAPACITY`` of everybody from the first day on, until a day."""
    return plannable_minutes(
        people=[working_person(each) for each in rules.people],
        calendar=rules.agency.calendar,
        first=rules.first_day,
        last=last,
        share=share,
    )


def fixed_work(
    rules: PlanRules, book: BookFrames, due: pl.DataFrame, pinned: pl.DataFrame
) -> tuple[pl.DataFrame, Mapping[str, Break]]:
    """Frame ``WORK`` of what is due with what is pinned (``PINS``) in its place, and the pins that
    do not hold."""
    work = work_of(rules, due, book)
    judged = judged_pins(
        pinned,
        work=work,
        due=due,
        capacity=capacity_for(rules, work),
        people=rules.people,
        calendar=rules.agency.calendar,
        first_day=rules.first_day,
        as_of=rules.as_of,
    )
    return with_fixed(work, judged.fixed), judged.broken


def levelled_plan(rules: PlanRules, book: BookFrames, work: pl.DataFrame) -> Levelled:
    """A person and a day for everything personal (``WORK``)."""
    soon = not book.standing.filter(pl.col("day") <= rules.frozen_until).is_empty()
    return level(
        work=work,
        capacity=capacity_for(rules, work),
        committed=book.promised,
        whole=capacity_for(rules, work, share=1.0),
        visits=book.visits,
        level_from=rules.frozen_until + timedelta(days=1) if soon else rules.first_day,
        relied_on=not rules.agency.moving_in,
    )


def working_person(person: Staff) -> WorkingPerson:
    """A person as the domain computes capacity."""
    return WorkingPerson(
        staff_id=person.staff_id,
        weekly_hours=person.weekly_hours,
        absences=[(away.first_day, away.last_day) for away in person.absences],
        blocks=[
            (
                WEEKDAYS.index(each.weekday),
                time.fromisoformat(each.begins),
                time.fromisoformat(each.ends),
            )
            for each in person.blocks
        ],
    )


def staff_of_roles(people: Sequence[Staff]) -> dict[Who, str]:
    """The person who does what the catalogue assigns to the owner or the back office."""
    roles: tuple[tuple[Who, StaffRole], ...] = (("owner", "owner"), ("back_office", "back_office"))
    found: dict[Who, str] = {}
    for who, role in roles:
        named = [person.staff_id for person in people if person.role == role]
        if named:
            found[who] = named[0]
    return found
