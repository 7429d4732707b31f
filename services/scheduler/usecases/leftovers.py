"""The morning: what was left over is spread over the coming days, and what is due gets a desk."""

from datetime import date, datetime, timedelta

import structlog

from services.scheduler.domain.capacity import plannable_minutes
from services.scheduler.domain.leftovers import SPREAD_DAYS, DayRoom, carried_over
from services.scheduler.domain.standing_in import doers_on, not_the_carers, owner_of
from services.scheduler.store import day_runs, leftovers, staff
from services.scheduler.usecases.agencies import agency_here, ruling_catalogue
from services.scheduler.usecases.planning_rules import working_person
from services.scheduler.usecases.standing_in import move_work
from shared.contracts.vocabulary import AgencyId, StaffId
from shared.db.database import Database, Transaction

log = structlog.get_logger(__name__)


async def carry_leftovers(
    *, database: Database, agency: AgencyId, day: date, now: datetime
) -> None:
    """Give every open task whose day has passed another day, the owner, or its end; and the owner
    whatever is theirs from today on.

    Repeating changes nothing, because afterwards no open task lies before the day, and what was
    escalated is not escalated again.
    """
    async with database.transaction(agency) as transaction:
        await move_work(transaction, now=now)
        found = await leftovers.leftovers(transaction, day)
        if not found:
            return
        room = await _room(transaction, day)
        owner = owner_of(await staff.list_staff(transaction))
        decided = carried_over(found, room=room, today=day, owner=owner)
        await leftovers.carry_over(transaction, decided, today=day, now=now)
        await move_work(transaction, now=now)
    log.info("leftovers carried over", agency=agency, day=str(day), tasks=len(decided))


async def _room(transaction: Transaction, first: date) -> dict[StaffId, dict[date, DayRoom]]:
    """The coming days of everybody who works here, with what they have to do already."""
    people = [each for each in await staff.list_staff(transaction) if each.active]
    last = first + timedelta(days=SPREAD_DAYS)
    capacity = plannable_minutes(
        people=[working_person(each) for each in people],
        calendar=(await agency_here(transaction)).calendar,
        first=first,
        last=last,
    )
    room: dict[StaffId, dict[date, DayRoom]] = {}
    for staff_id, day, minutes in capacity.iter_rows():
        if minutes:
            room.setdefault(staff_id, {})[day] = DayRoom(plannable=minutes)
    await leftovers.enter_work(transaction, room, first=first, last=last)
    return room


async def fall_due(transaction: Transaction, day: date, *, now: datetime) -> None:
    """Open the day's tasks; what found no day in its window gets an end or a desk."""
    people = await staff.list_staff(transaction)
    catalogue = (await ruling_catalogue(transaction, now=now)).catalogue
    await day_runs.end_without_room(transaction, day, owner=owner_of(people))
    await day_runs.fall_due(
        transaction,
        day,
        doers_on(people, day),
        not_the_carers=not_the_carers(catalogue),
    )
