"""Pinning a planned contact to a day: exactly what its alternative predicted, and nothing else."""

import asyncio
from datetime import datetime
from uuid import UUID

from services.scheduler.domain.alternatives import only
from services.scheduler.domain.obstacles import in_words
from services.scheduler.store import (
    change_outbox,
    pins,
    plan_locks,
    planning,
    touchpoints,
    work_marks,
)
from services.scheduler.store.pins import NewPin
from services.scheduler.usecases.alternatives import ReadContact, movable, read_contact
from services.scheduler.usecases.planning import TRIES, PlanKeepsChanging
from services.scheduler.usecases.tasks import require_known
from services.scheduler.usecases.touchpoints import TouchpointNotFound
from shared.contracts.alternatives import DayPin, PinnedTouchpoint
from shared.contracts.etags import UNCONDITIONAL, Condition, etag_of
from shared.contracts.pins import WhyNot
from shared.contracts.plans import Touchpoint
from shared.contracts.vocabulary import AgencyId, StaffId
from shared.db.database import Database, Transaction


class TouchpointNotPlanned(Exception):
    """only a contact that is planned, and held by a person, can be pinned"""

    def __init__(self, why: str) -> None:
        super().__init__(f"the contact is not planned ({why}): {type(self).__doc__}")


class DayNotAdmissible(Exception):
    """The contact cannot come on this day with this person."""

    def __init__(self, said: DayPin, staff_id: StaffId | None, why_not: WhyNot) -> None:
        words = in_words(why_not, staff_id, said.day)
        super().__init__(f"{why_not}: {words.en}")
        of_person = why_not in ("person_left", "not_responsible", "lives_on_relationship")
        pointer = "/staff_id" if of_person and said.staff_id is not None else "/day"
        self.pointers = [{"pointer": pointer, "detail": f"{why_not}: {words.de}"}]


async def pin_day(
    *,
    database: Database,
    agency: AgencyId,
    touchpoint_id: UUID,
    said: DayPin,
    now: datetime,
    condition: Condition = UNCONDITIONAL,
) -> Touchpoint:
    """Give a planned contact a day, and perhaps a person, that planning keeps.

    The same again changes nothing. Nothing else moves; if the day is full and that was accepted,
    the whole book is planned, so that what is not fixed there makes way. Raises TouchpointNotFound,
    TouchpointNotPlanned, DayNotAdmissible, ConditionFailed, PlanKeepsChanging, and the domain's
    DelegateUnknown (``by``).
    """
    for _ in range(TRIES):
        async with database.transaction(agency) as transaction:
            before = await _shown(transaction, touchpoint_id)
            if condition.asked:
                condition.require(etag_of(before))
            await require_known(transaction, said.by)
            if _says_the_same(before, said):
                return before
            read = await read_contact(transaction, touchpoint_id, now=now)
        if read.why_none is not None:
            raise TouchpointNotPlanned(read.why_none)
        staff_id, full = await asyncio.to_thread(_admitted, read, said)
        async with database.transaction(agency) as transaction:
            if await _pinned(transaction, read, said, staff_id, full=full):
                return await _shown(transaction, touchpoint_id)
    raise PlanKeepsChanging(PlanKeepsChanging.__doc__)


def _says_the_same(touchpoint: Touchpoint, said: DayPin) -> bool:
    pin = touchpoint.pin
    return (
        pin is not None
        and pin.broken is None
        and (pin.day, pin.staff_id, pin.by, pin.reason)
        == (said.day, said.staff_id, said.by, said.reason)
    )


def _admitted(read: ReadContact, said: DayPin) -> tuple[StaffId, bool]:
    """Who does it, and whether the day is full, which must have been accepted."""
    contact, diary = movable(read)
    staff_id = said.staff_id or contact.own
    if staff_id is None:
        raise DayNotAdmissible(said, None, "nobody_responsible")
    why_not = only(contact, diary, staff_id, said.day).why_not
    full = why_not == "full"
    if why_not is not None and not (full and said.over_share):
        raise DayNotAdmissible(said, staff_id, why_not)
    return staff_id, full


async def _pinned(
    transaction: Transaction, read: ReadContact, said: DayPin, staff_id: StaffId, *, full: bool
) -> bool:
    """Write it; false if the plan is another one than was read."""
    touchpoint_id = read.row.touchpoint_id
    claimed = await pins.step_version(transaction, read=read.version)
    if not claimed or not await pins.place(
        transaction, touchpoint_id, day=said.day, staff_id=staff_id, full=full
    ):
        return False
    await pins.put_pin(
        transaction,
        NewPin(
            touchpoint_id=touchpoint_id,
            day=said.day,
            staff_id=said.staff_id,
            over_share=full,
            by=said.by,
            reason=said.reason,
        ),
    )
    await change_outbox.add_to_outbox(transaction, "touchpoint", [str(touchpoint_id)])
    if full:
        await work_marks.mark_units(transaction, [work_marks.EVERY_UNIT])
    return True


async def lift_pin(
    *,
    database: Database,
    agency: AgencyId,
    touchpoint_id: UUID,
    condition: Condition = UNCONDITIONAL,
) -> Touchpoint:
    """Let planning decide again about a contact; without a pin nothing changes.

    Raises TouchpointNotFound, ConditionFailed.
    """
    async with database.transaction(agency) as transaction:
        await plan_locks.lock_plan(transaction)
        before = await _shown(transaction, touchpoint_id)
        if condition.asked:
            condition.require(etag_of(before))
        if await pins.lift_pin(transaction, touchpoint_id):
            await planning.outdate_plan(transaction)
            await work_marks.mark_units_of(transaction, [before.customer_id])
        return await _shown(transaction, touchpoint_id)


async def list_pins(
    *, database: Database, agency: AgencyId, broken: bool | None, after: UUID | None, limit: int
) -> list[PinnedTouchpoint]:
    """Pins of what is still planned, or was taken back."""
    async with database.transaction(agency) as transaction:
        return await pins.list_pins(transaction, broken=broken, after=after, limit=limit)


async def _shown(transaction: Transaction, touchpoint_id: UUID) -> Touchpoint:
    found = await touchpoints.touchpoint(transaction, touchpoint_id)
    if found is None:
        raise TouchpointNotFound(f"there is no touchpoint {touchpoint_id}")
    return found
