"""Who cares for whom: rank, places, pins, and a band that keeps relationships.

Units are ranked A, B, O, C, then by margin. The owner's places fill first, then those of the
advisers; the back office gets the rest. All members of a unit have one carer.

A unit changes its carer only when its rank has left the carer's part of the list by more than a
band. A unit that came into care today has no relationship to keep yet, so a book that is being
imported is assigned by rank. A unit with a relationship never changes by itself: the change is
proposed, and a person applies it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from services.scheduler.domain.schemas import CARERS, UNITS, checked
from shared.contracts.staff import StaffRole

BAND_SHARE: Final = 0.05
"""How far a rank may leave the carer's part of the list, as a share of their places: 25 of 500.
With less, quarterly noise would move people; with more, the best would wait for the owner."""

SEGMENT_RANK: Final = {"A": 0, "B": 1, "O": 2, "C": 3}
ROLE_RANK: Final[dict[StaffRole, int]] = {"owner": 0, "adviser": 1, "back_office": 2}

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
UNASSIGNED: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Carer:
    """One person who can have customers. ``places`` counts customers; None has no limit."""

    staff_id: str
    role: StaffRole
    places: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Frame ``CARERS``, and by how many customers carers exceed their places."""

    carers: pl.DataFrame
    beyond_places: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class CarerChanges:
    """What an assignment comes to.

    ``acting`` (unit_id, staff_id): who does the work now. It is the carer; whoever takes over from
    a carer who left, even before the change is applied; null if nobody is here. ``taken``
    (unit_id, staff_id): carers given at once. ``proposed`` (unit_id, from_staff_id, to_staff_id,
    because): what waits for a person.
    """

    acting: pl.DataFrame
    taken: pl.DataFrame
    proposed: pl.DataFrame


ProposedBecause = Literal["rank", "pinned", "left"]
"""Why another carer is proposed: the rank has moved, somebody pinned it, or the carer left."""


class NobodyToCare(ValueError):
    """There is no staff member who could be anybody's carer."""


def assign_carers(
    *, units: pl.DataFrame, staff: Sequence[Carer], band_share: float = BAND_SHARE
) -> Assignment:
    """Give every unit (frame ``UNITS``) one carer.

    Deterministic; assigning the result again changes nothing. Units that are left over when all
    places are taken go to the last person and show in ``beyond_places``. A pin to somebody who is
    not on the staff is ignored. Raises ``NobodyToCare``, ``FrameMismatch``.
    """
    if not staff:
        raise NobodyToCare
    people = sorted(staff, key=lambda carer: (ROLE_RANK[carer.role], carer.staff_id))
    ranked = _ranked(checked(units, UNITS, "units"))
    position = {carer.staff_id: index for index, carer in enumerate(people)}
    pinned = _positions(ranked, "pinned_staff_id", position)
    current = _positions(ranked, "current_staff_id", position)
    bound = np.where(ranked["in_care"].to_numpy(), current, UNASSIGNED)
    sizes = ranked["customers"].to_numpy().astype(np.int64)
    free = np.where(pinned == UNASSIGNED, sizes, 0)
    places = np.cumsum(free) - free
    list_part = _Parts.of(people, sizes, pinned, band_share)
    given = np.where(pinned == UNASSIGNED, UNASSIGNED, pinned)
    for person in range(len(people)):
        _fill(person, list_part, given=given, current=bound, sizes=sizes, places=places)
    return _assignment(ranked, people, given, pinned, current, places)


def carer_changes(
    *, units: pl.DataFrame, assigned: pl.DataFrame, here: Collection[str]
) -> CarerChanges:
    """Divide an assignment (frame ``CARERS`` of the frame ``UNITS``) into what is taken at once and
    what is proposed.

    Only who has no carer yet, or came into care today, changes at once. ``here`` are the people on
    the staff; without anybody the work is nobody's, and the carer who left does not keep it.
    """
    staying = units.select("unit_id", "in_care", _before="current_staff_id").join(
        assigned.select("unit_id", "staff_id", "because"),
        on="unit_id", how="left", maintain_order="left",
    )  # fmt: skip
    differs = pl.col("staff_id").is_not_null() & pl.col("staff_id").ne_missing(pl.col("_before"))
    waits = pl.col("in_care") & pl.col("_before").is_not_null()
    left = ~pl.col("_before").is_in(list(here))
    acting = (pl.when(differs & waits & ~left).then("_before").otherwise(pl.col("staff_id"))).alias(
        "staff_id"
    )
    return CarerChanges(
        acting=staying.select("unit_id", acting),
        taken=staying.filter(differs & ~waits).select("unit_id", "staff_id"),
        proposed=staying.filter(differs & waits).select(
            "unit_id",
            from_staff_id="_before",
            to_staff_id="staff_id",
            because=pl.when(left).then(pl.lit("left")).otherwise("because"),
        ),
    )


