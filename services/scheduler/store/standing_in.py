"""Open work moves to whoever stands in, and back; set-based, because a person may have hundreds of
open tasks."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import update
from sqlmodel import col

from services.scheduler.store.agencies import agencies_of
from services.scheduler.store.agency_tables import AgencyTable
from shared.contracts.vocabulary import AgencyId, StaffId
from shared.db.database import Transaction
from shared.db.sweep_database import SweepDatabase


async def move_open_work(
    transaction: Transaction, doers: Mapping[StaffId, StaffId], *, owner: StaffId | None
) -> int:
    """Give every open task, and the request behind it, to who does its person's work now.

    ``stands_in_for`` keeps whose work it is. Returns how many tasks moved; repeating moves none.
    """
    parameters = {"staff": list(doers), "doers": list(doers.values())}
    moved = int((await transaction.execute(_MOVE_TASKS, parameters)).rowcount)
    if owner is not None:
        lost = await transaction.execute(_MOVE_LOST, {"owner": owner, "staff": list(doers)})
        moved += int(lost.rowcount)
    if moved:
        await let_requests_follow(transaction)
    return moved


async def let_requests_follow(transaction: Transaction) -> None:
    """Give the open requests to who has their tasks."""
    await transaction.execute(_MOVE_REQUESTS)


async def note_day(transaction: Transaction, day: date) -> None:
    """Remember that open work follows the absences of this day."""
    await transaction.execute(
        update(AgencyTable)
        .where(col(AgencyTable.agency_id) == transaction.agency)
        .values(standing_in_on=day)
    )


async def outdate_standing_in(transaction: Transaction) -> None:
    """Have the worker look again who stands in, because somebody got work."""
    await transaction.execute(
        update(AgencyTable)
        .where(col(AgencyTable.agency_id) == transaction.agency)
        .values(standing_in_on=None)
    )
    transaction.ring("stand_in")


async def agencies_with_work_to_move(sweep: SweepDatabase, now: datetime) -> Sequence[AgencyId]:
    """Agencies where a new day has begun, or somebody got work, since the worker last looked."""
    return await agencies_of(sweep, _OTHER_DAY, {"now": now})


# What a stand-in has begun stays with them when the other is back.
_MOVE_TASKS = """
    UPDATE task SET staff_id = now.doer, stands_in_for = nullif(now.staff_id, now.doer)
      FROM unnest(CAST(:staff AS varchar[]), CAST(:doers AS varchar[])) AS now (staff_id, doer)
     WHERE task.agency_id = :agency AND task.state = 'open'
       AND CASE WHEN begun_by = task.staff_id THEN task.staff_id
                ELSE coalesce(task.stands_in_for, task.staff_id) END = now.staff_id
       AND task.staff_id <> now.doer
"""
# Work of somebody who is not on the staff any more, not even as one who left.
_MOVE_LOST = """
    UPDATE task SET staff_id = :owner, stands_in_for = NULL
     WHERE agency_id = :agency AND state = 'open'
       AND NOT staff_id = ANY(CAST(:staff AS varchar[]))
"""
_MOVE_REQUESTS = """
    UPDATE request SET staff_id = task.staff_id FROM task
     WHERE request.agency_id = :agency AND task.agency_id = :agency
       AND task.request_id = request.request_id AND task.state = 'open'
       AND request.state = 'open' AND request.staff_id <> task.staff_id
"""
_OTHER_DAY = """
    SELECT agency_id FROM agency
     WHERE standing_in_on IS DISTINCT FROM (CAST(:now AS timestamptz) AT TIME ZONE time_zone)::date
     ORDER BY agency_id
"""
