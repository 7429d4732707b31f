"""Other days and people for a planned contact, by the rules and the figures of the plan."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any
from uuid import UUID

import polars as pl

from services.scheduler.domain.alternatives import Alternative, alternatives
from services.scheduler.domain.obstacles import Diary, MovableContact, Place
from services.scheduler.domain.pins import contact_of_work
from services.scheduler.domain.subjects import subject_of
from services.scheduler.domain.travel import VISIT
from services.scheduler.store import pins, planning, touchpoints
from services.scheduler.store.dispatches import is_message
from services.scheduler.store.planning import BookFrames
from services.scheduler.store.touchpoint_tables import TouchpointTable
from services.scheduler.store.travel import visits_between
from services.scheduler.usecases.planning_rules import (
    DAYS_AFTER,
    PlanRules,
    capacity_until,
    due_touchpoints,
    read_rules,
    work_of,
)
from services.scheduler.usecases.touchpoints import TouchpointNotFound
from shared.contracts.alternatives import WhyNone
from shared.contracts.vocabulary import AgencyId, StaffId
from shared.db.database import Database, Transaction

NO_FREEZE = 0
"""Working days. The freeze binds planning, and not a person who decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternativeFilter:
    """Which alternatives to list; ``after`` is the place of the last one seen."""

    first_day: date | None = None
    last_day: date | None = None
    staff_id: StaffId | None = None
    admissible: bool | None = None
    after: Place | None = None
    limit: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternatives:
    """What was asked for, or why there is none."""

    items: Sequence[Alternative]
    why_none: WhyNone | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadContact:
    """One touchpoint beside the whole plan, read at one version of it."""

    row: TouchpointTable
    version: int
    rules: PlanRules
    book: BookFrames
    taken: pl.DataFrame
    visits: Mapping[Place, Sequence[str]]
    told: bool

    @property
    def why_none(self) -> WhyNone | None:
        """Why the contact cannot be moved at all; None if it can."""
        if self.row.state not in ("planned", "suppressed", "due"):
            return "ended"
        if is_message(self.row):
            return "message"
        if self.row.state == "suppressed":
            return "ended"
        if self.row.state == "due" or self.row.left_on is not None:
            return "on_a_desk"
        return "told_to_customer" if self.told else None


async def list_alternatives(
    *,
    database: Database,
    agency: AgencyId,
    touchpoint_id: UUID,
    asked: AlternativeFilter,
    now: datetime,
) -> Alternatives:
    """Days of the contact's window and people, each with its price. Raises TouchpointNotFound,
    AgencyNotKnownYet."""
    async with database.transaction(agency) as transaction:
        read = await read_contact(transaction, touchpoint_id, now=now)
    if read.why_none is not None:
        return Alternatives(items=(), why_none=read.why_none)
    return await asyncio.to_thread(_listed, read, asked)


def _listed(read: ReadContact, asked: AlternativeFilter) -> Alternatives:
    contact, diary = movable(read)
    if contact.own is None:
        return Alternatives(items=(), why_none="nobody_responsible")
    first = max((day for day in (asked.first_day, _day_of(asked.after)) if day), default=None)
    found = list(alternatives(contact, diary, first=first, last=asked.last_day))
    places = [(each.staff_id, each.day) for each in found]
    begin = places.index(asked.after) + 1 if asked.after in places else 0
    wanted = (
        each
        for each in found[begin:]
        if asked.staff_id in (None, each.staff_id)
        and asked.admissible in (None, each.why_not is None)
    )
    return Alternatives(items=list(islice(wanted, asked.limit)))


def _day_of(place: Place | None) -> date | None:
    return None if place is None else place[1]


async def read_contact(
    transaction: Transaction, touchpoint_id: UUID, *, now: datetime
) -> ReadContact:
    """The touchpoint and what it may be moved beside. Raises TouchpointNotFound."""
    row = await touchpoints.touchpoint_row(transaction, touchpoint_id)
    if row is None:
        raise TouchpointNotFound(f"there is no touchpoint {touchpoint_id}")
    # Before all else of the plan, because whoever changes what follows moves it.
    version = await planning.plan_version(transaction)
    rules = await read_rules(transaction, now=now, freeze_working_days=NO_FREEZE)
    return ReadContact(
        row=row,
        version=version,
        rules=rules,
        book=await planning.book_of(transaction, [row.unit_id], as_of=rules.as_of),
        taken=await pins.minutes_taken(transaction, as_of=rules.as_of),
        visits=await visits_between(transaction, row.earliest, row.latest, but=touchpoint_id),
        told=await pins.told_to_customer(transaction, touchpoint_id),
    )


def movable(read: ReadContact) -> tuple[MovableContact, Diary]:
    """The contact as planning would place it, beside everybody's days as they stand."""
    rules, row = read.rules, read.row
    due = due_touchpoints(rules, read.book)
    found = work_of(rules, due, read.book).filter(pl.col("touchpoint_id") == str(row.touchpoint_id))
    contact = contact_of_work(
        found.row(0, named=True) if found.height else _as_stored(row),
        line=_line_of(row),
        area=_area_of(row, read.book),
    )
    last = max([contact.latest, *read.taken["day"].to_list()])
    # Whole weeks, because half of one would look twice as full.
    capacity = capacity_until(rules, last + DAYS_AFTER)
    diary = Diary(
        people={each.staff_id: each for each in rules.people},
        calendar=rules.agency.calendar,
        first_day=rules.first_day,
        plannable={(who, day): minutes for who, day, minutes in capacity.iter_rows()},
        taken={(who, day): minutes for who, day, minutes in read.taken.iter_rows()},
        visits=read.visits,
    )
    return contact, diary


def _as_stored(row: TouchpointTable) -> Mapping[str, Any]:
    """A promise that is kept, although nobody would plan it now: as it was planned last."""
    return {
        "minutes": row.minutes,
        "earliest": row.earliest,
        "latest": row.latest,
        "staff_id": row.staff_id,
        "others": None,
        "standing_staff_id": row.staff_id,
        "day": row.day,
    }


def _area_of(row: TouchpointTable, book: BookFrames) -> str | None:
    """Where a visit goes, empty if that is unknown; None if it is no visit."""
    if row.channel != VISIT:
        return None
    found = book.customers.filter(pl.col("customer_id") == row.customer_id)["visit_area"].to_list()
    return found[0] or "" if found else ""


def _line_of(row: TouchpointTable) -> str | None:
    line = getattr(subject_of(row.subject), "line", None)
    return line if isinstance(line, str) else None
