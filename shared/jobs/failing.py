"""Jobs that fail for an agency: noted for operators, tried ever more seldom, logged once.

The work itself lies in rows that keep their own attempts and ends (a message, a print run, an
import, a parked change). What is noted here is the rest: a job that fails before it comes to a row,
which the sweep would otherwise ring each minute for ever. Redis holds the notes because they are
no truth: without them the job is simply tried and noted again.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from arq.connections import ArqRedis

from shared.contracts.vocabulary import AgencyId
from shared.db.rings import Ring

PAUSES: Final = (0, 0, 60, 120, 300, 900, 3600)
"""Seconds of rest after each failure in a row; the last one repeats, until somebody redrives."""
KEPT_SECONDS: Final = 2 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingJob:
    """A job that failed so often in a row, since when, by which kind of error, and until when it
    rests. ``waits`` says that the error was one that vanishes by waiting."""

    job: str
    failures: int
    since: datetime
    error: str
    waits: bool
    rests_until: float

    def rests(self) -> bool:
        """Return whether it is not yet to be tried again."""
        return datetime.now(UTC).timestamp() < self.rests_until

    @property
    def reason(self) -> str:
        """Return how the status calls it."""
        return f"job_{'waits' if self.waits else 'failed'}:{self.job}"


def notes_of(service: str, agency: AgencyId) -> str:
    """The hash of an agency's failing jobs, by name."""
    return f"kundentakt:failing:{service}:{agency}"


def read(job: str, noted: bytes | None) -> FailingJob | None:
    """Return what is noted of a job; None if it does not fail."""
    if noted is None:
        return None
    values = json.loads(noted)
    return FailingJob(job=job, **{**values, "since": datetime.fromisoformat(values["since"])})


def in_a_row(before: FailingJob | None, *, waits: bool) -> FailingJob | None:
    """Return what is noted if the next failure continues it. Waits are no failures: a fault that
    follows an hour of them would rest an hour at once, and nobody would read of it."""
    return before if before is not None and before.waits == waits else None


async def note(
    redis: ArqRedis,
    bell: Ring,
    before: FailingJob | None,
    error: str,
    *,
    waits: bool = False,
    times: int = 1,
) -> FailingJob:
    """Note one more failure of a job, or several tries that waited."""
    now = datetime.now(UTC)
    before = in_a_row(before, waits=waits)
    failures = times + (before.failures if before else 0)
    rest = 0 if waits else PAUSES[min(failures, len(PAUSES)) - 1]
    failing = FailingJob(
        job=bell.job,
        failures=failures,
        since=before.since if before else now,
        error=error,
        waits=waits,
        rests_until=now.timestamp() + rest,
    )
    values = {
        "failures": failing.failures,
        "since": failing.since.isoformat(),
        "error": failing.error,
        "waits": failing.waits,
        "rests_until": failing.rests_until,
    }
    key = notes_of(bell.service, bell.agency)
    kept = redis.pipeline(transaction=False)
    kept.hset(key, bell.job, json.dumps(values))
    kept.expire(key, KEPT_SECONDS)
    await kept.execute()
    return failing


async def forget(redis: ArqRedis, bell: Ring) -> None:
    """Forget that a job failed."""
    await redis.hdel(notes_of(bell.service, bell.agency), bell.job)  # type: ignore[misc]  # redis-py types both of its clients at once


async def failing_jobs(redis: ArqRedis, service: str, agency: AgencyId) -> Sequence[FailingJob]:
    """The agency's failing jobs, the oldest first."""
    noted = await redis.hgetall(notes_of(service, agency))  # type: ignore[misc]  # as above
    found = (read(name.decode(), value) for name, value in noted.items())
    return sorted((each for each in found if each), key=lambda each: each.since)
