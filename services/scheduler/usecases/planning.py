"""Planning: the carer of each unit, and every touchpoint of the next twelve months.

One function plans a marked unit after a webhook and the whole book after an import. It reads,
decides outside the event loop and any transaction, and writes under the version it read.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import polars as pl
import structlog

from services.scheduler.domain.carers import (
    Carer,
    CarerChanges,
    assign_carers,
    carer_changes,
)
from services.scheduler.domain.levelling import NO_ROOM, OVER_FREE_SHARE, Levelled
from services.scheduler.domain.pins import Break
from services.scheduler.domain.schemas import CARERS
from services.scheduler.domain.standing_in import (
    doers_on,
    not_the_carers,
)
from services.scheduler.domain.touchpoints import (
    with_placed_days,
)
from services.scheduler.store import carer_changes as carer_proposals
from services.scheduler.store import (
    carers,
    change_outbox,
    customers,
    day_runs,
    pins,
    planning,
    work_marks,
)
from services.scheduler.store.planning import BookFrames
from services.scheduler.store.work_marks import EVERY_UNIT, WorkMarks
from services.scheduler.usecases.agencies import ensure_agency
from services.scheduler.usecases.planning_rules import (
    PlanRules,
    due_touchpoints,
    fixed_work,
    levelled_plan,
    read_rules,
)
from shared.clients.classifier import ClassifierClient
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database, Transaction
from shared.failures import Transient

log = structlog.get_logger(__name__)

WHOLE_SHARE = 0.02
WHOLE_AT_LEAST = 20
"""If more than this share of the book and so many units are marked, the whole book is planned: so
much at once would leave some weeks fuller than others, and only what is read can move."""
TRIES = 5


class PlanKeepsChanging(Transient):
    """the plan was changed by others each time it was to be written; it will be tried again"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What one planning did."""

    units: int
    customers: int
    changed: int
    taken_back: int
    unplaced: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What was read for one planning, before it is known whose carers change."""

    rules: PlanRules
    version: int
    marked: WorkMarks
    units: pl.DataFrame
    open_facts: frozenset[str]
    all_others: list[str] | None
    """The units without open facts; None means all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    """The result of planning before it is written."""

    touchpoints: pl.DataFrame
    unplaced: int
    newly_without_room: bool
    broken_pins: Mapping[str, Break]


async def plan_marked_units(
    *,
    database: Database,
    classifier: ClassifierClient,
    agency: AgencyId,
    now: datetime,
    freeze_working_days: int,
    facts_wait_seconds: float,
) -> Planned | None:
    """Plan the marked units; returns None if none is marked or facts are still being asked for.

    Units whose facts are open hold all others up for ``facts_wait_seconds``. Then they are left out
    and stay marked, or customers who change one after the other would never let anybody be planned.
    What begins within ``freeze_working_days`` moves only for what is promised more.
    """
    await ensure_agency(database=database, classifier=classifier, agency=agency, now=now)
    for _ in range(TRIES):
        read = await _read(database, agency, now, freeze_working_days, facts_wait_seconds)
        if read is None:
            return None
        changes = await asyncio.to_thread(_carers, read)
        units = _units_to_plan(read, changes)
        written = await _plan(database, agency, read, changes, units, now)
        if written is not None:
            return written
    raise PlanKeepsChanging(PlanKeepsChanging.__doc__)


async def _read(
    database: Database,
    agency: AgencyId,
    now: datetime,
    freeze_working_days: int,
    facts_wait_seconds: float,
) -> _Read | None:
    async with database.transaction(agency) as transaction:
        open_facts = await work_marks.units_with_open_facts(transaction)
        waiting = (await work_marks.burst_of_units(transaction)).waiting_seconds
        marked = (await work_marks.marked_units(transaction)).without(open_facts)
        # The refresher rings when it is done; until then a plan would be made on old facts.
        if not marked.ids or (open_facts and waiting < facts_wait_seconds):
            return None
        await carers.begin_with_told_carers(transaction)
        # First of all, because whoever changes what follows moves it.
        version = await planning.plan_version(transaction)
        rules = await read_rules(transaction, now=now, freeze_working_days=freeze_working_days)
        return _Read(
            rules=rules,
            version=version,
            marked=marked,
            units=await planning.care_units(transaction, as_of=rules.as_of),
            open_facts=open_facts,
            all_others=await planning.every_unit_but(transaction, open_facts)
            if open_facts
            else None,
        )


def _carers(read: _Read) -> CarerChanges:
    """Who cares for whom; without staff no unit has a carer, and the plan says so."""
    people = [
        Carer(staff_id=each.staff_id, role=each.role, places=each.capacity)
        for each in read.rules.people
    ]
    assigned = (
        assign_carers(units=read.units, staff=people).carers
        if people and not read.units.is_empty()
        else pl.DataFrame(schema=CARERS)
    )
    here = {each.staff_id for each in people}
    return carer_changes(units=read.units, assigned=assigned, here=here)


