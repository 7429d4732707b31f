"""Running a day, and a person's day."""

from fastapi import APIRouter

from services.scheduler.api.access import HeldHere, OfDay, OfStaff, Reader, Writer
from services.scheduler.usecases import day_runs, task_lists
from shared.contracts.plans import DayPlan, RunCounts
from shared.turns import Turn

router = APIRouter(tags=["days"])


@router.post("/days/{date}/run", summary="Run a day")
async def run_day(resources: HeldHere, caller: Writer, date: OfDay) -> RunCounts:
    """Classify as of the day, plan, hand due messages to the notifier and open tasks. Missed days
    are run first, in order. A day after the agency's own today is refused. Safe to repeat; after
    503 `day-still-running` repeat the call, and it continues."""
    return await day_runs.run_day(
        runner=resources.runner,
        agency=caller.agency,
        day=date,
        turn=Turn(resources.run_seconds),
    )


@router.get("/staff/{staff_id}/days/{date}", summary="Somebody's day plan (Tagesplan)")
async def get_day_plan(
    resources: HeldHere, caller: Reader, staff_id: OfStaff, date: OfDay
) -> DayPlan:
    """A person's tasks of a day in the order of importance, and how much of the day stays free."""
    return await task_lists.day_plan(
        database=resources.database,
        classifier=resources.calls.classifier,
        agency=caller.agency,
        staff_id=staff_id,
        day=date,
        now=resources.clock.now(),
    )
