"""Turns of reads that look at a whole book: few at once, and one of an agency."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from shared.contracts.vocabulary import AgencyId
from shared.failures import Transient

AT_ONCE: Final = 2
"""In one process. Each holds a connection and a processor; single customers must find both."""
WAITING_AT_MOST: Final = 20
"""Of one agency. Whoever comes then is told to come back, and waits outside of our memory."""


class TooManyHeavyReads(Transient):
    """too many reads of the whole book wait; send this one again in some seconds"""


class HeavyReads:
    """Lets reads of whole books through, those of an agency one after the other."""

    def __init__(self) -> None:
        self._all = asyncio.Semaphore(AT_ONCE)
        self._agencies: defaultdict[AgencyId, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._waiting: defaultdict[AgencyId, int] = defaultdict(int)

    @asynccontextmanager
    async def turn(self, agency: AgencyId) -> AsyncIterator[None]:
        """Wait for a turn; raises TooManyHeavyReads if too many of the agency wait already."""
        if self._waiting[agency] >= WAITING_AT_MOST:
            raise TooManyHeavyReads(TooManyHeavyReads.__doc__)
        self._waiting[agency] += 1
        try:
            async with self._agencies[agency], self._all:
                yield
        finally:
            self._waiting[agency] -= 1
            if not self._waiting[agency]:
                del self._waiting[agency], self._agencies[agency]