def _units_to_plan(read: _Read, changes: CarerChanges) -> list[str] | None:
    """Return the marked units and those whose carer changes; None means all units."""
    units = {*read.marked.ids, *changes.taken["unit_id"]} - read.open_facts
    many = len(units) > WHOLE_SHARE * read.units.height + WHOLE_AT_LEAST
    return read.all_others if many or EVERY_UNIT in units else sorted(units)


async def _plan(
    database: Database,
    agency: AgencyId,
    read: _Read,
    changes: CarerChanges,
    units: list[str] | None,
    now: datetime,
) -> Planned | None:
    async with database.transaction(agency) as transaction:
        book = await planning.book_of(transaction, units, as_of=read.rules.as_of)
        pinned = await pins.pins_that_hold(transaction, units)
    book = _with_carers(book, changes)
    decided = await asyncio.to_thread(_decide, read, book, pinned)
    async with database.transaction(agency) as transaction:
        claimed = await planning.claim_version(
            transaction,
            read=read.version,
            as_of=read.rules.as_of,
            catalogue_version=read.rules.catalogue.version,
            now=now,
        )
        if not claimed:
            return None
        await _save_carers(transaction, changes)
        written = await planning.save_touchpoints(
            transaction, decided.touchpoints, units=units, as_of=read.rules.as_of
        )
        await pins.break_pins(transaction, decided.broken_pins, on=read.rules.as_of)
        await customers.begin_care(transaction, book.customers, as_of=read.rules.as_of)
        if read.rules.day_was_run:
            # Today's run is over, so what an event raises for today falls due here.
            await day_runs.fall_due(
                transaction,
                read.rules.as_of,
                doers_on(read.rules.people, read.rules.as_of),
                not_the_carers=not_the_carers(read.rules.catalogue.catalogue),
            )
        await work_marks.unmark_units(transaction, read.marked)
        await work_marks.mark_units(transaction, read.open_facts)
        if units is not None and decided.newly_without_room:
            # Only a planning of the whole book can move what others have.
            await work_marks.mark_units(transaction, [EVERY_UNIT])
    done = Planned(
        units=read.units.height if units is None else len(units),
        customers=book.customers.height,
        changed=written.changed,
        taken_back=written.taken_back,
        unplaced=decided.unplaced,
    )
    log.info("planned", agency=agency, units=done.units, changed=done.changed)
    return done


def _with_carers(book: BookFrames, changes: CarerChanges) -> BookFrames:
    """The book with who does the work: the carer, or who takes over from one who left."""
    customers = book.customers.drop("staff_id").join(
        changes.acting, on="unit_id", how="left", maintain_order="left"
    )
    return replace(book, customers=customers.select(book.customers.columns))


def _decide(read: _Read, book: BookFrames, pinned: pl.DataFrame) -> _Decided:
    due = due_touchpoints(read.rules, book)
    work, broken_pins = fixed_work(read.rules, book, due, pinned)
    levelled = levelled_plan(read.rules, book, work)
    dated = with_placed_days(due, levelled.placed)
    over = pl.col("touchpoint_id").is_in(levelled.over_share)
    why = levelled.unplaced.select("touchpoint_id", _why="reason")
    explained = dated.join(why, on="touchpoint_id", how="left", maintain_order="left").with_columns(
        reason=pl.coalesce("reason", pl.when(over).then(pl.lit(OVER_FREE_SHARE)), "_why")
    )
    return _Decided(
        touchpoints=explained,
        unplaced=levelled.unplaced.height,
        newly_without_room=_newly_without_room(levelled, book.standing),
        broken_pins=broken_pins,
    )


def _newly_without_room(levelled: Levelled, standing: pl.DataFrame) -> bool:
    """Whether anything new, or that had a day before, found no room or only over the free share."""
    known = standing.filter(pl.col("day").is_null())
    without = levelled.unplaced.filter(pl.col("reason") == NO_ROOM)
    over = levelled.placed.filter(pl.col("touchpoint_id").is_in(levelled.over_share))
    return not (
        without.join(known, on="touchpoint_id", how="anti").is_empty()
        and over.join(standing, on=list(standing.columns), how="anti").is_empty()
    )


async def _save_carers(transaction: Transaction, changes: CarerChanges) -> None:
    """Enter who is given at once, and what waits for a person."""
    await carer_proposals.save_proposals(transaction, changes.proposed)
    if changes.taken.is_empty():
        return
    await carers.save_carers(transaction, changes.taken)
    await change_outbox.add_to_outbox(transaction, "carer", changes.taken["unit_id"])
