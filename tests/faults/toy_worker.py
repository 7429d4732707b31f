"""The toy's follower as a worker process, to be killed and robbed of its servers.

`python -m tests.faults.toy_worker APP_URL SWEEP_URL REDIS_URL METRICS_PORT`. A note named
`slow…` takes half a minute to echo.
"""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from shared.contracts.changes import Change
from shared.db.database import Transaction
from shared.jobs.jobs import Job
from shared.jobs.worker import run_worker
from tests.shared.toy import Toy, open_toy


class SlowToy(Toy):
    """Takes its time over some notes."""

    async def apply(self, transaction: Transaction, changes: Sequence[Change]) -> None:
        """Echo the notes, then dawdle before the commit."""
        await Toy.apply(self, transaction, changes)
        if any(change.subject.startswith("slow") for change in changes):
            await transaction.execute("SELECT pg_sleep(30)")


def main(app_url: str, sweep_url: str, redis_url: str, metrics_port: str) -> None:
    """Work until told to stop."""

    @asynccontextmanager
    async def open_jobs() -> AsyncIterator[Sequence[Job]]:
        async with open_toy(app_url=app_url, sweep_url=sweep_url, rung=[]) as toy:
            yield [SlowToy(toy.notes, toy.echoes, toy.sweep, set(), []).job()]

    run_worker(
        service="scheduler",
        redis_url=redis_url,
        open_jobs=open_jobs,
        metrics_port=int(metrics_port),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
