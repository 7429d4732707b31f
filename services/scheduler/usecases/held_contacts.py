"""A contact that was held before its day, or without its task: it ends what was planned."""

from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from services.scheduler.domain.standing_in import doers_on
from services.scheduler.domain.tasks import IMPORTANCE_OF_PRIORITY
from services.scheduler.store import held_contacts, staff, tasks, touchpoints
from services.scheduler.store.task_tables import TaskTable
from services.scheduler.store.touchpoint_tables import TouchpointTable
from services.scheduler.usecases.agencies import agency_here
from services.scheduler.usecases.tasks import end_as_done
from services.scheduler.usecases.touchpoints import TouchpointNotFound
from shared.contracts.plans import Touchpoint
from shared.contracts.scheduling import HeldContact
from shared.contracts.staff import Staff
from shared.contracts.vocabulary import AgencyId, StaffId
from shared.db.database import Database, Transaction

TOLD_LATE: Final = timedelta(days=366)
"""What was held longer ago ended an interval before this one."""
_NOON: Final = time(12)


class TouchpointNotOpen(Exception):
    """the contact has ended, or is on its way as a message"""


class HeldTooFar(Exception):
    """the day on which the contact was held lies ahead, or more than a year back"""

    def __init__(self, first: date, last: date) -> None:
        super().__init__(f"/on: {type(self).__doc__}")
        self.pointers = [{"pointer": "/on", "detail": f"must lie between {first} and {last}"}]


class HeldByNobody(Exception):
    """nobody is known who held the contact; name them as staff_id"""


async def hold_contact(
    *,
    database: Database,
    agency: AgencyId,
    touchpoint_id: UUID,
    said: HeldContact,
    now: datetime,
) -> Touchpoint:
    """End a planned or open contact as held on a day, with the minutes it took.

    The interval runs from that day. Told again for the same day it changes nothing. Raises
    TouchpointNotFound, TouchpointNotOpen, HeldTooFar, HeldByNobody, and what ending a task raises.
    """
    async with database.transaction(agency) as transaction:
        found = await held_contacts.locked_touchpoint(transaction, touchpoint_id)
        if found is None:
            raise TouchpointNotFound(f"there is no touchpoint {touchpoint_id}")
        if (found.state, found.ended_on) != ("done", said.on):
            zone = ZoneInfo((await agency_here(transaction)).time_zone)
            today = now.astimezone(zone).date()
            if not today - TOLD_LATE <= said.on <= today:
                raise HeldTooFar(today - TOLD_LATE, today)
            await _begin(transaction, found, said, today)
            task = await tasks.task(transaction, touchpoint_id)
            if task is None or task.state != "open":
                raise TouchpointNotOpen(f"the contact is {found.state} and has no open task")
            at = now if said.on == today else datetime.combine(said.on, _NOON, zone)
            await end_as_done(
                transaction, task, minutes=said.minutes, result=said.result, at=at, day=said.on
            )
        shown = await touchpoints.touchpoint(transaction, touchpoint_id)
    if shown is None:
        raise TouchpointNotFound(f"there is no touchpoint {touchpoint_id}")
    return shown


async def _begin(
    transaction: Transaction, found: TouchpointTable, said: HeldContact, today: date
) -> None:
    """Open the task of a contact whose day has not come; one that is on a desk has its own."""
    if found.state not in ("planned", "suppressed") or found.left_on is not None:
        return
    people = [each for each in await staff.list_staff(transaction) if each.active]
    holder = _holder(people, said.staff_id, found.staff_id, today)
    await tasks.open_task(
        transaction,
        TaskTable(
            agency_id=found.agency_id,
            task_id=found.touchpoint_id,
            touchpoint_id=found.touchpoint_id,
            customer_id=found.customer_id,
            service=found.service,
            channel=found.channel,
            staff_id=holder,
            day=said.on,
            due_on=max(found.latest, said.on),
            minutes=found.minutes,
            importance=IMPORTANCE_OF_PRIORITY[found.priority],
            state="open",
            because=found.because,
            subject=found.subject,
            begun_by=holder,
        ),
    )
    await held_contacts.leave_the_plan(transaction, found.touchpoint_id, day=said.on)


def _holder(
    people: list[Staff], told: StaffId | None, planned: StaffId | None, today: date
) -> StaffId:
    """Who held it: who is told, else who does the planned person's work, else the owner."""
    here = [each.staff_id for each in people]
    if told is not None:
        if told not in here:
            raise HeldByNobody(f"/staff_id: nobody on the staff is {told}")
        return told
    if planned in here:
        return doers_on(people, today)[planned]
    owners = [each.staff_id for each in people if each.role == "owner"]
    if not owners:
        raise HeldByNobody(HeldByNobody.__doc__)
    return owners[0]
