"""What the default policy sees in a drawn unit: its revenue, and the potential of its gaps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from kundentakt.sample.bookings import Booking
from kundentakt.sample.insurance import INSTALMENTS
from kundentakt.sample.people import Customer
from kundentakt.sample.portfolio import Contract
from services.classifier.domain import money
from services.classifier.domain.months import add_months
from services.classifier.domain.needs import BUSINESS_COVERAGE, PRIVATE_COVERAGE
from shared.contracts.customers import CommissionKind
from shared.contracts.lines import BY_KEY, GDV_WITHOUT_NATURAL_HAZARDS, TERMS_THAT_AGE
from shared.contracts.policies import Conditions, Need, Policy, Range

HOUSEHOLDS: Final = {
    "single": "single", "Paar": "couple", "Familie": "family", "alleinerziehend": "single_parent",
}  # fmt: skip
HOMES: Final = {"Eigentum": "owns", "Miete": "rents"}
EMPLOYMENTS: Final = {
    "angestellt": "employed", "selbstständig": "self_employed", "Beamter": "civil_servant",
    "Student": "student", "Rentner": "retired", "arbeitslos": "unemployed",
}  # fmt: skip
PETS: Final = {"Hund": "dog", "Katze": "cat", "Pferd": "horse"}
KINDS: Final[dict[str, CommissionKind]] = {
    "Abschluss": "initial", "Bestand": "renewal", "Dynamik": "increase", "Storno": "clawback",
    "Sonstige": "other",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """An active contract as the needs see it."""

    line: str
    gdv: str
    start: date
    foreign: bool
    instalments: int


def revenue_cents(
    booked: Iterable[Booking], contracts: Iterable[Contract], policy: Policy, as_of: date
) -> int:
    """The commission earned in the twelve months up to ``as_of``, in cents."""
    instalments = {contract.number: INSTALMENTS[contract.payment] for contract in contracts}
    return money.revenue_cents(
        (
            money.Booking(
                kind=KINDS[booking.kind],
                booked_on=booking.booked_on,
                amount_cents=booking.cents,
                instalments_per_year=instalments.get(booking.contract),
            )
            for booking in booked
        ),
        money.Window.ending(as_of),
        months=policy.earning_months,
    )


def potential_cents(
    members: Sequence[Customer], held: Sequence[Holding], policy: Policy, as_of: date
) -> int:
    """The expected further commission a year of a unit, in cents."""
    unknown = all(_unknown(member) for member in members)
    total = assumed_cents(members[0], held, policy) if unknown else 0
    met: set[tuple[str, str]] = set()
    for need in policy.needs:
        gap = need.line, need.kind
        if gap in met or (BY_KEY[need.line].health and not policy.health_data):
            continue
        if any(_meets(member, need.when, as_of) for member in members):
            met.add(gap)
            if _is_gap(need, held, policy, as_of):
                total += money.round_half_up(need.expected_cents * money.exact(need.probability))
    return total


def _unknown(member: Customer) -> bool:
    return not member.life_known and member.birth_date is None and not member.industry


def assumed_cents(member: Customer, held: Sequence[Holding], policy: Policy) -> int:
    """What a unit of wholly unknown life lacks on average, in cents."""
    coverage = BUSINESS_COVERAGE if member.is_company else PRIVATE_COVERAGE
    expected: dict[str, int] = {}
    for need in policy.needs:
        if need.kind == "missing":
            expected.setdefault(need.line, need.expected_cents)
    return sum(
        money.round_half_up(expected.get(line, 0) * money.exact(rate))
        for line, rate in coverage.items()
        if not any(h.line == line or line in BY_KEY[h.line].covers for h in held)
    )


def _is_gap(need: Need, held: Sequence[Holding], policy: Policy, as_of: date) -> bool:
    if need.kind == "missing":
        return not any(
            holding.line == need.line or need.line in BY_KEY[holding.line].covers
            for holding in held
        )
    own = [holding for holding in held if holding.line == need.line and not holding.foreign]
    if need.kind == "incomplete":
        return bool(own) and all(holding.gdv in GDV_WITHOUT_NATURAL_HAZARDS for holding in own)
    old = add_months(as_of, -12 * policy.terms_old_after_years)
    return bool(own) and need.line in TERMS_THAT_AGE and all(h.start <= old for h in own)


def _meets(member: Customer, when: Conditions, as_of: date) -> bool:
    """Whether one member meets every condition; what is unknown meets none."""
    life = member.life if member.life_known else None
    wanted: tuple[tuple[object, object], ...] = (
        (when.household, HOUSEHOLDS.get(life.household) if life else None),
        (when.children, life.children if life else None),
        (when.home, HOMES.get(life.home) if life else None),
        (when.employment, EMPLOYMENTS.get(life.employment) if life else None),
        (when.vehicles, life.vehicles if life else None),
        (when.industry, member.industry or None),
        (when.employees, member.employees if member.life_known else None),
        (when.age, member.age(as_of) if member.birth_date else None),
    )
    pets = {PETS[pet] for pet in life.pets} if life else set()
    if when.income_band is not None or (when.pets is not None and not pets & set(when.pets)):
        return False
    return all(_holds(condition, value) for condition, value in wanted)


def _holds(condition: object, value: object) -> bool:
    if condition is None:
        return True
    if value is None:
        return False
    if isinstance(condition, Range) and isinstance(value, int):
        return (condition.min is None or value >= condition.min) and (
            condition.max is None or value <= condition.max
        )
    return isinstance(condition, list) and value in condition
