"""Mendings of an overload: the cheapest of each kind, each verified by planning the book so."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from services.scheduler.domain.certificates import Certificate
from services.scheduler.domain.costs import cost_of, hourly_costs
from services.scheduler.domain.mendings import (
    WEEKS,
    Mending,
    milder_rows,
    more_hours,
    moved_to,
    receivers,
    units_to_move,
)
from services.scheduler.domain.simulations import minutes_by_person
from services.scheduler.store.planning import BookFrames
from services.scheduler.usecases.planning_rules import (
    PlanRules,
    due_touchpoints,
    fixed_work,
    levelled_plan,
)
from shared.contracts.capacity import OverloadMending
from shared.contracts.catalogues import Catalogue

CONTACTS_PLANNED: Final = 6_000
"""Contacts that are planned to verify the mendings of one answer: several times the year of a
small agency. It bounds the time, 1 to 2 ms for each."""
TRIED_OF_A_KIND: Final = 5
"""Changes of a kind that are planned, from the smallest that could be enough on."""
ROWS_LOOKED_AT: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Priced:
    """A mending that was verified. ``minutes`` of twelve months are added (hours), given to a
    colleague (customers), or no longer needed (catalogue); ``cost_cents`` is negative if it saves.
    """

    certificate: int
    mending: Mending
    minutes: int
    cost_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """Mendings of each certificate, the cheapest first; ``complete`` is false if more might have
    been found with more time."""

    mendings: Sequence[Priced]
    complete: bool


def mended(
    rules: PlanRules,
    book: BookFrames,
    certificates: Sequence[Certificate],
    *,
    unplaced: int,
    pinned: pl.DataFrame,
) -> Mended:
    """The cheapest mending of each kind for each certificate; ``unplaced`` contacts have no day,
    ``pinned`` (``PINS``) have one that stays."""
    due = due_touchpoints(rules, book)
    found: list[Priced] = []
    left = CONTACTS_PLANNED
    for number, certificate in enumerate(certificates):
        trying = _Trying(
            rules=rules,
            book=book,
            due=due,
            certificate=certificate,
            number=number,
            unplaced=unplaced,
            pinned=pinned,
            contacts_left=left,
        )
        of_kinds = (trying.by_hours(), trying.by_customers(), trying.by_catalogue())
        found += sorted(
            (each for each in of_kinds if each is not None), key=lambda each: each.cost_cents
        )
        left = trying.contacts_left
    return Mended(mendings=found, complete=left >= 0)


@dataclass(slots=True, kw_only=True)
class _Trying:
    """One certificate, and what may still be planned to mend it."""

    rules: PlanRules
    book: BookFrames
    due: pl.DataFrame
    certificate: Certificate
    number: int
    unplaced: int
    pinned: pl.DataFrame
    contacts_left: int
    rates: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.rates = hourly_costs(self.rules.people)

    def by_hours(self) -> Priced | None:
        """The fewest hours a week more, of whoever costs least; nobody works beyond office
        hours."""
        most = self.rules.agency.calendar.usual_weekly_minutes() / 60
        involved = [each for each in self.rules.people if each.staff_id in self.certificate.staff]
        for person in sorted(involved, key=lambda each: self.rates[each.staff_id]):
            headroom = int(most - person.weekly_hours)
            if headroom < 1:
                continue

            def enough(
                more: int, of: str = person.staff_id, now: float = person.weekly_hours
            ) -> bool:
                people = more_hours(self.rules.people, of, now + more)
                return self._mends(replace(self.rules, people=people), self.book)

            more = _fewest(enough, least=min(headroom, self._least_hours()), most=headroom)
            if more is not None:
                return Priced(
                    certificate=self.number,
                    mending=Mending(
                        kind="hours",
                        staff_id=person.staff_id,
                        weekly_hours=person.weekly_hours + more,
                    ),
                    minutes=more * WEEKS * 60,
                    cost_cents=cost_of(more * WEEKS * 60, self.rates[person.staff_id]),
                )
        return None

    def _least_hours(self) -> int:
        """Hours a week that what has no room needs at least, in the weeks of the certificate."""
        weeks = max(1.0, ((self.certificate.last - self.certificate.first).days + 1) / 7)
        return max(1, int(self._missing() / 60 / weeks))

    def _missing(self) -> int:
        """The minutes that have no room."""
        return int(self._of_unplaced()["minutes"].sum())

    def _of_unplaced(self) -> pl.DataFrame:
        return self.due.filter(pl.col("touchpoint_id").is_in(list(self.certificate.unplaced)))

    def by_customers(self) -> Priced | None:
        """The fewest customers for a colleague who is not overloaded and has places for them."""
        units = units_to_move(self.book.customers, self._of_unplaced())
        loads = minutes_by_person(self.due)
        has = dict(self.book.customers["staff_id"].drop_nulls().value_counts().iter_rows())
        for colleague in receivers(self.rules.people, loads, self.certificate.staff):
            free = len(units)
            if colleague.capacity is not None:
                free = min(free, colleague.capacity - has.get(colleague.staff_id, 0))

            def enough(count: int, to: str = colleague.staff_id) -> bool:
                customers = moved_to(self.book.customers, units[:count], to)
                return self._mends(self.rules, replace(self.book, customers=customers))

            count = _fewest(enough, least=1, most=free) if free > 0 else None
            if count is not None:
                return self._moved(units[:count], colleague.staff_id)
        return None

    def _moved(self, units: Sequence[str], to: str) -> Priced:
        moving = self.book.customers.filter(pl.col("unit_id").is_in(list(units)))
        before = minutes_by_person(self.due.filter(pl.col("unit_id").is_in(list(units))))
        leaving = {who: minutes for who, minutes in before.items() if who != to}
        cost = sum(
            cost_of(minutes, self.rates[to]) - cost_of(minutes, self.rates.get(who, 0))
            for who, minutes in leaving.items()
        )
        carers = moving["staff_id"].drop_nulls().unique().sort().to_list()
        return Priced(
            certificate=self.number,
            mending=Mending(
                kind="capacity",
                staff_id=carers[0] if len(carers) == 1 else None,
                to_staff_id=to,
                customers=moving["customer_id"].sort().to_list(),
            ),
            minutes=sum(leaving.values()),
            cost_cents=cost,
        )

    def by_catalogue(self) -> Priced | None:
        """The row that gives up the fewest minutes."""
        services = self.due.filter(
            pl.col("touchpoint_id").is_in(list(self.certificate.touchpoints))
        )
        names = services["service"].unique().sort().to_list()
        before = minutes_by_person(self.due)
        ways: list[tuple[int, int, Mending, PlanRules, int]] = []
        for mending, catalogue in self._rows(names):
            stored = self.rules.catalogue.model_copy(update={"catalogue": catalogue})
            rules = replace(self.rules, catalogue=stored)
            after = minutes_by_person(due_touchpoints(rules, self.book))
            freed = sum(before.values()) - sum(after.values())
            saved = sum(
                cost_of(before.get(who, 0), rate) - cost_of(after.get(who, 0), rate)
                for who, rate in self.rates.items()
            )
            if freed > 0:
                ways.append((freed, len(ways), mending, rules, saved))
        for freed, _, mending, rules, saved in sorted(ways, key=lambda way: way[:2])[
            :TRIED_OF_A_KIND
        ]:
            if self._mends(rules, self.book):
                return Priced(
                    certificate=self.number, mending=mending, minutes=freed, cost_cents=-saved
                )
        return None

    def _rows(self, names: Sequence[str]) -> Iterator[tuple[Mending, Catalogue]]:
        for number, found in enumerate(milder_rows(self.rules.catalogue.catalogue, names)):
            if number == ROWS_LOOKED_AT:
                return
            yield found

    def _mends(self, rules: PlanRules, book: BookFrames) -> bool:
        """Whether all that the certificate is about has a day, and nothing else lost its own."""
        due = due_touchpoints(rules, book)
        self.contacts_left -= due.filter(pl.col("minutes") > 0, pl.col("state") == "planned").height
        if self.contacts_left < 0:
            return False
        work, _ = fixed_work(rules, book, due, self.pinned)
        without = levelled_plan(rules, book, work).unplaced["touchpoint_id"].to_list()
        explained = set(self.certificate.unplaced)
        return explained.isdisjoint(without) and len(without) <= self.unplaced - len(explained)


def _fewest(enough: Callable[[int], bool], *, least: int, most: int) -> int | None:
    """A small number that is enough, by doubling and then halving; None if not even ``most`` is."""
    below, count, tried = least - 1, least, 1
    while not enough(count):
        if count == most or tried == TRIED_OF_A_KIND:
            return None
        below, count, tried = count, min(most, count * 2), tried + 1
    while count - below > 1 and tried < TRIED_OF_A_KIND:
        middle = (below + count) // 2
        below, count = (below, middle) if enough(middle) else (middle, count)
        tried += 1
    return count


def told(priced: Priced) -> OverloadMending:
    """A mending as the contract has it."""
    mending = priced.mending
    return OverloadMending(
        certificate=priced.certificate,
        kind=mending.kind,
        service=mending.service,
        segment=mending.segment,
        field=mending.field,
        value=mending.value,
        staff_id=mending.staff_id,
        to_staff_id=mending.to_staff_id,
        customers=list(mending.customers),
        weekly_hours=mending.weekly_hours,
        hours=priced.minutes / 60,
        cost_cents=priced.cost_cents,
    )
