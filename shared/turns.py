"""Turns: a job works for a while, and goes on later if it has more to do.

Work that goes slice by slice asks before each slice whether it may go on::

    while turn.goes_on():
        claimed = await claim(...)
        if not claimed:
            return
        ...

A turn that ended before the work did was *cut short*, and the runner queues the job again. Other
agencies' jobs run in between, and no job reaches the limit at which it would be killed.

Work that must wait for something puts its turn off and ends, because waiting needs no place.
"""

from math import inf
from time import monotonic


class Turn:
    """So many seconds for one job, from now on."""

    def __init__(self, seconds: float) -> None:
        self._ends = monotonic() + seconds
        self.cut_short = False
        """True if somebody asked to go on when the turn was over: there is more to do."""
        self.put_off_seconds = 0.0
        """How much later the job is to look again, because what it waits for is not over yet."""

    def goes_on(self) -> bool:
        """Return whether another slice may begin."""
        if monotonic() < self._ends:
            return True
        self.cut_short = True
        return False

    def put_off(self, seconds: float) -> None:
        """Ask for another look after so many seconds; the job ends, and its place is free until
        then."""
        self.put_off_seconds = seconds


UNLIMITED = Turn(inf)
"""For callers that wait until all is done; it is never cut short."""
