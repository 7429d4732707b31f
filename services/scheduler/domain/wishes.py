"""What a contact wants of the plan: how long it lasts, when, and who may do it."""

from dataclasses import dataclass
from typing import Final

URGENT_DAYS: Final = 14
"""A duty with a window of up to so many days is urgent."""

Spot = tuple[int, int]
"""A person and a day, by their numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A contact: its window (days included), who may do it, and how it stands.

    ``value`` is smaller for what is promised more; ``order`` is its place among all, without ties.
    ``must``: it may go over the free share. ``stood``: it had a day before this planning, so that
    moving it has a price.
    """

    minutes: int
    first: int
    last: int
    people: tuple[int, ...]
    value: int
    order: int
    must: bool
    hold: int
    standing: Spot | None
    stood: bool
    own: int
    """Who is responsible; -1 if that is nobody with working days."""
    area: str | None = None
    """Where a visit goes; None if it is no visit, or that is unknown."""

    @property
    def urgent(self) -> bool:
        """Whether it is a duty of somebody who works, with a short window."""
        return self.must and self.own >= 0 and self.last - self.first <= URGENT_DAYS
