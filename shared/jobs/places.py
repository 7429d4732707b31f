"""Places of a worker: how many jobs it carries out beside each other, and for whom.

One agency with much work must not hold others up, so it takes at most a quarter of the places; and
work that goes on for turns takes at most half of them, however many agencies have such work. What
finds no place is put off and rung again when one is free.
"""

from collections import defaultdict
from typing import Final

from shared.contracts.vocabulary import AgencyId

PLACES: Final = 20
PLACES_OF_AGENCY: Final = 5
PLACES_OF_LONG_WORK: Final = 10
"""The others are left to jobs that end within their first turn: an event, a change, a message."""

JobName = str
_Work = tuple[AgencyId, JobName]


class Places:
    """Who is at work in one process, whose work is long, and who waits for a place."""

    def __init__(self) -> None:
        self._of_agency: defaultdict[AgencyId, int] = defaultdict(int)
        self._at_work: dict[_Work, bool] = {}
        """With whether it counts as long."""
        self._long: set[_Work] = set()
        self._waiting: dict[_Work, None] = {}

    def is_long(self, agency: AgencyId, job: JobName) -> bool:
        """Tell whether the last turn of this work was cut short."""
        return (agency, job) in self._long

    def take(self, agency: AgencyId, job: JobName) -> bool:
        """Take a place; false if there is none, and the work waits for one."""
        work = (agency, job)
        if not self._fits(work):
            self._waiting[work] = None
            return False
        self._waiting.pop(work, None)
        self._of_agency[agency] += 1
        self._at_work[work] = work in self._long
        return True

    def leave(self, agency: AgencyId, job: JobName, *, goes_on: bool) -> _Work | None:
        """Give the place back; return who is to be rung, the first in line that finds a place.

        Work that goes on in another turn is long from then on, until it ends within its turn.
        """
        work = (agency, job)
        del self._at_work[work]
        self._of_agency[agency] -= 1
        if not self._of_agency[agency]:
            del self._of_agency[agency]
        if goes_on:
            self._long.add(work)
        else:
            self._long.discard(work)
        return next((each for each in self._waiting if self._fits(each)), None)

    def _fits(self, work: _Work) -> bool:
        if self._of_agency.get(work[0], 0) >= PLACES_OF_AGENCY:
            return False
        return work not in self._long or sum(self._at_work.values()) < PLACES_OF_LONG_WORK
