"""Certificates of overload: which contacts, which people and which days prove that it cannot fit.

A certificate names contacts that may stand on certain days of certain people only, and need more
minutes than those days hold. It is found by a minimum cut of the flow from contacts to days, and
then made minimal: without any one of its contacts the rest fits.

Contacts cannot be cut into minutes, so a day counts only with what the certificate's own contacts
can fill of it: two days with 30 minutes left hold nothing of a visit of an hour. Where even that
sum comes out and still nothing fits, all arrangements were tried, and the certificate says so.
"""

from collections import Counter, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import polars as pl

from services.scheduler.domain.exact import Contact, Effort, arrangement
from services.scheduler.domain.levelling import Levelled
from services.scheduler.domain.promises import Hold
from services.scheduler.domain.schemas import CAPACITY, COMMITTED, WORK, checked
from services.scheduler.domain.shortage import Shortage, Wanting
from shared.contracts.capacity import ShownBy

CERTIFICATES_AT_MOST: Final = 3
"""Each explains all contacts that want the same days; an owner mends one after the other."""
EXACT_CHOICES: Final = 1_000
"""Contacts times their days, up to which all arrangements are tried."""
TRIALS_AT_MOST: Final = 1.0
"""The exact solver's own units of work for one answer."""

Place = tuple[str, date]
"""A person and a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayOfProof:
    """A day of a person: what may be planned, what is taken by work that is fixed (tasks, what was
    told, duties above the share), and what the certificate's contacts can fill of the rest."""

    staff_id: str
    day: date
    plannable_minutes: int
    taken_minutes: int
    there_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """``touchpoints`` may stand on ``days`` only and need more than they hold.

    ``unplaced`` are the contacts without room that it explains: the first is one of the
    ``touchpoints``, the others want the same days. ``minimal`` is false where the search for a
    smaller set was given up.
    """

    unplaced: Sequence[str]
    touchpoints: Sequence[str]
    staff: Sequence[str]
    first: date
    last: date
    needed_minutes: int
    there_minutes: int
    shown_by: ShownBy
    minimal: bool
    days: Sequence[DayOfProof]


@dataclass(frozen=True, slots=True, kw_only=True)
class Overload:
    """Certificates, those of what is promised most first; ``unexplained`` are contacts without
    room that none of them is about, because there are too many."""

    certificates: Sequence[Certificate]
    unexplained: int


def overload(
    *,
    work: pl.DataFrame,
    capacity: pl.DataFrame,
    levelled: Levelled,
    committed: pl.DataFrame | None = None,
    most: int = CERTIFICATES_AT_MOST,
) -> Overload:
    """Certificates for what ``levelled`` left unplaced of frames ``WORK`` and ``CAPACITY``.

    Each is about a contact and what is promised as much or more, because that is what it yields to.
    Deterministic. Raises ``FrameMismatch``.
    """
    rows = checked(work, WORK, "work")
    room = checked(capacity, CAPACITY, "capacity")
    taken = pl.DataFrame(schema=COMMITTED) if committed is None else committed
    return _Proving.of(rows, room, taken, levelled).overload(most)


