"""Finds the customer of the demo: one whose class changes when a named contract is cancelled.

A cancellation takes back no commission that was earned, but it opens a gap: the potential rises,
and a customer of class C becomes one of class O (or B becomes A). The search goes by the rules of
the policy and keeps clear of every border, so that the change is certain.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from kundentakt.sample.bookings import Booking
from kundentakt.sample.insurance import INSTALMENTS
from kundentakt.sample.people import Customer, Unit
from kundentakt.sample.portfolio import Contract
from kundentakt.sample.potential import Holding, potential_cents, revenue_cents
from services.classifier.domain.months import add_months
from services.classifier.importers.reading import contract_id_of, contract_number_of
from shared.contracts.policies import AmountThreshold, Policy

Segment = Literal["A", "B", "O", "C"]
CLEAR_OF_BORDER: Final = 0.10
"""How far, as a share of the threshold, the values must stay from it."""
YOUNGEST, OLDEST = 21, 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancellation:
    """What to cancel, and what the default policy makes of the customer before and after.

    ``contract`` is the number in the file, ``contract_id`` the id it has once imported.
    """

    customer: str
    contract: str
    contract_id: str
    line: str
    before: Segment
    after: Segment
    revenue_cents: int
    potential_before_cents: int
    potential_after_cents: int


class Showcase:
    """Looks at the units as they are written and keeps the one that shows most."""

    def __init__(self, *, as_of: date, policy: Policy) -> None:
        self._as_of = as_of
        self._policy = policy
        self._revenue = _amount(policy.revenue.threshold)
        self._potential = _amount(policy.potential.threshold)
        self._best: tuple[int, Cancellation] | None = None

    def consider(
        self, unit: Unit, contracts: Sequence[Contract], booked: Sequence[Booking]
    ) -> None:
        """Keep this unit's cancellation if it shows more than the one kept so far."""
        if not self._revenue or not self._potential or not _presentable(unit, self._as_of):
            return
        active = [contract for contract in contracts if contract.in_force]
        booked_for = {booking.contract for booking in booked}
        if any(each.earns and each.number not in booked_for for each in active):
            return  # its revenue would be an estimate, which falls when the contract goes
        revenue = revenue_cents(booked, contracts, self._policy, self._as_of)
        high = revenue >= self._revenue * (1 + CLEAR_OF_BORDER)
        if not high and revenue > self._revenue * (1 - CLEAR_OF_BORDER):
            return
        held = [holding_of(contract) for contract in active]
        before = potential_cents(unit.members, held, self._policy, self._as_of)
        if before > self._potential * (1 - CLEAR_OF_BORDER):
            return
        for place, contract in enumerate(active):
            if not contract.earns:
                continue
            rest = held[:place] + held[place + 1 :]
            after = potential_cents(unit.members, rest, self._policy, self._as_of)
            if after >= self._potential * (1 + CLEAR_OF_BORDER):
                self._keep(contract, high=high, revenue=revenue, before=before, after=after)

    def _keep(
        self, contract: Contract, *, high: bool, revenue: int, before: int, after: int
    ) -> None:
        """C to O shows more than B to A, because the plan changes with it; then the clearest
        wins."""
        clear = min(self._potential - before, after - self._potential)
        score = clear + (0 if high else 10 * self._potential)
        if self._best is not None and score <= self._best[0]:
            return
        self._best = (
            score,
            Cancellation(
                customer=contract.customer,
                contract=contract.number,
                contract_id=contract_id_of(
                    contract.insurer.number, contract_number_of(contract.number)
                ),
                line=contract.line.key,
                before="B" if high else "C",
                after="A" if high else "O",
                revenue_cents=revenue,
                potential_before_cents=before,
                potential_after_cents=after,
            ),
        )

    def best(self) -> Cancellation | None:
        """The cancellation to show, or None if no customer fits."""
        return self._best[1] if self._best else None


def _amount(threshold: object) -> int:
    """The threshold in cents; 0 for one that depends on the whole book."""
    return threshold.cents if isinstance(threshold, AmountThreshold) else 0


def _presentable(unit: Unit, as_of: date) -> bool:
    """Whether the unit is one person, fully known, of middle age, who may be written to."""
    person: Customer = unit.members[0]
    if len(unit.members) > 1 or person.is_company or not person.cared_for:
        return False
    if not (person.life_known and person.email) or person.consents.no_advertising:
        return False
    if person.salutation == "Familie" or not YOUNGEST <= person.age(as_of) <= OLDEST:
        return False
    return add_months(as_of, -6) > person.since and person.age(add_months(as_of, 1)) == person.age(
        as_of
    )


def holding_of(contract: Contract) -> Holding:
    """Return a drawn contract as the needs see it."""
    return Holding(
        line=contract.line.key,
        gdv=contract.gdv,
        start=contract.start,
        foreign=contract.foreign,
        instalments=INSTALMENTS[contract.payment],
    )
