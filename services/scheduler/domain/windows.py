"""Where contacts may stand: the working days of their windows, of all who may do them."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from services.scheduler.domain.person_schedule import Ints
from services.scheduler.domain.wishes import Spot, Wish

WINDOWS_KEPT: Final = 1_000
"""Windows whose spots are remembered: contacts times people times days would fill the memory."""


@dataclass(slots=True, kw_only=True)
class Windows:
    """The windows of contacts over ``plannable`` minutes by person and day, whatever stands
    there."""

    plannable: Ints
    _spots_of: dict[tuple[tuple[int, ...], int, int], list[Spot]] = field(default_factory=dict)

    def spots(self, wish: Wish) -> list[Spot]:
        """Every spot where the contact may stand."""
        window = (wish.people, wish.first, wish.last)
        found = self._spots_of.get(window)
        if found is None:
            if len(self._spots_of) >= WINDOWS_KEPT:
                self._spots_of.clear()
            found = [
                (person, day)
                for person in wish.people
                for day in (np.flatnonzero(self._days(person, wish)) + wish.first).tolist()
            ]
            self._spots_of[window] = found
        return found

    def allow(self, wish: Wish, spot: Spot) -> bool:
        """Return whether the contact may stand there."""
        person, day = spot
        within = wish.first <= day <= wish.last and person in wish.people
        return within and bool(self.plannable[spot] > 0)

    def any_day(self, wish: Wish) -> bool:
        """Return whether anybody who may do it works on any day of its window."""
        return any(bool(self._days(person, wish).any()) for person in wish.people)

    def _days(self, person: int, wish: Wish) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        days: np.ndarray[tuple[int], np.dtype[np.bool_]] = (
            self.plannable[person, wish.first : wish.last + 1] > 0
        )
        return days
