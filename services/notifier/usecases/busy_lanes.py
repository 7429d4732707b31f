"""How many batches of one job are under way."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class BusyLanes:
    """Counts busy lanes. An idle lane keeps polling while another is busy, because a ring would
    only be seen at the end of the job, and the mail server may take its time."""

    def __init__(self) -> None:
        self._lanes = 0
        self._one_ended = asyncio.Event()

    def __bool__(self) -> bool:
        return self._lanes > 0

    @contextmanager
    def one(self) -> Iterator[None]:
        """Count this lane until the block ends."""
        self._lanes += 1
        try:
            yield
        finally:
            self._lanes -= 1
            self._one_ended.set()

    async def wait(self, seconds: float) -> None:
        """Wait until a lane's block ends, but not longer than ``seconds``."""
        self._one_ended.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._one_ended.wait()
