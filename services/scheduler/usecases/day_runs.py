"""Running a day: classified, planned, handed over. Each step can be repeated after a kill."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from services.scheduler.clients import Neighbours
from services.scheduler.domain.requests import WON_RESTS
from services.scheduler.store import agencies, day_runs, dispatches, work_marks
from services.scheduler.store.won_business import ask_for_won_business
from services.scheduler.usecases.agencies import ensure_agency, plan_everything
from services.scheduler.usecases.change_outbox import publish_changes
from services.scheduler.usecases.customers import refresh_customers
from services.scheduler.usecases.dispatches import hand_over
from services.scheduler.usecases.leftovers import carry_leftovers, fall_due
from services.scheduler.usecases.planning import plan_marked_units
from services.scheduler.usecases.standing_in import move_work
from shared.clients.http import ServiceRefused
from shared.clock import Clock
from shared.contracts.plans import RunCounts
from shared.contracts.vocabulary import AgencyId
from shared.db.database import Database
from shared.db.followers import Follower
from shared.failures import Transient
from shared.turns import UNLIMITED, Turn

POLL_SECONDS = 0.05
FIRST_DAY_AT_MOST_AGO = timedelta(days=31)
DAY_LATER_THERE = "day-already-passed"
"""The classifier's answer for a day before its own last one, for which its classes stay."""


class DayAlreadyPassed(Exception):
    """a later day was run already"""


class DayNotBegun(Exception):
    """the day lies ahead of the agency's own today"""


class FirstDayTooEarly(Exception):
    """an agency's first day lies too far back: every day since would have to be run"""


