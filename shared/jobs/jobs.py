"""Jobs: what a worker does for one agency, turn by turn, and how the sweep finds who has work."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from arq.connections import ArqRedis
from arq.worker import Retry
from redis.exceptions import RedisError

from shared.contracts.vocabulary import AgencyId
from shared.db.failures import is_transient
from shared.db.rings import Ring
from shared.failures import backoff_seconds
from shared.jobs import failing
from shared.jobs.doorbell import enqueue, enqueue_later, flag_of
from shared.jobs.failing import FailingJob
from shared.jobs.places import Places
from shared.telemetry import JOB_SECONDS, begin_trace
from shared.turns import Turn

log = structlog.get_logger(__name__)

JOB_TIMEOUT_SECONDS = 120
MAX_TRIES = 6
"""Tries of a job whose failures may vanish by waiting, one after the other; then the sweep rings it
again."""
TURN_SECONDS = 30.0
"""A job is told after this long to end with its slice, and is queued anew: well before its time
limit, and so that other agencies' jobs come in between."""
FIRST_TURN_SECONDS = 5.0
"""As long as nobody knows how much there is to do: what needs more is long work, which takes its
next turns beside the places of short jobs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What a worker does for one agency when rung.

    ``pending`` names the agencies that have such work now, by the database's word; the sweep
    asks it each minute. ``run`` looks for work itself and may find none; it is queued anew if it
    had more to do when its turn was over.
    """

    name: str
    run: Callable[[AgencyId, Turn], Awaitable[None]]
    pending: Callable[[], Awaitable[Sequence[AgencyId]]]


def carried_out(service: str, job: Job, places: Places) -> Any:
    rung_again: dict[AgencyId, bool] = {}
    """The agencies that this process works for now, and whether there may be more to do."""

    async def carry_out(ctx: dict[str, Any], agency: AgencyId) -> None:
        begin_trace(None)
        bell = Ring(service=service, job=job.name, agency=agency)
        if agency in rung_again:
            # Beside the one at work this would share its processor, and halve what it does at once.
            # The flag stays until that one looks again, and further rings cost nothing.
            rung_again[agency] = True
            return
        if not places.take(agency, job.name):
            return
        turn = Turn(TURN_SECONDS if places.is_long(agency, job.name) else FIRST_TURN_SECONDS)
        rung_again[agency] = True
        try:
            while rung_again[agency] and turn.goes_on():
                rung_again[agency] = False
                # Before looking: a ring that comes while we work must lead to another look.
                before = await _answered(ctx["redis"], bell)
                if before is not None and before.rests():
                    return
                turn.put_off(0)
                await _look(job, bell, turn, ctx, before)
                rung_again[agency] = rung_again[agency] or turn.cut_short
        finally:
            goes_on = rung_again.pop(agency)
            next_in_line = places.leave(agency, job.name, goes_on=turn.cut_short)
            with contextlib.suppress(RedisError, OSError):
                if next_in_line is not None:
                    who, what = next_in_line
                    await enqueue(ctx["redis"], Ring(service=service, job=what, agency=who))
                if goes_on:  # behind the others
                    await enqueue(ctx["redis"], bell)
                elif turn.put_off_seconds:
                    await enqueue_later(ctx["redis"], bell, seconds=turn.put_off_seconds)

    return carry_out


async def _answered(redis: ArqRedis, bell: Ring) -> FailingJob | None:
    """Take the ring down; returns what is noted of the job's failures."""
    both = redis.pipeline(transaction=False)
    both.delete(flag_of(bell))
    both.hget(failing.notes_of(bell.service, bell.agency), bell.job)
    _, noted = await both.execute()
    return failing.read(bell.job, noted)


