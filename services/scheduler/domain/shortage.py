"""Contacts that need more minutes than their days hold, by minimum cuts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from typing import Final

import numpy as np

from services.scheduler.domain.person_schedule import Ints

ARCS_AT_MOST: Final = 4_000_000
"""Arcs of all flows for one certificate. What is not made minimal by then says so."""


@dataclass(frozen=True, kw_only=True)
class Wanting:
    """A contact, the days it may stand on, and where it stands. ``order`` is its place among all:
    what is promised more has a smaller one; ``promise`` is its rank and class.
    Places are numbers."""

    touchpoint_id: str
    order: int
    promise: tuple[int, int]
    minutes: int
    places: tuple[int, ...]
    at: int | None
    earliest: date
    latest: date

    @cached_property
    def numbers(self) -> Ints:
        """The places as an array."""
        return np.array(self.places, dtype=np.int64)


@dataclass(slots=True, kw_only=True)
class Shortage:
    """Looks for contacts that are short of ``room``, the minutes left on each place by number."""

    room: Sequence[int]
    arcs_left: int = ARCS_AT_MOST

    def usable(self, contacts: Sequence[Wanting]) -> dict[int, int]:
        """The most minutes that these contacts can fill on each of their days."""
        lengths: dict[int, list[Ints]] = {}
        for each in contacts:
            lengths.setdefault(each.minutes, []).append(each.numbers)
        wanting = {
            length: np.bincount(np.concatenate(numbers), minlength=len(self.room)).tolist()
            for length, numbers in sorted(lengths.items())
        }
        usable: dict[int, int] = {}
        for place, room in enumerate(self.room):
            counts = tuple(
                (length, min(here[place], room // length))
                for length, here in wanting.items()
                if here[place]
            )
            if counts:
                usable[place] = _fillable(room, counts)
        return usable

    def among(self, contacts: list[Wanting], kept: Wanting) -> list[Wanting] | None:
        """Those of the contacts that need more than their days hold, by a minimum cut; None if the
        minutes come out, the contact to be kept is not among them, or the arcs are spent."""
        found: list[Wanting] | None = None
        while True:
            arcs = sum(len(each.places) for each in contacts)
            self.arcs_left -= arcs
            if self.arcs_left < 0:
                return found
            cut = _cut(contacts, self.usable(contacts))
            if cut is None or all(each is not kept for each in cut):
                return found
            found = cut
            if len(cut) == len(contacts):
                return found
            contacts = cut

    def reduced(self, contacts: list[Wanting], kept: Wanting) -> tuple[list[Wanting], bool]:
        """A set that is short and of which no contact can be left out, and whether that is sure.

        The least promised are left out first, many at once as long as that is possible.
        """
        size = max(1, len(contacts) // 2)
        while True:
            tried = {kept.order}
            while part := [each.order for each in contacts if each.order not in tried][-size:]:
                tried.update(part)
                without = set(part)
                left = [each for each in contacts if each.order not in without]
                if (fewer := self.among(left, kept)) is not None:
                    contacts = fewer
            if size == 1:
                rest = [each for each in contacts if each is not kept]
                alone = not rest or self.among(rest, rest[-1]) is None
                return contacts, alone and self.arcs_left >= 0
            size //= 2


@lru_cache(maxsize=10_000)
def _fillable(room: int, lengths: tuple[tuple[int, int], ...]) -> int:
    """The most minutes up to ``room`` that contacts of these lengths, each so often, add up to."""
    sums, mask = 1, (1 << (room + 1)) - 1
    for length, count in lengths:
        for _ in range(count):
            sums |= (sums << length) & mask
    return sums.bit_length() - 1


def _cut(contacts: Sequence[Wanting], usable: Mapping[int, int]) -> list[Wanting] | None:
    """The contacts on the near side of a minimum cut between them and their days; None if all
    minutes find a day."""
    # Imported here, because only a process that plans should pay for the solver's memory.
    from ortools.graph.python import max_flow

    source, sink, first_day = len(contacts), len(contacts) + 1, len(contacts) + 2
    minutes = np.array([each.minutes for each in contacts], dtype=np.int64)
    wide = np.array([len(each.numbers) for each in contacts], dtype=np.int64)
    nodes = np.arange(len(contacts))
    days = np.fromiter(usable.keys(), dtype=np.int64)
    flow = max_flow.SimpleMaxFlow()
    flow.add_arcs_with_capacity(np.full(len(contacts), source), nodes, minutes)
    flow.add_arcs_with_capacity(
        np.repeat(nodes, wide),
        np.concatenate([each.numbers for each in contacts]) + first_day,
        np.repeat(minutes, wide),
    )
    flow.add_arcs_with_capacity(
        days + first_day, np.full(len(days), sink), np.fromiter(usable.values(), dtype=np.int64)
    )
    flow.solve(source, sink)
    if flow.optimal_flow() == int(minutes.sum()):
        return None
    near = set(flow.get_source_side_min_cut())
    return [each for n, each in enumerate(contacts) if n in near]
