"""Draws the contracts of a unit: which ones its life calls for, and which of them are ours."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from kundentakt.sample import insurance
from kundentakt.sample.insurance import INSTALMENTS, Insurer, Line
from kundentakt.sample.people import Customer, Unit

CANCELLED_SHARE = 0.045
"""Share of contracts that were cancelled or ran out in the last two years and still show."""
FOREIGN_SHARE = 0.045
CANCEL_REASONS = ("Wagniswegfall", "Beitragserhöhung", "Wechsel des Versicherers", "Schadenfall")
PAYMENT_WORDS = ("jährlich", "halbjährlich", "vierteljährlich", "monatlich")
PAYMENT_WEIGHTS = (56, 12, 10, 22)
ON_THE_FIRST = 0.8
"""Share of contracts that begin on the first of a month."""
LONGEST_PREMIUM_SUM_YEARS = 35


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """One line of ``vertraege.csv``; the premium is net, in cents, per instalment.

    ``initial_cents`` is the commission paid when it was made, 0 in property and casualty.
    """

    customer: str
    number: str
    line: Line
    gdv: str
    insurer: Insurer
    product: str
    status: str
    start: date
    end: date | None
    due_month: int
    due_day: int
    payment: str
    premium_cents: int
    initial_cents: int
    foreign: bool
    cancelled_on: date | None
    cancel_reason: str

    @property
    def earns(self) -> bool:
        """Whether the agency gets commission for it."""
        return not self.foreign

    @property
    def in_force(self) -> bool:
        """Whether it covers the customer's need today."""
        return self.status in ("aktiv", "ruhend")


@dataclass(frozen=True, slots=True)
class Wish:
    """A line that somebody of the unit needs, and what it would cost against the usual."""

    holder: Customer
    line: Line
    scale: float = 1.0
    ease: float = 1.0


class Price(NamedTuple):
    """How a contract is paid: word for the instalments, cents of each, commission once."""

    payment: str
    premium_cents: int
    initial_cents: int


class Portfolio:
    """Draws contracts with numbers that are unique within the book."""

    def __init__(self, random: Random, *, as_of: date) -> None:
        self._random = random
        self._as_of = as_of
        self._written = 0

    def contracts(self, unit: Unit) -> list[Contract]:
        """Draw the contracts of one unit; prospects have none, former customers ended ones."""
        found: list[Contract] = []
        if unit.gateway:
            line = insurance.LOAN if unit.gateway == "loan" else insurance.FULL_HEALTH
            found.append(self._contract(Wish(unit.members[0], line), unit.means))
        for wish in wishes(unit):
            if wish.holder.status == "Interessent":
                continue
            chance = min(0.98, unit.breadth * wish.line.wanted * wish.ease * 1.4)
            if self._random.random() < chance:
                found.append(self._contract(wish, unit.means))
        if not found and unit.members[0].status != "Interessent":
            found.append(self._contract(self._by_chance(unit), unit.means))
        return found

    def _by_chance(self, unit: Unit) -> Wish:
        """The one contract for which a customer with little other cover came."""
        holder = unit.members[0]
        if holder.is_company:
            return Wish(holder, insurance.BUSINESS_LIABILITY, holder.hazard)
        lines = (insurance.PRIVATE_LIABILITY, insurance.HOUSEHOLD, insurance.MOTOR)
        weights = (5, 2, 4 if holder.life and holder.life.vehicles else 0)
        return Wish(holder, self._random.choices(lines, weights)[0])

    def _contract(self, wish: Wish, means: float) -> Contract:
        random, line, holder = self._random, wish.line, wish.holder
        start = self._start(holder.since, line)
        status, cancelled_on, reason = self._status(holder, start)
        end = self._end(line, start, holder, status, cancelled_on)
        price = self._price(wish, means, start, end)
        self._written += 1
        insurer = random.choice(line.insurers)
        january = line is insurance.MOTOR or random.random() < 0.25
        return Contract(
            customer=holder.number,
            number=f"{insurer.number}-{self._written:06d}-{self._written * 7 % 97:02d}",
            line=line,
            gdv=line.bare_gdv if random.random() < line.bare else line.gdv,
            insurer=insurer,
            product=random.choice(line.products),
            status=status,
            start=start,
            end=end,
            due_month=1 if january else start.month,
            due_day=1 if january else min(start.day, 28),
            payment=price.payment,
            premium_cents=price.premium_cents,
            initial_cents=price.initial_cents,
            foreign=status == "aktiv" and not line.once and random.random() < FOREIGN_SHARE,
            cancelled_on=cancelled_on,
            cancel_reason=reason,
        )

    def _start(self, since: date, line: Line) -> date:
        """What a customer came for begins at once, the rest in the years since."""
        if line.once:
            return since
        days = max(1, (self._as_of - since).days)
        start = since + timedelta(days=int(days * self._random.betavariate(1.0, 1.9)))
        on_the_first = line is insurance.MOTOR or self._random.random() < ON_THE_FIRST
        return start.replace(day=1) if on_the_first else start

    def _price(self, wish: Wish, means: float, start: date, end: date | None) -> Price:
        random, line = self._random, wish.line
        swing = wish.scale * means * random.lognormvariate(0.0, 0.22)
        payment = random.choices(PAYMENT_WORDS, PAYMENT_WEIGHTS)[0]
        if line.initial or line.once:
            payment = "monatlich" if random.random() < 0.8 else "jährlich"
        if not line.premium:
            return Price("einmalig", 0, round(line.once * swing * 100))
        premium = max(100, round(line.premium * swing * 100 / INSTALMENTS[payment]))
        years = min(LONGEST_PREMIUM_SUM_YEARS, (end or start).year - start.year)
        premium_sum = premium * INSTALMENTS[payment] * years
        once = round(line.once * swing * 100)
        return Price(payment, premium, once + round(premium_sum * line.initial / 1000))

    def _status(self, holder: Customer, start: date) -> tuple[str, date | None, str]:
        random = self._random
        latest = self._as_of - timedelta(days=10)
        age = (latest - start).days
        if holder.status == "ehemalig" or (age > 200 and random.random() < CANCELLED_SHARE):
            ended = max(start, latest - timedelta(days=random.randrange(700)))
            if random.random() < 0.3:
                return "abgelaufen", ended, ""
            return "storniert", ended, random.choice(CANCEL_REASONS)
        drawn = random.random()
        if age < 25 and drawn < 0.3:
            return "beantragt", None, ""
        return ("ruhend" if drawn < 0.008 else "aktiv"), None, ""

    def _end(
        self, line: Line, start: date, holder: Customer, status: str, cancelled_on: date | None
    ) -> date | None:
        """Only life contracts and a few terms of several years have an end; others renew."""
        random = self._random
        if status == "abgelaufen":
            return cancelled_on
        if line is insurance.LOAN:
            return start.replace(year=start.year + 15, day=1)
        if line is insurance.FULL_HEALTH:
            return None
        if line.initial:
            at_start = holder.age(start) or 38
            years = max(8, (67 if line is not insurance.TERM_LIFE else 63) - at_start)
            return start.replace(year=start.year + years, day=1)
        if random.random() < 0.09:
            years = random.choice((3, 5))
            while start.year + years < self._as_of.year:
                years += 1
            end = start.replace(year=start.year + years, day=1)
            return end if end > self._as_of else end.replace(year=end.year + 1)
        return None