async def _look(
    job: Job, bell: Ring, turn: Turn, ctx: dict[str, Any], before: FailingJob | None
) -> None:
    """Run the job once; raises arq's Retry for what fails for now."""
    started = time.perf_counter()
    outcome = "cut off"
    try:
        await job.run(bell.agency, turn)
        outcome = "done"
        _tell_end_of_wait(bell, before, ctx["job_try"])
        if before is not None:
            await failing.forget(ctx["redis"], bell)
    except Exception as error:
        if is_transient(error):
            outcome = "transient"
            await _note_wait(ctx["redis"], bell, before, error, tried=ctx["job_try"])
            raise Retry(defer=backoff_seconds(ctx["job_try"])) from error
        outcome = "failed"
        await _note(ctx["redis"], bell, before, error)
        raise
    except asyncio.CancelledError:
        if time.perf_counter() - started > JOB_TIMEOUT_SECONDS - 1:
            await _note(ctx["redis"], bell, before, TimeoutError())
        raise
    finally:
        JOB_SECONDS.labels(job.name, outcome).observe(time.perf_counter() - started)


async def _note(redis: ArqRedis, bell: Ring, before: FailingJob | None, error: Exception) -> None:
    """Note a failure where operators see it, and log the first one and that it becomes seldom."""
    before = failing.in_a_row(before, waits=False)
    failures = before.failures + 1 if before else 1
    told = {"job": bell.job, "agency": bell.agency, "failures": failures}
    if failures == 1:
        log.error("job failed", exc_info=error, **told)
    elif failures == len(failing.PAUSES):
        log.error("job fails on, and is tried once an hour", error=type(error).__name__, **told)
    with contextlib.suppress(RedisError, OSError):
        await failing.note(redis, bell, before, type(error).__name__)


NOTED_TRY = MAX_TRIES - 1
"""The try from which on a wait is noted: shorter ones are nothing that operators need to see."""


async def _note_wait(
    redis: ArqRedis, bell: Ring, before: FailingJob | None, error: Exception, *, tried: int
) -> None:
    """Note a wait that lasts where operators see it, and log its beginning alone."""
    before = failing.in_a_row(before, waits=True)
    if before is None and tried == 1:
        log.warning("job waits", job=bell.job, agency=bell.agency, error=str(error)[:200])
    if tried >= NOTED_TRY:
        times = tried if tried == NOTED_TRY else 1
        with contextlib.suppress(RedisError, OSError):
            await failing.note(redis, bell, before, type(error).__name__, waits=True, times=times)


def _tell_end_of_wait(bell: Ring, before: FailingJob | None, tried: int) -> None:
    """Log that a job goes on which waited, and how many tries it waited for."""
    noted = failing.in_a_row(before, waits=True)
    waited = (noted.failures if noted else 0) + (tried - 1 if tried <= NOTED_TRY else 0)
    if waited:
        log.info("job goes on", job=bell.job, agency=bell.agency, waited_tries=waited)


async def enqueue_pending(
    redis: ArqRedis, *, service: str, jobs: Sequence[Job], unanswered: set[str] | None = None
) -> int:
    """Enqueue every agency that has work, whatever the flags say; returns the number enqueued.

    ``unanswered`` keeps the jobs whose question failed from one minute to the next: a failure is
    logged when it begins and when it is over, because a neighbour may be away for a night.
    """
    failing = set() if unanswered is None else unanswered

    async def enqueue_job(job: Job) -> int:
        try:
            agencies = await job.pending()
        except Exception as error:
            # One question that fails must not silence the others; the next minute asks again.
            if job.name not in failing:
                _tell_failed_question(job, error)
            failing.add(job.name)
            return 0
        if job.name in failing:
            failing.remove(job.name)
            log.info("sweep goes on", job=job.name)
        for agency in agencies:
            await enqueue(redis, Ring(service=service, job=job.name, agency=agency))
        return len(agencies)

    # All at once: a neighbour that hangs must not hold up the service's own work.
    return sum(await asyncio.gather(*(enqueue_job(job) for job in jobs)))


def _tell_failed_question(job: Job, error: Exception) -> None:
    if is_transient(error):
        log.warning("sweep waits", job=job.name, error=str(error)[:200])
    else:
        log.error("sweep failed", job=job.name, exc_info=error)
