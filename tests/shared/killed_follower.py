"""A follower that is killed after it applied a page and before it commits. Run as a process."""

import asyncio
import os
import signal
import sys
from collections.abc import Sequence

from shared.contracts.changes import Change
from shared.db.database import Transaction
from shared.db.rings import Ring
from tests.shared.toy import Toy, open_toy


class KilledToy(Toy):
    """Applies, and is gone."""

    async def apply(self, transaction: Transaction, changes: Sequence[Change]) -> None:
        """Apply the page, then die the hard way."""
        await Toy.apply(self, transaction, changes)
        os.kill(os.getpid(), signal.SIGKILL)


async def main(app_url: str, sweep_url: str) -> None:
    """Follow once; never returns."""
    rung: list[Ring] = []
    async with open_toy(app_url=app_url, sweep_url=sweep_url, rung=rung) as toy:
        killed = KilledToy(toy.notes, toy.echoes, toy.sweep, set(), [])
        await killed.follower().follow("agency-x")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