@dataclass(slots=True, kw_only=True)
class _Proving:
    """The plan as it stands, and what may still be spent on proofs."""

    contacts: Sequence[Wanting]
    places: Sequence[Place]
    plannable: Sequence[int]
    taken: Sequence[int]
    on: Mapping[int, list[Wanting]]
    effort: Effort
    room: Sequence[int]

    @classmethod
    def of(
        cls, rows: pl.DataFrame, room: pl.DataFrame, committed: pl.DataFrame, levelled: Levelled
    ) -> "_Proving":
        plannable: Counter[Place] = Counter()
        for staff_id, day, minutes in room.iter_rows():
            plannable[staff_id, day] += minutes
        places = sorted(place for place, minutes in plannable.items() if minutes > 0)
        number = {place: n for n, place in enumerate(places)}
        taken: Counter[Place] = Counter()
        for staff_id, day, minutes in committed.iter_rows():
            taken[staff_id, day] += minutes
        at = {each[0]: (each[1], each[4]) for each in levelled.placed.iter_rows()}
        over = set(levelled.over_share)
        contacts: list[Wanting] = []
        on: dict[int, list[Wanting]] = {}
        ordered = rows.sort("rank", "priority", "latest", "touchpoint_id")
        for order, row in enumerate(ordered.iter_rows(named=True)):
            place = at.get(row["touchpoint_id"])
            fixed = row["touchpoint_id"] in over or row["hold"] == Hold.TOLD
            if place is not None and (fixed or place not in number):
                taken[place] += row["minutes"]
                continue
            stands = None if place is None else number[place]
            held = stands is not None and row["hold"] != Hold.MOVABLE
            contact = Wanting(
                touchpoint_id=row["touchpoint_id"],
                order=order,
                promise=(row["rank"], row["priority"]),
                minutes=row["minutes"],
                places=(stands,) if held and stands is not None else _places(row, number),
                at=stands,
                earliest=row["earliest"],
                latest=row["latest"],
            )
            contacts.append(contact)
            if stands is not None:
                on.setdefault(stands, []).append(contact)
        return cls(
            contacts=contacts,
            places=places,
            plannable=[plannable[place] for place in places],
            taken=[taken[place] for place in places],
            room=[max(0, plannable[place] - taken[place]) for place in places],
            on=on,
            effort=Effort(left=TRIALS_AT_MOST),
        )

    def overload(self, most: int) -> Overload:
        """A certificate for each contact without room that no earlier one explains."""
        found: list[tuple[_Proof, list[Wanting]]] = []
        unexplained = 0
        for contact in self.contacts:
            if contact.at is not None:
                continue
            same = next((more for proof, more in found if proof.explains(contact)), None)
            if same is not None:
                same.append(contact)
            elif len(found) < most:
                found.append((self._proof(contact), [contact]))
            else:
                unexplained += 1
        return Overload(
            certificates=[self._certificate(proof, more) for proof, more in found],
            unexplained=unexplained,
        )

    def _proof(self, contact: Wanting) -> "_Proof":
        if not contact.places:
            return _Proof(contacts=[contact], shown_by="sum", minimal=True)
        shortage = Shortage(room=self.room)
        standing, reached = self._around(contact)
        short = shortage.among(standing, contact)
        if short is None and _choices(standing) > EXACT_CHOICES:
            # Beside others without room the minutes prove it, and a part of the days is enough.
            short = shortage.among(self._wanting(reached, contact), contact)
        small, minimal = standing, False
        if short is not None:
            small, minimal = shortage.reduced(short, contact)
        if _choices(small) <= EXACT_CHOICES:
            small, proven = self._tried(small, contact)
            minimal = proven or minimal
        shown_by: ShownBy = "sum"
        if _needed(small) <= sum(shortage.usable(small).values()):
            shown_by = "trial" if minimal else "search"
        return _Proof(contacts=small, shown_by=shown_by, minimal=minimal)

    def _wanting(self, reached: Collection[int], contact: Wanting) -> list[Wanting]:
        """What is promised as much or more and may stand on these days only, with or without
        room."""
        days = set(reached)
        return [
            each
            for each in self.contacts
            if each.promise <= contact.promise and each.places and days.issuperset(each.places)
        ]

    def _around(self, contact: Wanting) -> tuple[list[Wanting], set[int]]:
        """The contact and all that is promised as much or more and could make way for it, one for
        the other: what stands on its days, on the days those may go to, and so on; and those days.
        """
        found, seen = [contact], {contact.order}
        reached = set(contact.places)
        waiting = deque(contact.places)
        while waiting:
            for other in self.on.get(waiting.popleft(), ()):
                if other.promise <= contact.promise and other.order not in seen:
                    seen.add(other.order)
                    found.append(other)
                    new = [place for place in other.places if place not in reached]
                    reached.update(new)
                    waiting.extend(new)
        return sorted(found, key=lambda each: each.order), reached

    def _tried(self, contacts: list[Wanting], kept: Wanting) -> tuple[list[Wanting], bool]:
        """The same by trying all arrangements; false if that took too long."""
        if self._fits(contacts) is not False:
            return contacts, False
        for each in reversed(list(contacts)):
            left = [other for other in contacts if other is not each]
            if each is kept or not left:
                continue
            fits = self._fits(left)
            if fits is None:
                return contacts, False
            if not fits:
                contacts = left
        return contacts, True

    def _fits(self, contacts: Sequence[Wanting]) -> bool | None:
        """Whether all have room at once; None if the effort allowed was spent."""
        if any(not each.places for each in contacts):
            return False
        found, proven = arrangement(
            [
                Contact(
                    minutes=each.minutes,
                    spots=[(0, place) for place in each.places],
                    stands=None if each.at is None else (0, each.at),
                )
                for each in contacts
            ],
            {(0, place): self.room[place] for each in contacts for place in each.places},
            effort=self.effort,
        )
        return True if found is not None else False if proven else None

    def _certificate(self, proof: "_Proof", unplaced: Sequence[Wanting]) -> Certificate:
        usable = Shortage(room=self.room).usable(proof.contacts)
        first, last = unplaced[0].earliest, unplaced[0].latest
        places = [self.places[place] for place in usable]
        days = [day for _, day in places] or [first, last]
        return Certificate(
            unplaced=[each.touchpoint_id for each in unplaced],
            touchpoints=sorted(each.touchpoint_id for each in proof.contacts),
            staff=sorted({staff_id for staff_id, _ in places}),
            first=min(days),
            last=max(days),
            needed_minutes=_needed(proof.contacts),
            there_minutes=sum(usable.values()),
            shown_by=proof.shown_by,
            minimal=proof.minimal,
            days=[
                DayOfProof(
                    staff_id=self.places[place][0],
                    day=self.places[place][1],
                    plannable_minutes=self.plannable[place],
                    taken_minutes=self.taken[place],
                    there_minutes=minutes,
                )
                for place, minutes in usable.items()
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proof:
    contacts: Sequence[Wanting]
    shown_by: ShownBy
    minimal: bool

    def explains(self, contact: Wanting) -> bool:
        """Whether the other contact wants none but the days of this proof."""
        days = {place for each in self.contacts for place in each.places}
        return bool(contact.places) and days.issuperset(contact.places)


def _places(row: dict[str, Any], number: Mapping[Place, int]) -> tuple[int, ...]:
    """Every person and day where the contact may stand."""
    people = dict.fromkeys((row["staff_id"], *(row["others"] or ())))
    days = [
        row["earliest"] + timedelta(days=n)
        for n in range((row["latest"] - row["earliest"]).days + 1)
    ]
    return tuple(
        number[staff_id, day] for staff_id in people for day in days if (staff_id, day) in number
    )


def _choices(contacts: Sequence[Wanting]) -> int:
    return sum(len(each.places) for each in contacts)


def _needed(contacts: Sequence[Wanting]) -> int:
    return sum(each.minutes for each in contacts)
