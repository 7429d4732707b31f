"""Visits of one area share a day: joined where that costs no load and no promise.

An area is a country and postcode. Visits are joined only if no week becomes fuller than the
person's fullest one, so travel never makes a plan less level. Every visit keeps its own minutes of
travel in the plan, because its neighbour may fall out on the last day; what joining saves is time
that was planned and is left.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from services.scheduler.domain.board import Board
from services.scheduler.domain.person_schedule import Floats, Horizon
from services.scheduler.domain.promises import Hold
from services.scheduler.domain.schemas import VISITS, checked
from services.scheduler.domain.wishes import Spot
from shared.contracts.plans import TravelWord

VISIT: Final = "visit"
"""The channel of a contact at the customer's place."""
EXCHANGES_TRIED: Final = 40
"""Contacts of a full day that are asked to make way for a visit; a day hardly holds more."""


def travel_word(area: str | None, others: Iterable[str | None]) -> TravelWord:
    """How a visit to this area lies on a day beside the person's other visits.

    ``joined``: another one is in the same area. ``split``: there are others, all elsewhere, so it
    is a way of its own. ``alone``: there is no other. An unknown area is near nothing.
    """
    areas = list(others)
    if area is not None and area in areas:
        return "joined"
    return "split" if areas else "alone"


def visited_areas(touchpoints: pl.DataFrame, customers: pl.DataFrame) -> pl.DataFrame:
    """``touchpoint_id`` and ``area`` of each visit of frame ``TOUCHPOINTS`` whose area is known."""
    return (
        touchpoints.filter(pl.col("channel") == VISIT)
        .join(customers.select("customer_id", area="visit_area"), on="customer_id")
        .select("touchpoint_id", "area")
        .drop_nulls("area")
    )


def areas_on_days(
    visits: pl.DataFrame | None, people: Sequence[str], horizon: Horizon
) -> dict[Spot, set[str]]:
    """The areas of frame ``VISITS`` by person and day, as numbers; other people are left out."""
    found: dict[Spot, set[str]] = {}
    if visits is None:
        return found
    rows = checked(visits, VISITS, "visits")
    number = {staff_id: n for n, staff_id in enumerate(people)}
    days = horizon.index(rows["day"]).tolist()
    for staff_id, area, day in zip(rows["staff_id"], rows["area"], days, strict=True):
        if staff_id in number:
            found.setdefault((number[staff_id], day), set()).add(area)
    return found


def join_visits(
    board: Board, *, begin: int, there: Mapping[Spot, AbstractSet[str]] | None = None
) -> None:
    """Move visits from day ``begin`` on beside others of their area.

    ``there`` names the areas where somebody is driving already, for visits that the board does not
    have. Each move joins one more visit and parts none, so joining again moves nothing. What is
    held, relied on where it stands, over the free share, or would leave its window stays.
    """
    for person in range(board.plannable.shape[0]):
        joining = _Joining.of(board, person, begin, there or {})
        while sum(joining.joined(visit) for visit in joining.single()):
            pass