def _ranked(units: pl.DataFrame) -> pl.DataFrame:
    rank = pl.col("segment").replace_strict(SEGMENT_RANK, return_dtype=pl.Int8)
    return units.sort(
        rank, pl.col("margin_cents"), pl.col("unit_id"), descending=[False, True, False]
    )


def _positions(ranked: pl.DataFrame, column: str, position: dict[str, int]) -> Ints:
    found = ranked[column].replace_strict(position, default=UNASSIGNED, return_dtype=pl.Int64)
    return found.fill_null(UNASSIGNED).to_numpy().astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """Each person's part of the ranked list, in customers: [start, end), and the band around."""

    start: Ints
    end: Ints
    band: Ints

    @classmethod
    def of(cls, people: Sequence[Carer], sizes: Ints, pinned: Ints, band_share: float) -> "_Parts":
        everyone = int(sizes.sum())
        taken = np.zeros(len(people), dtype=np.int64)
        np.add.at(taken, pinned[pinned != UNASSIGNED], sizes[pinned != UNASSIGNED])
        stated = [everyone if one.places is None else one.places for one in people]
        room = np.maximum(np.array(stated, dtype=np.int64) - taken, 0)
        end = np.cumsum(room)
        start = end - room
        end[-1] = max(int(end[-1]), everyone)  # the last person takes all who are left
        band = np.ceil(np.minimum(room, everyone) * band_share).astype(np.int64)
        return cls(start=start, end=end, band=band)


def _fill(
    person: int, part: _Parts, *, given: Ints, current: Ints, sizes: Ints, places: Ints
) -> None:
    """Give the person units without a carer: those whose rank belongs here, then those kept."""
    start, end, band = part.start[person], part.end[person], part.band[person]
    waiting = given == UNASSIGNED
    if person == len(part.start) - 1:
        given[waiting] = person
        return
    later = current > person
    stays_later = later & (places >= part.start[current] - part.band[current])
    belongs = waiting & (places < end) & ~stays_later
    kept = waiting & (current == person) & (places >= end) & (places < end + band)
    room = int(end - start)
    for candidates in (np.flatnonzero(belongs), np.flatnonzero(kept)):
        filled = np.cumsum(sizes[candidates])
        taken = candidates[filled <= room]
        given[taken] = person
        room -= int(sizes[taken].sum())


def _assignment(
    ranked: pl.DataFrame,
    people: Sequence[Carer],
    given: Ints,
    pinned: Ints,
    current: Ints,
    places: Ints,
) -> Assignment:
    names = np.array([carer.staff_id for carer in people], dtype=object)
    because = np.where(pinned != UNASSIGNED, "pinned", np.where(given == current, "kept", "rank"))
    frame = ranked.select("unit_id", previous_staff_id="current_staff_id").with_columns(
        pl.Series("staff_id", names[given], dtype=pl.String),
        pl.Series("place", places),
        pl.Series("because", because.astype(object), dtype=pl.String),
    )
    changed = pl.col("previous_staff_id").is_not_null() & (
        pl.col("previous_staff_id") != pl.col("staff_id")
    )
    frame = frame.with_columns(changed=changed)
    return Assignment(
        carers=checked(frame, CARERS, "carers"),
        beyond_places=_beyond(people, given, ranked["customers"].to_numpy().astype(np.int64)),
    )


def _beyond(people: Sequence[Carer], given: Ints, sizes: Ints) -> dict[str, int]:
    counts = np.zeros(len(people), dtype=np.int64)
    np.add.at(counts, given, sizes)
    over = {
        carer.staff_id: int(count) - carer.places
        for carer, count in zip(people, counts, strict=True)
        if carer.places is not None
    }
    return {staff_id: excess for staff_id, excess in over.items() if excess > 0}
