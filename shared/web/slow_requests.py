"""How long a request may take to arrive: whoever sends a byte a second keeps no connection.

The server's own timer counts only between two requests. A head or body that trickles in would hold
its connection, and what the application has opened for it, as long as the sender likes.
"""

import asyncio
from collections.abc import Callable
from typing import Final

GRACE_SECONDS: Final = 20.0
"""So long anything may take, also the first byte of a connection."""
BYTES_A_SECOND: Final = 1_000
"""What must have arrived of a request in each second after that; the slowest of modems sent more,
and a file of 200 MB over a usual line is a thousand times as fast."""
LOOK_SECONDS: Final = 5.0


class Arrival:
    """Watches one connection. A request that comes in one piece costs it no timer."""

    __slots__ = (
        "_bytes", "_give_up", "_loop", "_paused", "_since", "_timer", "grace", "look", "under_way",
    )  # fmt: skip

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        paused: Callable[[], bool],
        give_up: Callable[[bool], None],
        grace: float,
        look: float,
    ) -> None:
        """``paused`` tells whether we do not read; ``give_up`` is told whether anything came."""
        self.under_way = False
        self.grace, self.look = grace, look
        self._loop, self._paused, self._give_up = loop, paused, give_up
        self._timer: asyncio.TimerHandle | None = None
        self._begin(0)

    def arrived(self, count: int) -> None:
        """So many bytes came; `under_way` says whether more of their request must come."""
        if not self.under_way:
            self.end()
        elif self._timer is None:
            self._begin(count)
        else:
            self._bytes += count

    def end(self) -> None:
        """Nothing is waited for."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin(self, count: int) -> None:
        self._bytes, self._since = count, self._loop.time()
        self._timer = self._loop.call_later(self.look, self._look)

    def _look(self) -> None:
        now = self._loop.time()
        if self._paused():
            self._since = min(now, self._since + self.look)  # we do not read, so nothing can come
        if self._bytes < (now - self._since - self.grace) * BYTES_A_SECOND:
            self._timer = None
            self._give_up(self._bytes > 0)
            return
        self._timer = self._loop.call_later(self.look, self._look)