class DayStillRunning(Transient):
    """the day is not run to its end yet; the same call goes on where it stands"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRunner:
    """What running days needs."""

    database: Database
    neighbours: Neighbours
    follower: Follower
    clock: Clock
    freeze_working_days: int


async def run_day(
    *, runner: DayRunner, agency: AgencyId, day: date, turn: Turn = UNLIMITED
) -> RunCounts:
    """Run a day, and before it every missed one in order. Repeating changes nothing.

    Raises DayAlreadyPassed for an earlier day that was never run, DayNotBegun for a day ahead,
    FirstDayTooEarly, and DayStillRunning if the turn ends before the day is run: the next call
    goes on where it stands.
    """
    known = await ensure_agency(
        database=runner.database,
        classifier=runner.neighbours.classifier,
        agency=agency,
        now=runner.clock.now(),
        freshly=True,
    )
    async with runner.database.transaction(agency) as transaction:
        last = await day_runs.last_day_run(transaction)
        already = await day_runs.was_finished(transaction, day)
    _refuse_mistyped(day, today=runner.clock.today(ZoneInfo(known.time_zone)), last=last)
    if last is not None and day < last:
        if not already:
            raise DayAlreadyPassed(f"{last} was run already; {day} lies before it and never was")
        return await counts_of(database=runner.database, agency=agency, day=day, already=True)
    first = day if last is None or last == day else last + timedelta(days=1)
    for offset in range((day - first).days + 1):
        passing = first + timedelta(days=offset)
        await _run_one(runner, agency, passing, turn, carries_over=passing == day)
    return await counts_of(database=runner.database, agency=agency, day=day, already=already)


def _refuse_mistyped(day: date, *, today: date, last: date | None) -> None:
    """Refuse days that are far off, because a mistyped year would close or run whole years."""
    if day > today:
        raise DayNotBegun(f"it is {today} where the agency is; {day} is run once it has begun")
    if last is None and day < today - FIRST_DAY_AT_MOST_AGO:
        raise FirstDayTooEarly(
            f"every day since is run as well: the first one lies at most"
            f" {FIRST_DAY_AT_MOST_AGO.days} days before {today}"
        )


async def run_day_by_time(
    *, runner: DayRunner, agency: AgencyId, begins: time, turn: Turn = UNLIMITED
) -> None:
    """Run the day that has begun where the agency is, and before it every missed one.

    A day begins at ``begins`` local time. If no day was ever run by a call, nothing happens,
    because an agency that is still moving in must not send anything. Raises as :func:`run_day`,
    except for DayStillRunning: a day that takes longer than one turn has not failed, so the next
    turn goes on with it, and the day's length does not use up the job's tries.
    """
    async with runner.database.transaction(agency) as transaction:
        known = await agencies.known_agency(transaction)
        last = await day_runs.last_day_run(transaction)
    if known is None:
        return
    local = runner.clock.now().astimezone(ZoneInfo(known.time_zone)).replace(tzinfo=None)
    day = (local - timedelta(hours=begins.hour, minutes=begins.minute)).date()
    if last is not None and last >= day:
        return
    with suppress(DayStillRunning):
        await run_day(runner=runner, agency=agency, day=day, turn=turn)


async def _run_one(
    runner: DayRunner, agency: AgencyId, day: date, turn: Turn, *, carries_over: bool
) -> None:
    """Run one day. On days that were missed nobody could work, so nothing was left undone."""
    async with runner.database.transaction(agency) as transaction:
        await day_runs.begin_run(transaction, day)
    await _classified(runner, agency, day, turn)
    if carries_over:
        # Before the plan is made, so that new work finds the room that is left.
        now = runner.clock.now()
        await carry_leftovers(database=runner.database, agency=agency, day=day, now=now)
    await _planned(runner, agency, day, turn)
    async with runner.database.transaction(agency) as transaction:
        await fall_due(transaction, day, now=runner.clock.now())
        await ask_for_won_business(transaction, day, again_on=day + WON_RESTS)
        await move_work(transaction, now=runner.clock.now())
    await _handed_over(runner, agency, turn)
    async with runner.database.transaction(agency) as transaction:
        await day_runs.finish_run(transaction, day)


async def _classified(runner: DayRunner, agency: AgencyId, day: date, turn: Turn) -> None:
    """Have the classifier run the day, and apply the changes that it published."""
    classifier = runner.neighbours.classifier
    try:
        run = await classifier.run_day(agency, day)
    except ServiceRefused as refusal:
        if refusal.slug != DAY_LATER_THERE:
            raise
        run = None
    while run is not None and run.state != "done":
        await _wait(turn)
        run = await classifier.reclassification(agency, UUID(str(run.reclassification_id)))
    while agency in await runner.follower.pending():
        if await runner.follower.follow(agency) == 0:
            await _wait(turn)  # another worker is applying the page


async def _planned(runner: DayRunner, agency: AgencyId, day: date, turn: Turn) -> None:
    """Make the day the agency's day and plan everything as of then.

    Everybody is marked once for each day, because a mandate that ends with a day is in no feed. A
    turn that goes on with the day marks nobody again, else a large book would never be done.
    """
    database, classifier = runner.database, runner.neighbours.classifier
    async with database.transaction(agency) as transaction:
        if await agencies.move_day(transaction, day):
            await work_marks.mark_all_customers(transaction)
            await plan_everything(transaction)
    while True:
        now = runner.clock.now()
        await refresh_customers(
            database=database, classifier=classifier, agency=agency, now=now, turn=turn
        )
        if turn.cut_short:
            raise DayStillRunning(DayStillRunning.__doc__)
        # Everybody was asked; whoever changes meanwhile is planned later, and holds nobody up.
        planned = await plan_marked_units(
            database=database,
            classifier=classifier,
            agency=agency,
            now=now,
            freeze_working_days=runner.freeze_working_days,
            facts_wait_seconds=0,
        )
        async with database.transaction(agency) as transaction:
            left = await work_marks.marked_units(transaction)
        # What was marked while the plan was made waits for the next one, or a busy day would never
        # be run; only what found no room must be planned beside all others before.
        if not left.ids or (planned is not None and work_marks.EVERY_UNIT not in left.ids):
            break
        await _wait(turn)
    await publish_changes(database=database, agency=agency)


async def _handed_over(runner: DayRunner, agency: AgencyId, turn: Turn) -> None:
    """Hand over all that is due, and wait for what another worker is handing over."""
    while True:
        await hand_over(
            database=runner.database, notifier=runner.neighbours.notifier, agency=agency
        )
        async with runner.database.transaction(agency) as transaction:
            waiting = await dispatches.messages_waiting(transaction)
        if not waiting:
            return
        await _wait(turn)


async def _wait(turn: Turn) -> None:
    if not turn.goes_on():
        raise DayStillRunning(DayStillRunning.__doc__)
    await asyncio.sleep(POLL_SECONDS)


async def counts_of(*, database: Database, agency: AgencyId, day: date, already: bool) -> RunCounts:
    """Return the counts of a day as they are now."""
    async with database.transaction(agency) as transaction:
        counts = await day_runs.day_counts(transaction, day)
        known = await agencies.known_agency(transaction)
    return RunCounts(
        day=day,
        moving_in=known is None or known.moving_in,
        already_run=already,
        planned=counts["planned"],
        due=counts["due"],
        handed_over=counts["emails"] + counts["letters"],
        emails=counts["emails"],
        letters=counts["letters"],
        tasks=counts["tasks"],
        suppressed=counts["suppressed"],
        cancelled=counts["cancelled"],
        failed=counts["failed"],
        unplaced=counts["unplaced"],
    )
