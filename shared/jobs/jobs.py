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
from shared.jobs.doorbell import enqueue, flag_of
from shared.jobs.places import Places
from shared.telemetry import JOB_SECONDS, begin_trace
from shared.turns import Turn

log = structlog.get_logger(__name__)

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
                await ctx["redis"].delete(flag_of(bell))
                await _look(job, agency, turn, tries=ctx["job_try"])
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

    return carry_out


async def _look(job: Job, agency: AgencyId, turn: Turn, *, tries: int) -> None:
    """Run the job once; raises arq's Retry for what fails for now."""
    started = time.perf_counter()
    outcome = "cut off"
    try:
        await job.run(agency, turn)
        outcome = "done"
    except Exception as error:
        if is_transient(error):
            outcome = "transient"
            log.warning("job waits", job=job.name, agency=agency, error=str(error)[:200])
            raise Retry(defer=backoff_seconds(tries)) from error
        outcome = "failed"
        log.error("job failed", job=job.name, agency=agency, exc_info=error)
        raise
    finally:
        JOB_SECONDS.labels(job.name, outcome).observe(time.perf_counter() - started)


async def enqueue_pending(redis: ArqRedis, *, service: str, jobs: Sequence[Job]) -> int:
    """Enqueue every agency that has work, whatever the flags say; returns the number enqueued."""

    async def enqueue_job(job: Job) -> int:
        try:
            agencies = await job.pending()
        except Exception as error:
            # One question that fails must not silence the others; the next minute asks again.
            if is_transient(error):
                log.warning("sweep waits", job=job.name, error=str(error)[:200])
            else:
                log.error("sweep failed", job=job.name, exc_info=error)
            return 0
        for agency in agencies:
            await enqueue(redis, Ring(service=service, job=job.name, agency=agency))
        return len(agencies)

    # All at once: a neighbour that hangs must not hold up the service's own work.
    return sum(await asyncio.gather(*(enqueue_job(job) for job in jobs)))
