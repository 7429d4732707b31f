"""Shares of a process's connections: one agency leaves some to the others.

A connection that is waited for is granted in the order of asking. Without a share, a handful of
slow requests of one agency would hold all of them, and everybody else would wait for those.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from shared.contracts.vocabulary import AgencyId
from shared.failures import Transient

WAIT_SECONDS: Final = 30
"""As long as for a connection itself; whoever asked has given up by then."""


class AllConnectionsTaken(Transient):
    """the agency's share of connections is taken by its other requests"""


@dataclass(slots=True)
class _Share:
    free: asyncio.Semaphore
    asked: int = field(default=0)


class Shares:
    """Lets an agency hold at most three quarters of the connections of a pool, and at least one."""

    def __init__(self, pool: int) -> None:
        self.of_agency = max(1, pool * 3 // 4)
        self._shares: dict[AgencyId, _Share] = {}

    @asynccontextmanager
    async def taken(self, agency: AgencyId) -> AsyncIterator[None]:
        """Hold one of the agency's share; raises AllConnectionsTaken after half a minute."""
        if not agency:
            raise ValueError("a transaction needs its agency")
        share = self._shares.get(agency)
        if share is None:
            share = self._shares[agency] = _Share(asyncio.Semaphore(self.of_agency))
        share.asked += 1
        try:
            await _acquired(share.free)
            try:
                yield
            finally:
                share.free.release()
        finally:
            share.asked -= 1
            if not share.asked:
                del self._shares[agency]


async def _acquired(free: asyncio.Semaphore) -> None:
    if not free.locked():
        await free.acquire()
        return
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await free.acquire()
    except TimeoutError:
        raise AllConnectionsTaken(AllConnectionsTaken.__doc__) from None