def wishes(unit: Unit) -> Iterator[Wish]:
    """Name the lines a unit's life calls for: homes and partners once, people each."""
    first = unit.members[0]
    if first.is_company:
        yield from _of_a_company(first)
        return
    yield Wish(first, insurance.PRIVATE_LIABILITY)
    yield Wish(first, insurance.HOUSEHOLD)
    life = first.life
    if life is None:
        return
    if life.home == "Eigentum":
        yield Wish(first, insurance.BUILDING)
    yield Wish(first, insurance.LEGAL)
    yield Wish(first, insurance.TRAVEL)
    for pet in life.pets:
        if pet in ("Hund", "Pferd"):
            yield Wish(first, insurance.DOG if pet == "Hund" else insurance.HORSE)
    holders = [member for member in unit.members if member.life and member.life.employment]
    for vehicle in range(life.vehicles):
        yield Wish(holders[vehicle % len(holders)], insurance.MOTOR)
    for member in unit.members:
        yield from _of_a_person(member)


def _of_a_person(person: Customer) -> Iterator[Wish]:
    life = person.life
    if life is None:
        return
    retired = life.employment == "Rentner"
    yield Wish(person, insurance.ACCIDENT, 0.55 if not life.employment else 1.0)
    if retired or not life.employment:
        return
    if life.household in ("Familie", "alleinerziehend") or life.home == "Eigentum":
        yield Wish(person, insurance.TERM_LIFE)
    if life.employment in ("angestellt", "selbstständig", "Beamter"):
        yield Wish(person, insurance.PENSION)
        yield Wish(person, insurance.PENSION, 0.6, 0.25)
    if life.employment == "selbstständig":
        yield Wish(person, insurance.BUSINESS_LIABILITY, 0.45, 0.5)


def _of_a_company(company: Customer) -> Iterator[Wish]:
    people = company.employees or 0
    size = 0.8 + people / 4.0
    yield Wish(company, insurance.BUSINESS_LIABILITY, size * company.hazard)
    yield Wish(company, insurance.BUSINESS_CONTENTS, size)
    yield Wish(company, insurance.BUSINESS_LEGAL, 0.7 + people / 9.0)
    yield Wish(company, insurance.CYBER, 0.8 + people / 12.0)
    for vehicle in range(min(8, 1 + people // 3)):
        yield Wish(company, insurance.MOTOR, 1.4, 1.0 if vehicle else 1.2)
    for employee in range(min(6, people // 4)):
        yield Wish(company, insurance.COMPANY_PENSION, 1.0, 1.0 if employee else 1.3)
