"""Everybody's days beside each other, and who stands where: what is kept when room is short.

``Board.settle`` decides in the order of promises. A contact is kept if it can be added to all that
are promised more, whatever has to move for it: to its own person, to a colleague who may do it, by
a chain of contacts that each make room for the one before, or over what is promised less. The chain
is the augmenting path of a flow; if it finds none and the question is small, it is answered exactly
(``exact``). So what is kept follows from the facts, and not from who came first.
"""

import heapq
import math
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from services.scheduler.domain.exact import Contact, Effort, arrangement
from services.scheduler.domain.person_schedule import Ints
from services.scheduler.domain.promises import Hold
from services.scheduler.domain.windows import Windows
from services.scheduler.domain.wishes import Spot, Wish

EXACT_CHOICES: Final = 600
"""Contacts times the days they may go to, up to which the question is answered exactly."""
SEARCHES_IN_VAIN: Final = 20
"""After so many a change no longer makes chains worth another try; each looks at all days."""
NEVER: Final = np.iinfo(np.int64).max


@dataclass(slots=True, kw_only=True)
class Board:
    """``plannable``, ``free`` and ``whole`` are minutes by person and day (``whole`` with the share
    that is left free); ``spot`` says where each contact stands, None for nowhere."""

    wishes: list[Wish]
    plannable: Ints
    free: Ints
    whole: Ints
    effort: Effort = field(default_factory=Effort)
    spot: list[Spot | None] = field(init=False)
    over: set[int] = field(default_factory=set)
    """Contacts that stand over the free share."""
    _on: dict[Spot, set[int]] = field(default_factory=dict)
    _weekly: Ints = field(init=False)
    _fruitless: Ints = field(init=False)
    _hopeless: Ints = field(init=False)
    """From how many minutes on nothing promised less fits there, by proof."""
    _in_vain: int = 0
    windows: Windows = field(init=False)
    _large: set[Spot] = field(default_factory=set)
    """Days that hang together with too many others to be answered exactly."""

    def __post_init__(self) -> None:
        people, days = self.plannable.shape
        self.spot = [None] * len(self.wishes)
        self.windows = Windows(plannable=self.plannable)
        self._weekly = self.plannable.reshape(people, days // 7, 7).sum(axis=2)
        self._hopeless = np.full((people, days), NEVER)
        self._fruitless = np.full((people, days), NEVER)

    def take(self, who: int, spot: Spot) -> None:
        """Let the contact stand there."""
        self.spot[who] = spot
        self.free[spot] -= self.wishes[who].minutes
        self._on.setdefault(spot, set()).add(who)

    def leave(self, who: int) -> Spot:
        """Take the contact away from where it stands, and return where that was."""
        spot = self.spot[who]
        if spot is None:
            raise LookupError(who)
        self.free[spot] += self.wishes[who].minutes
        self._on[spot].discard(who)
        self.over.discard(who)
        self.spot[who] = None
        return spot

    def keep_standing(self) -> None:
        """Let what stands with its own person stay: what was told always, the rest while there is
        room, in the order of promises."""
        standing = [who for who, wish in enumerate(self.wishes) if wish.standing is not None]
        told_first = sorted(
            standing,
            key=lambda who: (self.wishes[who].hold < Hold.TOLD, self.wishes[who].order),
        )
        for who in told_first:
            wish, spot = self.wishes[who], self.wishes[who].standing
            told = wish.hold == Hold.TOLD
            if spot is None or not (
                told or (self.windows.allow(wish, spot) and spot[0] == wish.own)
            ):
                continue
            if told and self.free[spot] < wish.minutes:
                self.over.add(who)
            if told or self.free[spot] >= wish.minutes:
                self.take(who, spot)

    def place_urgent(self) -> None:
        """Give duties and answers with a short window a day of its first week with room, because
        somebody waits for them; to level them would put them off."""
        urgent = [n for n, each in enumerate(self.wishes) if each.urgent and not self.spot[n]]
        for who in sorted(urgent, key=lambda each: self.wishes[each].order):
            wish = self.wishes[who]
            for monday in range(wish.first // 7 * 7, wish.last + 1, 7):
                week = replace(wish, first=max(wish.first, monday), last=min(wish.last, monday + 6))
                spot = self._direct(week, (wish.own,))
                if spot is not None:
                    self.take(who, spot)
                    break

    def settle(self) -> None:
        """Decide about all that stand nowhere, in the order of promises."""
        left = [
            (wish.order, who)
            for who, wish in enumerate(self.wishes)
            if self.spot[who] is None and wish.people
        ]
        heapq.heapify(left)
        while left:
            _, who = heapq.heappop(left)
            for dropped in self._make_room(who):
                heapq.heappush(left, (self.wishes[dropped].order, dropped))

    def _make_room(self, who: int) -> list[int]:
        """Let the contact stand somewhere if that is possible; return what was dropped for it."""
        wish = self.wishes[who]
        spot = self._direct(wish, (wish.own,)) if wish.own >= 0 else None
        if spot is None and wish.standing is not None and self.windows.allow(wish, wish.standing):
            spot = wish.standing if self.free[wish.standing] >= wish.minutes else None
        spot = self._direct(wish, wish.people) if spot is None else spot
        if spot is not None:
            self.take(who, spot)
            return []
        spots = self.windows.spots(wish)
        dropped: list[int] | None = None
        if any(self._hopeless[each] > wish.minutes for each in spots):
            dropped = [] if self._by_chain(who, spots) else self._by_yielding(who, spots)
            if dropped is None:
                dropped = self._exactly(who)
            if dropped is not None and self._in_vain < SEARCHES_IN_VAIN:
                # What stands now may move where nothing could be reached before.
                self._fruitless.fill(NEVER)
        if dropped is None and wish.must:
            self._over_the_share(who)
        return dropped or []

    def _direct(
        self, wish: Wish, people: tuple[int, ...], without: Spot | None = None
    ) -> Spot | None:
        """The emptiest day with room in the emptiest week of any of these people."""
        best: tuple[float, Spot] | None = None
        for person in people:
            free = self.free[person, wish.first : wish.last + 1]
            fits = np.flatnonzero(free >= wish.minutes)
            days = fits + wish.first
            if without is not None and without[0] == person:
                days = days[days != without[1]]
            if not len(days):
                continue
            load = self._loads(person, days)
            day = int(np.argmin(load))
            if best is None or load[day] < best[0]:
                best = (float(load[day]), (person, int(days[day])))
        return None if best is None else best[1]

    def _loads(self, person: int, days: Ints) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """The load of each day's week, and a little of the day's own."""
        weeks = np.unique(days // 7)
        of_week = np.ones(self._weekly.shape[1])
        for week in weeks.tolist():
            free = self.free[person, week * 7 : week * 7 + 7].sum()
            of_week[week] = 1 - free / max(1, self._weekly[person, week])
        of_day = 1 - self.free[person, days] / np.maximum(1, self.plannable[person, days])
        loads: np.ndarray[tuple[int], np.dtype[np.float64]] = of_week[days // 7] + of_day / 1_000
        return loads

    def _moves(self, other: int, wish: Wish) -> bool:
        """Whether the other contact may be moved to make room for this one."""
        hold = self.wishes[other].hold
        if other in self.over:
            return False
        return hold == Hold.MOVABLE or (hold == Hold.SOON and self.wishes[other].order > wish.order)

    def _by_chain(self, who: int, spots: list[Spot]) -> bool:
        """Move others, each to where the next one left, until one finds a free day.

        A breadth-first search over days, so that few move. Where it ends without success, it has
        seen all days that can be reached: whatever lies within them needs not be tried again.
        """
        wish = self.wishes[who]
        if all(self._fruitless[spot] <= wish.minutes for spot in spots):
            return False
        seen = self.plannable <= 0
        came: dict[Spot, tuple[int, Spot | None]] = {}
        for spot in spots:
            seen[spot] = True
            came[spot] = (who, None)
        waiting = deque(spots)
        while waiting:
            spot = waiting.popleft()
            missing = self.wishes[came[spot][0]].minutes - int(self.free[spot])
            for other in sorted(self._on.get(spot, ())):
                moved = self.wishes[other]
                if moved.minutes < missing or other == who or not self._moves(other, wish):
                    continue
                end = self._direct(moved, moved.people, without=spot)
                if end is not None and self._carried_out(other, end, spot, came):
                    return True
                for person in moved.people:
                    new = np.flatnonzero(~seen[person, moved.first : moved.last + 1]) + moved.first
                    seen[person, new] = True
                    for day in new.tolist():
                        came[person, day] = (other, spot)
                        waiting.append((person, day))
        self._in_vain += 1
        _lower(self._fruitless, [*came], wish.minutes)
        return False

    def _carried_out(
        self, last: int, end: Spot, left: Spot, came: dict[Spot, tuple[int, Spot | None]]
    ) -> bool:
        """Move everybody of the chain that ends there; if one does not fit, move nobody."""
        new: dict[int, Spot] = {last: end}
        at: Spot | None = left
        while at is not None:
            mover, before = came[at]
            if mover in new:
                return False
            new[mover] = at
            at = before
        old = {each: self.leave(each) for each in new if self.spot[each] is not None}
        for each, spot in new.items():
            self.take(each, spot)
        if all(self.free[spot] >= 0 for spot in new.values()):
            return True
        for each in new:
            self.leave(each)
        for each, spot in old.items():
            self.take(each, spot)
        return False

    def _by_yielding(self, who: int, spots: list[Spot]) -> list[int] | None:
        """Take the place of what is promised less: of the least promised, and of as few as can be.

        Within one value nothing yields here: each would push the next one on, to the year's end.
        """
        wish = self.wishes[who]
        best: tuple[tuple[int, int], Spot, list[int]] | None = None
        for spot in spots:
            missing, yielding = wish.minutes - int(self.free[spot]), []
            for other in sorted(self._on.get(spot, ()), key=lambda each: -self.wishes[each].order):
                if self.wishes[other].value <= wish.value or missing <= 0:
                    break
                if self.wishes[other].hold < Hold.TOLD:
                    yielding.append(other)
                    missing -= self.wishes[other].minutes
            if missing <= 0 and yielding:
                price = (-self.wishes[yielding[-1]].order, len(yielding))
                if best is None or price < best[0]:
                    best = (price, spot, yielding)
        if best is None:
            return None
        for other in best[2]:
            self.leave(other)
        self.take(who, best[1])
        return best[2]

    def _exactly(self, who: int) -> list[int] | None:
        """Ask for any arrangement that keeps all that is promised more; None if there is none."""
        wish = self.wishes[who]
        if not self._large.isdisjoint(self.windows.spots(wish)):
            return None
        group, spots, choices = self._group(who)
        if choices > EXACT_CHOICES:
            self._large.update(self.windows.spots(wish))
            return None
        room, less = self._room_for(wish, group, spots)
        lengths = [self.wishes[each].minutes for each in group]
        step = math.gcd(*lengths)
        if sum(max(0, each) // step * step for each in room.values()) < sum(lengths):
            _lower(self._hopeless, self.windows.spots(wish), wish.minutes)
            return None
        found, proven = arrangement(
            [
                Contact(
                    minutes=self.wishes[each].minutes,
                    spots=self.windows.spots(self.wishes[each]),
                    stands=self.spot[each],
                )
                for each in group
            ],
            room,
            effort=self.effort,
        )
        if found is None:
            if proven:
                _lower(self._hopeless, self.windows.spots(wish), wish.minutes)
            else:
                self._large.update(self.windows.spots(wish))
            return None
        for each in group:
            if self.spot[each] is not None:
                self.leave(each)
        for each, spot in zip(group, found, strict=True):
            self.take(each, spot)
        dropped: list[int] = []
        for spot, others in less.items():
            for other in others:
                if self.free[spot] < 0:
                    self.leave(other)
                    dropped.append(other)
        return dropped

    def _room_for(
        self, wish: Wish, group: list[int], spots: list[Spot]
    ) -> tuple[dict[Spot, int], dict[Spot, list[int]]]:
        """Minutes that a group could have on each spot, and who would yield there, the least
        promised first."""
        room = {spot: int(self.free[spot]) for spot in spots}
        less: dict[Spot, list[int]] = {}
        for spot in spots:
            for other in sorted(self._on.get(spot, ()), key=lambda each: -self.wishes[each].order):
                if other in group:
                    room[spot] += self.wishes[other].minutes
                elif self.wishes[other].order > wish.order and self.wishes[other].hold < Hold.TOLD:
                    less.setdefault(spot, []).append(other)
                    room[spot] += self.wishes[other].minutes
        return room, less

    def _group(self, who: int) -> tuple[list[int], list[Spot], int]:
        """All that must be kept and could move when this one is to fit, where they may go, and how
        many choices that is; incomplete above ``EXACT_CHOICES``."""
        wish = self.wishes[who]
        group, spots = [who], dict.fromkeys(self.windows.spots(wish))
        seen, choices = {who}, len(spots)
        looking = deque(spots)
        while looking and choices <= EXACT_CHOICES:
            for other in sorted(self._on.get(looking.popleft(), ())):
                if other in seen or self.wishes[other].order > wish.order:
                    continue
                seen.add(other)
                if not self._moves(other, wish):
                    continue
                group.append(other)
                theirs = self.windows.spots(self.wishes[other])
                choices += len(theirs)
                new = [spot for spot in theirs if spot not in spots]
                spots.update(dict.fromkeys(new))
                looking.extend(new)
        return group, list(spots), choices

    def _over_the_share(self, who: int) -> None:
        """Give a duty without room to the least loaded person, on the day with the most left.

        If nobody works on any day of its window, on the first days after it.
        """
        wish = self.wishes[who]
        if wish.standing is not None and self.windows.allow(wish, wish.standing):
            spots = [wish.standing]
        else:
            spots = self.windows.spots(wish)
        if not spots:
            later = [
                (person, int(np.argmax(ahead)) + wish.last + 1)
                for person in wish.people
                if (ahead := self.plannable[person, wish.last + 1 :] > 0).any()
            ]
            soonest = min((day for _, day in later), default=0)
            spots = [spot for spot in later if spot[1] == soonest]
        if not spots:
            return

        def load(spot: Spot) -> tuple[float, Spot]:
            whole = int(self.whole[spot])
            taken = int(self.plannable[spot]) - int(self.free[spot]) + wish.minutes
            return taken / max(1, whole), spot

        self.take(who, min(spots, key=load))
        self.over.add(who)


def _lower(bounds: Ints, spots: list[Spot], minutes: int) -> None:
    for spot in spots:
        bounds[spot] = min(bounds[spot], minutes)