@dataclass(slots=True, kw_only=True)
class _Joining:
    """One person's days while visits are joined on them."""

    board: Board
    person: int
    begin: int
    there: Mapping[Spot, AbstractSet[str]]
    peak: float
    on: dict[int, set[int]]
    weekly: Floats

    @classmethod
    def of(
        cls, board: Board, person: int, begin: int, there: Mapping[Spot, AbstractSet[str]]
    ) -> "_Joining":
        weekly = board.plannable[person].reshape(-1, 7).sum(axis=1).astype(np.float64)
        free = board.free[person].reshape(-1, 7).sum(axis=1)
        loads = np.divide(weekly - free, weekly, out=np.zeros_like(weekly), where=weekly > 0)
        on: dict[int, set[int]] = {}
        for who, spot in enumerate(board.spot):
            if spot is not None and spot[0] == person:
                on.setdefault(spot[1], set()).add(who)
        return cls(
            board=board,
            person=person,
            begin=begin,
            there=there,
            peak=float(loads[begin // 7 :].max(initial=0.0)),
            on=on,
            weekly=weekly,
        )

    def single(self) -> list[int]:
        """Visits that may move and have no neighbour, what is promised most first."""
        found = [
            who
            for here in self.on.values()
            for who in here
            if self.board.wishes[who].area is not None
            and self._moves(who)
            and not self._has_neighbour(who)
        ]
        return sorted(found, key=lambda who: self.board.wishes[who].order)

    def joined(self, who: int) -> bool:
        """Move the visit beside another one of its area, if that can be."""
        if self._has_neighbour(who):
            return False
        at = self._day(who)
        for day in self._days_of_area(who):
            for other in (None, *self._making_way(who, at, day)):
                if self._exchanged(who, other, at, day):
                    return True
        return False

    def _day(self, who: int) -> int:
        spot = self.board.spot[who]
        if spot is None:
            raise LookupError(who)
        return spot[1]

    def _moves(self, who: int) -> bool:
        board = self.board
        wish = board.wishes[who]
        held = wish.hold != Hold.MOVABLE or who in board.over
        # A shorter way is not worth a day that somebody relies on.
        stands = wish.stood and board.spot[who] == wish.standing
        return not held and not stands and self._day(who) >= self.begin

    def _neighbours(self, area: str | None, day: int, but: int) -> bool:
        wishes = self.board.wishes
        if area is None:
            return False
        return area in self.there.get((self.person, day), ()) or any(
            wishes[each].area == area for each in self.on.get(day, ()) if each != but
        )

    def _has_neighbour(self, who: int) -> bool:
        return self._neighbours(self.board.wishes[who].area, self._day(who), but=who)

    def _days_of_area(self, who: int) -> Iterator[int]:
        """Open days of the window on which another visit of the area takes place."""
        wish = self.board.wishes[who]
        open_ = self.board.plannable[self.person] > 0
        for day in range(max(wish.first, self.begin), wish.last + 1):
            if open_[day] and self._neighbours(wish.area, day, but=who):
                yield day

    def _making_way(self, who: int, at: int, day: int) -> Sequence[int]:
        """Contacts of the day that may take the visit's place and part no visits, those of the most
        similar length first."""
        wishes, wish = self.board.wishes, self.board.wishes[who]
        found = [
            each
            for each in self.on.get(day, ())
            if self._moves(each)
            and wishes[each].area != wish.area
            and wishes[each].first <= at <= wishes[each].last
            and not self._has_neighbour(each)
        ]
        near = sorted(
            found, key=lambda each: (abs(wishes[each].minutes - wish.minutes), wishes[each].order)
        )
        return near[:EXCHANGES_TRIED]

    def _exchanged(self, who: int, other: int | None, at: int, day: int) -> bool:
        """Move the visit to the day and the other contact, if any, to where it was; nothing is
        moved if a day or week would be too full."""
        board, person = self.board, self.person
        back = 0 if other is None else board.wishes[other].minutes
        more = board.wishes[who].minutes - back
        if board.free[person, day] < more or board.free[person, at] < -more:
            return False
        if at // 7 != day // 7 and not (
            self._level(day // 7, more) and self._level(at // 7, -more)
        ):
            return False
        for each, new in ((who, day), *(() if other is None else ((other, at),))):
            self.on[self._day(each)].discard(each)
            board.leave(each)
            board.take(each, (person, new))
            self.on.setdefault(new, set()).add(each)
        return True

    def _level(self, week: int, more: int) -> bool:
        """Whether the week stays below the peak with so many minutes more."""
        free = int(self.board.free[self.person, week * 7 : week * 7 + 7].sum()) - more
        return more <= 0 or 1 - free / max(1.0, self.weekly[week]) <= self.peak + 1e-9
